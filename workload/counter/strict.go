package counter

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"time"

	"treecast/checker"
	"treecast/run"
	"treecast/wire"
	"treecast/workload"
)

// settle is for how long nothing may be wrong with nodes and network before a
// read must show every add that was acknowledged before: what Maelstrom itself
// gives them after the load.
const settle = 10 * time.Second

// The kinds of finding.
const (
	findOwn    run.FindingKind = "own-adds"  // a read lacks adds of the worker that reads
	findBack   run.FindingKind = "backwards" // a g-counter that a worker sees shrink
	findMore   run.FindingKind = "unsent"    // a read shows more than was ever added
	findStale  run.FindingKind = "stale"     // a read lacks adds of long ago
	findDiffer run.FindingKind = "differ"    // final reads are all acceptable, and not all the same
	findDeaf   run.FindingKind = "deaf"      // a final read without an answer
)

// strict looks at every read, and not only at the final ones: it must show the
// adds that its worker had acknowledged, and those of others that were
// acknowledged before the cluster had its quiet; it may show whatever else was
// invoked by then; nothing beyond. A worker that reads a g-counter never sees it
// shrink, unless the node was killed in between: it may have shown what others told it
// and it had no time to keep. All final reads are the same.
func strict(h run.History, in workload.Input, grows bool) []run.Finding {
	j := judge{
		h: h, in: in, grows: grows, settled: checker.Settled(h, settle),
		workers: map[int]*worker{}, kinds: map[run.FindingKind]*run.Finding{}, killed: map[string]int{},
	}
	pairs := h.Pairs()
	for i := range h {
		if op := &h[i]; op.Process != run.NemesisProcess && (op.F == fAdd || op.F == fRead) {
			j.see(op, pairs[i])
		} else if op.Process == run.NemesisProcess && op.F == "kill" {
			j.kill(i, op)
		}
	}
	for i := range in.Inquiry {
		op, node := &in.Inquiry[i], fmt.Sprint("node ", in.Inquiry[i].Process)
		if op.Process < len(in.Options.Nodes) {
			node = in.Options.Nodes[op.Process]
		}
		if op.Type == run.OK {
			j.finals = append(j.finals, final{op, node + ", asked when the run was over,"})
		} else if op.Type != run.Invoke {
			j.found(findDeaf, op, "%s did not answer when the run was over: %s", node, op.Error)
		}
	}
	j.compareFinals()
	return j.findings()
}

// judge walks over a history.
type judge struct {
	h       run.History
	in      workload.Input
	grows   bool
	settled func(time.Duration) time.Duration

	acked    []ack // in the order of their completion
	pos, neg int64 // sums of what was invoked so far and did not fail
	workers  map[int]*worker
	finals   []final        // answered
	killed   map[string]int // by node: the position of its newest kill
	kinds    map[run.FindingKind]*run.Finding
}

// final is a final read, and whose it is.
type final struct {
	op  *run.Op
	who string
}

// ack is an acknowledged add, with the sums of it and all before it.
type ack struct {
	at       time.Duration
	pos, neg int64
}

// worker is what one of the clients has done.
type worker struct {
	acked  []ack   // its own
	last   *run.Op // its newest read ...
	lastAt int     // ... and where that was asked for
}

func (j *judge) worker(process int) *worker {
	number := process
	if j.in.Options.Concurrency > 0 {
		number %= j.in.Options.Concurrency
	}
	if j.workers[number] == nil {
		j.workers[number] = &worker{}
	}
	return j.workers[number]
}

func (j *judge) see(op *run.Op, pair int32) {
	w := j.worker(op.Process)
	delta, err := int64(0), error(nil)
	if op.F == fAdd {
		if delta, err = deltaOf(op); err != nil {
			return // Maelstrom's verdict says so
		}
	}
	switch {
	case op.F == fAdd && op.Type == run.Invoke:
		j.pos, j.neg = j.pos+max(delta, 0), j.neg+min(delta, 0)
	case op.F == fAdd && op.Type == run.Fail:
		j.pos, j.neg = j.pos-max(delta, 0), j.neg-min(delta, 0)
	case op.F == fAdd && op.Type == run.OK:
		j.acked = appendAck(j.acked, op.Time, delta)
		w.acked = appendAck(w.acked, op.Time, delta)
	case op.F == fRead && op.Type == run.OK && pair >= 0:
		j.read(w, int(pair), op)
	case op.F == fRead && op.Final && op.Type != run.Invoke:
		j.found(findDeaf, op, "%s did not answer its final read: %s", j.reader(op), op.Error)
	}
}

