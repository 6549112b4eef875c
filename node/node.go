package node

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"treecast/app"
	"treecast/app/all"
	"treecast/backpressure"
	"treecast/chans"
	"treecast/isolate/hop"
	"treecast/node/inject"
	"treecast/node/stdin"
	"treecast/wire"
)

// Node is one node: its services, the queues between them, and its state. Nothing happens by
// itself: Run drives it in real time, and a driver with a clock of its own calls the same
// steps (Admit, Step, Tick).
type Node struct {
	cfg      Config
	broker   *chans.Broker
	monitor  *backpressure.Monitor
	gates    gates
	episodes *backpressure.Episodes // of being overloaded, for the log
	counters counters
	state    *state
	name     atomic.Pointer[string]
	stdout   progressWriter
	age      *stdin.Age
	admitted int64 // lines, for a driver with a clock of its own

	intakeBytes, gossipBytes budget
	peers                    peerAllowances

	intakeInbox  *chans.Inbox[workItem]
	intakeQueue  *chans.Queue[workItem]
	gossipQueue  *chans.Queue[peerMsg]
	gossipInbox  *chans.Inbox[peerMsg]
	outputInbox  *chans.Inbox[outgoing]
	outputQueue  *chans.Queue[outgoing]
	journalQueue *chans.Queue[walItem] // nil without a journal
	journalInbox *chans.Inbox[walItem]
	outbox       *outbox
	storedSignal *storedSignal
	wakes        struct{ store, gossip, output, journal wake }

	intake      *intake
	store       *store
	gossiper    *gossiper
	isolated    *isolated // in the place of gossiper; nil as a rule
	output      *output
	journaler   *journaler                  // nil without a journal
	notDurable  *notDurable                 // nil without a journal
	services    []Service                   // all of them, but for the reader
	ownCount    int                         // how many of these are not of Config.More
	journalRead chan struct{}               // a token when the reader may go on after an init
	pendingInit atomic.Pointer[pendingInit] // an init to be answered then; nil: none
	reading     lineInHand                  // of the reader
	supervisor  *chans.Supervisor
	gauges      []backpressure.Gauge // what the monitor watches

	faults map[string]*inject.Injector // by service; nil as a rule

	history  *chans.History            // of the queues; Run records it
	runStart atomic.Pointer[time.Time] // nil before Run
}

// New returns a node that writes to stdout. The error names a setting that cannot work.
func New(cfg Config, stdout io.Writer) (*Node, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	cfg.Log = newQuota(cfg.Log, 20, 10*time.Second)
	if cfg.LogTime != nil {
		cfg.Log = slog.New(stamped{cfg.Log.Handler(), cfg.LogTime})
	}
	n := &Node{
		cfg: cfg, broker: chans.NewBroker(), state: newState(),
		episodes: backpressure.NewEpisodes(backpressure.DefaultLogInterval),
	}
	cfg.Log = slog.New(quietUnderLoad{cfg.Log.Handler(), n.gates.ownOpen.Load})
	n.cfg.Log = cfg.Log
	n.history = chans.NewHistory(n.broker, historySamples)
	n.stdout.to = stdout
	n.age = stdin.NewAge(cfg.Monitor.Period, nil)
	n.intakeBytes.name, n.intakeBytes.limit = "intake bytes", maxIntakeBytes
	n.peers.limits = n.cfg.PeerLimits
	n.gossipBytes.name, n.gossipBytes.limit = "gossip bytes", maxGossipBytes
	n.setName("")
	n.supervisor = chans.NewSupervisor(chans.SupervisorConfig{MaxCrashes: cfg.MaxCrashes, Window: cfg.CrashWindow, Log: cfg.Log})
	if err := n.makeQueues(); err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	n.storedSignal = newStoredSignal(n.wakes.gossip)
	if k, err := all.Named(cfg.App); err == nil && k != nil { // it was checked
		n.state.choose(k)
	}
	n.monitor, err = backpressure.NewMonitor(cfg.Monitor)
	if err != nil {
		return nil, err
	}
	if err := n.gates.make(&cfg, n.monitor.Stale()); err != nil {
		return nil, err
	}
	n.outbox = &outbox{queue: n.outputQueue, gossip: budget{limit: maxOutputBytes}, replies: budget{name: "output bytes", limit: maxReplyBytes}, counters: &n.counters}
	n.store = &store{
		inbox: n.intakeInbox, wake: n.wakes.store, log: cfg.Log,
		state: n.state, logName: strconv.FormatUint(cfg.Random.Uint64(), 36), incarnation: cfg.Incarnation,
		out: n.outbox, storedSignal: n.storedSignal, intakeBytes: &n.intakeBytes, counters: &n.counters,
	}
	self := func() string { return *n.name.Load() }
	n.faults = inject.New(cfg.Faults, self, cfg.Random)
	if n.gossiper, err = n.newGossiper(); err != nil {
		return nil, err
	}
	n.state.onChoice, n.state.wrong = n.chosen, cfg.WrongApp
	n.intake = &intake{
		peers: &n.peers,
		state: n.state, env: app.Env{Life: n.store.logName},
		queue: n.intakeQueue, gossip: n.gossipQueue, out: n.outbox, gates: &n.gates, expectedWait: n.wait, counters: &n.counters, log: cfg.Log, memberships: cfg.Memberships,
		intakeBytes: &n.intakeBytes, gossipBytes: &n.gossipBytes,
		maxValueBytes: cfg.MaxLineBytes - min(4096, cfg.MaxLineBytes/2), health: n.healthFields, name: n.setName,
	}
	n.output = &output{
		inbox: n.outputInbox, wake: n.wakes.output, self: self, writer: wire.NewWriter(&n.stdout),
		box: n.outbox, counters: &n.counters, log: cfg.Log,
	}
	n.outbox.writing, n.outbox.waiters = &n.output.writing, []wake{n.wakes.store}
	n.reading = lineInHand{intake: n.intake, faults: n.faults[readerName]}
	n.services = []Service{n.store, n.gossiper, n.output}
	if n.cfg.Isolation.Mode != hop.None {
		n.isolated = n.newIsolated(n.gossiper)
		n.services[1] = n.isolated
	}
	if cfg.Journal != nil {
		n.makeJournaler()
		n.services = append(n.services, n.journaler)
		n.outbox.waiters = append(n.outbox.waiters, n.wakes.journal)
	}
	n.store.faults, n.output.faults = n.faults[storeName], n.faults[outputName]
	if err := n.addMore(); err != nil {
		return nil, err
	}
	return n, nil
}

