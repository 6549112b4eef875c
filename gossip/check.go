package gossip

import (
	"fmt"
	"slices"
)

// Check holds the core to the invariants that the package comment numbers, and
// returns the first that does not hold. It may be called between any two calls of
// the core's methods, and costs a few steps per link.
func (v View) Check() error { return v.c.check() }

// broken is an invariant that does not hold.
func broken(number int, l *link, about string, values ...any) error {
	if l != nil {
		about = "link to " + l.name + ": " + about
	}
	return fmt.Errorf("gossip: invariant %d does not hold: "+about, append([]any{number}, values...)...)
}

func (c *Core) check() error {
	if n := c.held.Count(); n != uint64(c.known) || c.known > c.log.Len() {
		return broken(1, nil, "digest of %d entries, log of %d, %d learnt", n, c.log.Len(), c.known)
	}
	children, carriers, queued := 0, 0, 0
	for _, l := range c.links {
		for _, check := range []func(*link) error{c.checkRole, c.checkProgress, c.checkState, c.checkAcks, c.checkExchange, c.checkFiled} {
			if err := check(l); err != nil {
				return err
			}
		}
		if l.role == Child {
			children++
		}
		if l.role != Guest {
			carriers++
		}
		if l.queued {
			queued++
		}
	}
	if children != c.children || carriers != c.carriers {
		return broken(12, nil, "%d children and %d carriers are counted as %d and %d", children, carriers, c.children, c.carriers)
	}
	for _, l := range c.due {
		if !l.queued {
			return broken(9, l, "in the queue and not marked so")
		}
	}
	if queued != len(c.due) {
		return broken(9, nil, "%d links are marked as queued, %d are", queued, len(c.due))
	}
	return c.checkSuspicion()
}

// checkRole checks 4 and 5.
func (c *Core) checkRole(l *link) error {
	if (l.role == Parent) != (l == c.parent) {
		return broken(5, l, "role %d", l.role)
	}
	if r, ok := c.scheme.(*repair); ok && l.role == Parent && l.peer.index >= r.index {
		return broken(4, l, "a parent at place %d of a node at %d", l.peer.index, r.index)
	}
	return nil
}

// checkProgress checks 2, 3 and 6.
func (c *Core) checkProgress(l *link) error {
	if l.base > c.known || l.cursor > c.known {
		return broken(2, l, "base %d and cursor %d in a log of %d", l.base, l.cursor, c.known)
	}
	below := l.cursor
	if !c.scheme.confirms() {
		below = c.known // anti-entropy does not wait for the cursor
	}
	segments := append(slices.Clone(l.resend), l.silent.parts...)
	bytes, last := 0, uint64(0)
	for _, b := range l.inflight {
		segments = append(segments, b.parts...)
		if b.number <= last || b.number > l.number {
			return broken(3, l, "batch %d after %d, of %d", b.number, last, l.number)
		}
		last = b.number
		bytes += b.bytes
	}
	for _, s := range segments {
		if s.from < 0 || s.from > s.to || s.to > below {
			return broken(2, l, "%v is in flight or to be sent again, below %d", s, below)
		}
	}
	if bytes != l.unacked {
		return broken(6, l, "%d bytes in flight count as %d", bytes, l.unacked)
	}
	if l.permit && len(l.inflight) == 0 && !l.queued {
		return broken(6, l, "a permit and nothing in flight")
	}
	if l.waits != slices.Contains(c.waiting, l) {
		return broken(16, l, "waits for a permit and does not stand in the line, or the other way round")
	}
	return nil
}

// checkState checks 7 and 8.
func (c *Core) checkState(l *link) error {
	withEntries := 0
	for _, b := range l.inflight {
		if len(b.parts) > 0 {
			withEntries++
		}
	}
	switch {
	case l.state == probing && withEntries > 1:
		return broken(7, l, "%d batches with entries in flight to a peer that is probed", withEntries)
	case l.atRest && l.state != unreachable, l.mute && l.state != unreachable:
		return broken(8, l, "%v, and at rest or mute", l.state)
	case l.mute && (withEntries > 0 || len(l.resend) > 0 || l.exchange.wants()):
		return broken(8, l, "a mute link is owed something")
	}
	return nil
}

// checkAcks checks 10.
func (c *Core) checkAcks(l *link) error {
	a := &l.acks
	if n := len(a.stored); n > 0 && a.stored[n-1].Last > a.newest {
		return broken(10, l, "batch %d is to be acked, the newest is %d", a.stored[n-1].Last, a.newest)
	}
	if sent := a.ready || a.silent || a.due != Never || l.role == Child && c.downAt != Never; len(a.stored) > 0 && !sent {
		return broken(10, l, "acks %v that nothing sends", a.stored)
	}
	return nil
}

// checkExchange checks 11.
func (c *Core) checkExchange(l *link) error {
	x := &l.exchange
	switch {
	case x.ours == sent && !l.carrying(digestPart):
		return broken(11, l, "our digest is neither on its way nor there")
	case x.owed && l.base == 0:
		return broken(11, l, "owes entries of an empty log")
	case x.ours == sent && len(x.parts) > 0:
		return broken(11, l, "%d parts of our digest are left", len(x.parts))
	}
	return nil
}

// checkFiled checks 9.
func (c *Core) checkFiled(l *link) error {
	if c.byPeer[l.name] != l {
		return broken(9, l, "not to be found by its name")
	}
	if filed := l.slot >= 0; filed != (l.wake != Never) || filed && (l.slot >= len(c.timers) || c.timers[l.slot] != l) {
		return broken(9, l, "wakes at %v, filed at %d of %d", l.wake, l.slot, len(c.timers))
	}
	if l.wake > l.deadline() {
		return broken(9, l, "wakes at %v, wants to at %v", l.wake, l.deadline())
	}
	return nil
}

// checkSuspicion checks 12.
func (c *Core) checkSuspicion() error {
	if c.suspicion == nil {
		return nil
	}
	listed := map[*peer]bool{}
	for _, p := range c.suspicion.unreachable {
		if listed[p] || p.link.state != unreachable || c.byPeer[p.name] != p.link {
			return broken(12, p.link, "listed as out of reach")
		}
		listed[p] = true
	}
	for _, l := range c.links {
		if l.state == unreachable && !listed[&l.peer] {
			return broken(12, l, "out of reach, and not listed")
		}
	}
	return nil
}
