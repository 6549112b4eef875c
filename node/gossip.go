package node

import (
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"treecast/app"
	"treecast/backpressure"
	"treecast/chans"
	"treecast/gossip"
	"treecast/gossip/service"
	"treecast/node/inject"
	"treecast/wire"
)

// gossiper is the gossip service of the node. It is the adapter around gossip/service: it
// makes input frames of what its queue, the store and the monitor have, and carries out
// the output frames.
type gossiper struct {
	service *service.Service

	random       *rand.Rand
	inbox        *chans.Inbox[peerMsg]
	intake       *chans.Queue[workItem]
	out          *outbox
	storedSignal *storedSignal
	issued       *issuedLog // the store's
	monitor      *backpressure.Monitor
	own          *backpressure.Gate // of self-started work
	counters     *counters
	log          *slog.Logger
	target       time.Duration // of latency; 0: none
	period       time.Duration // of rounds
	state        *state        // for what the node is for, and so for the period
	fixed        bool          // somebody has set the period
	wake         wake
	faults       *inject.Injector // nil as a rule

	gossipBytes, intakeBytes *budget
	peers                    *peerAllowances // the intake's
	effort                   effort          // of a step

	membership *membership // nil before init
	crashed    bool        // and has not begun again
	switched   bool        // the store was told to switch to a new log
	in         service.In
	message    service.Message
	tickets    []gossip.Ticket

	figures      atomic.Pointer[service.Figures]
	figuresAt    time.Duration
	changed      bool // since then
	targetMissed bool // has been logged
}

// figuresPeriod is the time between two updates of the figures.
const figuresPeriod = 100 * time.Millisecond

// newGossiper makes the service. The error names a setting that cannot work.
func (n *Node) newGossiper() (*gossiper, error) {
	permits := n.cfg.Permits
	permits.Stale = n.monitor.Stale()
	g := &gossiper{
		random: n.cfg.Random, inbox: n.gossipInbox, intake: n.intakeQueue, out: n.outbox, storedSignal: n.storedSignal, issued: &n.store.issued,
		monitor: n.monitor, own: n.gates.own, counters: &n.counters, log: n.cfg.Log, target: n.cfg.LatencyTarget, period: n.cfg.period(), state: n.state, fixed: n.cfg.SyncPeriod != 0 || n.cfg.Rounds != gossip.Locked,
		wake: n.wakes.gossip, faults: n.faults[gossipName], gossipBytes: &n.gossipBytes, intakeBytes: &n.intakeBytes, peers: &n.peers,
	}
	cfg := service.Config{
		Gossip: n.cfg.gossip(), NumChildren: n.cfg.NumChildren, Permits: permits, Spans: n.cfg.PeerLimits.Spans,
		Origins: n.cfg.Memberships.origins(), NewCore: n.cfg.NewCore, Shared: service.Shared{Log: n.state.log},
	}
	if n.cfg.Journal != nil {
		n.notDurable = &notDurable{}
		cfg.Shared.Withhold = n.notDurable.holds
	}
	var err error
	g.service, err = service.New(cfg)
	return g, err
}

const gossipName = "gossip"

// Name is the service's.
func (g *gossiper) Name() string { return gossipName }

// Wake is the service's.
func (g *gossiper) Wake() <-chan struct{} { return g.wake }

// Next is when a message has come, something was stored, or the core has to send.
func (g *gossiper) Next(now time.Duration) time.Duration {
	if g.crashed || g.inbox.Depth() > 0 || g.storedSignal.pending.Load() {
		return now
	}
	return max(now, g.next(now))
}

// Step handles a message, if there is one, and sends what is due.
func (g *gossiper) Step(now time.Duration) (Work, error) {
	if g.crashed {
		g.crashed = false
		g.restart(now)
	}
	g.storedSignal.clear()
	queued, said, mailed := g.out.queue.Depth(), g.out.gossip.used.Load(), g.gossipBytes.used.Load()
	did := g.step(now)
	if !did && g.inbox.Drained() {
		g.intake.Close()
		return Work{}, errOver
	}
	return Work{
		Did: did, Messages: 1 + g.out.queue.Depth() - queued,
		Bytes: int(g.out.gossip.used.Load() - said + mailed - g.gossipBytes.used.Load()),
	}, nil
}

// Crashed answers for the message that crashed the service.
func (g *gossiper) Crashed(now time.Duration) int {
	g.crashed = true
	m, lost := g.inbox.Abandon()
	if !lost {
		return 0
	}
	if m.body != nil {
		g.putBack(m.from, len(m.body))
	}
	switch {
	case m.membership != nil:
		g.membership = m.membership // the next instance begins with it
	case m.read != nil:
		g.lostRead(now, m.read)
	default: // not acked, so it comes again
		logLost(g.log, gossipName, "message", &replyTo{client: m.from}, m.body)
	}
	return 1
}

