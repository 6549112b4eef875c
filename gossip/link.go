package gossip

import (
	"slices"
	"time"
)

// segment is the log positions from..to-1.
type segment struct {
	from, to int
	sent     bool // it went out before
}

// flight is a batch that has been sent and not yet acked.
type flight struct {
	batch   uint64
	at      time.Duration // when it was sent
	expires time.Duration // when it counts as lost
	bytes   int
	parts   []segment // what it covered; entries that the peer has told are skipped again on a re-send
	vector  bool      // it carried (a part of) our vector
	tie     bool      // it told the peer of our tie
	want    bool      // it asked for the peer's
}

// arrival is a batch of the peer that waits to be stored.
type arrival struct {
	batch  uint64
	at     time.Duration
	probe  bool // the peer wants an ack at once
	urgent bool // and not for its slot, but because it has been waiting
	flush  bool // it moves what we know downwards
}

// link is what this node knows of one neighbour. What the neighbour still
// lacks is never a queue: it is the positions of the log from cursor on, plus
// the segments in again.
type link struct {
	peer  string
	role  Role
	leaf  bool
	order int // position among the links; ties are broken by it

	// The peer's life that counts. 0: not heard of yet.
	epoch uint64
	lives lives

	told     *Vector // what the peer has said that it holds, entry by entry or by vector
	base     int     // log length when this life of the link began
	owed     bool    // entries below base wait for the peer's vector
	cursor   int     // below it everything has been sent once, or is owed
	again    []segment
	flights  []flight
	lost     []flight    // taken back, newest last; their acks may be late
	spare    [][]segment // parts of flights that are acked, to be used again
	unacked  int         // bytes in flights
	batches  uint64
	departed departures

	asked    bool         // the peer's vector has been asked for
	show     bool         // our vector is to be shown
	showing  []VectorPart // parts of it not yet sent
	exchange uint64
	vector   incoming // the peer's vector as it comes in

	acks     Spans         // batches stored here, not yet acked
	ackDue   time.Duration // when they must go, if nothing else does
	ackReady bool          // that time has come
	hurry    bool          // the peer asked for an ack of these at once
	urgent   bool          // it must not wait for our slot either
	waiting  []arrival     // handed out to be stored, oldest first
	timed    uint64        // our newest batch that the phase has been estimated from
	early    time.Duration // how early it came, as the parent said
	newest   uint64        // the peer's newest batch ...
	arrived  time.Duration // ... and when it came

	rtt     rtt
	path    time.Duration // child: the longest way below it, as it said
	suspect bool          // a batch was lost and nothing has been acked since
	tries   int           // probes since then
	tardy   time.Duration // how long acks took that came after their batch was taken back

	permit   bool
	dataDue  bool // may send entries now
	flushDue bool // speaks as part of a flush
	stalled  bool // the window ended a delta early
	greetDue time.Duration

	repaired // what repair has made of the link
	catching // and what catching up has

	queued bool          // in Core.due
	wake   time.Duration // deadline as filed in Core.timers
	slot   int           // index there, -1: not filed
}

func newLink(n Neighbour, order, base int, firstRTT time.Duration) *link {
	l := &link{
		peer: n.Name, role: n.Role, leaf: n.Leaf, order: order,
		told: NewVector(), rtt: rtt{first: firstRTT},
		ackDue: Never, greetDue: Never, wake: Never, slot: -1,
	}
	l.begin(base)
	return l
}

// begin says that the log was so long when this life of the link began. A
// guest is owed nothing.
func (l *link) begin(known int) {
	l.base, l.cursor, l.owed = known, known, known > 0 && (l.role == Child || l.role == Parent)
}

// deadline is when the link wants to act unless something happens first.
func (l *link) deadline() time.Duration {
	d := min(l.ackDue, l.greetDue)
	for i := range l.flights {
		d = min(d, l.flights[i].expires)
	}
	return d
}

// expire takes back what counts as lost. Where one batch is, all that is
// unacked is sent again together: messages cost, bytes do not.
func (l *link) expire(now time.Duration) bool {
	lost := false
	for i := range l.flights {
		lost = lost || l.flights[i].expires <= now
	}
	if !lost {
		return false
	}
	l.takeBack()
	if l.suspect || l.doubted {
		l.tries++
	}
	l.suspect = true
	return true
}

// maxLost is how many batches that were taken back are remembered, in case
// that they are acked after all.
const maxLost = 64

