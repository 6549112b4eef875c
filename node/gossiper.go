package node

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"treecast/backpressure"
	"treecast/chans"
	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/node/inject"
	"treecast/topology"
	"treecast/wire"
)

// gossiper is the gossip service: it carries mail into the core, what the core
// learns to the record, and what the core wants to say to the output.
type gossiper struct {
	cfg     *Config
	random  *rand.Rand
	inbox   *chans.Inbox[mail]
	intake  *chans.Queue[job]
	out     *outbox
	notices *notices
	records *gossip.Log
	monitor *backpressure.Monitor
	count   *counters
	log     *slog.Logger

	decoder *codec.Decoder

	mailBytes, jobBytes *budget
	unkept              *unkept // nil without a journal
	given               *given  // the record's
	elsewhere           bool    // the record was told to go on in another log

	setup    *setup       // nil before begin
	core     *gossip.Core // nil before begin
	lives    uint64       // cores made so far
	permits  *backpressure.Permits
	carriers int           // links that may need a permit
	reported time.Duration // of the newest report that the permits have seen
	tickets  []gossip.Ticket
	spelt    []byte // a message while it is spelt; used again
	shown    atomic.Pointer[gossipFigures]
	shownAt  time.Duration
	changed  bool // something has happened since

	own    *backpressure.Gate // of work that the node starts by itself
	wake   wake
	faults *inject.Injector // nil as a rule
	dead   bool             // it has crashed, and has not begun again

	unkeptTold bool // that the latency target cannot be kept
}

// gossipFigures is what a health reply tells of the gossip service.
type gossipFigures struct {
	stats   gossip.Stats
	permits backpressure.PermitFigures
}

// figuresPeriod is how often the figures are made anew.
const figuresPeriod = 100 * time.Millisecond

const gossipName = "gossip"

// Name is the service's.
func (g *gossiper) Name() string { return gossipName }

// Wake is the service's.
func (g *gossiper) Wake() <-chan struct{} { return g.wake }

// Next is when a message is there, something was stored, or the core has something
// to say.
func (g *gossiper) Next(now time.Duration) time.Duration {
	if g.dead || g.inbox.Depth() > 0 || g.notices.rung.Load() {
		return now
	}
	return max(now, g.next(now))
}

// Step handles a message, if there is one, and sends what is to be sent.
func (g *gossiper) Step(now time.Duration) (Work, error) {
	if g.dead {
		g.dead = false
		g.restart(now)
	}
	g.notices.heard()
	queued, said, mailed := g.out.queue.Depth(), g.out.gossip.used.Load(), g.mailBytes.used.Load()
	did := g.step(now)
	if !did && g.inbox.Drained() {
		g.intake.Close()
		return Work{}, errOver
	}
	return Work{
		Did: did, Messages: 1 + g.out.queue.Depth() - queued,
		Bytes: int(g.out.gossip.used.Load() - said + mailed - g.mailBytes.used.Load()),
	}, nil
}

// Crashed answers for a message that crashed the service.
func (g *gossiper) Crashed(now time.Duration) int {
	g.dead = true
	m, lost := g.inbox.Abandon()
	if !lost {
		return 0
	}
	g.mailBytes.put(len(m.body))
	switch {
	case m.setup != nil:
		g.setup = m.setup // the next life begins with it
	case m.read != nil:
		logLost(g.log, gossipName, "read", m.read, nil)
		g.out.fail(now, *m.read, wire.Abort, abortedText)
	default: // not acked, so it comes again
		logLost(g.log, gossipName, "message", &request{client: m.from}, m.body)
	}
	return 1
}

// step does one piece of work and reports whether there may be more at once.
func (g *gossiper) step(now time.Duration) bool {
	g.settle(now)
	m, ok := g.inbox.TryNext()
	if ok {
		g.changed = true
		g.faults.Begin(now, true)
		g.receive(now, &m)
		g.faults.End()
		g.mailBytes.put(len(m.body))
		g.inbox.Done()
	}
	if g.core == nil {
		return ok
	}
	return g.speak(now) || ok
}

