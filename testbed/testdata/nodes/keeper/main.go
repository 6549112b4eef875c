// Command keeper is a node of Maelstrom's workloads beyond broadcast, on the
// official library and Maelstrom's services. Its first argument is the workload:
// ids, set, counter (on seq-kv), log (kafka, on lin-kv) or register (lin-kv, as a
// proxy). The second is a habit, all of them wrong; without one the node is right
// as long as it is not killed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"time"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

type keeper struct {
	*maelstrom.Node
	habit    string
	seq, lin *maelstrom.KV

	mu    sync.Mutex
	count int // of whatever the node counts
	total int
	shown int // the last sum that was read
	local map[string]any
	since map[string]time.Time // of what is in local
}

type body struct {
	MsgID   int            `json:"msg_id"`
	Type    string         `json:"type"`
	Element any            `json:"element"`
	Delta   int            `json:"delta"`
	Key     any            `json:"key"`
	Msg     any            `json:"msg"`
	Value   any            `json:"value"`
	From    any            `json:"from"`
	To      any            `json:"to"`
	Offsets map[string]int `json:"offsets"`
	Keys    []string       `json:"keys"`
}

type reply map[string]any

func main() {
	log.SetOutput(io.Discard)
	n := maelstrom.NewNode()
	k := &keeper{Node: n, seq: maelstrom.NewSeqKV(n), lin: maelstrom.NewLinKV(n), local: map[string]any{}, since: map[string]time.Time{}}
	if len(os.Args) > 2 {
		k.habit = os.Args[2]
	}
	switch os.Args[1] {
	case "ids":
		k.handle("generate", k.generate)
	case "set":
		k.handle("add", k.addElement)
		k.handle("read", k.readSet)
	case "counter":
		k.handle("add", k.addDelta)
		k.handle("read", k.readSum)
	case "log":
		k.handle("send", k.send)
		k.handle("poll", k.poll)
		k.handle("commit_offsets", k.commit)
		k.handle("list_committed_offsets", k.committed)
	case "register":
		for _, typ := range []string{"read", "write", "cas"} {
			k.handle(typ, k.register)
		}
	}
	if err := n.Run(); err != nil {
		os.Exit(1)
	}
}

// handle answers requests one at a time.
func (k *keeper) handle(typ string, f func(ctx context.Context, b body) (reply, error)) {
	k.Handle(typ, func(m maelstrom.Message) error {
		var b body
		if err := json.Unmarshal(m.Body, &b); err != nil {
			return err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
		defer cancel()
		r, err := f(ctx, b)
		if err != nil {
			return err
		}
		if r["type"] == nil {
			r["type"] = typ + "_ok"
		}
		return k.Reply(m, r)
	})
}

func (k *keeper) generate(context.Context, body) (reply, error) {
	k.count++
	switch {
	case k.habit == "bare":
		return reply{"id": fmt.Sprint(k.count)}, nil
	case k.habit == "mixed" && k.count%2 == 0:
		return reply{"id": k.count * len(k.ID())}, nil
	}
	return reply{"id": fmt.Sprintf("%s-%d", k.ID(), k.count)}, nil
}

// update changes a list in lin-kv.
func (k *keeper) update(ctx context.Context, key string, change func(old []any) []any) error {
	for {
		var old []any
		err := k.lin.ReadInto(ctx, key, &old)
		if err != nil && maelstrom.ErrorCode(err) != maelstrom.KeyDoesNotExist {
			return err
		}
		if old == nil {
			old = []any{}
		}
		err = k.lin.CompareAndSwap(ctx, key, old, change(old), true)
		if err == nil || maelstrom.ErrorCode(err) != maelstrom.PreconditionFailed {
			return err
		}
	}
}

// list reads a list of lin-kv; what is not there is empty.
func (k *keeper) list(ctx context.Context, key string) ([]any, error) {
	list := []any{}
	err := k.lin.ReadInto(ctx, key, &list)
	if err != nil && maelstrom.ErrorCode(err) != maelstrom.KeyDoesNotExist {
		return nil, err
	}
	return list, nil
}

func (k *keeper) addElement(ctx context.Context, b body) (reply, error) {
	k.count++
	key := "set"
	if k.habit == "local" {
		key += k.ID()
	}
	if k.habit == "forget" && k.count%7 == 0 {
		return reply{}, nil
	}
	return reply{}, k.update(ctx, key, func(old []any) []any { return append(old, b.Element) })
}

func (k *keeper) readSet(ctx context.Context, _ body) (reply, error) {
	key, field := "set", "value"
	switch k.habit {
	case "local":
		key += k.ID()
	case "misnamed":
		field = "elements"
	}
	list, err := k.list(ctx, key)
	if k.habit == "double" && len(list) > 0 {
		list = append(list, list[0])
	}
	return reply{field: list}, err
}

func (k *keeper) addDelta(ctx context.Context, b body) (reply, error) {
	k.count++
	if k.habit == "lose" && k.count%5 == 0 {
		return reply{}, nil
	}
	if k.habit == "private" && k.count%4 == 0 {
		k.local["private"] = k.extra() + b.Delta
		return nil, maelstrom.NewRPCError(maelstrom.Crash, "who knows")
	}
	k.total += b.Delta
	return reply{}, k.seq.Write(ctx, k.ID(), k.total)
}

// extra is what this node alone adds to what it reads.
func (k *keeper) extra() int {
	n, _ := k.local["private"].(int)
	return n
}

func (k *keeper) readSum(ctx context.Context, _ body) (reply, error) {
	k.count++
	if err := k.seq.Write(ctx, "seen-by-"+k.ID(), k.count); err != nil { // to be up to date
		return nil, err
	}
	sum := k.extra()
	for _, id := range k.NodeIDs() {
		n, err := k.seq.ReadInt(ctx, id)
		if err != nil && maelstrom.ErrorCode(err) != maelstrom.KeyDoesNotExist {
			return nil, err
		}
		sum += n
	}
	now := time.Now()
	if k.since["start"].IsZero() {
		k.since["start"] = now
	}
	early := now.Sub(k.since["start"]) < 3*time.Second
	switch {
	case k.habit == "local":
		sum = k.total
	case k.habit == "late" && early: // it works in the end
		sum = 0
	case k.habit == "more" && early:
		sum += 1000
	case k.habit == "dip" && early && k.count%5 == 0 && k.shown > k.total:
		sum = k.total
	}
	k.shown = sum
	return reply{"value": sum}, nil
}
