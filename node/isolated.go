package node

import (
	"sync"
	"sync/atomic"
	"time"

	"treecast/gossip"
	"treecast/gossip/service"
	"treecast/isolate/hop"
)

// Isolation says what of a node runs in processes of its own.
type Isolation struct {
	Mode hop.Mode
	// Launcher starts children; nil: they are data in this process, as a driver that
	// has time of its own wants it.
	Launcher hop.Launcher
	// Memory is how many bytes a child may take; 0: any number.
	Memory int64
	// Watch says when a child is given up; zero fields are the defaults.
	Watch hop.WatchConfig
}

// hasProcesses reports whether there are children that are processes.
func (i *Isolation) hasProcesses() bool {
	return i.Mode != hop.None && i.Launcher != nil && !i.Launcher.InProcess()
}

// isolated is the gossip service where it runs in processes of its own: the node's end
// of the way to them, in the place of gossiper, whose queue, figures and handling of
// what comes back it has. It never waits for a child.
type isolated struct {
	*gossiper
	parent  *hop.Parent
	entries *gossip.Log // the node's
	durable *notDurable // nil without a journal
	version uint64      // of it, as the child was told
	said    int         // bytes of packets, in this step
	handed  bool        // the message in hand was handed on

	stood positions // that the child's copy of the log is to be told of

	stopping bool
	stopAt   time.Duration // when children are not waited for any more

	askedAt time.Duration // when the child was last asked for figures
	shown   atomic.Pointer[[]hop.Figures]
	shownAt time.Duration
}

// Patience with children that end with the node.
const (
	flushPatience = time.Second
	exitPatience  = 200 * time.Millisecond
)

// askPeriod is the time between two questions for figures. Each wakes a child and is as much
// work as a message, of which there are a few a second.
const askPeriod = time.Second

// asksEvery is that time, or what it is without processes.
func (s *isolated) asksEvery() time.Duration {
	if s.parent.InProcess() {
		return figuresPeriod
	}
	return askPeriod
}

// newIsolated makes the service around a gossiper.
func (n *Node) newIsolated(g *gossiper) *isolated {
	s := &isolated{gossiper: g, entries: n.state.log, durable: n.notDurable, stopAt: Never, askedAt: -askPeriod}
	n.state.onStand = s.stood.add
	launcher := n.cfg.Isolation.Launcher
	if launcher == nil {
		launcher = hop.InProcess{NewCore: n.cfg.NewCore}
	}
	c := n.cfg.gossip()
	permits := n.cfg.Permits
	permits.Stale = n.monitor.Stale()
	hello := hop.Hello{}
	if !launcher.InProcess() {
		hello.FaultSeed = n.cfg.Random.Uint64()
		for _, f := range n.cfg.Faults {
			if f.Service == gossipName {
				hello.Faults = append(hello.Faults, f)
			}
		}
		g.faults = nil // they are the child's
	}
	s.parent = hop.NewParent(hop.ParentConfig{
		Mode: n.cfg.Isolation.Mode, Launcher: launcher, Memory: n.cfg.Isolation.Memory, Watch: n.cfg.Isolation.Watch,
		Service: hop.ServiceConfig{
			Incarnation: c.Incarnation, Rounds: c.Rounds, Period: c.Period, Target: c.Target, AckDelay: c.AckDelay,
			NumChildren: n.cfg.NumChildren, Permits: permits, Spans: n.cfg.PeerLimits.Spans,
		},
		Hello: hello, Name: func() string { return *n.name.Load() },
		Random: n.cfg.Random, Wake: n.wakes.gossip.notify, Log: n.cfg.Log,
	}, (*home)(s))
	return s
}

// Next is when a message is there, something was stored, or a child has something to
// say or is to be looked after.
func (s *isolated) Next(now time.Duration) time.Duration {
	if s.crashed || s.inbox.Depth() > 0 && s.parent.Takes() || s.storedSignal.pending.Load() {
		return now
	}
	next := s.parent.Next()
	if s.parent.Begun() && s.changed && s.parent.Hears() {
		next = min(next, max(s.figuresAt, s.askedAt)+s.asksEvery())
	}
	if s.stopping {
		next = min(next, s.stopAt)
	}
	if next > now {
		return next
	}
	if s.parent.InProcess() && s.out.room() == 0 {
		return now + roomPoll
	}
	return now
}

// Step handles a message, if there is one, and does what children have said.
func (s *isolated) Step(now time.Duration) (Work, error) {
	if s.crashed {
		s.crashed = false
		s.parent.Crash()
	}
	signalled := s.storedSignal.clear()
	queued, mailed := s.out.queue.Depth(), s.gossipBytes.used.Load()
	s.said = 0
	did := s.step(now, signalled)
	s.tellFigures(now)
	if !did && s.inbox.Drained() && s.over(now) {
		s.intake.Close()
		return Work{}, errOver
	}
	return Work{
		Did: did, Messages: 1 + s.out.queue.Depth() - queued,
		Bytes: s.said + max(0, int(mailed-s.gossipBytes.used.Load())),
	}, nil
}

// messagesPerStep is how many messages are handed to children at a time.
const messagesPerStep = 64

