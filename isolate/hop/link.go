package hop

import (
	"slices"
	"time"

	"treecast/isolate/frame"
)

// link is the parent's side of a link child: what goes to it and comes from it. A
// neighbour that keeps its child busy, or crashes it, loses its own messages alone. What goes to
// a neighbour is the node's own, and is written by the gossip child.
type link struct {
	p    *Parent
	port *Port

	generation uint32
	in         waiting   // messages of the peer
	given      []*flight // unanswered
	payload    []byte
}

// linkOf is the link of a neighbour. There are no more than maxLinkChildren; neighbours
// beyond that share them.
func (p *Parent) linkOf(peer string) *link {
	if l := p.links[peer]; l != nil {
		return l
	}
	if n := len(p.links); n >= maxLinkChildren {
		l := p.shared[n%len(p.shared)]
		p.links[peer] = l
		return l
	}
	l := &link{p: p}
	l.port = p.newPort(p.cfg.Launcher, "link "+peer, func() Hello {
		h := p.cfg.Hello
		h.Kind, h.Spans = LinkChild, p.cfg.Service.Spans
		return h
	})
	p.links[peer] = l
	p.shared = append(p.shared, l)
	return l
}

// take takes a message of the peer.
func (l *link) take(now time.Duration, f *flight) {
	if l.in.full() {
		l.p.drop(now, f)
		return
	}
	l.in.add(f)
	if l.port.cfg.Launcher.InProcess() {
		l.turn(now)
	}
}

// turn does all that can be done at once.
func (l *link) turn(now time.Duration) {
	l.step(now)
	l.give(now)
	l.step(now)
}

// step looks after the child and hears what it has said.
func (l *link) step(now time.Duration) (did bool) {
	l.port.Step(now)
	if l.port.GaveUp() {
		l.p.goInside(&l.port, l.port.cfg.Name)
		l.port.Step(now)
	}
	for {
		said, ok := l.port.Receive(now)
		if !ok {
			break
		}
		did = true
		l.heard(now, said)
	}
	if !l.port.Up() || l.port.Generation() != l.generation {
		for _, f := range l.given { // a former child's
			l.p.flights.over(f)
		}
		l.given = l.given[:0]
		l.generation = l.port.Generation()
	}
	l.in.expire(now, l.p.drop)
	return did
}

// give gives the child what there is, as far as there is room, and the gossip child gets on.
func (l *link) give(now time.Duration) (did bool) {
	if !l.port.Up() || l.port.Generation() != l.generation {
		return false
	}
	for !l.in.empty() && l.p.ready.credit(l.in.first().from) && l.port.Room(l.in.first().size()) {
		l.send(now, l.in.take())
		did = true
	}
	if c := l.port.Conn(); c != nil {
		c.Flush()
	}
	return did
}

func (l *link) send(now time.Duration, f *flight) {
	l.payload = frame.Append(l.payload[:0], &LinkIn{From: f.from, Body: f.body})
	l.given = append(l.given, f)
	l.port.Send(now, l.payload, true)
	f.body = nil
	if cap(l.payload) > 1<<20 {
		l.payload = nil
	}
}

// heard passes on what the child has read.
func (l *link) heard(now time.Duration, said Said) {
	var out LinkOut
	var f *flight
	err := errUnasked
	if said.Answer {
		f = l.given[0]
		l.given = slices.Delete(l.given, 0, 1)
		err = frame.Read(said.Payload, &out)
	}
	if err == nil && len(out.Message) == 0 && out.Unreadable == nil && !out.Limited {
		err = errEmpty
	}
	if f != nil {
		l.p.home.Took(now, f.from, max(0, out.Took))
	}
	switch {
	case err != nil:
		l.port.Fail(Garbled, err)
		l.p.flights.over(f)
	case out.Unreadable != nil || out.Limited:
		l.p.home.Unused(now, f.from, out.Unreadable)
		l.p.flights.over(f)
	case l.p.ready.full() || l.p.ready.fullOf(f.from):
		l.p.drop(now, f)
	default:
		f.body = out.Message
		l.p.ready.add(f)
	}
}

// next is when step has something to do.
func (l *link) next() time.Duration {
	if l.port.Gone() && l.in.empty() && l.port.cfg.Launcher.InProcess() {
		return never
	}
	return min(l.port.Next(), l.in.next())
}

// idle reports whether nothing is on its way here.
func (l *link) idle() bool {
	return len(l.given) == 0 && l.in.empty() || !l.port.Up()
}