// step does one piece of work and reports whether there may be more at once.
func (g *gossiper) step(now time.Duration) bool {
	m, ok := g.inbox.TryNext()
	if ok || g.service.Next() <= now {
		g.faults.Begin(now, ok)
	}
	g.in = service.In{Now: now, Health: g.health(now)}
	g.in.Own, g.in.OwnLast = g.issued.current()
	g.in.Period = g.newPeriod(false)
	if g.service.Begun() {
		// Taken before the log is read, so that their entries are in it.
		g.tickets = g.storedSignal.take(g.tickets)
		g.in.Stored = g.tickets
		g.in.Figures = g.figuresDue(now)
	}
	if ok {
		g.take(now, &m)
	}
	g.in.Room = g.out.room()
	g.effort.begin()
	out := g.service.Step(&g.in)
	if g.in.Message != nil {
		g.peers.took(now, m.from, g.effort.took())
	}
	if out.Figures != nil {
		g.show(now, out.Figures)
	}
	g.changed = g.changed || ok || out.Spoke
	if out.Trouble != nil { // impossible: the configuration was checked
		g.log.Error("no gossip", "why", out.Trouble)
	}
	if g.in.Message != nil {
		g.received(now, m.from, len(m.body), out)
	}
	for _, p := range out.Send {
		g.out.send(now, p.To, p.Body)
	}
	if ok || out.Spoke {
		g.faults.End()
	}
	if ok {
		if m.body != nil {
			g.putBack(m.from, len(m.body))
		}
		g.inbox.Done()
	}
	return ok || out.Spoke
}

// newPeriod is the period that the service is to be told, 0 if there is nothing new: that
// of what the node is for, unless somebody has set one. A service that was made anew is
// told it again.
func (g *gossiper) newPeriod(again bool) time.Duration {
	if k := g.state.kind.Load(); k != nil && g.wants(k) {
		g.period = k.Period
		return g.period
	}
	if again {
		return g.period
	}
	return 0
}

// wants reports whether a workload has another period than there is.
func (g *gossiper) wants(k *app.Kind) bool { return !g.fixed && k.Period > 0 && k.Period != g.period }

// health is the monitor's last report.
func (g *gossiper) health(now time.Duration) service.Health {
	r, known := g.monitor.Report(now)
	return service.Health{Known: known, At: r.At, Unhealthy: r.Unhealthy, Busy: !g.own.Open(now)}
}

// take puts an item of the queue into the input frame.
func (g *gossiper) take(now time.Duration, m *peerMsg) {
	switch {
	case m.membership != nil:
		g.membership = m.membership
		g.in.Begin = g.beginning(m.membership)
	case m.read != nil:
		g.passRead(now, m.read)
	default:
		g.message = service.Message{From: m.from, Body: m.body}
		g.in.Message = &g.message
	}
}

// passRead has a client's read go on, behind what was delivered so far.
func (g *gossiper) passRead(now time.Duration, read *workItem) {
	if !g.intake.Offer(now, *read) {
		g.intakeBytes.put(int(read.bytes))
		g.counters.refusedFull.Add(1)
		g.out.fail(now, read.replyTo, wire.TemporarilyUnavailable, fullText)
	}
}

// lostRead answers for a read that crashed the service.
func (g *gossiper) lostRead(now time.Duration, read *workItem) {
	logLost(g.log, gossipName, "request", &read.replyTo, nil)
	g.intakeBytes.put(int(read.bytes))
	g.out.fail(now, read.replyTo, wire.Abort, abortedText)
}

// figuresDue reports whether the service is to be asked for its figures.
func (g *gossiper) figuresDue(now time.Duration) bool {
	return g.figures.Load() == nil || g.changed && now-g.figuresAt >= figuresPeriod
}

// beginning is what an instance of the service begins with.
func (g *gossiper) beginning(m *membership) *service.Membership {
	b := m.forGossip()
	b.Phase, b.Seed = g.draw()
	return b
}

// putBack gives back the room of a peer's message that does not wait any more.
func (g *gossiper) putBack(from string, bytes int) {
	g.gossipBytes.put(bytes)
	g.peers.handled(from, bytes)
}

// draw draws what differs between two incarnations of the service.
func (g *gossiper) draw() (phase time.Duration, seed uint64) {
	phase = time.Duration(g.random.Int64N(int64(g.period)))
	return phase, g.random.Uint64()
}

