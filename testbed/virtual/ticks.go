package virtual

import "time"

// A node's health monitor looks ten times a second, and nearly always at
// nothing: in a run of ten thousand nodes that would be a tenth of all work.
// What a tick of a calm node does shows only in what the node does next. So it
// is put off until right before that, and then done with the time that it was
// due at: everything goes as if it had been done then. At one time, a tick
// comes before whatever else there is.

// planTick plans a node's next tick, unless it can be put off.
func (b *bed) planTick(h *host) {
	if h.node == nil || h.paused || h.tickOn == h.tickAt || !b.prompt && h.died == "" && h.node.Calm() {
		return
	}
	b.ticks++
	h.tickOn = h.tickAt
	b.events.push(event{at: h.tickAt, host: int32(h.index), kind: forTick})
}

// tick does a tick that was planned, unless it can be put off by now.
func (b *bed) tick(h *host, at time.Duration) (over bool) {
	if h.node == nil || h.tickOn != at {
		return false // of a former life
	}
	h.tickOn = never
	switch {
	case h.died != "":
		return b.ended(h)
	case h.tickAt != at:
		return false // it was made up for, or the process was stopped
	case h.paused:
		h.tickAt = never // until it goes on
		return false
	case !b.prompt && h.node.Calm():
		return false
	}
	h.rouse(b.now)
	b.planTick(h)
	return b.ended(h)
}

// rouse makes up for the ticks of a node that were put off. It is called before
// anything else that has to do with the node.
func (h *host) rouse(now time.Duration) {
	for h.node != nil && !h.paused && h.died == "" && h.tickAt <= now {
		h.tick(h.tickAt)
		h.tickAt = h.global(h.node.NextTick())
	}
	if h.died != "" {
		h.tickAt = now // the next tick tells of it
	}
}

// tick lets the node's health monitor look.
func (h *host) tick(now time.Duration) {
	defer h.caught(now, nil)
	h.node.Tick(h.local(now))
}