// chosen is called when it is known what the node is for.
func (n *Node) chosen(k *app.Kind) {
	n.cfg.Log.Info("this node's workload is known", "app", k.Name)
	n.wakes.store.notify()
	if n.gossiper.wants(k) {
		n.storedSignal.notify()
	}
}

// addMore makes the services of Config.More, registers all queues with the monitor, and
// checks that every fault names a service.
func (n *Node) addMore() error {
	n.ownCount = len(n.services)
	names := ServiceNames()
	for _, make := range n.cfg.More {
		s, err := make(n)
		if err != nil {
			return fmt.Errorf("node: %w", err)
		}
		n.services = append(n.services, s)
		names = append(names, s.Name())
	}
	for _, f := range n.cfg.Faults {
		if err := f.Check(names); err != nil {
			return fmt.Errorf("node: %w", err)
		}
		if f.Kind == inject.Rogue && (f.Service != gossipName || !n.cfg.Isolation.hasProcesses()) {
			return fmt.Errorf("node: fault %s in %s: it is of a process of the node's own: gossip's with --isolate gossip or links, and not in virtual time", f.How, f.Service)
		}
	}
	for _, q := range n.broker.Monitored() {
		n.gauges = append(n.gauges, q)
	}
	for _, b := range []*budget{&n.intakeBytes, &n.gossipBytes, &n.outbox.replies} {
		n.gauges = append(n.gauges, b)
	}
	for _, g := range n.gauges {
		n.monitor.Watch(g)
	}
	return nil
}

func (n *Node) setName(s string) { n.name.Store(&s) }

// makeQueues makes the queues between the services.
func (n *Node) makeQueues() (err error) {
	n.wakes.store, n.wakes.gossip, n.wakes.output = newWake(), newWake(), newWake()
	if n.intakeQueue, n.intakeInbox, err = MakeQueue[workItem](n, "intake", DefaultIntake, n.wakes.store); err != nil {
		return err
	}
	if n.gossipQueue, n.gossipInbox, err = MakeQueue[peerMsg](n, "gossip", DefaultGossip, n.wakes.gossip); err != nil {
		return err
	}
	if n.cfg.Journal != nil {
		n.wakes.journal = newWake()
		if n.journalQueue, n.journalInbox, err = MakeQueue[walItem](n, "journal", DefaultJournal, n.wakes.journal); err != nil {
			return err
		}
	}
	n.outputQueue, n.outputInbox, err = MakeQueue[outgoing](n, "output", DefaultOutput, n.wakes.output)
	return err
}

// makeJournaler makes the journal service.
func (n *Node) makeJournaler() {
	n.journalRead = make(chan struct{}, 1)
	n.intake.seen = &seenIDs{}
	n.journaler = &journaler{
		journal: n.cfg.Journal, inbox: n.journalInbox, wake: n.wakes.journal, faults: n.faults[journalName], log: n.cfg.Log,
		state: n.state, store: n.store, out: n.outbox, storedSignal: n.storedSignal, intakeBytes: &n.intakeBytes, counters: &n.counters,
		seen: n.intake.seen.highest, notDurable: n.notDurable, figures: &journalFigures{},
		syncEvery: n.cfg.JournalSync, checkEvery: n.cfg.JournalCheck, beginBlank: n.cfg.BeginBlank,
		onBlocked: n.initBlocked, onOpened: n.initOpened, onRefused: n.initRefused,
	}
	n.store.journal, n.store.failing = n.journalQueue, &n.journaler.figures.failing
}
