package gossip

import "time"

// maxAckSpans bounds the acks of one message; more wait for the next.
const maxAckSpans = 128

// speak puts out what a link has to say now, and reports whether there was room
// for all of it.
func (c *Core) speak(now time.Duration, l *link, room int) bool {
	defer c.returnPermit(now, l)
	for {
		if len(c.out) >= room {
			return false
		}
		b := c.pool.take()
		if !c.compose(now, l, b) {
			c.pool.put(b)
			return true
		}
		c.stats.MessagesOut++
		c.out = append(c.out, Outgoing{To: l.name, Message: &b.message, pooled: b})
	}
}

// compose fills in the next message for a peer: a part of our digest, entries,
// what we are to it, and acks. It reports whether there is anything to say.
func (c *Core) compose(now time.Duration, l *link, b *pooled) bool {
	m, p := &b.message, &l.peer
	if l.incarnations.rival.due {
		c.askRival(now, l, m)
		return true
	}
	m.Incarnation, m.For = c.cfg.Incarnation, l.incarnation
	f := batch{at: now, term: term{patient: Never}}
	p.relationDue = p.relationDue && p.relation != Unrelated
	acks := c.fill(now, l, b, &f)
	c.addProbe(l, m)
	wantsAck := len(m.Runs) > 0 || m.Probe
	if !wantsAck && p.relationDue && p.relation == Pruned {
		// It wants no ack: should it be lost, it is said again when the peer
		// next speaks as if it had not been said.
		m.Relation, p.relationDue, p.prunedAt = Pruned, false, now
		c.number(l, m)
		l.endSilence()
		l.acks.moveTo(b, acks)
		return true
	}
	if !wantsAck && m.Digest == nil {
		if !l.acks.ready || acks == 0 {
			// Acks that wait for our slot stay ready; with the slot, or at
			// the latest when the child asks again, they go.
			l.acks.ready = l.acks.ready && len(l.acks.stored) > 0
			l.flushDue = false
			return false
		}
		c.stats.BareAcks++
	}
	if wantsAck && p.relation != Unrelated && c.suspicion.say(p, m) {
		f.carries |= relationNow
	}
	f.silence = c.mayBeSilent(l, m, &f, acks)
	l.acks.moveTo(b, acks)
	m.Echo, _ = l.acks.echo(now)
	c.schedule.stamp(now, l, m)
	c.launch(now, l, m, f)
	return true
}

// fill puts our digest and entries into a message, as far as they are due, and
// returns how many spans of acks go with them.
func (c *Core) fill(now time.Duration, l *link, b *pooled, f *batch) (acks int) {
	m := &b.message
	bytes := fixedBytes + c.addDigest(l, m, f)
	if l.peer.relationDue {
		bytes += relationBytes
	}
	if c.maySendData(now, l) {
		c.addData(now, l, b, f, bytes)
		bytes += f.bytes
		m.Probe = m.Probe || c.areScarce(now) && len(m.Runs) > 0
	}
	if l.acks.urgency > withTheRound && c.holdsAcks(l) {
		return 0
	}
	return max(0, min(len(l.acks.stored), maxAckSpans, (MaxLineBytes-bytes)/spanBytes-repeatedSpans))
}

// addProbe makes a message a probe if the peer is to be asked whether it is there.
func (c *Core) addProbe(l *link, m *Message) {
	p := &l.peer
	waits := l.awaitsAck()
	if p.probeDue || l.isProbed() && !waits || p.relationDue && !waits && p.relation != Pruned {
		m.Probe, p.probeDue = true, false
	}
}

// addDigest puts the next part of our digest into a message, and the wish to
// see the peer's, where either is called for. It returns the bytes used.
func (c *Core) addDigest(l *link, m *Message, f *batch) int {
	if l.awaitsAck() {
		return 0
	}
	bytes := 0
	x := &l.exchange
	if x.ours == due && !c.catch.holdsBack(l) {
		m.Digest = x.nextPart(c.held)
		if l.role != SyncPeer || l.peer.relation.syncs() {
			f.carries |= digestPart
			m.Probe = true
		} else if x.ours == sent {
			x.ours = done // what a peer has lost of it comes with the next exchange
		}
		for _, h := range m.Digest.Lines {
			bytes += runBytes + originBytes(h.Origin) + len(h.Counters)*spanBytes
		}
	}
	if x.wants() && x.theirs != sent && (m.Digest != nil || l.incarnation != 0 || x.ours == due) {
		x.theirs, f.carries = sent, f.carries|digestWish
		m.Want, m.Probe = true, true
	}
	return bytes
}

