package kafka

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"treecast/run"
	"treecast/workload"
	"treecast/workload/txngen"
)

const (
	assignOdds = 64 // one operation in so many is preceded by an assignment of its key
	unseenOdds = 3  // one assignment in so many is joined by all keys with unpolled messages

	finalLimit = 10 * time.Second       // of the final phase
	finalEvery = 200 * time.Millisecond // mean time between a worker's final polls
	finalPoll  = `{"poll-ms":1000}`
)

// generator is Jepsen's for kafka: sends and polls from transactions of one
// micro-operation, assignments of the keys that they touch, and crashes.
type generator struct {
	pool    *txngen.Pool
	pending *txngen.Mop   // drawn, and preceded by an assignment
	crashAt time.Duration // a crash is as likely as anything else from then on
	between time.Duration // mean time between crashes

	sent, polled offsets // of keys that are not polled to their end, by what completed
	highest      offsets // of every key ever touched

	finals     map[int]*finalWorker
	finalBegun time.Duration
	targets    offsets // as of the beginning of the final phase
}

// finalWorker is how far a worker has got in the final phase.
type finalWorker struct {
	step    int     // 0: crash, 1: assign, 2: poll
	targets []int64 // keys that it has not read to the end
	next    time.Duration
}

func newGenerator(o workload.Options) workload.Generator {
	options := txngen.Options{
		MinLength: 1, MaxLength: 1, KeyCount: o.Keys(), MaxWritesPerKey: o.WritesPerKey(),
	}
	return &generator{pool: txngen.NewPool(options), between: crashEvery / time.Duration(max(1, o.Concurrency))}
}

func (g *generator) Next(now time.Duration, workers workload.Workers, rng *rand.Rand) (int, workload.Op) {
	worker := workers.InTurn()
	if now >= g.crashAt && rng.IntN(2) == 0 {
		g.crashAt = now + time.Duration(rng.Float64()*2*float64(g.between))
		return worker, workload.Op{F: fCrash}
	}
	mop := g.pending
	if mop == nil {
		mop = &g.pool.Next(rng)[0]
	}
	if rng.IntN(assignOdds) == 0 {
		g.pending = mop
		return worker, g.assign([]int64{mop.Key}, rng)
	}
	g.pending = nil
	if !mop.Write {
		return worker, workload.Op{F: fPoll, Value: json.RawMessage(`[["poll"]]`), Micro: true}
	}
	value := append([]byte(`[["send",`), quoted(mop.Key)...)
	value = append(strconv.AppendInt(append(value, ','), mop.Value, 10), "]]"...)
	return worker, workload.Op{F: fSend, Value: value, Micro: true}
}

// assign assigns keys, now and then with all that have unpolled messages before
// them.
func (g *generator) assign(keys []int64, rng *rand.Rand) workload.Op {
	op := workload.Op{F: fAssign}
	if rng.IntN(unseenOdds) == 0 && len(g.sent.keys) > 0 {
		joined := slices.Clone(g.sent.keys)
		for _, key := range keys {
			if !slices.Contains(joined, key) {
				joined = append(joined, key)
			}
		}
		op.Extra = g.unseen()
		keys = joined
	}
	op.Value = keyList(keys)
	return op
}

// unseen is the generator's note on the keys with unpolled messages.
func (g *generator) unseen() json.RawMessage {
	out := []byte(`{"unseen":{`)
	for i, key := range slices.Sorted(slices.Values(g.sent.keys)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, quoted(key)...)
		out = strconv.AppendInt(append(out, `:{"polled":`...), g.polled.get(key), 10)
		out = strconv.AppendInt(append(out, `,"sent":`...), g.sent.get(key), 10)
		out = append(out, '}')
	}
	return append(out, "}}"...)
}

func quoted(key int64) string { return `"` + strconv.FormatInt(key, 10) + `"` }

func keyList(keys []int64) json.RawMessage {
	out := []byte{'['}
	for i, key := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, quoted(key)...)
	}
	return append(out, ']')
}

// Update follows what was sent and polled.
func (g *generator) Update(worker int, op *run.Op) {
	if op.Type != run.OK || op.F != fSend && op.F != fPoll {
		return
	}
	e := parse(op)
	touched := e.maxOffsets()
	if w := g.finals[worker]; w != nil && op.F == fPoll {
		w.targets = slices.DeleteFunc(w.targets, func(key int64) bool {
			seen, read := touched[strconv.FormatInt(key, 10)]
			return read && g.targets.get(key) <= seen
		})
	}
	into := &g.sent
	if op.F == fPoll {
		into = &g.polled
	}
	for _, name := range e.keys() {
		key, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			continue // no key of ours: a node made it up
		}
		g.highest.raise(key, touched[name])
		into.raise(key, touched[name])
		if g.polled.get(key) >= g.sent.get(key) {
			g.sent.drop(key)
			g.polled.drop(key)
		}
	}
}

// Final lets a worker crash, take all keys from their beginning, and poll until
// it has seen the end of every one.
func (g *generator) Final(now time.Duration, worker int, rng *rand.Rand) workload.FinalStep {
	if g.finals == nil {
		g.finals, g.finalBegun, g.targets = map[int]*finalWorker{}, now, g.highest.clone()
	}
	w := g.finals[worker]
	if w == nil {
		w = &finalWorker{targets: slices.Sorted(slices.Values(g.targets.keys))}
		g.finals[worker] = w
	}
	switch {
	case len(w.targets) == 0 || now-g.finalBegun >= finalLimit:
		return workload.FinalStep{Done: true}
	case w.step == 0:
		w.step++
		return workload.FinalStep{Op: workload.Op{F: fCrash}}
	case w.step == 1:
		w.step++
		keys := slices.Sorted(slices.Values(g.targets.keys))
		return workload.FinalStep{Op: workload.Op{F: fAssign, Value: keyList(keys), Extra: json.RawMessage(seekExtra)}}
	case now < w.next:
		return workload.FinalStep{At: w.next}
	}
	w.next = now + time.Duration(rng.Float64()*2*float64(finalEvery))
	return workload.FinalStep{Op: workload.Op{
		F: fPoll, Value: json.RawMessage(`[["poll"]]`), Micro: true, Extra: json.RawMessage(finalPoll),
	}}
}

// offsets are the highest offsets of keys, in the order in which keys came.
type offsets struct {
	keys    []int64
	highest map[int64]int64
}

// get returns -1 for a key that is not there.
func (o *offsets) get(key int64) int64 {
	if offset, ok := o.highest[key]; ok {
		return offset
	}
	return -1
}

func (o *offsets) raise(key, offset int64) {
	old, ok := o.highest[key]
	if !ok {
		o.keys = append(o.keys, key)
	}
	if o.highest == nil {
		o.highest = map[int64]int64{}
	}
	if !ok || offset > old {
		o.highest[key] = offset
	}
}

func (o *offsets) drop(key int64) {
	if _, ok := o.highest[key]; ok {
		delete(o.highest, key)
		o.keys = slices.DeleteFunc(o.keys, func(k int64) bool { return k == key })
	}
}

func (o *offsets) clone() offsets {
	var out offsets
	for _, key := range o.keys {
		out.raise(key, o.highest[key])
	}
	return out
}