// received logs what was wrong with a peer's message of so many bytes, and passes its
// entries to the store.
func (g *gossiper) received(now time.Duration, from string, bytes int, out *service.Out) {
	if out.Unreadable != nil {
		g.counters.badPeerMsgs.Add(1)
		g.log.Warn("a peer's message cannot be read", "from", from, "why", out.Unreadable)
		return
	}
	if out.Limited {
		g.counters.limitedPeerMsgs.Add(1)
		g.log.Warn("a peer shows more than it may, and its message is not used", "from", from)
		return
	}
	if out.Beyond {
		g.neverIssued(now, from)
	}
	if out.Refused != nil {
		g.log.Warn("a peer's message makes no sense, and is not used", "from", from, "why", out.Refused)
	}
	if out.Deliver == nil {
		return
	}
	if g.intakeBytes.take(bytes) {
		learnt := *out.Deliver
		if g.intake.Offer(now, workItem{kind: workDelivery, replyTo: replyTo{arrived: now}, more: &learnt, bytes: int32(bytes)}) {
			return
		}
		g.intakeBytes.put(bytes)
	}
	g.counters.droppedDeliveries.Add(1) // not acked, so the peer sends it again
}

// show stores figures for health replies.
func (g *gossiper) show(now time.Duration, figures *service.Figures) {
	g.figuresAt, g.changed = now, false
	g.figures.Store(figures)
	if figures.Gossip.TargetMissed && !g.targetMissed {
		g.targetMissed = true
		g.log.Warn("the latency target cannot be kept: the way through the tree alone takes longer, so everything is sent at once",
			"target", g.target)
	}
}

// neverIssued handles a peer's message with counters of the node's own log that it never
// issued.
func (g *gossiper) neverIssued(now time.Duration, from string) {
	g.counters.neverIssued.Add(1)
	g.log.Warn("a peer has entries of this node's own log that it has not given out; they are not taken in", "from", from)
	if !g.switched {
		// If there is no room, the next such message does it.
		name := strconv.FormatUint(g.random.Uint64(), 36)
		g.switched = g.intake.Offer(now, workItem{kind: workNewLog, more: name, replyTo: replyTo{client: from, arrived: now}})
	}
}

// restart begins again after a crash, which may have left the core in any state. The new
// core is a new incarnation to the peers: it exchanges digests with them.
func (g *gossiper) restart(now time.Duration) {
	if g.membership == nil {
		return
	}
	again := g.beginning(g.membership)
	again.Greet = true
	if out := g.service.Step(&service.In{Now: now, Begin: again}); out.Trouble != nil {
		g.log.Error("no gossip", "why", out.Trouble)
	}
}

// next is when gossip/service is due.
func (g *gossiper) next(now time.Duration) time.Duration {
	if !g.service.Begun() {
		return gossip.Never
	}
	next := g.service.Next()
	if g.changed {
		next = min(next, g.figuresAt+figuresPeriod)
	}
	switch {
	case next > now:
		return next
	case g.out.room() == 0:
		return now + roomPoll
	default:
		return now
	}
}

// roomPoll is the time between two looks for room in the output queue.
const roomPoll = 5 * time.Millisecond

// peerMsg is an item of the gossip queue: a peer's message, the membership, or a read.
type peerMsg struct {
	from       string
	body       []byte
	membership *membership
	read       *workItem // a client's read that came behind mail; to be passed on
}

// storedSignal tells gossip which deliveries are stored and durable, and wakes it when the
// log has grown. There are no more tickets than there were deliveries in the intake queue,
// so it needs no bound of its own; it never blocks, so no cycle of bounded queues
// comes of it.
type storedSignal struct {
	mu      sync.Mutex
	tickets []gossip.Ticket
	pending atomic.Bool // gossip has not looked since
	wake    wake        // the gossip service's
}

func newStoredSignal(w wake) *storedSignal { return &storedSignal{wake: w} }

// stored adds a ticket.
func (n *storedSignal) stored(t gossip.Ticket) {
	n.mu.Lock()
	n.tickets = append(n.tickets, t)
	n.mu.Unlock()
	n.notify()
}

// notify wakes gossip.
func (n *storedSignal) notify() {
	n.pending.Store(true)
	n.wake.notify()
}

// clear is called before gossip looks, and reports whether there is anything.
func (n *storedSignal) clear() bool { return n.pending.Swap(false) }

// take moves the tickets into buf.
func (n *storedSignal) take(buf []gossip.Ticket) []gossip.Ticket {
	n.mu.Lock()
	defer n.mu.Unlock()
	buf = append(buf[:0], n.tickets...)
	n.tickets = n.tickets[:0]
	if cap(n.tickets) > 4096 {
		n.tickets = nil
	}
	return buf
}
