// Package txn is the workload txn-rw-register on a node: transactions of reads and
// writes of registers.
//
// A transaction is carried out at once and whole on what is known here, so it never
// waits for anybody and is never aborted. Its last writes are one entry with a Lamport
// stamp: a number above all that is known here; the names of the node and of its log
// break ties. Who learns of the entry applies it whole, and keeps per key the value with
// the highest stamp, so all nodes come to have the same.
//
// An entry that later ones of its log have overwritten in all of its keys travels as a
// mark: of a node's transactions in a round only those are sent that hold its last write
// of some key.
//
// That gives read committed, internal consistency, and atomic visibility of each
// transaction. It does not give more: two nodes may write a key at the same time, and
// one of the writes is lost.
package txn

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"treecast/app"
	"treecast/gossip"
	"treecast/wire"
)

// period is P: a transaction is everywhere after P and the hops. At 150 ms two nodes
// spend 13 messages a second.
const period = 150 * time.Millisecond

// mark is that of its logs.
const mark = ".txn"

// Kind is txn-rw-register.
var Kind = app.Kind{Name: "txn-rw-register", Mark: mark, Period: period, Again: true, Parse: parse, Check: check, New: New}

// op is a micro-operation.
type op struct {
	key   string // canonical JSON
	spelt json.RawMessage
	value json.RawMessage
	write bool
}

// call is the data of a transaction.
type call struct{ ops []op }

// usualOps is how many micro-operations a transaction has at most, as a rule.
const usualOps = 4

var errTxn = errors.New(`a txn needs a txn: a list of ["r", key, null] and ["w", key, value]`)

func parse(typ string, body app.Fields) (app.Call, error) {
	if typ != "txn" {
		return app.Call{}, nil
	}
	field, _ := body.Field("txn")
	c := wire.NewCursor(field)
	ops := make([]op, 0, usualOps)
	writes, foreign := false, false
	for range c.Elements() {
		o, f := readOp(&c)
		switch f {
		case "r":
		case "w":
			o.write, writes = true, true
		default:
			foreign = true
		}
		ops = append(ops, o)
	}
	switch {
	case !c.Done():
		return app.Call{}, errTxn
	case foreign:
		return app.Call{}, fmt.Errorf("of the operations of transactions, r and w are known here: %w", errTxn)
	}
	class := app.Read
	if writes {
		class = app.Write
	}
	return app.Call{Class: class, Value: field, Data: call{ops}}, nil
}

func readOp(c *wire.Cursor) (o op, f string) {
	n := 0
	for range c.Elements() {
		switch n {
		case 0:
			f = string(c.Text())
		case 1:
			o.spelt = c.Value()
			key, err := wire.Canonical(o.spelt)
			if err != nil {
				c.Fail()
				return o, f
			}
			o.key = key
		case 2:
			o.value = c.Value()
		default:
			c.Fail()
			return o, f
		}
		n++
	}
	if n != 3 {
		c.Fail()
	}
	return o, f
}

// stamp orders writes; the zero stamp is that of a key that nobody has written. A node
// that has forgotten what it wrote may give a number again: its log is another one then.
type stamp struct {
	number uint64
	by     gossip.Origin
}

func (s stamp) less(o stamp) bool {
	return cmp.Or(cmp.Compare(s.number, o.number), strings.Compare(s.by.Node, o.by.Node), strings.Compare(s.by.Log, o.by.Log)) < 0
}

// register is a key's value, and of each log the newest write of it that is in the
// node's log.
type register struct {
	stamp
	key    string
	value  string
	logged map[gossip.OriginID]logged
}

// logged is a write that is in the node's log.
type logged struct {
	counter uint64
	by      *entry
}

// entry is one of the log by what of it has to travel.
type entry struct {
	at   int
	keys int // that its log has not overwritten since
}

// Store is the state of a node.
type Store struct {
	app.Idle
	own   gossip.Origin
	stood func(int)
	keys  map[string]*register
	clock uint64 // the highest number that is known
}

// New returns the state of a node that knows nothing yet.
func New(env app.Env) app.App {
	return &Store{own: gossip.Origin{Node: env.Self, Log: env.Life + mark}, stood: env.Stood, keys: map[string]*register{}}
}

