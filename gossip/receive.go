package gossip

import (
	"errors"
	"slices"
	"time"
)

// Receive takes a message from a peer, which must be a node of the cluster.
// If ok, the delivery is to be stored and its ticket handed to Stored; a
// delivery that cannot be stored is dropped, and comes again.
func (c *Core) Receive(now time.Duration, from string, m *Message) (d Delivery, ok bool) {
	l := c.accept(from, m)
	if l == nil {
		c.stats.Malformed++
		return Delivery{}, false
	}
	l.peer.used = now
	defer c.timers.set(l)
	c.stats.MessagesIn++

	current, fresh := c.meet(now, l, m)
	if fresh {
		c.restarted(now, l)
	}
	flush := false
	if current {
		acked := c.receiveState(now, l, m)
		flush = l == c.parent && c.schedule.read(now, l, m)
		if acked { // only now, as it may have told our slot
			c.goOn(now, l)
		}
		c.doubt(now, l, m)
	}
	d.Entries = c.news(l, m, current)
	ok = len(d.Entries) > 0
	if current {
		c.catch.heard(now, l, ok)
		if c.suspicion != nil {
			c.suspicion.seen(now, &l.peer, m, ok)
		}
	}
	c.scheme.received(from, m, current, d.Entries)
	switch {
	case current && m.Batch != 0 && !m.parting():
		if l.role == Child && len(m.Runs) > 0 {
			c.schedule.heard(now, l, m)
		}
		a := c.arrival(now, l, m, flush)
		if ok {
			a.acks = slices.Clone(a.acks)
			l.acks.await(a)
			d.Ticket = Ticket{From: from, Incarnation: c.cfg.Incarnation, PeerIncarnation: m.Incarnation, Batch: m.Batch}
		} else {
			c.stored(now, l, a)
		}
	case flush:
		c.schedule.flushed(now)
	}
	return d, ok
}

// errStranger is why a message is refused whose sender is not in the tree.
var errStranger = errors.New("its sender is no node of the cluster")

// accept is the link that a message belongs to; nil if the message is refused.
func (c *Core) accept(from string, m *Message) *link {
	if c.refusal = m.check(); c.refusal != nil {
		return nil
	}
	l := c.linkTo(from)
	if l == nil {
		c.refusal = errStranger
	}
	return l
}

// Refused is why the message that Receive was handed last makes no sense; nil if
// it does. Stats.Malformed counts them.
func (c *Core) Refused() error { return c.refusal }

// news is what a message tells us that we do not hold yet.
func (c *Core) news(l *link, m *Message, current bool) (news []Entry) {
	for i := range m.Runs {
		l.told.prefetch(m.Runs[i].Origin)
		c.held.prefetch(m.Runs[i].Origin)
	}
	entries := m.Entries()
	before := 0 // entries of former runs
	for _, r := range m.Runs {
		if current {
			l.told.AddSpan(r.Origin, Span{r.First, r.First + uint64(len(r.Values)) - 1})
		}
		for i, v := range r.Values {
			if counter := r.First + uint64(i); !c.held.Contains(r.Origin, counter) {
				if news == nil {
					news = make([]Entry, 0, entries-before-i)
				}
				news = append(news, Entry{Origin: r.Origin, Counter: counter, Value: v})
			}
		}
		before += len(r.Values)
	}
	c.stats.EntriesIn += uint64(entries)
	c.stats.EntriesKnown += uint64(entries - len(news))
	return news
}

// arrival takes note of a batch that wants an ack.
func (c *Core) arrival(now time.Duration, l *link, m *Message, flush bool) arrival {
	l.acks.note(now, m.Batch)
	a := arrival{batch: m.Batch, at: now, flush: flush}
	if l.acksCountLater(m) && m.For == c.cfg.Incarnation {
		a.acks = m.Acks
		l.postpone(m.Acks, now+c.cfg.AckDelay)
	}
	switch {
	case !m.Probe:
	case m.Resent || len(m.Runs) == 0 || c.catch.on:
		a.urgency = pastSlot
	default:
		a.urgency = atOnce
	}
	return a
}

