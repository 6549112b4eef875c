// Package counter is the workloads g-counter and pn-counter on a node.
//
// State: for every log a total of what was added and one of what was taken away, as of
// its newest entry that is known. An entry bears the totals of its log, so the newest
// stands for all before it: of those a message carries marks only. Totals are at most
// the log's own, so entries may come in any order, and more than once.
//
// A read is the sum of all totals that are known here.
package counter

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"treecast/app"
	"treecast/gossip"
	"treecast/wire"
)

// Names of the workloads.
const (
	growName = "g-counter"
	bothName = "pn-counter"
)

// mark is of the logs of both: what they hold means the same.
const mark = ".counter"

// period: nothing but what is read when all is over is judged, so P may be long; a
// second is what people wait for gladly.
const period = time.Second

// Grow is g-counter: nothing is taken away.
var Grow = app.Kind{
	Name: growName, Mark: mark, Period: period, Check: check, New: New,
	Parse: func(typ string, body app.Fields) (app.Call, error) { return parse(typ, body, true) },
}

// PositiveNegative is pn-counter. An addition tells this one, as it does all that the
// other does.
var PositiveNegative = app.Kind{
	Name: bothName, Mark: mark, Period: period, Check: check, New: New,
	Parse: func(typ string, body app.Fields) (app.Call, error) { return parse(typ, body, false) },
}

var errDelta = errors.New("an add needs a delta that is a whole number of 53 bits at most")

// maxDelta is the largest delta, either way.
const maxDelta = 1<<53 - 1

func parse(typ string, body app.Fields, grow bool) (app.Call, error) {
	switch typ {
	case "read":
		return app.Call{Class: app.Read, Vague: true}, nil
	case "add":
	default:
		return app.Call{}, nil
	}
	value, ok := body.Field("delta")
	if !ok {
		if _, other := body.Field("element"); other {
			return app.Call{}, nil
		}
		return app.Call{}, errDelta
	}
	delta, ok := wire.Int(value)
	if !ok || delta > maxDelta || delta < -maxDelta {
		return app.Call{}, errDelta
	}
	if grow && delta < 0 {
		return app.Call{}, fmt.Errorf("a %s only grows: the delta is %d", growName, delta)
	}
	return app.Call{Class: app.Write, Vague: grow, Value: value, Data: delta}, nil
}

// totals are those of a log: what was added, and what was taken away.
type totals struct{ up, down uint64 }

// newest is what is known of a log.
type newest struct {
	totals
	counter uint64 // of the entry that says so
	logged  uint64 // of the newest entry that is in the node's log; 0: none is
	at      int    // its position there
}

// Counter is the state of a node.
type Counter struct {
	app.Idle
	stood func(int)
	given totals // what this life has given out, durable or not
	logs  map[gossip.OriginID]*newest
	sum   big.Int // of the logs; any number of counters of 64 bits fits
}

// New returns the state of a node that knows nothing yet.
func New(env app.Env) app.App {
	return &Counter{stood: env.Stood, logs: map[gossip.OriginID]*newest{}}
}

var added = &app.Reply{Type: "add_ok"}

// Serve reads, or gives out new totals.
func (c *Counter) Serve(_ time.Duration, call *app.Call) app.Answer {
	if call.Class == app.Read {
		return app.Answer{Reply: &app.Reply{Type: "read_ok", Fields: c.sum.Append([]byte(`,"value":`), 10)}}
	}
	delta, _ := call.Data.(int64)
	next := c.given
	switch {
	case delta > 0 && next.up <= math.MaxInt64-uint64(delta):
		next.up += uint64(delta)
	case delta < 0 && next.down <= math.MaxInt64-uint64(-delta):
		next.down += uint64(-delta)
	case delta != 0:
		return app.Refuse(wire.PreconditionFailed, "this node's total would exceed 63 bits")
	default:
		return app.Answer{Reply: added, Behind: true} // nothing has changed
	}
	c.given = next
	return app.Answer{Reply: added, Entry: next.encode()}
}

// encode is the value of an entry.
func (t totals) encode() string {
	b := strconv.AppendUint([]byte{'['}, t.up, 10)
	b = strconv.AppendUint(append(b, ','), t.down, 10)
	return string(append(b, ']'))
}

func decode(value string) (t totals, ok bool) {
	var n [2]uint64
	ok = app.ReadUints(value, n[:])
	return totals{n[0], n[1]}, ok
}

// check reads the value of an entry.
func check(value string) (string, error) {
	if _, ok := decode(value); !ok && value != gossip.Stood {
		return "", errors.New("it is not the totals of a counter")
	}
	return "", nil
}

// Apply takes in the totals of a log.
func (c *Counter) Apply(e *gossip.Entry, _ string, at int) {
	t, ok := decode(e.Value)
	if !ok {
		return // a mark: a newer one stands for it
	}
	n := c.logs[e.Origin]
	if n == nil {
		n = &newest{}
		c.logs[e.Origin] = n
	}
	if e.Counter > n.counter {
		c.add(t.up-n.up, t.down-n.down)
		n.totals, n.counter = t, e.Counter
	}
	switch {
	case at == app.NotYet || e.Counter == n.logged:
	case e.Counter < n.logged:
		c.stood(at)
	default:
		if n.logged > 0 {
			c.stood(n.at)
		}
		n.logged, n.at = e.Counter, at
	}
}

// add takes a change of totals into the sum. Differences wrap around where a log's
// totals have fallen, which none of ours do.
func (c *Counter) add(up, down uint64) {
	var n big.Int
	c.sum.Add(&c.sum, n.SetInt64(int64(up)))
	c.sum.Sub(&c.sum, n.SetInt64(int64(down)))
}

// Size is how many logs there are.
func (c *Counter) Size() int { return len(c.logs) }
