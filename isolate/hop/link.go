package hop

import (
	"slices"
	"time"

	"treecast/gossip/service"
	"treecast/isolate/frame"
)

// link is the parent's side of a link child: what goes to it and comes from it. A
// neighbour that keeps its child busy, or crashes it, loses its own messages alone.
type link struct {
	p    *Parent
	port *Port

	generation uint32
	in         waiting          // messages of the peer
	out        []service.Packet // messages to it
	outBytes   int
	given      []linkWork // unanswered
	payload    []byte
}

// linkWork is work that a link child was given: either is set.
type linkWork struct {
	flight *flight
	to     string
}

// Bounds of what waits for a link child to be written. More is dropped, and sent again
// by the service when no ack comes.
const (
	maxPackets     = 256
	maxPacketBytes = 4 << 20
)

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

// put takes a message to the peer.
func (l *link) put(now time.Duration, packet service.Packet) {
	if len(l.out) >= maxPackets || l.outBytes >= maxPacketBytes {
		l.port.figures.Dropped++
		return
	}
	l.out = append(l.out, packet)
	l.outBytes += len(packet.Body)
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
		for _, w := range l.given { // a former child's
			l.p.flights.over(w.flight)
		}
		l.given = l.given[:0]
		l.generation = l.port.Generation()
	}
	l.in.expire(now, l.p.drop)
	return did
}

// give gives the child what there is, as far as there is room: what goes to the peer
// before what comes from it, which is what the peer decides how much of there is.
func (l *link) give(now time.Duration) (did bool) {
	if !l.port.Up() || l.port.Generation() != l.generation {
		return false
	}
	for len(l.out) > 0 && l.port.Room(len(l.out[0].Body)) {
		packet := l.out[0]
		l.out = slices.Delete(l.out, 0, 1)
		l.outBytes -= len(packet.Body)
		l.send(now, &LinkIn{Message: packet.Body}, linkWork{to: packet.To})
		did = true
	}
	for !l.in.empty() && l.p.ready.credit(l.in.first().from) && l.port.Room(l.in.first().size()) {
		f := l.in.take()
		l.send(now, &LinkIn{From: f.from, Body: f.body}, linkWork{flight: f})
		f.body = nil
		did = true
	}
	if c := l.port.Conn(); c != nil {
		c.Flush()
	}
	return did
}

func (l *link) send(now time.Duration, in *LinkIn, w linkWork) {
	l.payload = frame.Append(l.payload[:0], in)
	l.given = append(l.given, w)
	l.port.Send(now, l.payload, true)
	if cap(l.payload) > 1<<20 {
		l.payload = nil
	}
}

// heard passes on what the child has read or written.
func (l *link) heard(now time.Duration, said Said) {
	var out LinkOut
	err := errUnasked
	if said.Answer {
		err = frame.Read(said.Payload, &out)
	}
	var w linkWork
	if err == nil {
		w = l.given[0]
		l.given = slices.Delete(l.given, 0, 1)
		if w.flight == nil {
			err = l.p.checkPacket(w.to, out.Body)
		} else if len(out.Message) == 0 && out.Unreadable == nil && !out.Limited {
			err = errEmpty
		}
	}
	if w.flight != nil {
		l.p.home.Took(now, w.flight.from, max(0, out.Took))
	}
	switch f := w.flight; {
	case err != nil:
		l.port.Fail(Garbled, err)
		l.p.flights.over(f)
	case f == nil:
		l.p.home.Send(now, w.to, out.Body)
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
	if l.port.Gone() && len(l.out) == 0 && l.in.empty() && l.port.cfg.Launcher.InProcess() {
		return never
	}
	return min(l.port.Next(), l.in.next())
}

// idle reports whether nothing is on its way here.
func (l *link) idle() bool {
	return len(l.given) == 0 && len(l.out) == 0 && l.in.empty() || !l.port.Up()
}