// settle takes note of what the record and the monitor have said meanwhile.
func (g *gossiper) settle(now time.Duration) {
	if g.core == nil {
		return
	}
	// Tickets first: what they name is in the log by then.
	g.tickets = g.notices.take(g.tickets)
	g.core.Learn(now)
	for _, t := range g.tickets {
		g.core.Stored(now, t)
	}
	if g.cfg.Permits.Total == 0 && g.core.Carriers() != g.carriers {
		g.carriers = g.core.Carriers()
		if err := g.permits.SetTotal(now, g.carriers); err != nil { // it is never negative
			g.log.Error("no permits", "why", err)
		}
	}
	if r, known := g.monitor.Report(now); known && r.At > g.reported {
		g.reported = r.At
		g.permits.Report(now, r.Unhealthy)
		g.permits.Expire(now)
	}
	if g.shown.Load() == nil || (g.changed && now-g.shownAt >= figuresPeriod) {
		g.shownAt, g.changed = now, false
		figures := &gossipFigures{stats: g.core.Stats(), permits: g.permits.Figures(now)}
		g.shown.Store(figures)
		if figures.stats.TargetUnkept && !g.unkeptTold {
			g.unkeptTold = true
			g.log.Warn("the latency target cannot be kept: the way through the tree alone takes longer, so everything is sent at once",
				"target", g.cfg.LatencyTarget)
		}
	}
}

// receive handles one piece of mail.
func (g *gossiper) receive(now time.Duration, m *mail) {
	if m.setup != nil {
		g.begin(now, m.setup)
		return
	}
	if m.read != nil {
		if !g.intake.Offer(now, job{kind: jobRead, request: *m.read}) {
			g.count.refusedFull.Add(1)
			g.out.fail(now, *m.read, wire.TemporarilyUnavailable, fullText)
		}
		return
	}
	message, err := g.decoder.Message(m.body)
	if err != nil || g.core == nil {
		g.count.badMail.Add(1)
		g.log.Warn("a peer's message cannot be read", "from", m.from, "why", err)
		return
	}
	if g.unkept != nil && g.unkept.holds(message) {
		message.Batch = 0 // nothing that is to be acked
	}
	if g.given.strip(message) {
		g.notGivenOut(now, m.from)
	}
	d, ok := g.core.Receive(now, m.from, message)
	if why := g.core.Refused(); why != nil {
		g.log.Warn("a peer's message makes no sense, and is not used", "from", m.from, "why", why)
	}
	if !ok {
		return
	}
	if g.jobBytes.take(len(m.body)) {
		store := d // d itself is on the stack where there is nothing to store
		if g.intake.Offer(now, job{kind: jobStore, request: request{came: now}, store: &store, bytes: len(m.body)}) {
			return
		}
		g.jobBytes.put(len(m.body))
	}
	g.count.droppedStores.Add(1) // not acked, so it comes again
}

// notGivenOut handles a peer's message that says that this node has given out more
// than it has.
func (g *gossiper) notGivenOut(now time.Duration, from string) {
	g.count.notGivenOut.Add(1)
	g.log.Warn("a peer has entries of this node's own log that it has not given out; they are not taken in", "from", from)
	if !g.elsewhere {
		// If there is no room, the next such message does it.
		name := strconv.AppendUint(nil, g.random.Uint64(), 36)
		g.elsewhere = g.intake.Offer(now, job{kind: jobElsewhere, value: name, request: request{client: from, came: now}})
	}
}

