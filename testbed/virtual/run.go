package virtual

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"treecast/journal"
	"treecast/node"
	"treecast/testbed/network"
	"treecast/testbed/session"
	"treecast/wire"
)

const (
	// glancePeriod is how often progress is told and health is asked for.
	glancePeriod = time.Second
	// checkEvery is after how many events the context is looked at.
	checkEvery = 1024
)

// Streams of randomness, beside the session's own (1, 2, ...).
const (
	orderStream = 1 << 62
	nodeStream  = 1 << 63 // and the number of the life and of the node

	journalStream = 1<<62 | 1<<61 // and the number of the node
)

// bed is one run.
type bed struct {
	cfg     Config
	obs     Observers
	session *session.Session
	hosts   []host
	index   map[string]int // of hosts, by name

	now     time.Duration
	events  events
	order   *rand.Rand
	lives   uint64        // nodes started so far
	started time.Duration // when the last node to be started is there
	ticks   int           // planned so far
	entry   []byte        // the name of the newest entry that an observer was told of
	prompt  bool          // ticks are never put off; for tests
}

// Run carries out a run and returns when it is over. If ctx ends, it is stopped
// at once, and its outcome says so. The error says why the run could not be
// carried out; the outcome then holds what there is.
func Run(ctx context.Context, cfg Config, obs Observers) (Outcome, error) {
	b, err := prepare(cfg, obs)
	if err != nil {
		return Outcome{}, err
	}
	return b.run(ctx)
}

func (b *bed) run(ctx context.Context) (Outcome, error) {
	b.loop(ctx)
	out := Outcome{Result: b.session.Result()}
	for i := range b.hosts {
		h := &b.hosts[i]
		out.Nodes = append(out.Nodes, NodeOutcome{Node: h.name, Busy: h.busy, Log: h.stderr.text.Bytes()})
		if n := &out.Notes[i]; n.Bad() || out.Err != nil {
			n.Stderr = h.stderr.tail()
		}
	}
	b.progress()
	return out, out.Err
}

func prepare(cfg Config, obs Observers) (*bed, error) {
	if cfg.Costs.none() {
		cfg.Costs = DefaultCosts()
	}
	cfg.Node.Memberships = &node.MembershipCache{}
	if cfg.Session.Nemesis.HarmsJournals() {
		cfg.Node.JournalCheck = node.DefaultJournalCheck
	}
	cfg.Session.Network, cfg.Session.OnOp, cfg.Session.OnHealth = obs.Network, obs.Op, nil
	if cfg.PollHealth && obs.Health != nil {
		cfg.Session.OnHealth = obs.Health
	}
	if cfg.Watch != nil {
		cfg.Session.Network = network.Tee(cfg.Watch, obs.Network)
	}
	s, err := session.New(cfg.Session)
	if err != nil {
		return nil, err
	}
	b := &bed{
		cfg: cfg, obs: obs, session: s,
		hosts: make([]host, len(cfg.Session.Nodes)), index: map[string]int{},
		order: rand.New(rand.NewPCG(cfg.Session.Seed, orderStream)),
	}
	lines := &lines{parser: wire.Parser{MaxLineBytes: cfg.Node.MaxLineBytes}}
	for i, name := range cfg.Session.Nodes {
		b.index[name] = i
		b.hosts[i] = host{
			name: name, index: i, costs: &b.cfg.Costs, lines: lines,
			clock: rightClocks(), bootAt: never, tickAt: never, tickOn: never,
			stderr: stderr{node: name, echo: cfg.LogStderr},
		}
		if (cfg.Session.Kills() || cfg.Session.Nemesis.HarmsJournals()) && !cfg.Node.NoJournal {
			b.hosts[i].kept = journal.NewMemory(rand.New(rand.NewPCG(cfg.Session.Seed, journalStream|uint64(i))))
			b.hosts[i].kept.Mistake = cfg.Node.JournalMistake
			b.hosts[i].kept.Held = func() bool { return b.now < b.hosts[i].keptBy }
		}
	}
	return b, nil
}