// step does one piece of work and reports whether there may be more at once.
func (s *isolated) step(now time.Duration, signalled bool) (did bool) {
	here := s.parent.InProcess()
	limit := messagesPerStep
	if here {
		limit = 1
	}
	for range limit {
		if !s.parent.Takes() {
			break
		}
		m, ok := s.inbox.TryNext()
		s.handed = false
		if here && (ok || s.parent.Due(now)) {
			s.faults.Begin(now, ok)
		}
		if !ok {
			break
		}
		s.take(now, &m)
		did = true
		if !here {
			s.inbox.Done() // what is lost with a child comes again
		}
	}
	figures := s.parent.Begun() && s.asks(now)
	gave := s.parent.Step(now, signalled || figures)
	spoke := s.parent.Spoke()
	s.changed = s.changed || did || spoke
	if !here {
		return did || gave
	}
	if did || spoke {
		s.faults.End()
	}
	if did {
		s.inbox.Done()
	}
	return did || spoke
}

// asks reports whether the service is to be asked for its figures, which it was not a
// moment ago.
func (s *isolated) asks(now time.Duration) bool {
	return s.figuresDue(now) && now-s.askedAt >= s.asksEvery()
}

// take hands an item of the queue on.
func (s *isolated) take(now time.Duration, m *peerMsg) {
	switch {
	case m.membership != nil:
		s.membership = m.membership
		s.parent.Begin(m.membership.forGossip())
	case m.read != nil:
		if s.parent.Read(now, m.read) {
			s.passRead(now, m.read)
		}
	default:
		s.handed = true
		s.parent.Message(now, m.from, m.body)
	}
}

// Crashed answers for a message that crashed a child that is part of this process, or
// this end of the way to one.
func (s *isolated) Crashed(now time.Duration) int {
	m, lost := s.inbox.Abandon()
	s.crashed = true
	if !lost {
		return 0
	}
	switch {
	case m.membership != nil:
		s.membership = m.membership
		s.parent.Begin(m.membership.forGossip())
	case m.read != nil:
		s.lostRead(now, m.read)
	default: // not acked, so it comes again
		logLost(s.log, gossipName, "message", &replyTo{client: m.from}, m.body)
		if !s.handed {
			s.putBack(m.from, len(m.body))
		}
	}
	return 1
}

// over reports whether nothing is left to be done when no message comes any more:
// children have said what they had to say, and are gone. None is waited for long.
func (s *isolated) over(now time.Duration) bool {
	if !s.stopping {
		if s.stopAt == Never {
			s.stopAt = now + flushPatience
		}
		if !s.parent.Idle() && now < s.stopAt {
			return false
		}
		s.stopping = true
		s.parent.Stop(now, exitPatience)
		s.parent.Step(now, false)
	}
	return s.parent.Stopped()
}

// tellFigures keeps figures of the children for health replies.
func (s *isolated) tellFigures(now time.Duration) {
	if s.shown.Load() == nil || now-s.shownAt >= figuresPeriod {
		figures := s.parent.Figures()
		s.shown.Store(&figures)
		s.shownAt = now
	}
}

// home is the node, as its gossip processes see it.
type home isolated

// State is what a step is told of the node.
func (h *home) State(now time.Duration, begun, all bool) (in service.In, known int) {
	in = service.In{Now: now, Health: h.health(now), Room: h.out.room()}
	if begun {
		// Behind them their entries are in the log by then.
		h.tickets = h.storedSignal.take(h.tickets)
		in.Stored = h.tickets
		in.Stood = h.stood.take()
		if in.Figures = (*isolated)(h).asks(now); in.Figures {
			h.askedAt = now
		}
	}
	known = h.entries.Len()
	// What is in the log and not durable was said not to be, before.
	in.Own, in.OwnLast = h.issued.current()
	in.Period = h.newPeriod(all)
	if h.durable != nil {
		in.NotDurable, h.version = h.durable.changed(h.version, all)
	}
	return in, known
}

// Log is the node's.
func (h *home) Log() *gossip.Log { return h.entries }

// Room is how many packets the output takes.
func (h *home) Room() int { return h.out.room() }

// Heard does what a step of the service wants done, but for its packets.
func (h *home) Heard(now time.Duration, from string, bytes int, out *service.Out) {
	if out.Figures != nil {
		h.show(now, out.Figures)
	}
	if out.Trouble != nil {
		h.log.Error("no gossip", "why", out.Trouble)
	}
	if from != "" {
		h.received(now, from, bytes, out)
	}
}

// Send has a packet written.
func (h *home) Send(now time.Duration, to string, body []byte) {
	h.said += len(body)
	h.out.send(now, to, body)
}

// Read lets a read go on.
func (h *home) Read(now time.Duration, read any) { h.passRead(now, read.(*workItem)) }

// Done gives back the bytes of a message.
func (h *home) Done(from string, bytes int) { h.putBack(from, bytes) }

// Dropped counts a message that no child has handled.
func (h *home) Dropped(now time.Duration, from string) { h.counters.droppedPeerMsgs.Add(1) }

// Unused tells of a message that a link child did not use.
func (h *home) Unused(now time.Duration, from string, why error) {
	h.received(now, from, 0, &service.Out{Unreadable: why, Limited: why == nil})
}

// Took counts the time of a child that a message has taken.
func (h *home) Took(now time.Duration, from string, took time.Duration) {
	h.peers.took(now, from, took)
}

// Draw draws what an incarnation of the service begins with.
func (h *home) Draw() (phase time.Duration, seed uint64) { return h.draw() }

// positions are entries of the log that others have come to stand for. Whoever applies
// entries adds to them.
type positions struct {
	mu  sync.Mutex
	all []int
}

func (p *positions) add(at int) {
	p.mu.Lock()
	p.all = append(p.all, at)
	p.mu.Unlock()
}

func (p *positions) take() (all []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all, p.all = p.all, nil
	return all
}
