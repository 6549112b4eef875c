package hop

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"treecast/gossip"
	"treecast/gossip/service"
	"treecast/isolate/frame"
)

// Home is the node, as its gossip processes need it. It is called by Parent's own
// methods, in the same goroutine.
type Home interface {
	// State is what a step is told of the node, but for Begin, Message and Appended. When
	// begun, it holds what is stored; known is how long the log was after that was looked up. What
	// is not durable is in it if it has changed or all is wanted.
	State(now time.Duration, begun, all bool) (in service.In, known int)
	// Log is the node's.
	Log() *gossip.Log
	// Room is how many packets the output takes now.
	Room() int
	// Heard is told what became of a message, of which so many bytes were waiting; of a
	// step without one there is no from.
	Heard(now time.Duration, from string, bytes int, out *service.Out)
	// Send has a packet written.
	Send(now time.Duration, to string, body []byte)
	// Read lets a read go on that has waited for messages before it.
	Read(now time.Duration, read any)
	// Done gives back the bytes of a message; Dropped says that it was not handled.
	Done(from string, bytes int)
	Dropped(now time.Duration, from string)
	// Unused is told of a message that a link child did not use: it could not be read, or
	// where why is nil its peer has shown more than it may.
	Unused(now time.Duration, from string, why error)
	// Took is told how much of a child's time a message has taken.
	Took(now time.Duration, from string, took time.Duration)
	// Draw draws what a life of the service begins with.
	Draw() (phase time.Duration, seed uint64)
}

// ParentConfig is what a Parent is made with.
type ParentConfig struct {
	Mode     Mode
	Launcher Launcher
	Service  ServiceConfig
	Memory   int64 // bytes that a child may take; 0: any number
	Hello    Hello // what all children are told beside what they do
	Name     func() string
	Random   *rand.Rand // of waits between children
	Wake     func()
	Log      *slog.Logger
	Watch    WatchConfig // zero: the defaults
}

// Bounds of what waits for a child.
const (
	// ReadPatience is how long a read waits for a child to handle the messages that
	// were on stdin before it.
	ReadPatience = 20 * time.Millisecond
	// WaitingItems and WaitingBytes are how many messages of a neighbour wait for a child that
	// has no room or is being started, and waitingAge for how long they are of use.
	WaitingItems = 1024
	WaitingBytes = 4 << 20
	waitingAge   = time.Second

	fillEntries = 512 // of the log that one piece of work tells a child

	maxLinkChildren = 64 // neighbours beyond that share them
)

// Parent is the parent's side of gossip in processes of its own. It is pure but for what
// its Launcher does, and for one goroutine at a time; none of its methods waits.
type Parent struct {
	cfg  ParentConfig
	home Home
	sync bool // answers are there at once

	child      *Port
	links      map[string]*link
	shared     []*link // in the order in which they were made
	membership *service.Membership
	members    map[string]bool // whom packets may be for
	lives      uint64          // of services begun

	// Of the child that there is:
	generation  uint32
	begun       bool
	isNew       bool   // it was told nothing yet
	tell        bool   // it is to be told the state, as soon as there is room
	told        int    // entries of the log
	seen        uint64 // packets
	granted     int    // packets that it may send, as of when ...
	grantedAt   uint64 // ... so many were seen
	mostGranted int
	own         gossip.OriginID
	ownLast     uint64
	given       []*flight // of its unanswered work; nil: without a message

	flights flights
	ready   *fair // messages for the gossip child
	spoke   bool
	items   uint64 // messages given to gossip children
	payload []byte
}

// NewParent returns the parent's side. Nothing is started before the first Step after
// Begin.
func NewParent(cfg ParentConfig, home Home) *Parent {
	p := &Parent{cfg: cfg, home: home, sync: cfg.Launcher.InProcess(), links: map[string]*link{}, ready: newFair()}
	p.flights.home = home
	p.cfg.Service.Parsed = cfg.Mode == Links
	p.child = p.newPort(cfg.Launcher, "gossip", func() Hello {
		h := p.cfg.Hello
		h.Kind, h.Service, h.Items = GossipChild, p.cfg.Service, p.items
		return h
	})
	return p
}

func (p *Parent) newPort(l Launcher, name string, hello func() Hello) *Port {
	watch := p.cfg.Watch
	watch.Memory = p.cfg.Memory
	return NewPort(PortConfig{
		Name: name, Launcher: l, Restarts: NewRestarts(p.cfg.Random), Watch: watch, Wake: p.cfg.Wake, Log: p.cfg.Log,
		Hello: func() Hello {
			h := hello()
			h.Node, h.Memory = p.cfg.Name(), p.cfg.Memory
			return h
		},
	})
}

// Begin says that the node has got its name.
func (p *Parent) Begin(m *service.Membership) {
	p.membership = m
	p.members = map[string]bool{}
	for _, name := range m.Members.Nodes() {
		p.members[name] = name != m.Self
	}
	p.begun = false
}