// loop does what is next until the run is over.
func (b *bed) loop(ctx context.Context) {
	b.at(glancePeriod, forGlance, 0)
	over := b.obey(b.session.Begin(0))
	for count := 0; !over; count++ {
		if count%checkEvery == 0 && ctx.Err() != nil {
			b.obey(b.session.Interrupt(b.now))
			return
		}
		// The session has its own idea of what is next; there is a glance left
		// always.
		first := &b.events[0]
		if at, ok := b.session.Next(); ok && (at < first.at || at == first.at && first.kind != forTick && b.order.Uint64()&1 == 0) {
			b.now = max(b.now, at)
			over = b.obey(b.session.Advance(b.now))
			continue
		}
		e := b.events.pop()
		b.now = e.at
		over = b.handle(e)
	}
}

// at plans an event.
func (b *bed) at(at time.Duration, k kind, host int) {
	b.events.push(event{at: at, draw: b.order.Uint64(), host: int32(host), kind: k})
}

// handle does what an event is for.
func (b *bed) handle(e event) (over bool) {
	h := &b.hosts[e.host]
	switch e.kind {
	case forGlance:
		b.at(b.now+glancePeriod, forGlance, 0)
		b.progress()
		return b.obey(b.session.PollHealth(b.now))
	case forBoot:
		if h.bootAt != e.at {
			return false // it was killed meanwhile
		}
		return b.start(h)
	case forGoOn:
		if h.stall == e.at {
			h.stall = never
			b.resume(h)
		}
		return false
	case forTick:
		return b.tick(h, e.at)
	}
	if h.node == nil {
		return false
	}
	s := &h.tasks[e.kind]
	if s.wake != e.at {
		return false // it was planned anew, or the node is gone
	}
	s.wake = never
	if !h.runs(e.kind) {
		return false // until it goes on
	}
	if h.rouse(b.now); h.died != "" {
		return b.ended(h)
	}
	if h.due(b.now, e.kind) <= b.now {
		if e.kind == h.printer() {
			over = b.print(h)
		} else {
			h.step(b.now, e.kind)
		}
		if over = over || b.ended(h) || b.looked(h); over || h.node == nil {
			return over
		}
	}
	b.plan(h)
	b.planTick(h)
	return false
}

// plan wakes every service of a node that has something to do.
func (b *bed) plan(h *host) {
	for i := range h.tasks {
		k := kind(i)
		if !h.runs(k) {
			continue
		}
		if at, fresh := h.next(b.now, k); fresh {
			b.at(at, k, h.index)
		}
	}
}

// print hands what a node has written to the session.
func (b *bed) print(h *host) (over bool) {
	for line := range bytes.Lines(h.stdout.take()) {
		if over = b.obey(b.session.FromNode(b.now, h.name, line[:len(line)-1:len(line)-1])); over {
			break
		}
	}
	return over
}

// start brings a node to life.
func (b *bed) start(h *host) (over bool) {
	b.lives++
	rng := rand.New(rand.NewPCG(b.cfg.Session.Seed, nodeStream|b.lives<<32|uint64(h.index)))
	clock := func() time.Time { return time.Unix(0, int64(h.clock.wall(b.now))).UTC() }
	h.bootAt = never
	if err := h.start(b.now, b.cfg.Node, b.cfg.LogLevel, rng, epoch(h.clock.wall(b.now), rng.Uint64()), clock); err != nil {
		return b.obey(b.session.NodeExited(b.now, h.name, "it could not be started: "+err.Error()))
	}
	if b.cfg.Watch != nil {
		b.cfg.Watch.Born(b.now, h.index, h.node.View())
	}
	h.tickAt = h.global(h.node.NextTick())
	b.planTick(h)
	return b.obey(b.session.NodeStarted(b.now, h.name))
}

// hold has a node stand still.
func (b *bed) hold(h *host) {
	h.rouse(b.now)
	b.planTick(h)
	h.paused = true
	h.harm.stop(b.now)
}

// resumeSpread is how much later than its reader the monitor of a process that
// was stopped may go on, or the other way round.
const resumeSpread = 200 * time.Microsecond

