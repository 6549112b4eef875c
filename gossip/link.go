package gossip

import "time"

// segment is the log positions from..to-1.
type segment struct{ from, to int }

// flight is a batch that has been sent and not yet acked.
type flight struct {
	batch   uint64
	at      time.Duration // when it was sent
	expires time.Duration // when it counts as lost
	bytes   int
	parts   []segment // what it covered; entries that the peer has told are skipped again on a re-send
	vector  bool      // it carried (a part of) our vector
}

// link is what this node knows of one neighbour. What the neighbour still
// lacks is never a queue: it is the positions of the log from cursor on, plus
// the segments in again.
type link struct {
	peer  string
	role  Role
	leaf  bool
	order int // position among the links; ties are broken by it

	// The peer's life. 0: not heard of yet.
	epoch   uint64
	retired []uint64 // lives that are over; their late messages count as values only

	told     *Vector // what the peer has said that it holds, entry by entry or by vector
	base     int     // log length when this life of the link began
	owed     bool    // entries below base wait for the peer's vector
	cursor   int     // below it everything has been sent once, or is owed
	again    []segment
	flights  []flight
	unacked  int // bytes in flights
	batches  uint64
	departed departures

	show     bool         // our vector is to be shown
	showing  []VectorPart // parts of it not yet sent
	exchange uint64
	vector   incoming // the peer's vector as it comes in

	acks     Spans         // batches stored here, not yet acked
	ackDue   time.Duration // when they must go, if nothing else does
	ackReady bool          // that time has come
	hurry    bool          // the peer asked for an ack at once
	newest   uint64        // the peer's newest batch ...
	arrived  time.Duration // ... and when it came

	rtt     rtt
	suspect bool // a batch was lost and nothing has been acked since
	tries   int  // probes since then

	permit   bool
	dataDue  bool // may send entries now
	stalled  bool // the window ended a delta early
	greetDue time.Duration

	queued bool          // in Core.due
	wake   time.Duration // deadline as filed in Core.timers
	slot   int           // index there, -1: not filed
}

func newLink(n Neighbour, order, base int, firstRTT time.Duration) *link {
	return &link{
		peer: n.Name, role: n.Role, leaf: n.Leaf, order: order,
		told: NewVector(), base: base, cursor: base, owed: base > 0,
		rtt:    rtt{first: firstRTT},
		ackDue: Never, greetDue: Never, wake: Never, slot: -1,
	}
}

// retiredLives is how many former lives of a peer are remembered. A message
// that outlives so many restarts is taken for a new life's, which costs a
// swap of vectors and no more.
const retiredLives = 16

// meet takes note of the peer's epoch and reports whether it is its present
// life's. A new life starts the link anew: nothing that the former one was
// sent or had acked counts any more.
func (l *link) meet(epoch uint64, known int) (current, fresh bool) {
	switch {
	case epoch == l.epoch:
		return true, false
	case l.epoch == 0:
		l.epoch = epoch
		return true, false
	}
	for _, r := range l.retired {
		if r == epoch {
			return false, false
		}
	}
	if len(l.retired) == retiredLives {
		l.retired = append(l.retired[:0], l.retired[1:]...)
	}
	l.retired = append(l.retired, l.epoch)
	l.epoch = epoch
	l.told = NewVector()
	l.base, l.cursor, l.owed = known, known, known > 0
	l.again, l.flights, l.unacked = nil, nil, 0
	l.departed = departures{}
	l.show, l.showing, l.vector = false, nil, incoming{}
	l.acks, l.ackDue, l.newest = nil, Never, 0
	l.ackReady, l.hurry = false, false
	l.suspect, l.tries, l.stalled = false, 0, false
	return true, true
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
	var back []segment
	for _, f := range l.flights {
		back = append(back, f.parts...)
		if f.vector {
			l.show, l.showing = true, nil
		}
	}
	l.again = append(back, l.again...)
	l.flights, l.unacked = l.flights[:0], 0
	if l.suspect {
		l.tries++
	}
	l.suspect = true
	return true
}

// acked removes the batches of the spans from what is in flight and reports
// whether there was any.
func (l *link) acked(spans []Span) bool {
	if len(spans) == 0 || len(l.flights) == 0 {
		return false
	}
	keep := l.flights[:0]
	for _, f := range l.flights {
		if covers(spans, f.batch) {
			l.unacked -= f.bytes
		} else {
			keep = append(keep, f)
		}
	}
	any := len(keep) < len(l.flights)
	l.flights = keep
	return any
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
	return l.role != Guest && (len(l.again) > 0 || l.cursor < known)
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
