package gossip

import "time"

// schedule says when a node speaks: locked, free or eager.
type schedule interface {
	// plan sets when news of now is passed on.
	plan(now time.Duration)
	// retryAt is when what was refused a permit asks again: a round later, and not
	// at once where nothing waits for a round. It does not rely on a flush of the
	// parent, which need not come.
	retryAt(now time.Duration) time.Duration
	// holds reports whether what is due now waits for what is late, and moves the time
	// of it; heard takes note of a child's entries.
	holds(now time.Duration, due *time.Duration) bool
	heard(now time.Duration, l *link, m *Message)
	// look notices whether this process stands still; next is when to call it.
	look(now time.Duration)
	next() time.Duration
	// flushed says that a message of the parent moves what we know downwards.
	flushed(now time.Duration)
	// flushing says that our own flush goes out now, and reports whether acks that
	// wait go with it.
	flushing(now time.Duration) (withAcks bool)

	// ackDue is when a batch that came at a time and is stored now is acked by
	// itself, and ackWait how long a peer may take to ack, beyond the way there and
	// back. A leaf's acks to its parent are none of the schedule's.
	ackDue(now time.Duration, l *link, arrived time.Duration) time.Duration
	ackWait(l *link) time.Duration
	// overdueAfter is how long after it left a batch rides on the next message to
	// its peer, if it is not acked; Never: not at all.
	overdueAfter(l *link) time.Duration
	// holdsAcks reports whether a peer that asks for an ack at once should rather
	// wait for a little.
	holdsAcks(l *link) bool

	// read takes what the parent says of the rounds, and reports whether its message
	// moves what we know downwards.
	read(now time.Duration, l *link, m *Message) (flush bool)
	// stamp puts into a message what the peer needs to find its slots.
	stamp(now time.Duration, l *link, m *Message)
	// sending looks at a message that wants an ack before it goes, and may make it
	// a probe.
	sending(now time.Duration, l *link, m *Message)

	// parentChanged begins rounds that are new to everybody below. keepSlots and
	// forgetSlots keep or forget our slots with the parent in the tree while it is
	// not our parent, parentReborn those with the present one.
	parentChanged(inTree bool)
	parentReborn()
	keepSlots()
	forgetSlots()
	// isOfOurTree reports whether a message tells that its sender hears the same root.
	isOfOurTree(m *Message) bool
	// setPeriod takes another period, and reports whether what is planned is to be
	// planned again.
	setPeriod(now, period time.Duration) (again bool)
	// guard is how long before the end of its slot this node speaks; 0: it has none.
	guard() time.Duration
	// targetMissed reports whether the latency target cannot be kept.
	targetMissed() bool
}

// minRetry is the least time between two tries for a permit.
const minRetry = 100 * time.Millisecond

// untimed is what schedules have in common that know nothing of slots.
type untimed struct{ c *Core }

func (u untimed) retryAt(now time.Duration) time.Duration { return now + max(u.c.period, minRetry) }
func (u untimed) flushed(now time.Duration)               { u.c.downAt = now }

func (untimed) holds(time.Duration, *time.Duration) bool { return false }
func (untimed) heard(time.Duration, *link, *Message)     {}
func (untimed) look(time.Duration)                       {}
func (untimed) next() time.Duration                      { return Never }
func (untimed) flushing(time.Duration) bool              { return false }
func (untimed) overdueAfter(*link) time.Duration         { return Never }
func (untimed) holdsAcks(*link) bool                     { return false }
func (untimed) read(time.Duration, *link, *Message) bool { return false }
func (untimed) stamp(time.Duration, *link, *Message)     {}
func (untimed) sending(time.Duration, *link, *Message)   {}
func (untimed) parentChanged(bool)                       {}
func (untimed) parentReborn()                            {}
func (untimed) keepSlots()                               {}
func (untimed) forgetSlots()                             {}
func (untimed) isOfOurTree(*Message) bool                { return false }
func (untimed) guard() time.Duration                     { return 0 }
func (untimed) targetMissed() bool                       { return false }

// free gives every node its own timer of one period.
type free struct{ untimed }

func (f free) plan(now time.Duration) {
	next := f.retryAt(now)
	f.c.upAt, f.c.downAt = min(f.c.upAt, next), min(f.c.downAt, next)
}

func (f free) retryAt(now time.Duration) time.Duration {
	return gridNext(now+1, f.c.cfg.Phase, f.c.period)
}

func (f free) ackDue(now time.Duration, _ *link, arrived time.Duration) time.Duration {
	return max(now, gridNext(arrived+1, f.c.cfg.Phase, f.c.period))
}

func (f free) ackWait(l *link) time.Duration {
	if l.role == Child && l.leaf {
		return f.c.cfg.AckDelay
	}
	return f.c.period
}

// eager sends what is learnt at once.
type eager struct{ untimed }

func (e eager) plan(now time.Duration) { e.c.upAt, e.c.downAt = now, now }

func (e eager) ackDue(now time.Duration, _ *link, arrived time.Duration) time.Duration {
	return max(now, arrived+e.c.cfg.AckDelay)
}

func (e eager) ackWait(*link) time.Duration { return e.c.cfg.AckDelay }
