package kafka

import (
	"encoding/json"
	"fmt"

	"treecast/run"
	"treecast/wire"
)

// event is a line of the history, read.
type event struct {
	op    *run.Op
	sends []sending
	polls []keyPairs
}

// sending is a micro-operation :send.
type sending struct {
	key       string
	message   json.RawMessage
	offset    int64
	hasOffset bool
}

// keyPairs is what a poll brought of one key.
type keyPairs struct {
	key   string
	pairs []pair
}

// pair is a message with its offset.
type pair struct {
	offset  int64
	message json.RawMessage
	raw     json.RawMessage // both, as they stood
}

// parse reads an operation. What has not the shape of a micro-operation is
// passed over: no client of ours and none of Maelstrom's writes it.
func parse(op *run.Op) event {
	e := event{op: op}
	if op.F != fSend && op.F != fPoll {
		return e
	}
	wire.EachElement(op.Value, func(mop json.RawMessage) bool {
		parts := elements(mop)
		if len(parts) == 0 {
			return true
		}
		switch f, _ := wire.Text(parts[0]); {
		case f == fSend && len(parts) >= 3:
			if s, ok := parseSend(parts); ok {
				e.sends = append(e.sends, s)
			}
		case f == fPoll && len(parts) >= 2:
			polls, _ := readMessages(parts[1])
			e.polls = append(e.polls, polls...)
		}
		return true
	})
	return e
}

func elements(list json.RawMessage) []json.RawMessage {
	var out []json.RawMessage
	wire.EachElement(list, func(v json.RawMessage) bool {
		out = append(out, v)
		return true
	})
	return out
}

func parseSend(parts []json.RawMessage) (sending, bool) {
	key, ok := wire.Text(parts[1])
	if !ok {
		return sending{}, false
	}
	s := sending{key: key, message: parts[2]}
	if placed := parts[2]; len(placed) > 0 && placed[0] == '[' {
		if both := elements(placed); len(both) == 2 {
			s.message = both[1]
			s.offset, s.hasOffset = wire.Int(both[0])
		}
	}
	return s, true
}

// readMessages reads a map of keys to lists of pairs, as poll_ok has it. The error
// says what does not fit; what was read up to there is returned.
func readMessages(msgs json.RawMessage) (out []keyPairs, err error) {
	wire.EachField(msgs, func(key []byte, list json.RawMessage) bool {
		k := keyPairs{key: string(key)}
		if string(list) != "null" && (len(list) == 0 || list[0] != '[') {
			err = fmt.Errorf("the messages of %q are no list: %.40s", key, list)
			return false
		}
		wire.EachElement(list, func(raw json.RawMessage) bool {
			both := elements(raw)
			if len(both) != 2 {
				err = fmt.Errorf("key %q: a message is [offset, msg], not %.40s", key, raw)
				return false
			}
			offset, ok := wire.Int(both[0])
			if !ok {
				err = fmt.Errorf("key %q: the offset is %.40s, not an integer", key, both[0])
				return false
			}
			k.pairs = append(k.pairs, pair{offset, both[1], raw})
			return true
		})
		out = append(out, k)
		return err == nil
	})
	return out, err
}

// keys lists the keys that an event touched, in its order.
func (e *event) keys() []string {
	var out []string
	for _, k := range e.polls {
		out = append(out, k.key)
	}
	for _, s := range e.sends {
		if s.hasOffset {
			out = append(out, s.key)
		}
	}
	return out
}

// maxOffsets returns the highest offset of every key that an event knows of: -1
// of a key that was polled without result.
func (e *event) maxOffsets() map[string]int64 {
	if e.op.Type != run.OK && e.op.Type != run.Info || len(e.polls)+len(e.sends) == 0 {
		return nil
	}
	out := make(map[string]int64, len(e.polls)+len(e.sends))
	for _, k := range e.polls {
		highest, again := out[k.key]
		if !again {
			highest = -1
		}
		for _, p := range k.pairs {
			highest = max(highest, p.offset)
		}
		out[k.key] = highest
	}
	for _, s := range e.sends {
		if s.hasOffset {
			out[s.key] = max(out[s.key], s.offset)
		}
	}
	return out
}