// receiveState takes what a message of the peer's present incarnation says of the
// link itself, and reports whether it acks anything.
func (c *Core) receiveState(now time.Duration, l *link, m *Message) (acked bool) {
	switch m.For {
	case 0:
	case c.cfg.Incarnation:
		if at, ok := l.departed.at(m.Echo.Batch); ok {
			l.rtt.measure(now, at, now-at-m.Echo.Held)
		}
		if !l.acksCountLater(m) && l.acked(now, m.Acks) {
			acked = true
			c.progress(now, l)
		}
	default:
		// The peer means another incarnation than ours, so it cannot know what we lack.
		l.catch.knowsFormer = true
		c.showDigest(l)
	}
	if c.suspicion != nil {
		c.suspicion.read(now, &l.peer, m)
	}
	c.receiveDigest(now, l, m)
	if m.Path > 0 && l.role == Child {
		l.path = m.Path
	}
	return acked
}

// receiveDigest takes a part of the peer's digest, and its wish to see ours.
func (c *Core) receiveDigest(now time.Duration, l *link, m *Message) {
	if p := m.Digest; p != nil {
		for _, h := range p.Lines {
			for _, s := range h.Counters {
				l.told.AddSpan(h.Origin, s)
			}
		}
		if l.exchange.read(p) {
			c.entropy.oweOld(now, l, m)
			if l.exchange.owed && l.settle(c.log, c.held, c.known) && l == c.entropy.peer {
				c.entropy.useful(now)
			}
			c.send(l)
		}
	}
	if m.Want {
		l.exchange.catches = m.Digest == nil
		c.showDigest(l)
	}
}

// restarted handles a link whose peer has begun a new incarnation.
func (c *Core) restarted(now time.Duration, l *link) {
	c.returnPermit(now, l)
	c.stats.PeerRestarts++
	if l == c.parent {
		c.schedule.parentReborn()
	}
	if l.exchange.owed {
		c.act(l) // to ask for its digest
	}
	if c.suspicion != nil {
		c.suspicion.reborn(now, &l.peer)
	}
}

// progress handles acks: the link works.
func (c *Core) progress(now time.Duration, l *link) {
	held := l.isProbed() || l.windowFull
	c.noticeLoss(now, l)
	l.becomeStreaming()
	l.windowFull = false
	if l.permit {
		c.cfg.Permits.Progress(now, l.name)
	}
	c.returnPermit(now, l)
	if c.suspicion != nil {
		c.suspicion.answered(now, &l.peer)
	}
	if held && l.behind(c.known) {
		c.send(l)
	}
	if l.exchange.ours == due {
		c.act(l)
	}
}

// goOn plans what has waited for an ack: locked rounds without a phase do.
func (c *Core) goOn(now time.Duration, l *link) {
	if l == c.parent && !l.dataDue && l.behind(c.known) {
		c.schedule.plan(now)
	}
}

// Stored says that the entries of a delivery are in the log (and in the
// journal, where there is one), so that the batch may be acked.
func (c *Core) Stored(now time.Duration, t Ticket) {
	l := c.byPeer[t.From]
	if l == nil || t.Batch == 0 || t.PeerIncarnation != l.incarnation || t.Incarnation != c.cfg.Incarnation {
		return
	}
	if a, ok := l.acks.storedBatch(t.Batch); ok {
		c.stored(now, l, a)
		c.timers.set(l)
	}
}

// stored puts a batch down to be acked, and passes it on if it is a flush.
func (c *Core) stored(now time.Duration, l *link, a arrival) {
	if len(a.acks) > 0 {
		a.silent = c.ackedBeside(now, l, a.acks)
	}
	if a.flush {
		c.schedule.flushed(now)
	}
	l.acks.add(a)
	l.acks.due = min(l.acks.due, c.ackDue(now, l, a))
}