// resume lets a node go on that stood still, unless something else still holds
// it. A tick that it has missed comes now.
func (b *bed) resume(h *host) {
	if h.paused = h.held || h.stall != never; h.paused || h.node == nil {
		return
	}
	h.harm.goOn(b.now)
	if h.tickAt <= b.now || h.tickAt == never {
		h.tickAt = b.now + time.Duration(b.order.Uint64N(uint64(resumeSpread)))
	}
	if !h.stdin.empty() {
		h.node.Came(h.local(b.now))
	}
	b.plan(h)
	b.planTick(h)
}

// kill ends a node.
func (b *bed) kill(h *host) {
	if b.cfg.Watch != nil {
		b.cfg.Watch.Died(b.now, h.index, h.kept != nil)
		if h.harm.mayShow(b.now) {
			b.cfg.Watch.Left(b.now, h.index, h.left)
		}
	}
	h.keptBy = b.now + b.cfg.Costs.Hold
	h.kill()
}

// looked has a node looked at that has done something. What must never be ends
// the run.
func (b *bed) looked(h *host) (over bool) {
	if b.obs.Learnt != nil && h.node != nil {
		for log := h.node.View().Log(); h.learnt < log.Len(); h.learnt++ {
			e := log.At(h.learnt)
			origin := e.Origin.Value()
			b.entry = strconv.AppendQuote(b.entry[:0], origin.Node+" "+origin.Log+" "+strconv.FormatUint(e.Counter, 10))
			b.obs.Learnt(b.now, h.name, b.entry)
		}
	}
	if b.cfg.Watch == nil || h.node == nil {
		return false
	}
	b.cfg.Watch.Look(b.now, h.index)
	if b.cfg.Watch.Violated() == nil {
		return false
	}
	return b.obey(b.session.Interrupt(b.now))
}

// ended tells the session if a node has just died.
func (b *bed) ended(h *host) (over bool) {
	if h.died == "" {
		return false
	}
	status := h.died
	h.died = ""
	b.kill(h)
	return b.obey(b.session.NodeExited(b.now, h.name, status))
}

// obey does what the session says.
func (b *bed) obey(outputs []session.Output) (over bool) {
	for _, o := range outputs {
		switch o.Action {
		case session.StartNode:
			b.started = max(b.started, b.now) + b.cfg.Costs.start(len(b.hosts))
			h := &b.hosts[b.index[o.Node]]
			h.bootAt = b.started
			b.at(b.started, forBoot, h.index)
		case session.KillNode:
			b.kill(&b.hosts[b.index[o.Node]])
		case session.PauseNode:
			h := &b.hosts[b.index[o.Node]]
			b.hold(h)
			h.held = true
		case session.ResumeNode:
			h := &b.hosts[b.index[o.Node]]
			h.held = false
			b.resume(h)
		case session.StallNode:
			h := &b.hosts[b.index[o.Node]]
			if until := b.now + o.For; h.node != nil && (h.stall == never || h.stall < until) {
				b.hold(h)
				h.stall = until
				b.at(until, forGoOn, h.index)
			}
		case session.HarmJournal:
			b.harmJournal(&b.hosts[b.index[o.Node]], o.Harm)
		case session.SetClock:
			h := &b.hosts[b.index[o.Node]]
			h.rouse(b.now)
			h.clock.set(b.now, o.Clock)
			if h.node != nil {
				b.plan(h)
				b.planTick(h)
			}
		case session.ToNode:
			if h := &b.hosts[b.index[o.Node]]; h.node != nil {
				h.stdin.put(b.now+b.cfg.Costs.Pipe, o)
				h.rouse(b.now)
				if !h.paused {
					h.node.Came(h.local(b.now))
				}
				h.look(b.now)
				b.plan(h)
				b.planTick(h)
			}
		case session.StopNode:
			b.hosts[b.index[o.Node]].kill()
		case session.Finish:
			over = true
		}
	}
	return over
}

func (b *bed) progress() {
	if b.obs.Progress != nil {
		b.obs.Progress(Progress{Now: b.now, Status: b.session.Status()})
	}
}
