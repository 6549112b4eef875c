package kafka

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"treecast/run"
	"treecast/wire"
	"treecast/workload"
)

// seekExtra marks an assignment that begins at offset 0 of every key.
const seekExtra = `{"seek-to-beginning?":true}`

// readAllRounds bounds the polls of a read-all, should a node never end.
const readAllRounds = 10_000

// client is Maelstrom's for kafka. It keeps the next offset of each key that it
// is assigned. One oddity is Maelstrom's: what a node says of committed offsets
// is not used, and a key that is new to the client begins at 0.
type client struct {
	op       workload.Op
	assigned cursors
	asked    string          // type of the request under way
	polled   json.RawMessage // by the poll whose commit is under way
	all      *readAll        // a read-all under way
}

// cursors are keys and the next offset to ask for, in the order of assignment.
type cursors struct {
	keys []string
	next map[string]int64
}

func newCursors(keys []string, next func(key string) int64) cursors {
	c := cursors{next: map[string]int64{}}
	for _, key := range keys {
		if _, twice := c.next[key]; !twice {
			c.keys = append(c.keys, key)
			c.next[key] = next(key)
		}
	}
	return c
}

// fields spells them as a request's offsets.
func (c *cursors) fields() []byte {
	out := []byte(`"offsets":{`)
	for i, key := range c.keys {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(wire.AppendString(out, key), ':')
		out = strconv.AppendInt(out, c.next[key], 10)
	}
	return append(out, '}')
}

// advance moves past what was polled. Keys that were not assigned are from then
// on, as in Maelstrom.
func (c *cursors) advance(polled []keyPairs) (further bool) {
	for _, k := range polled {
		next := int64(0)
		for _, p := range k.pairs {
			next = max(next, p.offset+1)
		}
		old, known := c.next[k.key]
		if !known {
			c.keys = append(c.keys, k.key)
		}
		if c.next == nil {
			c.next = map[string]int64{}
		}
		if !known || next > old {
			c.next[k.key] = next
			further = further || next > old
		}
	}
	return further
}

func (c *client) Begin(op workload.Op) workload.Step {
	c.op = op
	switch op.F {
	case fAssign:
		if string(op.Extra) == seekExtra {
			c.assigned = newCursors(keysOf(op.Value), func(string) int64 { return 0 })
			return workload.Succeed(op.Value)
		}
		return c.ask("list_committed_offsets", append([]byte(`"keys":`), op.Value...))
	case fPoll:
		return c.ask("poll", c.assigned.fields())
	case fSend:
		e := parse(&run.Op{F: fSend, Value: op.Value})
		s := e.sends[0]
		fields := append(wire.AppendString([]byte(`"key":`), s.key), `,"msg":`...)
		return c.ask("send", append(fields, s.message...))
	case fReadAll:
		c.all = newReadAll(keysOf(op.Value))
		return c.ask("poll", c.all.cursors.fields())
	case fCommitted:
		return c.ask("list_committed_offsets", append([]byte(`"keys":`), op.Value...))
	}
	// A crash: the client is gone with all that it knew.
	return workload.Step{Completion: workload.Completion{Type: run.Info, Value: op.Value}}
}

func (c *client) ask(typ string, fields []byte) workload.Step {
	c.asked = typ
	return workload.Ask(typ, fields, 0)
}

// replies are the shapes of answers, by request.
var replies = map[string]workload.Shape{
	"send":                   {Type: "send_ok", Field: "offset", Kind: workload.Int},
	"poll":                   {Type: "poll_ok", Field: "msgs", Kind: workload.Map},
	"commit_offsets":         {Type: "commit_offsets_ok"},
	"list_committed_offsets": {Type: "list_committed_offsets_ok", Field: "offsets", Kind: workload.Map},
}

func (c *client) Reply(body json.RawMessage) workload.Step {
	idempotent := c.op.F == fAssign
	if body == nil {
		return workload.Unanswered(c.op.Value, idempotent)
	}
	if step, refused := workload.Refused(body, c.op.Value, idempotent); refused {
		return step
	}
	field, err := replies[c.asked].Read(body)
	if err == nil {
		var step workload.Step
		if step, err = c.answered(field); err == nil {
			return step
		}
	}
	return workload.Malformed(c.op.Value, err)
}