// Takes reports whether there is room for another message.
func (p *Parent) Takes() bool { return p.cfg.Mode == Links || !p.ready.full() }

// Message takes a peer's message. Its bytes are given back by Home.Done.
func (p *Parent) Message(now time.Duration, from string, body []byte) {
	f := p.flights.add(now, from, body)
	if p.cfg.Mode == Links {
		p.linkOf(from).take(now, f)
		return
	}
	if p.ready.fullOf(from) {
		p.drop(now, f)
		return
	}
	p.ready.add(f)
}

// Read reports whether a read may go on at once. If not, Home.Read is called when
// it may.
func (p *Parent) Read(now time.Duration, read any) bool { return p.flights.read(now, read) }

// InProcess reports whether the gossip service is part of this process, so that what
// is due of it is done by Step.
func (p *Parent) InProcess() bool { return p.sync }

// Begun reports whether there is a child whose service has begun.
func (p *Parent) Begun() bool { return p.begun }

// Hears reports whether there is room to tell the gossip child something.
func (p *Parent) Hears() bool { return p.child.Up() && p.child.Room(0) }

// Spoke reports whether the service has been asked, since the last call, what it has
// to say.
func (p *Parent) Spoke() bool {
	spoke := p.spoke
	p.spoke = false
	return spoke
}

// Next is when Step has something to do, unless a child says something.
func (p *Parent) Next() time.Duration {
	if p.membership == nil {
		return never
	}
	next := min(p.child.Next(), p.flights.next(), p.ready.due())
	if p.sync && p.child.Gone() {
		next = min(p.flights.next(), p.ready.due()) // with the next work
	}
	for _, l := range p.shared {
		next = min(next, l.next())
	}
	return next
}

// Due reports whether the service of a child that is part of this process has
// something to do by itself.
func (p *Parent) Due(now time.Duration) bool {
	return p.sync && p.child.Conn() != nil && p.child.Conn().Next() <= now
}

// Step hears what children have said, and gives them what there is. tell says that
// the state has changed, so that the gossip child is told even without a message. It
// reports whether it did anything.
func (p *Parent) Step(now time.Duration, tell bool) (did bool) {
	if p.membership == nil {
		return false // children are told whose they are
	}
	p.child.Step(now)
	if p.child.GaveUp() {
		p.goInside(&p.child, "gossip")
	}
	if p.sync && p.child.Gone() {
		p.child.Step(now)
	}
	for _, l := range p.shared {
		did = l.step(now) || did
	}
	did = p.hear(now) || did
	switch {
	case !p.child.Up():
		p.forget()
	case p.child.Generation() != p.generation:
		p.greet()
	}
	p.tell = p.tell || tell || p.sync
	did = p.give(now) || did
	for _, l := range p.shared {
		did = l.give(now) || did
	}
	p.ready.expire(now, p.drop)
	p.flights.settle(now)
	if c := p.child.Conn(); c != nil {
		c.Flush()
	}
	return did
}

// goInside replaces a port that gave up by one whose children are part of this
// process.
func (p *Parent) goInside(port **Port, name string) {
	former := (*port).Figures()
	next := p.newPort(InProcess{}, name, (*port).cfg.Hello)
	next.figures, next.generation = former, former.Generation
	next.figures.Inside = true
	*port = next
	if port == &p.child {
		p.sync = true
	}
}

// greet begins with a new child: it knows nothing.
func (p *Parent) greet() {
	p.forget()
	p.generation, p.told, p.seen, p.granted, p.grantedAt, p.mostGranted = p.child.Generation(), 0, 0, 0, 0, 0
	p.isNew = true
}

// forget forgets what a former child was given: peers send again what it has not acked.
func (p *Parent) forget() {
	for _, f := range p.given {
		if f != nil {
			p.ready.lost(f)
			p.flights.over(f)
		}
	}
	p.given, p.begun = p.given[:0], false
}

// give gives the gossip child what there is, as far as there is room.
func (p *Parent) give(now time.Duration) (did bool) {
	if !p.child.Up() || p.child.Generation() != p.generation {
		return false
	}
	for p.child.Room(0) {
		if !p.sync || !p.begun {
			if p.home.Log().Len()-p.told >= fillEntries {
				p.part(now)
				did = true
				continue
			}
		}
		begins := p.membership != nil && !p.begun
		message := p.begun && !p.ready.empty() && p.ready.fits() && p.child.Room(p.ready.first().size())
		if !begins && !message && !p.tell && !p.short() {
			return did
		}
		in, known := p.home.State(now, p.begun, p.isNew)
		in.Appended = p.gained(known) // all of it: tickets are of what is in it
		p.isNew, p.tell = false, false
		var f *flight
		if begins {
			in.Begin = p.beginning()
		}
		if message {
			f = p.ready.take()
			in.Message = &service.Message{From: f.from, Body: f.body}
			p.items++
		}
		p.send(now, &in, f)
		p.begun = p.begun || begins
		did = did || begins || message
		if p.sync {
			p.hear(now)
			return did
		}
	}
	return did
}

