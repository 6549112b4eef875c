package gossip

import "time"

// link is what this node knows of one peer and says to it: how far the peer has
// come in the log, which digests are exchanged, which batches of it are to be
// acked, and how far it can be reached. What repair knows of the peer is in peer.
type link struct {
	name         string // of the peer
	role         Role
	leaf         bool
	order        int    // position among the links; ties are broken by it
	incarnation  uint64 // the peer's incarnation that counts; 0: not heard of yet
	incarnations incarnations

	told *Digest // what the peer has said that it holds, entry by entry or by digest
	reach
	progress
	exchange exchange
	acks     acks
	rounds   heardRounds // what the peer, as our parent, says of them
	rtt      rtt
	path     time.Duration // child: the longest way below it, as it said
	peer     peer
	catch    candidate
	unsure   bool // child: its newest batch may have lain here unread

	permit     bool
	waits      bool          // for a permit, in Core.waiting
	permitAt   time.Duration // when it got the permit
	dataDue    bool          // may send entries now
	flushDue   bool          // speaks as part of a flush
	rideDue    bool          // speaks for what is not acked alone
	joins      bool          // is probed, and speaks with the round all the same
	copyDue    bool          // for a second copy of it
	windowFull bool          // a delta ended early, as too much is unacked
	askAt      time.Duration
	probeEnds  time.Duration // when the probe counts as lost that the next message stands for; 0: none
	copyAt     time.Duration // when to send a second copy of what is not acked

	queued bool          // in Core.due
	wake   time.Duration // deadline as filed in Core.timers
	slot   int           // index there, -1: not filed
}

func newLink(n Neighbour, order, base int, firstRTT time.Duration) *link {
	l := &link{
		name: n.Name, role: n.Role, leaf: n.Leaf, order: order,
		told: NewDigest(), rtt: rtt{first: firstRTT}, acks: acks{due: Never},
		askAt: Never, copyAt: Never, wake: Never, slot: -1,
	}
	l.peer.name, l.peer.link = n.Name, l
	l.begin(base)
	return l
}

// begin says that the log was so long when this incarnation of the link began.
// A guest is owed nothing.
func (l *link) begin(known int) {
	l.progress.begin(known)
	l.exchange.owed = known > 0 && (l.role == Child || l.role == Parent)
}

// deadline is when the link wants to act unless something happens first.
func (l *link) deadline() time.Duration { return min(l.acks.due, l.askAt, l.copyAt, l.expires()) }

// expire takes back what is unacked if a part of it counts as lost, and reports
// whether it does.
func (l *link) expire(now time.Duration) bool {
	if l.expires() > now {
		return false
	}
	l.takeBack()
	if l.isProbed() || l.peer.doubted {
		l.attempts++
	}
	l.becomeProbing()
	return true
}

// takeBack gives up all that is in flight, to be sent again.
func (l *link) takeBack() {
	carried := l.progress.takeBack()
	l.exchange.lost(carried)
	if carried&relationNow != 0 {
		l.peer.relationDue = true
	}
}

// acked takes note of what the peer has stored and reports whether any of it was
// news.
func (l *link) acked(now time.Duration, spans []Span) bool {
	news, carried := l.progress.acked(now, spans)
	if carried&digestWish != 0 && l.exchange.wants() {
		// The digest comes now, unless the peer took one for an answer that was on
		// its way before, or catches up with another one first.
		l.askAt = min(l.askAt, now+l.exchange.answerTime(&l.rtt))
	}
	if carried&digestPart != 0 {
		l.exchange.shown(l.carrying(digestPart))
	}
	return news
}

// restart has everything that the log holds wait for the peer's digest. What was
// under way does not count any more; the digests tell what has arrived.
func (l *link) restart(known int, blind bool) {
	if l.carrying(relationNow) {
		l.peer.relationDue = true
	}
	l.progress.restart(known)
	l.exchange.owed, l.exchange.blind = known > 0, blind
	l.exchange.forget()
	l.becomeStreaming()
	l.windowFull = false
}

// rest ends the probing of a peer that we have no business with.
func (l *link) rest() {
	l.takeBack()
	l.becomeStreaming()
	l.exchange.hide()
	l.exchange.owed, l.resend = false, nil
	l.peer.doubted, l.peer.relationDue = false, false
}

// awaitsAck reports whether nothing may be said to the peer before it acks.
func (l *link) awaitsAck() bool { return l.isProbed() && len(l.inflight) > 0 }

// behind reports whether the log holds entries that may be news to the peer.
func (l *link) behind(known int) bool {
	switch {
	case l.role == Guest, l.mute:
		return false
	case l.role == SyncPeer:
		return len(l.resend) > 0
	}
	return len(l.resend) > 0 || l.cursor < known
}

// exchanged reports whether both sides have seen what the other held when the
// link began.
func (l *link) exchanged() bool {
	return l.incarnation != 0 && !l.exchange.owed && l.exchange.ours != due && !l.carrying(digestPart)
}

// isIdle reports whether nothing is under way.
func (l *link) isIdle() bool {
	return !l.queued && l.wake == Never && len(l.inflight)+len(l.acks.stored)+len(l.acks.waiting)+len(l.resend) == 0
}

// settle works out, once the peer's digest is complete, which entries from before
// the link began the peer lacks, and puts them down to be sent. It looks through
// the log from its end and stops when it has found them all. It reports whether
// there are any.
func (l *link) settle(log *Log, held *Digest, known int) bool {
	missing := held.MissingFrom(l.told)
	for i := l.base; i < known; i++ {
		if e := log.At(i); !l.told.Contains(e.Origin, e.Counter) {
			missing--
		}
	}
	var found []segment // from the end of the log backwards
	for i := l.base - 1; i >= 0 && missing > 0; i-- {
		if e := log.At(i); l.told.Contains(e.Origin, e.Counter) {
			continue
		}
		missing--
		if n := len(found); n > 0 && found[n-1].from == i+1 {
			found[n-1].from = i
		} else {
			found = append(found, segment{from: i, to: i + 1})
		}
	}
	for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
		found[i], found[j] = found[j], found[i]
	}
	l.resend = append(found, l.resend...)
	l.exchange.owed = false
	return len(found) > 0
}
