package gossip

import (
	"slices"
	"time"
)

// progress is how far a peer has come in the log, as raft's tracker.Progress is
// for a follower. What the peer still lacks is never a queue: it is the positions
// of the log from cursor on, and the segments to be sent again. Of the positions
// below the cursor each is told by the peer, in flight, in resend, or below base
// while the link is owed what the peer's digest does not show.
type progress struct {
	base     int // log length when this incarnation of the link began
	cursor   int // below it everything has been sent once, or is owed
	resend   []segment
	inflight []batch
	lost     []batch     // taken back, newest last; their acks may be late
	spare    [][]segment // parts of batches that are acked, to be used again
	unacked  int         // bytes in flight
	number   uint64      // of the newest batch
	lateAck  time.Duration
	departed departures
}

// segment is the log positions from..to-1.
type segment struct {
	from, to int
	sent     bool // it went out before
}

// batch is what has been sent and not yet acked.
type batch struct {
	number  uint64
	at      time.Duration // when it was sent
	expires time.Duration // when it counts as lost
	bytes   int
	parts   []segment // what it covered; entries that the peer has told are skipped again on a re-send
	carries cargo
}

// cargo is what a batch carries beside entries that has to be said again if the
// batch is lost.
type cargo uint8

const (
	digestPart  cargo = 1 << iota // a part of our digest
	digestWish                    // the wish to see the peer's
	relationNow                   // what we are to the peer, for the first time
)

// begin says that the log was so long when this incarnation of the link began.
func (p *progress) begin(known int) {
	p.base, p.cursor = known, known
	p.drop()
	p.lost, p.departed = nil, departures{}
}

// restart has everything that the log holds wait for the peer's digest. What was
// lost may yet be acked.
func (p *progress) restart(known int) {
	p.base, p.cursor = known, known
	p.drop()
}

// drop forgets what is in flight or was to be sent again.
func (p *progress) drop() { p.resend, p.inflight, p.unacked = nil, nil, 0 }

// next numbers a batch.
func (p *progress) next() uint64 {
	p.number++
	return p.number
}

// send puts a batch in flight.
func (p *progress) send(b batch) {
	p.inflight = append(p.inflight, b)
	p.unacked += b.bytes
}

// expires is when the first batch in flight counts as lost; Never if none is.
func (p *progress) expires() time.Duration {
	d := Never
	for i := range p.inflight {
		d = min(d, p.inflight[i].expires)
	}
	return d
}

// carrying reports whether a batch in flight carries something of a kind.
func (p *progress) carrying(c cargo) bool {
	return slices.ContainsFunc(p.inflight, func(b batch) bool { return b.carries&c != 0 })
}

// maxLost is how many batches that were taken back are remembered, in case
// that they are acked after all.
const maxLost = 64

// takeBack gives up all that is in flight, to be sent again: messages cost, bytes
// do not. It returns what else has to be said again.
func (p *progress) takeBack() (carried cargo) {
	var back []segment
	for _, b := range p.inflight {
		for _, s := range b.parts {
			s.sent = true
			back = append(back, s)
		}
		carried |= b.carries
		p.lost = append(p.lost, b)
	}
	p.lost = p.lost[max(0, len(p.lost)-maxLost):]
	p.resend = append(back, p.resend...)
	p.inflight, p.unacked = nil, 0
	return carried
}

// acked takes note of what the peer has stored. It reports whether any of it was
// news, and what was in the batches that are acked in time. An ack that comes
// after its batch was taken back spares what it can of the re-send.
func (p *progress) acked(now time.Duration, spans []Span) (news bool, carried cargo) {
	if len(spans) == 0 {
		return false, 0
	}
	inTime := len(p.inflight)
	p.inflight = slices.DeleteFunc(p.inflight, func(b batch) bool {
		if !covers(spans, b.number) {
			return false
		}
		p.unacked -= b.bytes
		carried |= b.carries
		p.keepParts(b.parts)
		return true
	})
	if news = len(p.inflight) < inTime; news {
		p.lateAck -= p.lateAck / 8
	}
	var late []segment
	p.lost = slices.DeleteFunc(p.lost, func(b batch) bool {
		if !covers(spans, b.number) {
			return false
		}
		late = append(late, b.parts...)
		p.lateAck = max(p.lateAck, now-b.at)
		news = true
		return true
	})
	for _, s := range late {
		p.resend = without(p.resend, s)
		for i := range p.inflight {
			p.inflight[i].parts = without(p.inflight[i].parts, s)
		}
	}
	return news, carried
}

// Bounds of the lists that are kept to be used again. A batch covers one segment
// as a rule; many are what remains of a re-send or of catching up.
const (
	maxSpare      = 64
	maxSpareParts = 16
)

// keepParts keeps the list of a batch's parts that is not needed any more.
func (p *progress) keepParts(parts []segment) {
	if 0 < cap(parts) && cap(parts) <= maxSpareParts && len(p.spare) < maxSpare {
		p.spare = append(p.spare, parts[:0])
	}
}

// spareParts returns an empty list for the parts of a batch.
func (p *progress) spareParts() (parts []segment) {
	if n := len(p.spare); n > 0 {
		p.spare, parts = p.spare[:n-1], p.spare[n-1]
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