// begin makes the core, once the node knows its name and its tree.
func (g *gossiper) begin(now time.Duration, s *setup) {
	tree := s.tree(g.cfg.NumChildren)
	neighbours := treeNeighbours(tree, s.id)
	if g.isDirect(tree) {
		neighbours = everyone(tree, s.id)
	}
	permits := g.cfg.Permits
	if permits.Total == 0 {
		permits.Total = len(neighbours)
	}
	g.carriers = len(neighbours)
	permits.Stale = g.monitor.Stale()
	g.setup = s
	var err error
	g.permits, err = backpressure.NewPermits(permits)
	if err != nil { // the configuration has been checked
		g.log.Error("no permits", "why", err)
		return
	}
	cfg := g.cfg.gossip()
	cfg.Epoch = max(cfg.Epoch, s.epoch) + g.lives
	cfg.Neighbours = neighbours
	cfg.Depth, cfg.Height = len(tree.Ancestors(s.id)), height(tree, s.id)
	cfg.Direct, cfg.Self = g.isDirect(tree), s.id
	cfg.Tree = tree
	cfg.Phase = time.Duration(g.random.Int64N(int64(g.cfg.SyncPeriod)))
	cfg.Seed = g.random.Uint64()
	cfg.Fresh = g.lives == 0 && !s.former
	cfg.Busy = func(now time.Duration) bool { return !g.own.Open(now) }
	cfg.Permits = g.permits
	if s.greet {
		// Not at once: a peer may not have been started yet, and a message to
		// it would make Maelstrom deaf to us.
		cfg.GreetAt = now + time.Second
	}
	g.lives++
	g.core, err = gossip.New(now, cfg, g.records)
	if err != nil {
		g.log.Error("no gossip", "why", err)
	}
}

// restart gives the service a new core after a crash, which may have left the
// old one in any state. The new one is a new life to the peers: it shows them
// its vector, and they show theirs.
func (g *gossiper) restart(now time.Duration) {
	if g.setup == nil {
		return
	}
	again := *g.setup
	again.greet = true
	g.begin(now, &again)
}

// isDirect reports whether every node sends to every other, as eager rounds do
// where the fan-out would make a star: one hop instead of two.
func (g *gossiper) isDirect(tree *topology.Tree) bool {
	return g.cfg.Rounds == gossip.Eager && tree.Depth() <= 1
}

// everyone lists all other nodes as neighbours.
func everyone(tree *topology.Tree, id string) []gossip.Neighbour {
	var out []gossip.Neighbour
	for _, other := range tree.Nodes() {
		if other != id {
			out = append(out, gossip.Neighbour{Name: other, Role: gossip.Child, Leaf: true})
		}
	}
	return out
}

// height is the number of levels below a node. The first child's subtree is
// the deepest of a tree that is filled level by level.
func height(tree *topology.Tree, id string) int {
	levels := 0
	for children := tree.Children(id); len(children) > 0; children = tree.Children(children[0]) {
		levels++
	}
	return levels
}

// treeNeighbours lists a node's links in a tree, the parent first.
func treeNeighbours(tree *topology.Tree, id string) []gossip.Neighbour {
	var out []gossip.Neighbour
	if parent, ok := tree.Parent(id); ok {
		out = append(out, gossip.Neighbour{Name: parent, Role: gossip.Parent})
	}
	for _, child := range tree.Children(id) {
		out = append(out, gossip.Neighbour{Name: child, Role: gossip.Child, Leaf: len(tree.Children(child)) == 0})
	}
	return out
}

// speak sends what the core has to say, as far as there is room.
func (g *gossiper) speak(now time.Duration) bool {
	if g.core.Next() > now {
		return false
	}
	room := g.out.room()
	if room == 0 {
		return false
	}
	g.changed = true
	g.faults.Begin(now, false)
	for _, o := range g.core.Advance(now, room) {
		g.spelt = codec.Append(g.spelt[:0], o.Message)
		g.out.send(now, o.To, bytes.Clone(g.spelt))
		g.core.Recycle(o)
	}
	if cap(g.spelt) > 2*gossip.MaxLineBytes {
		g.spelt = nil // after a single larger value
	}
	g.faults.End()
	return true
}

// next is when the service wants its step called, if nothing arrives before.
func (g *gossiper) next(now time.Duration) time.Duration {
	if g.core == nil {
		return gossip.Never
	}
	next := g.core.Next()
	if g.changed {
		next = min(next, g.shownAt+figuresPeriod)
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

// roomPoll is how soon gossip looks again for room in the output queue.
const roomPoll = 5 * time.Millisecond