// Serve carries out a transaction. What it reads may not be durable yet; then the
// answer waits until it is.
func (s *Store) Serve(_ time.Duration, c *app.Call) app.Answer {
	what, ok := c.Data.(call)
	if !ok {
		return app.Refuse(wire.NotSupported, "it is no request of this workload")
	}
	next := stamp{s.clock + 1, s.own}
	if next.number > app.MaxOffset {
		return app.Refuse(wire.PreconditionFailed, "the stamps of this cluster are used up")
	}
	var few [4]*register
	writes := few[:0] // in the order of their first write
	fields := append(make([]byte, 0, len(c.Value)+answerBytes), `,"txn":[`...)
	for i, o := range what.ops {
		if i > 0 {
			fields = append(fields, ',')
		}
		if o.write {
			r := s.register(o.key)
			if r.stamp != next {
				writes = append(writes, r)
			}
			r.stamp, r.value = next, string(o.value)
			fields = append(append(append(fields, `["w",`...), o.spelt...), ',')
			fields = append(append(fields, o.value...), ']')
			continue
		}
		fields = append(append(append(fields, `["r",`...), o.spelt...), ',')
		if r := s.keys[o.key]; r != nil {
			fields = append(fields, r.value...)
		} else {
			fields = append(fields, "null"...)
		}
		fields = append(fields, ']')
	}
	a := app.Answer{Reply: &app.Reply{Type: "txn_ok", Fields: append(fields, ']')}, Behind: true}
	if len(writes) == 0 {
		return a
	}
	s.clock = next.number
	value := strconv.AppendUint(append(make([]byte, 0, len(c.Value)), '['), next.number, 10)
	for _, r := range writes {
		value = append(append(append(value, ",["...), r.key...), ',')
		value = append(append(value, r.value...), ']')
	}
	a.Entry = string(append(value, ']'))
	return a
}

// answerBytes is how much longer an answer is than its request, as a rule.
const answerBytes = 64

// register is that of a key, which is made if there is none.
func (s *Store) register(key string) *register {
	r := s.keys[key]
	if r == nil {
		r = &register{key: key}
		s.keys[key] = r
	}
	return r
}

// write keeps a value if it is the newest.
func (s *Store) write(key, value string, at stamp) *register {
	r := s.register(key)
	if r.less(at) {
		r.stamp, r.value = at, value
	}
	return r
}

// log notes a write that is in the node's log. What the same log has overwritten later
// need not travel: whoever gets the one gets the other with it. What another log has
// overwritten travels, as that may be lost where the two part.
func (r *register) log(e *gossip.Entry, by *entry, stood func(int)) {
	last := r.logged[e.Origin]
	if e.Counter <= last.counter {
		return
	}
	if last.by != nil {
		if last.by.keys--; last.by.keys == 0 {
			stood(last.by.at)
		}
	}
	if r.logged == nil {
		r.logged = map[gossip.OriginID]logged{}
	}
	r.logged[e.Origin] = logged{e.Counter, by}
	by.keys++
}

// written is the value of an entry: [stamp, [key, value], ...].
type written struct {
	number uint64
	keys   []string
	values []string
}

var errValue = errors.New("it is not a transaction's writes")

func decode(text string) (w written, err error) {
	c := wire.NewCursor([]byte(text))
	first := true
	for range c.Elements() {
		if first {
			w.number, first = c.Uint(), false
			continue
		}
		n := 0
		for range c.Elements() {
			switch n {
			case 0:
				key, err := wire.Canonical(c.Value())
				if err != nil {
					return w, errValue
				}
				w.keys = append(w.keys, key)
			case 1:
				w.values = append(w.values, string(c.Value()))
			}
			n++
		}
		if n != 2 {
			c.Fail()
		}
	}
	if !c.Done() || w.number == 0 || w.number > app.MaxOffset || len(w.keys) == 0 || len(w.keys) != len(w.values) {
		return w, errValue
	}
	return w, nil
}

// check reads the value of an entry.
func check(text string) (string, error) {
	if text == gossip.Stood {
		return "", nil
	}
	_, err := decode(text)
	return "", err
}

// Apply takes in a transaction's writes, all of them.
func (s *Store) Apply(e *gossip.Entry, _ string, at int) {
	w, err := decode(e.Value)
	if err != nil {
		return // a mark: it was overwritten before it travelled
	}
	s.clock = max(s.clock, w.number)
	written, by := stamp{w.number, e.Origin.Value()}, &entry{at: at}
	for i, key := range w.keys {
		r := s.write(key, w.values[i], written)
		if at != app.NotYet {
			r.log(e, by, s.stood)
		}
	}
	if at != app.NotYet && by.keys == 0 {
		s.stood(at) // it was overwritten before it came
	}
}

// Size is how many keys there are.
func (s *Store) Size() int { return len(s.keys) }