func appendAck(acks []ack, at time.Duration, delta int64) []ack {
	a := ack{at: at, pos: max(delta, 0), neg: min(delta, 0)}
	if n := len(acks); n > 0 {
		a.pos, a.neg = a.pos+acks[n-1].pos, a.neg+acks[n-1].neg
	}
	return append(acks, a)
}

// until returns the sums of the adds acknowledged up to a time.
func until(acks []ack, at time.Duration) ack {
	n := sort.Search(len(acks), func(i int) bool { return acks[i].at > at })
	if n == 0 {
		return ack{}
	}
	return acks[n-1]
}

// kill takes note of which nodes a step of the nemesis has killed.
func (j *judge) kill(at int, op *run.Op) {
	var did map[string]string
	if json.Unmarshal(op.Value, &did) != nil {
		return // the beginning of the step
	}
	for node, what := range did {
		if what == "killed" {
			j.killed[node] = at
		}
	}
}

// read looks at a read that was answered, and was asked for at a position of the history.
func (j *judge) read(w *worker, at int, op *run.Op) {
	asked := &j.h[at]
	value, ok := wire.Int(op.Value)
	if !ok {
		j.found(findMore, op, "%s read %.40s at %v, more than was ever added", j.reader(op), op.Value, op.Time)
		return
	}
	if op.Final {
		j.finals = append(j.finals, final{op, j.reader(op)})
	}
	since := j.settled(asked.Time)
	old, own, ownOld := until(j.acked, since), until(w.acked, asked.Time), until(w.acked, since)
	all := ack{pos: old.pos + own.pos - ownOld.pos, neg: old.neg + own.neg - ownOld.neg}
	switch {
	case value > j.pos || value < j.neg:
		j.found(findMore, op, "%s read %d at %v, where all adds so far make no more than %d to %d", j.reader(op), value, op.Time, j.neg, j.pos)
	case !j.shows(value, own):
		j.found(findOwn, op, "%s read %d at %v, which lacks adds of its own that were acknowledged before: they make %d", j.reader(op), value, op.Time, own.pos+own.neg)
	case !j.shows(value, all):
		j.found(findStale, op, "%s read %d at %v, which lacks adds that were acknowledged by %v, with ten seconds since in which nothing was wrong: they and its own make %d",
			j.reader(op), value, op.Time, since, all.pos+all.neg)
	}
	if killed, was := j.killed[j.in.NodeOf(op.Process)]; was && at < killed {
		w.last = nil // it was on its way then
		return
	} else if was && w.lastAt < killed {
		w.last = nil
	}
	if j.grows && w.last != nil {
		if before, ok := wire.Int(w.last.Value); ok && value < before {
			j.found(findBack, op, "%s read %d at %v and %d before, at %v", j.reader(op), value, op.Time, before, w.last.Time)
		}
	}
	w.last, w.lastAt = op, at
}

// shows tells whether a value can be the sum of the adds that it must show and
// some of the others that were invoked.
func (j *judge) shows(value int64, must ack) bool {
	sum := must.pos + must.neg
	return sum+j.neg-must.neg <= value && value <= sum+j.pos-must.pos
}

// compareFinals looks at final reads that Maelstrom accepts one by one.
func (j *judge) compareFinals() {
	for _, f := range j.finals {
		if first := j.finals[0]; string(f.op.Value) != string(first.op.Value) {
			j.found(findDiffer, f.op, "%s read %s in the end, and %s read %s", f.who, f.op.Value, first.who, first.op.Value)
		}
	}
}

func (j *judge) reader(op *run.Op) string {
	if node := j.in.NodeOf(op.Process); node != "" {
		return fmt.Sprintf("process %d at %s", op.Process, node)
	}
	return fmt.Sprintf("process %d", op.Process)
}

// found counts a finding; the first of a kind is told in words.
func (j *judge) found(kind run.FindingKind, op *run.Op, format string, args ...any) {
	f := j.kinds[kind]
	if f == nil {
		f = &run.Finding{Kind: kind, Node: j.in.NodeOf(op.Process), Text: fmt.Sprintf(format, args...) + fmt.Sprintf(" (operation %d)", op.Index)}
		j.kinds[kind] = f
	}
	f.Count++
}

func (j *judge) findings() []run.Finding {
	var out []run.Finding
	for _, kind := range []run.FindingKind{findDeaf, findOwn, findBack, findMore, findStale, findDiffer} {
		if f := j.kinds[kind]; f != nil {
			if f.Count > 1 {
				f.Text += fmt.Sprintf("; %d times in all", f.Count)
			}
			out = append(out, *f)
		}
	}
	return slices.Clip(out)
}