func (c *client) answered(field json.RawMessage) (workload.Step, error) {
	switch c.asked {
	case "send":
		return c.sent(field), nil
	case "commit_offsets":
		return workload.Succeed(polledValue(c.polled)), nil
	case "list_committed_offsets":
		if err := checkOffsets(field); err != nil {
			return workload.Step{}, err
		}
		if c.op.F == fCommitted {
			return workload.Succeed(field), nil
		}
		own := c.assigned
		c.assigned = newCursors(keysOf(c.op.Value), func(key string) int64 { return own.next[key] })
		return workload.Succeed(c.op.Value), nil
	}
	polled, err := readMessages(field)
	if err != nil {
		return workload.Step{}, err
	}
	if c.all != nil {
		if c.all.take(polled) {
			return c.ask("poll", c.all.cursors.fields()), nil
		}
		all := c.all
		c.all = nil
		return workload.Succeed(all.value()), nil
	}
	c.assigned.advance(polled)
	c.polled = field
	if fields := commitFields(polled); fields != nil {
		return c.ask("commit_offsets", fields), nil
	}
	return workload.Succeed(polledValue(field)), nil
}

// sent completes a send with its offset: [["send" k [offset msg]]].
func (c *client) sent(offset json.RawMessage) workload.Step {
	e := parse(&run.Op{F: fSend, Value: c.op.Value})
	s := e.sends[0]
	value := wire.AppendString([]byte(`[["send",`), s.key)
	value = append(append(value, ",["...), offset...)
	value = append(append(value, ','), s.message...)
	return workload.Succeed(append(value, "]]]"...))
}

func polledValue(msgs json.RawMessage) json.RawMessage {
	value := append([]byte(`[["poll",`), msgs...)
	return append(value, "]]"...)
}

// commitFields spells the highest offsets of a poll; nil if it brought nothing.
func commitFields(polled []keyPairs) []byte {
	var out []byte
	for _, k := range polled {
		if len(k.pairs) == 0 {
			continue
		}
		highest := int64(0)
		for _, p := range k.pairs {
			highest = max(highest, p.offset)
		}
		if out == nil {
			out = []byte(`"offsets":{`)
		} else {
			out = append(out, ',')
		}
		out = append(wire.AppendString(out, k.key), ':')
		out = strconv.AppendInt(out, highest, 10)
	}
	if out == nil {
		return nil
	}
	return append(out, '}')
}

// checkOffsets holds a map of keys to offsets against Maelstrom's schema.
func checkOffsets(offsets json.RawMessage) (err error) {
	wire.EachField(offsets, func(key []byte, value json.RawMessage) bool {
		if _, ok := wire.Int(value); !ok {
			err = fmt.Errorf("the offset of %q is %.40s, not an integer", key, value)
		}
		return err == nil
	})
	return err
}

// keysOf reads a list of keys.
func keysOf(value json.RawMessage) []string {
	var keys []string
	wire.EachElement(value, func(v json.RawMessage) bool {
		if key, ok := wire.Text(v); ok {
			keys = append(keys, strings.Clone(key))
		}
		return true
	})
	return keys
}

// readAll polls everything that a node has, from the beginning.
type readAll struct {
	cursors cursors
	seen    map[string][]json.RawMessage // pairs, by key
	rounds  int
}

func newReadAll(keys []string) *readAll {
	return &readAll{cursors: newCursors(keys, func(string) int64 { return 0 }), seen: map[string][]json.RawMessage{}}
}

// take adds what a poll brought, and says whether there may be more.
func (a *readAll) take(polled []keyPairs) bool {
	for _, k := range polled {
		for _, p := range k.pairs {
			a.seen[k.key] = append(a.seen[k.key], p.raw)
		}
	}
	a.rounds++
	return a.cursors.advance(polled) && a.rounds < readAllRounds
}

func (a *readAll) value() json.RawMessage {
	out := []byte{'{'}
	for i, key := range a.cursors.keys {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(wire.AppendString(out, key), ":["...)
		for j, pair := range a.seen[key] {
			if j > 0 {
				out = append(out, ',')
			}
			out = append(out, pair...)
		}
		out = append(out, ']')
	}
	return append(out, '}')
}