// short reports whether the child may send few packets, although there is room for more.
func (p *Parent) short() bool {
	left := p.granted - int(p.seen-p.grantedAt)
	return p.begun && left < fewPackets && left < p.home.Room()
}

// fewPackets is how many a child may always send, as far as there is room.
const fewPackets = 64

// beginning is what the service of the child begins with.
func (p *Parent) beginning() *service.Membership {
	b := *p.membership
	b.Epoch = max(b.Epoch, p.cfg.Service.Incarnation) + p.lives
	if p.lives > 0 {
		b.Greet, b.Former = true, true
	}
	p.lives++
	b.Phase, b.Seed = p.home.Draw()
	return &b
}

// part tells the child a part of the log, and nothing that could be behind it.
func (p *Parent) part(now time.Duration) {
	in, known := p.home.State(now, false, p.isNew)
	p.isNew = false
	in.Appended = p.gained(min(known, p.told+fillEntries))
	p.send(now, &in, nil)
}

// gained is what the log has gained up to a length, as it travels.
func (p *Parent) gained(known int) (entries []gossip.Entry) {
	log := p.home.Log()
	if p.told >= known {
		return nil
	}
	entries = make([]gossip.Entry, 0, known-p.told)
	for i := p.told; i < known; i++ {
		entries = append(entries, log.Travels(i))
	}
	return entries
}

// send gives the child a piece of work.
func (p *Parent) send(now time.Duration, in *service.In, f *flight) {
	p.told += len(in.Appended)
	p.granted, p.grantedAt, p.mostGranted = in.Room, p.seen, max(p.mostGranted, in.Room)
	p.own, p.ownLast = in.Own, in.OwnLast
	p.given = append(p.given, f)
	p.payload = frame.Append(p.payload[:0], &StepIn{In: *in, Seen: p.seen})
	p.child.Send(now, p.payload, pressing(in))
	if cap(p.payload) > 1<<20 {
		p.payload = nil
	}
}

// hear handles what the gossip child has said.
func (p *Parent) hear(now time.Duration) (did bool) {
	for {
		said, ok := p.child.Receive(now)
		if !ok {
			return did
		}
		did = true
		var f *flight
		if said.Answer {
			f = p.given[0]
			p.given = slices.Delete(p.given, 0, 1)
		}
		var out StepOut
		err := frame.Read(said.Payload, &out)
		if err == nil {
			err = p.check(&out.Out)
		}
		if f != nil {
			p.ready.handled(f, max(0, out.Took))
			p.home.Took(now, f.from, max(0, out.Took))
		}
		if err != nil {
			p.child.Fail(Garbled, err)
			p.flights.over(f)
			return did
		}
		p.heard(now, f, &out.Out)
	}
}

// heard does what a step of the service wants done.
func (p *Parent) heard(now time.Duration, f *flight, out *service.Out) {
	p.spoke = p.spoke || out.Spoke
	from, size := "", 0
	if f != nil {
		from, size = f.from, f.bytes
	}
	p.home.Heard(now, from, size, out)
	p.seen += uint64(len(out.Send))
	for _, packet := range out.Send {
		p.home.Send(now, packet.To, packet.Body)
	}
	p.flights.over(f)
}

// drop forgets a message that has waited for too long.
func (p *Parent) drop(now time.Duration, f *flight) {
	p.home.Dropped(now, f.from)
	p.flights.over(f)
}

// Stop ends all children; Stopped says when they have ended.
func (p *Parent) Stop(now, patience time.Duration) {
	p.child.Stop(now, patience)
	for _, l := range p.shared {
		l.port.Stop(now, patience)
	}
}

// Stopped reports whether no child is left. Step is called until then.
func (p *Parent) Stopped() bool {
	gone := p.child.Gone()
	for _, l := range p.shared {
		gone = gone && l.port.Gone()
	}
	return gone
}

// Idle reports whether children have answered all that they were given.
func (p *Parent) Idle() bool {
	idle := len(p.given) == 0 && p.ready.empty()
	for _, l := range p.shared {
		idle = idle && l.idle()
	}
	return idle || !p.child.Up()
}

// Crash takes note that this process has crashed in one of these methods, or in a child
// that is part of it. All children are ended: nobody knows what they were given.
func (p *Parent) Crash() {
	ports := []*Port{p.child}
	for _, l := range p.shared {
		ports = append(ports, l.port)
	}
	for _, port := range ports {
		port.crash()
	}
}

// Figures are those of all children, the gossip child's first.
func (p *Parent) Figures() []Figures {
	all := []Figures{p.child.Figures()}
	for _, l := range p.shared {
		all = append(all, l.port.Figures())
	}
	return all
}

// Service is the gossip service of a child that is part of this process, for whoever
// looks into it; nil if there is none.
func (p *Parent) Service() *service.Service {
	c, ok := p.child.Conn().(*inProcess)
	if !ok || c.engine == nil {
		return nil
	}
	return c.engine.(*GossipEngine).service
}
