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
	silent   batch       // taken to be stored, as the peer has not asked again; number 0: none
	spare    [][]segment // parts of batches that are acked, to be used again
	unacked  int         // bytes in flight
	number   uint64      // of the newest batch
	owedFrom int         // the first position, plus 1, that was owed when it came to be unreachable; 0: unknown
	joined   uint64      // the newest batch that stands for a probe and brings what is new
	lateAck  time.Duration
	departed departures

	ackedAt         time.Duration // when the newest batch left that is acked
	arrived, passed int           // batches that were acked, or were lost and rode on one that was, since the last look
}

// segment is the log positions from..to-1.
type segment struct {
	from, to int
	sent     bool // it went out before
}

// batch is what has been sent and not yet acked.
type batch struct {
	number uint64
	at     time.Duration // when it was sent
	term
	bytes   int
	parts   []segment // what it covered; entries that the peer has told are skipped again on a re-send
	carries cargo

	covers  uint64 // those up to this one that have entries ride on it; 0: none
	alone   term   // what term would be if nothing rode on it
	carrier uint64 // among the lost: the batch that it rode on, which answers for it; 0: none
	waived  bool   // among the lost: its ack is late because it was not waited for
	silence bool   // says that it is stored
}

// term is how long an ack is waited for.
type term struct {
	expires time.Duration // when the batch counts as lost
	patient time.Duration // the same for one that it rides on
}

// cargo is what a batch carries beside entries that has to be said again if the
// batch is lost.
type cargo uint8

const (
	digestPart  cargo = 1 << iota // a part of our digest
	digestWish                    // the wish to see the peer's
	relationNow                   // what we are to the peer, for the first time
	oldEntries                    // entries that have waited for the peer's digest
)

// begin says that the log was so long when this incarnation of the link began.
func (p *progress) begin(known int) {
	p.base, p.cursor = known, known
	p.drop()
	p.lost, p.departed, p.ackedAt, p.owedFrom = nil, departures{}, 0, 0
}

// restart has everything that the log holds wait for the peer's digest. What was
// lost may yet be acked.
func (p *progress) restart(known int) {
	p.base, p.cursor = known, known
	p.drop()
}

// firstOwed is the first position that is neither acked nor told, plus 1. What waits for
// the peer's digest does not count.
func (p *progress) firstOwed() int {
	first := p.cursor
	for _, s := range p.resend {
		first = min(first, s.from)
	}
	for _, s := range p.silent.parts {
		first = min(first, s.from)
	}
	return first + 1
}

// drop forgets what is in flight or was to be sent again.
func (p *progress) drop() { p.resend, p.inflight, p.silent, p.unacked = nil, nil, batch{}, 0 }

// next numbers a batch.
func (p *progress) next() uint64 {
	p.number++
	return p.number
}

// send puts a batch in flight. It answers for those that ride on it.
func (p *progress) send(b batch) {
	if b.covers != 0 {
		p.carry(&b)
	}
	p.inflight = append(p.inflight, b)
	p.unacked += b.bytes
}

// carry moves the batches that ride on another one to those that are lost: their
// acks may be late.
func (p *progress) carry(by *batch) {
	for i := range p.lost {
		if c := p.lost[i].carrier; c != 0 && c <= by.covers {
			p.lost[i].carrier = by.number
		}
	}
	p.inflight = slices.DeleteFunc(p.inflight, func(b batch) bool {
		if b.number > by.covers || len(b.parts) == 0 {
			return false
		}
		p.unacked -= b.bytes
		b.carrier, b.waived = by.number, true
		p.lose(b)
		return true
	})
}

// lose remembers a batch that is not in flight any more.
func (p *progress) lose(b batch) {
	if len(p.lost) == maxLost {
		p.lost = p.lost[:copy(p.lost, p.lost[1:])]
	}
	p.lost = append(p.lost, b)
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
		p.lose(b)
	}
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
		p.ackedAt = max(p.ackedAt, b.at)
		p.keepParts(b.parts)
		p.delivered(b, spans)
		p.arrived++
		return true
	})
	if news = len(p.inflight) < inTime; news {
		p.lateAck -= p.lateAck / 8
	}
	p.confirm(spans)
	var late []segment
	p.lost = slices.DeleteFunc(p.lost, func(b batch) bool {
		if !covers(spans, b.number) {
			return false
		}
		late = append(late, b.parts...)
		p.ackedAt = max(p.ackedAt, b.at)
		if !b.waived {
			p.lateAck = max(p.lateAck, now-b.at)
		}
		p.unburden(b.carrier)
		p.unburden(p.joined)
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

// delivered forgets those that rode on a batch which has been acked. Those of them
// that are not acked themselves were lost.
func (p *progress) delivered(by batch, spans []Span) {
	if by.covers == 0 {
		return
	}
	p.lost = slices.DeleteFunc(p.lost, func(b batch) bool {
		if b.carrier != by.number {
			return false
		}
		if covers(spans, b.number) {
			p.arrived++
		} else {
			p.passed++
		}
		p.keepParts(b.parts)
		return true
	})
}

// passOver takes back the batches of entries that are not acked and left so much
// earlier than one that is, and returns how many there are.
func (p *progress) passOver(margin time.Duration) (passed int) {
	var back []segment
	p.inflight = slices.DeleteFunc(p.inflight, func(b batch) bool {
		if b.at >= p.ackedAt-margin || b.carries != 0 || len(b.parts) == 0 {
			return false
		}
		for _, s := range b.parts {
			s.sent = true
			back = append(back, s)
		}
		p.unacked -= b.bytes
		b.waived = true
		p.lose(b)
		passed++
		return true
	})
	if passed > 0 {
		p.resend = append(back, p.resend...)
	}
	return passed
}

// unburden gives a batch the time that it has by itself: what rode on it has arrived, or
// the probe that it stands for.
func (p *progress) unburden(number uint64) {
	for i := range p.inflight {
		if b := &p.inflight[i]; b.number == number {
			b.term = b.alone
		}
	}
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
