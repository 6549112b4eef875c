package gossip

import "time"

// Where a child has spoken, the flush that acks what it said needs no ack of its own: a
// child that is not acked speaks again. So as long as it does not, it has the flush, and
// its silence says so. The last flush of a load is acked only by those that had nothing
// to say before it.
//
// What makes this safe is the sender's part alone. A batch is taken to be stored by
// silence only if
//
//   - the child cannot hear otherwise that what it said is stored: the batch is the first
//     message to ack the newest that has come from it, nothing else is in flight or taken
//     to be stored, and no message without a number goes to it afterwards. One with a
//     number is acked, and tells by that whether this one was;
//   - the child counts those acks only when it has stored the entries beside them. One
//     that cannot store them speaks again, too.
//
// What contradicts the silence is a probe, something sent again, an ack of a later batch
// without this one, or a message that names only earlier ones though this one should have
// come long before. Then it goes again. A child that keeps silent where it should not costs
// a message, and nothing is lost.

// mayBeSilent reports whether the peer need not ack a message, which says so many of
// the spans that are to be acked.
func (c *Core) mayBeSilent(l *link, m *Message, f *batch, acks int) bool {
	a := &l.acks
	return c.cfg.Rounds == Locked && l.role == Child && l.state == streaming &&
		m.inItsTurn() && !l.dataDue && f.carries == 0 && f.bytes < c.cfg.WindowBytes &&
		len(l.inflight) == 0 && l.silent.number == 0 && l.rtt.measured &&
		acks > 0 && acks == len(a.stored) && a.stored.Contains(a.newest)
}

// inItsTurn reports whether the message brings entries for the first time, and does not
// ask for an ack at once.
func (m *Message) inItsTurn() bool { return len(m.Runs) > 0 && !m.Probe && !m.Resent }

// takeSilence takes what the peer has not asked for again to be stored there, and
// reports whether there was anything.
func (p *progress) takeSilence(now time.Duration) bool {
	for i, b := range p.inflight {
		if b.silence && b.expires <= now {
			p.inflight = append(p.inflight[:i], p.inflight[i+1:]...)
			p.unacked -= b.bytes
			p.silent = b
			return true
		}
	}
	return false
}

// confirm takes note of acks for what is taken to be stored.
func (p *progress) confirm(spans []Span) {
	if b := p.silent; b.number != 0 && covers(spans, b.number) {
		p.ackedAt = max(p.ackedAt, b.at)
		p.keepParts(b.parts)
		p.silent = batch{}
	}
}

// endSilence has a batch in flight be acked like any other, and one that is taken to be
// stored go again. It reports whether one is to go again.
func (p *progress) endSilence() (again bool) {
	for i := range p.inflight {
		p.inflight[i].silence = false
	}
	if again = p.silent.number != 0; again {
		p.recall(p.silent)
		p.silent = batch{}
	}
	return again
}

// recall puts down to be sent again what is not in flight any more.
func (p *progress) recall(b batch) {
	for i := range b.parts {
		b.parts[i].sent = true
	}
	p.resend = append(b.parts[:len(b.parts):len(b.parts)], p.resend...)
	b.waived = true
	p.lose(b)
	p.passed++
}

// unsaid is the batch that silence says to be stored, or will; nil if there is none.
func (p *progress) unsaid() *batch {
	if p.silent.number != 0 {
		return &p.silent
	}
	for i := range p.inflight {
		if p.inflight[i].silence {
			return &p.inflight[i]
		}
	}
	return nil
}

// doubt looks whether a message of the peer contradicts its silence.
func (c *Core) doubt(now time.Duration, l *link, m *Message) {
	b := l.unsaid()
	if b == nil {
		return
	}
	late := now > b.at+l.rtt.roundTrip()+l.rtt.margin()
	if !m.Probe && !m.Resent && l.ackedAt <= b.at && (!late || m.Echo.Batch >= b.number) {
		return
	}
	if late { // else the two may have crossed, or one has overtaken another
		b.expires = now
		l.takeSilence(now)
	}
	if l.endSilence() {
		c.sendAgain(now, l, m.Probe)
	}
}

// sendAgain has what was recalled go: at once where the peer waits for an answer, else
// with the next flush.
func (c *Core) sendAgain(now time.Duration, l *link, atOnce bool) {
	c.returnPermit(now, l)
	if atOnce {
		c.send(l)
	} else {
		c.schedule.plan(now)
	}
}

// acksCountLater reports whether the acks of a message count when its entries are stored.
func (l *link) acksCountLater(m *Message) bool { return m.inItsTurn() && l.role != Child }

// ackedBeside takes what was acked beside entries that are stored now, and reports
// whether our silence says that they are: the parent knows that we would speak again.
func (c *Core) ackedBeside(now time.Duration, l *link, acks []Span) (silent bool) {
	waiting := len(l.inflight)
	if l.acked(now, acks) {
		c.progress(now, l)
		c.goOn(now, l)
	}
	return c.cfg.Rounds == Locked && l.role == Parent && waiting > 0 && len(l.inflight) == 0 &&
		len(l.acks.stored) == 0 && len(l.acks.said) > 0
}

// postpone gives batches time until their acks, which have come, count.
func (p *progress) postpone(acks []Span, until time.Duration) {
	for i := range p.inflight {
		if b := &p.inflight[i]; covers(acks, b.number) {
			b.expires = max(b.expires, until)
		}
	}
}
