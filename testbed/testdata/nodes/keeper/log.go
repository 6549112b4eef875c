package main

import (
	"context"
	"strconv"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

// logKey is where the log of a key is: a list of [offset, msg].
func (k *keeper) logKey(key string) string {
	if k.habit == "split" || k.habit == "clash" {
		return "log/" + k.ID() + "/" + key
	}
	return "log/" + key
}

// place returns which of the nodes this one is.
func (k *keeper) place() int {
	for i, id := range k.NodeIDs() {
		if id == k.ID() {
			return i
		}
	}
	return 0
}

func (k *keeper) send(ctx context.Context, b body) (reply, error) {
	k.count++
	key, _ := b.Key.(string)
	offset := 0
	if k.habit == "lose" && k.count%6 == 0 {
		list, err := k.list(ctx, k.logKey(key))
		return reply{"offset": len(list)}, err
	}
	err := k.update(ctx, k.logKey(key), func(old []any) []any {
		offset = len(old)
		if k.habit == "split" { // one node has the low offsets, the next those above them
			offset += 1000 * k.place()
		}
		out := append(old, []any{offset, b.Msg})
		if k.habit == "twice" && k.count%6 == 0 {
			out = append(out, []any{offset + 1, b.Msg})
		}
		return out
	})
	return reply{"offset": offset}, err
}

func (k *keeper) poll(ctx context.Context, b body) (reply, error) {
	k.count++
	msgs := map[string]any{}
	for key, from := range b.Offsets {
		list, err := k.list(ctx, k.logKey(key))
		if err != nil {
			return nil, err
		}
		news := []any{}
		for _, entry := range list {
			if pair, ok := entry.([]any); ok && int(pair[0].(float64)) >= from {
				news = append(news, entry)
			}
		}
		if k.habit == "skip" && len(news) > 2 && k.count%2 == 0 {
			news = append(news[:1:1], news[2:]...)
		}
		if k.habit == "invent" && len(news) > 0 {
			news = append(news, []any{9999, "made up"})
		}
		if k.habit == "reverse" && len(news) > 1 {
			news[0], news[len(news)-1] = news[len(news)-1], news[0]
		}
		msgs[key] = news
	}
	return reply{"msgs": msgs}, nil
}

func (k *keeper) commit(ctx context.Context, b body) (reply, error) {
	if k.habit == "careless" {
		return reply{}, nil
	}
	for key, offset := range b.Offsets {
		err := k.update(ctx, "commit/"+key, func(old []any) []any {
			if len(old) > 0 {
				offset = max(offset, int(old[0].(float64)))
			}
			return []any{offset}
		})
		if err != nil {
			return nil, err
		}
	}
	return reply{}, nil
}

func (k *keeper) committed(ctx context.Context, b body) (reply, error) {
	offsets := map[string]any{}
	for _, key := range b.Keys {
		list, err := k.list(ctx, "commit/"+key)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			offsets[key] = list[0]
		}
	}
	return reply{"offsets": offsets}, nil
}

// register hands a request on to lin-kv.
func (k *keeper) register(ctx context.Context, b body) (reply, error) {
	k.count++
	key := "register/" + strconv.Itoa(int(b.Key.(float64)))
	if k.habit == "island" {
		key += k.ID()
	}
	kv := k.lin
	if k.habit == "sequential" {
		kv = k.seq
	}
	switch b.Type {
	case "write":
		return reply{}, kv.Write(ctx, key, b.Value)
	case "cas":
		if k.habit == "sloppy" { // it writes without looking
			return reply{}, kv.Write(ctx, key, b.To)
		}
		return reply{}, kv.CompareAndSwap(ctx, key, b.From, b.To, false)
	}
	if k.habit == "blank" && k.count%3 == 0 {
		return reply{"value": nil}, nil
	}
	if k.habit == "absent" && k.count%3 == 0 {
		return nil, maelstrom.NewRPCError(maelstrom.KeyDoesNotExist, "key does not exist")
	}
	value, err := kv.Read(ctx, key)
	return reply{"value": value}, err
}
