package hop

import (
	"slices"
	"time"
)

// fair is what waits for the gossip child, which all neighbours share. Whose messages have
// cost it less of its time is heard first: one that sends what is expensive, as fast as it can,
// has what the others leave, and costs each of them no more than the message in hand and what is
// in the window. The messages of one neighbour stay in order.
//
// What a message costs is known when it is handled: the child says how long it took. Until
// then it is taken to be as much for each byte as that neighbour's have been. Where time does not
// pass, in virtual time, nothing costs anything, and messages are heard as they came.
type fair struct {
	turns  map[string]*turn
	active []*turn       // those of whom anything waits
	clock  time.Duration // what who was last heard had used
	inHand time.Duration // what is in the window will take, as far as is known
	items  int
	bytes  int
}

// turn is a neighbour's place among the others.
type turn struct {
	waiting
	used    time.Duration // of the child's time, and what it did not use while nothing of it waited
	perByte float64       // nanoseconds that a byte takes
}

// Bounds of what is given to the gossip child and waits for it.
const (
	// maxInHand is how long what is in the window may take, as far as is known: so long does
	// a message wait that has come just now and has cost nothing yet. A single one passes.
	maxInHand = 10 * time.Millisecond
	// creditBytes is from how much on a link child is given no more to read: what its neighbour
	// sends then waits before it was read. A kind one has no more than gossip's window on its way.
	creditBytes = 256 << 10
	// firstPerByte is what a byte of a neighbour is taken to cost, in nanoseconds, that has sent
	// nothing yet: what the dearest do.
	firstPerByte = 50
	// peersWaiting times the bounds of one neighbour are those of all together.
	peersWaiting = 16
)

func newFair() *fair { return &fair{turns: map[string]*turn{}} }

func (q *fair) empty() bool { return len(q.active) == 0 }

// full reports whether no more is taken, of anybody.
func (q *fair) full() bool {
	return q.items >= peersWaiting*WaitingItems || q.bytes >= peersWaiting*WaitingBytes
}

// fullOf reports whether no more is taken of a neighbour.
func (q *fair) fullOf(name string) bool {
	t := q.turns[name]
	return t != nil && t.full()
}

// credit reports whether more of a neighbour is to be read.
func (q *fair) credit(name string) bool {
	t := q.turns[name]
	return t == nil || t.bytes < creditBytes
}

// add adds a message.
func (q *fair) add(f *flight) {
	t := q.turns[f.from]
	if t == nil {
		t = &turn{perByte: firstPerByte}
		q.turns[f.from] = t
	}
	if t.empty() {
		t.used = max(t.used, q.clock) // what it did not use is gone
		q.active = append(q.active, t)
	}
	t.add(f)
	q.items++
	q.bytes += f.size()
}

// first is the message whose turn it is. There is one.
func (q *fair) first() *flight { return q.next().first() }

// next is the neighbour whose turn it is: the one that has used least, of equals the one whose
// message came first.
func (q *fair) next() *turn {
	best := q.active[0]
	for _, t := range q.active[1:] {
		if t.used < best.used || t.used == best.used && t.first().number < best.first().number {
			best = t
		}
	}
	return best
}

// fits reports whether the first message may be given to the child beside what it has.
func (q *fair) fits() bool { return q.inHand == 0 || q.inHand+q.next().cost(q.first()) <= maxInHand }

// take takes the first message into the window.
func (q *fair) take() *flight {
	t := q.next()
	f := t.take()
	q.clock = max(q.clock, t.used)
	f.cost = t.cost(f)
	t.used += f.cost
	q.inHand += f.cost
	q.gone(t, f)
	return f
}

// gone takes note that a message waits no more.
func (q *fair) gone(t *turn, f *flight) {
	q.items--
	q.bytes -= f.size()
	if t.empty() {
		q.active = slices.DeleteFunc(q.active, func(other *turn) bool { return other == t })
	}
}

// cost is what a message of the neighbour will take, as far as is known.
func (t *turn) cost(f *flight) time.Duration { return time.Duration(t.perByte * float64(f.size())) }

// handled takes note of how long a message of the window took. What is dearer than it was is
// known at once, what is cheaper little by little: who sends both is taken for dear.
func (q *fair) handled(f *flight, took time.Duration) {
	q.lost(f)
	t := q.turns[f.from]
	t.used += took
	perByte := float64(took) / float64(f.size())
	t.perByte = max(perByte, t.perByte+(perByte-t.perByte)/4)
}

// lost says that nobody will know what a message of the window would have taken.
func (q *fair) lost(f *flight) {
	q.inHand -= f.cost
	q.turns[f.from].used -= f.cost
	f.cost = 0
}

// due is when the oldest message is of no use any more.
func (q *fair) due() (at time.Duration) {
	at = never
	for _, t := range q.active {
		at = min(at, t.waiting.next())
	}
	return at
}

// expire drops what has waited for too long.
func (q *fair) expire(now time.Duration, drop func(time.Duration, *flight)) {
	for _, t := range slices.Clone(q.active) {
		for !t.empty() && t.waiting.next() <= now {
			f := t.take()
			q.gone(t, f)
			drop(now, f)
		}
	}
}