// muchOwed is from how many bytes on a message to ack them costs less than to send
// them again.
const muchOwed = 4 << 10

// maySendData decides whether entries may go now, and takes the permit that
// they need.
func (c *Core) maySendData(now time.Duration, l *link) bool {
	if l.dataDue {
		l.skipTold(c.log, c.known)
	}
	wanted := l.dataDue && l.behind(c.known) && !c.catch.keepsBack(l) || l.rideDue && !l.mute
	if l.joins && wanted && c.mayJoin(l) {
		l.probeEnds = l.expires()
		l.takeBack()
	}
	l.dataDue, l.rideDue, l.joins = false, false, false
	switch {
	case !wanted:
		return false
	case l.unacked >= c.cfg.WindowBytes:
		l.windowFull = true
		return false
	case l.awaitsAck():
		return false
	case !c.takePermit(now, l):
		c.refused(now, l)
		return false
	}
	return true
}

// addData puts entries into a message of which so many bytes are taken.
func (c *Core) addData(now time.Duration, l *link, b *pooled, f *batch, bytes int) {
	m := &b.message
	reserve := (min(len(l.acks.stored), 16) + repeatedSpans) * spanBytes
	c.delta.reset(bytes+reserve, l.spareParts())
	c.delta.alone = m.Digest == nil
	if m.Digest == nil {
		c.ride(now, l, f)
	}
	c.delta.fill(l, c.log, c.known, MaxLineBytes, c.scheme.filter())
	m.Runs, m.Resent = c.delta.message(b), c.delta.again
	if len(c.delta.parts) > 0 {
		f.parts = c.delta.parts
	} else {
		l.keepParts(c.delta.parts)
	}
	f.bytes = c.delta.bytes - bytes - reserve
	l.dataDue = l.behind(c.known)
	// Much that has waited for a digest comes beside the rounds, and so does its
	// ack, or it would come again. A window that is half or quite full asks for an
	// ack at once, so that a long backlog flows at the speed of the way and not of
	// the rounds.
	if c.delta.owed {
		f.carries |= oldEntries
	}
	window := c.cfg.WindowBytes
	m.Probe = m.Probe || c.delta.owed && f.bytes >= muchOwed || l.dataDue &&
		(crosses(window/2, l.unacked, f.bytes) || crosses(window, l.unacked, f.bytes))
}

// crosses reports whether adding to a sum takes it past a mark.
func crosses(mark, sum, add int) bool { return sum < mark && sum+add >= mark }

// number numbers a message.
func (c *Core) number(l *link, m *Message) {
	m.Batch = l.next()
	c.batches = max(c.batches, m.Batch)
}

// launch numbers a message that wants an ack and puts it in flight. It counts as
// lost when the peer could have acked it: at once for a probe, else with its round,
// a round trip and a margin later, at intervals that grow.
func (c *Core) launch(now time.Duration, l *link, m *Message, f batch) {
	c.stats.EntriesOut += uint64(m.Entries())
	if m.Resent {
		c.stats.Resends++
	}
	if len(m.Runs) == 0 && !m.Probe {
		if l.endSilence() {
			c.sendAgain(now, l, false)
		}
		return
	}
	c.schedule.sending(now, l, m)
	c.number(l, m)
	wait := c.schedule.ackWait(l)
	if m.Probe {
		wait = 0
	}
	pause := time.Duration(0)
	if c.suspicion != nil {
		pause = c.suspicion.pause(&l.peer)
	}
	// A peer that has been seen to take longer gets longer, so that it is not
	// made slower still.
	f.number = m.Batch
	f.expires = now + max(wait+l.rtt.interval(l.attempts), min(l.lateAck+l.rtt.margin(), maxInterval), pause)
	c.limit(now, l, m, &f)
	if l.probeEnds != 0 {
		f.expires, l.probeEnds, l.joined = min(f.expires, l.probeEnds), 0, f.number
	}
	if f.silence { // an ack of the next one is soon enough for it
		f.patient = max(f.patient, f.expires+c.period+minGuard)
		f.alone.patient = f.patient
	}
	l.progress.send(f)
	l.departed.note(f.number, now)
}