// takeBack gives up all that is in flight, to be sent again.
func (l *link) takeBack() {
	var back []segment
	for _, f := range l.flights {
		for _, p := range f.parts {
			p.sent = true
			back = append(back, p)
		}
		if f.vector {
			l.show, l.showing = true, nil
		}
		l.asked = l.asked && !f.want
		l.tieDue = l.tieDue || f.tie
		l.lost = append(l.lost, f)
	}
	l.lost = l.lost[max(0, len(l.lost)-maxLost):]
	l.again = append(back, l.again...)
	l.flights, l.unacked = nil, 0
}

// acked takes note of what the peer has stored and reports whether any of it
// was news. An ack that comes after its batch was taken back spares what it
// can of the re-send.
func (l *link) acked(now time.Duration, spans []Span) bool {
	if len(spans) == 0 {
		return false
	}
	before := len(l.flights) + len(l.lost)
	l.flights = slices.DeleteFunc(l.flights, func(f flight) bool {
		if !covers(spans, f.batch) {
			return false
		}
		l.unacked -= f.bytes
		if f.want && (l.owed || l.blind) {
			// The vector comes now, unless the peer took one for an answer that
			// was on its way before, or catches up with another one first.
			l.greetDue = min(l.greetDue, now+l.answerTime())
		}
		l.spareAgain(f.parts)
		return true
	})
	if before > len(l.lost)+len(l.flights) {
		l.tardy -= l.tardy / 8
	}
	var late []segment
	l.lost = slices.DeleteFunc(l.lost, func(f flight) bool {
		if !covers(spans, f.batch) {
			return false
		}
		late = append(late, f.parts...)
		l.tardy = max(l.tardy, now-f.at)
		return true
	})
	for _, s := range late {
		l.again = without(l.again, s)
		for i := range l.flights {
			l.flights[i].parts = without(l.flights[i].parts, s)
		}
	}
	return len(l.flights)+len(l.lost) < before
}

// Bounds of the lists that are kept to be used again. A flight covers one segment
// as a rule; many are what remains of a re-send or of catching up.
const (
	maxSpare      = 64
	maxSpareParts = 16
)

// spareAgain keeps the list of a flight's parts that is not needed any more.
func (l *link) spareAgain(parts []segment) {
	if 0 < cap(parts) && cap(parts) <= maxSpareParts && len(l.spare) < maxSpare {
		l.spare = append(l.spare, parts[:0])
	}
}

// spareParts returns an empty list for the parts of a flight.
func (l *link) spareParts() (parts []segment) {
	if n := len(l.spare); n > 0 {
		l.spare, parts = l.spare[:n-1], l.spare[n-1]
	}
	return parts
}

// without takes what gone covers out of a list of segments.
func without(list []segment, gone segment) []segment {
	var out []segment
	for _, s := range list {
		if s.to <= gone.from || gone.to <= s.from {
			out = append(out, s)
			continue
		}
		if s.from < gone.from {
			out = append(out, segment{s.from, gone.from, s.sent})
		}
		if gone.to < s.to {
			out = append(out, segment{gone.to, s.to, s.sent})
		}
	}
	return out
}

// maxWaiting bounds the batches of one peer that wait to be stored. What is
// beyond it is not acked, and comes again.
const maxWaiting = 1024

// await notes a batch that has been handed out to be stored.
func (l *link) await(a arrival) {
	if len(l.waiting) == maxWaiting {
		l.waiting = append(l.waiting[:0], l.waiting[1:]...)
	}
	l.waiting = append(l.waiting, a)
}

// arrivedBatch takes a batch off those that wait to be stored.
func (l *link) arrivedBatch(batch uint64) (arrival, bool) {
	for i, a := range l.waiting {
		if a.batch == batch {
			l.waiting = append(l.waiting[:i], l.waiting[i+1:]...)
			return a, true
		}
	}
	return arrival{}, false
}

// covers reports whether any span holds n. The spans come from a peer, so
// their order is not relied on.
func covers(spans []Span, n uint64) bool {
	for _, s := range spans {
		if s.First <= n && n <= s.Last {
			return true
		}
	}
	return false
}

// behind reports whether the log holds entries that may be news to the peer.
func (l *link) behind(known int) bool {
	switch {
	case l.role == Guest, l.mute:
		return false
	case l.role == Partner:
		return len(l.again) > 0
	}
	return len(l.again) > 0 || l.cursor < known
}

// departures remembers when the last batches left, to measure round trips.
type departures struct {
	ring [32]struct {
		batch uint64
		at    time.Duration
	}
}

func (d *departures) note(batch uint64, at time.Duration) {
	r := &d.ring[batch%uint64(len(d.ring))]
	r.batch, r.at = batch, at
}

func (d *departures) at(batch uint64) (time.Duration, bool) {
	r := d.ring[batch%uint64(len(d.ring))]
	return r.at, batch != 0 && r.batch == batch
}
