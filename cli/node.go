package cli

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/lmittmann/tint"

	"treecast/backpressure"
	"treecast/gossip"
	"treecast/inspect"
	"treecast/isolate"
	"treecast/isolate/hop"
	"treecast/journal"
	"treecast/node"
	"treecast/node/inject"
)

// nodeCommand is the node itself.
type nodeCommand struct {
	NumChildren string        `default:"auto" placeholder:"K" group:"tree" help:"Fan-out k of the spanning tree, at least 1, or auto. Depth d is about log_k(n); a value needs up to 2d hops, a node at most k+1 neighbours. n-1 or more is a star: fewest hops, but its root handles every message. auto: a star up to 1001 nodes, then about the square root of n, so that a node has at most 1000 children. Default: ${default}."`
	App         string        `placeholder:"WORKLOAD" group:"tree" help:"The workload that the node is for: broadcast, echo, g-counter, g-set, kafka, pn-counter, txn-rw-register or unique-ids. Without it the first request tells that only one of them has, or the journal, or a peer; a read that comes before waits for 1 s, after a restart for 4 s, and gets error 11. It sets the default of --sync-period. echo and unique-ids are served by every node. Default: told by requests."`
	SyncPeriod  time.Duration `placeholder:"P" group:"tree" help:"Gossip period P. At most 2(n-1)/P messages a second flow in the whole cluster. With locked rounds a value waits for P at most, once, and then takes 2d hops: double P to halve the messages and add P to the worst latency. Default: as --app needs it: 450ms for broadcast, judged by its latency; 1.85s for g-set and 1s for counters, where only what is read in the end counts; 150ms for kafka, whose messages can be read after P to 2P, and txn-rw-register, where clients wait for nobody but read what others wrote P ago. 150ms with free rounds."`
	Rounds      string        `default:"locked" enum:"locked,free,eager" group:"tree" help:"When a node speaks. locked: the root once a period, the others just in time for it, so that a value waits once however deep the tree; worst latency P + 2dL + d guards. free: every node on a timer of its own, once a period; worst latency about 2d(P+L). eager: at once, 2dL; straight to everyone (L) where K is n-1 or more. Default: ${default}."`

	LatencyTarget time.Duration `placeholder:"D" group:"tree" help:"Instead of a period: the time within which a value shall be everywhere. The root measures the longest path and sets P = D - 2dL - d guards, the longest period, and so the fewest messages, that keep it. Not together with --sync-period."`
	AckDelay      time.Duration `default:"2s" group:"tree" help:"How long a leaf keeps an ack back for a delta to carry it. Longer saves bare acks; shorter notices a loss towards a leaf sooner (after this delay and a round trip). Default: ${default}."`

	IntakePreferred int `default:"65536" group:"backpressure" help:"Preferred size of the intake queue (client requests, learnt entries), in items: deeper is unhealthy. At least 0.2 s of what the node handles, or a monitor that looks every 0.1 s leaves it idle. Default: ${default}."`
	IntakeCapacity  int `default:"131072" group:"backpressure" help:"Hard capacity of the intake queue: beyond it requests get error 11. Bounds memory. Default: ${default}."`
	GossipPreferred int `default:"8192" group:"backpressure" help:"Preferred size of the queue of peers' messages. Default: ${default}."`
	GossipCapacity  int `default:"16384" group:"backpressure" help:"Hard capacity of the queue of peers' messages: beyond it they are dropped, and come again. Default: ${default}."`
	OutputPreferred int `default:"65536" group:"backpressure" help:"Preferred size of the output queue. Default: ${default}."`
	OutputCapacity  int `default:"131072" group:"backpressure" help:"Hard capacity of the output queue: beyond it replies are dropped. Default: ${default}."`

	MonitorPeriod   time.Duration `default:"100ms" group:"backpressure" help:"How often the health monitor looks at the queues. Trouble and its end are seen up to one period late; a preferred size is at least two periods of work. Default: ${default}."`
	MonitorReassert time.Duration `default:"1s" group:"backpressure" help:"How often the monitor says again what has not changed, at least the period: a report that was lost leaves nothing throttled for longer. Default: ${default}."`
	MonitorStale    time.Duration `default:"3s" group:"backpressure" help:"How long a report is believed, longer than that; then health counts as unknown, and unknown as healthy. Default: ${default}."`
	MaxAge          time.Duration `default:"1s" group:"backpressure" help:"A queue is also unhealthy while its oldest item is older than this. Shorter notices sooner what is stuck under a low load; longer bears a machine that leaves the node waiting. 0: depth alone counts. Default: ${default}."`
	MaxWait         time.Duration `default:"500ms" group:"backpressure" help:"Broadcasts are refused with error 11 while an answer is expected to take longer: items waiting / items handled per second, as measured while there is work. Holds for more than 128 waiting. Shorter answers faster under overload; below 0.2 s the node may run out of work. Stdout may lag a quarter of this before the reader waits for it. 0: never. Default: ${default}."`
	ClientThreshold time.Duration `default:"1s" group:"backpressure" help:"Broadcasts are refused with error 11 while the node has been unhealthy for longer than this. Shorter sheds sooner, longer rides out bursts. Default: ${default}."`
	OwnThreshold    time.Duration `default:"1s" group:"backpressure" help:"Work that the node starts by itself (the history of figures, debug logs, random vector swaps beyond one in 10 s) is put off while it has been unhealthy for longer than this. At least the client threshold: clients are refused no later. Default: ${default}."`

	Permits       int           `default:"0" group:"backpressure" help:"How many neighbours may have anything unacked at a time; 0: all of them. Fewer make fewer, larger deltas, and neighbours take turns: each waits for as many acks as there are neighbours for a permit. Default: ${default}."`
	PeerMessages  int           `default:"20000" placeholder:"RATE" group:"backpressure" help:"Messages of gossip that are taken of one neighbour a second. What is beyond is dropped, and comes again; the rate of a neighbour that keeps at it falls to a 32nd, and comes back within a minute. 0: any. Default: ${default}."`
	PeerBytes     int           `default:"67108864" placeholder:"RATE" group:"backpressure" help:"The same in bytes. Default: ${default}."`
	PeerSpans     int           `default:"100000" placeholder:"RATE" group:"backpressure" help:"The same in lines and spans of digests and acks; four times as many at once. Default: ${default}."`
	PeerTime      int           `default:"800" placeholder:"MS" group:"backpressure" help:"Milliseconds of a processor that the messages of one neighbour may take a second; four times as many at once. 0: any. Default: ${default}."`
	PermitGrace   time.Duration `default:"1s" group:"backpressure" help:"No permit is revoked before the node has been unhealthy for this long. Shorter reacts to blips, longer lets queues grow. Default: ${default}."`
	PermitRevoke  float64       `default:"5" placeholder:"RATE" group:"backpressure" help:"Permits revoked per second of distress beyond the grace period: all of N are gone after grace + N/RATE. 0: never. Default: ${default}."`
	PermitReturn  float64       `default:"1" placeholder:"RATE" group:"backpressure" help:"Revoked permits that come back per healthy second: all of N after N/RATE. Slower than revoking, or the node swings between both. Default: ${default}."`
	PermitMinimum int           `default:"1" group:"backpressure" help:"Permits that are there at once when the node gets healthy. More recover faster and load it sooner. Default: ${default}."`
	PermitTimeout time.Duration `default:"5s" group:"backpressure" help:"A permit whose neighbour acks nothing for this long is taken back. Longer than a few re-sends (1.5 s each at most). Default: ${default}."`

	MaxCrashes  int           `default:"30" group:"crashes" help:"A service that panics is started again, without the item it had in hand. Once it has done so more often than this within --crash-window, the node gives up, with exit code 3. Default: ${default}."`
	CrashWindow time.Duration `default:"10s" group:"crashes" help:"See --max-crashes. Default: ${default}."`
	Inject      []string      `sep:"none" placeholder:"FAULT" group:"crashes" help:"For tests only: make a service go wrong, as [NODE/]SERVICE:WHAT[@FROM[+FOR]]. SERVICE: intake, store, gossip, output, journal. WHAT: slow=1000x, slow=2000/s, slow=5ms, stuck=30s, panic@K (its K-th item), panic-every=500ms (at random); of gossip in a process of its own also garbage, flood, hog, spin, silent, exit. FROM and FOR: durations since the start. May be given several times."`

	Isolate       string `default:"none" enum:"none,gossip,links" group:"isolation" help:"What runs in processes of its own, so that no peer and no bug of it stops the node: none; gossip: the gossip service in a child process; links: that, and for each neighbour a child that reads its messages. docs/ISOLATION.md has what it costs. Default: ${default}."`
	IsolateMemory int    `default:"1024" placeholder:"MIB" group:"isolation" help:"Memory in MiB that a child process may take for itself: one that takes more is ended, and another one started. 0: any. Default: ${default}."`

	Journal          string        `placeholder:"DIR|off" group:"journal" help:"Where values are kept through a kill of the process: a value is there before it is acknowledged, and a node that is started again in the same run goes on with it. off keeps nothing: a node that is killed loses what it alone knew. Default: a directory for this run in the user's home (XDG_STATE_HOME or ~/.local/state, under treecast), or where there is none among the temporary files; removed when the run is over, by the nodes themselves or by the first that starts later."`
	JournalLost      string        `default:"refuse" enum:"refuse,begin" group:"journal" help:"What to do where a journal of this run cannot be used: another process still holds it after 8 s, or it cannot be read. refuse: init gets error 13, which names the file. begin: the node moves it aside and begins with nothing; what it alone knew is lost. Default: ${default}."`
	Fsync            string        `default:"never" enum:"never,interval,always" group:"journal" help:"When the journal is synced to the disk. never: a value survives the process, not the machine, and costs one write per batch. interval: at most --fsync-interval of values is lost with the machine. always: nothing is; every batch waits for the disk, so an acknowledgement takes up to two syncs, and n clients share one. Default: ${default}."`
	FsyncInterval    time.Duration `default:"1s" placeholder:"T" group:"journal" help:"How often --fsync interval syncs. Shorter loses less with the machine, and has more appends wait behind a sync. Default: ${default}."`
	JournalPreferred int           `default:"65536" group:"backpressure" help:"Preferred size of the queue of what is to be kept in the journal. Default: ${default}."`
	JournalCapacity  int           `default:"131072" group:"backpressure" help:"Hard capacity of the queue of what is to be kept: beyond it broadcasts get error 11, and what peers bring comes again. Default: ${default}."`

	MaxLineBytes int    `default:"16777216" group:"io" help:"Longest line taken from stdin, in bytes; a longer one is skipped and answered with error 12. Default: ${default}."`
	DebugAddr    string `placeholder:"PORT|IP:PORT" group:"io" help:"Show the inside of the node over HTTP: expvar, Prometheus text, the history of its queues and Go's profiles. A PORT alone is for this machine only; 0 lets the system choose one, which is logged. Every node needs one of its own. Default: off."`
	LogLevel     string `default:"info" enum:"debug,info,warn,error" group:"io" help:"What to log to stderr: debug, info, warn or error. Default: ${default}."`
}

// Help is shown below the flags.
func (nodeCommand) Help() string {
	return `With k = n-1 (a star, depth 1) and P = 450ms, 25 nodes at 100 ms take about 0.9
messages per operation, and every value is everywhere within 0.67 s. Raise P to save
messages; lower k where one node must not handle them all. results/scale.md has
messages, latency and load from 25 to 10 000 nodes.`
}

// config is what the flags make of a node, with all that tells it from others.
func (c *nodeCommand) config(log *slog.Logger, line commandLine) (node.Config, error) {
	cfg, err := c.settings(line)
	if err != nil {
		return cfg, err
	}
	var seed [32]byte
	if _, err := crand.Read(seed[:]); err != nil {
		return cfg, fmt.Errorf("drawing random numbers: %w", err)
	}
	cfg.Incarnation = newEpoch(time.Now(), seed[16])
	cfg.Random = rand.New(rand.NewPCG(binary.LittleEndian.Uint64(seed[:8]), binary.LittleEndian.Uint64(seed[8:16])))
	cfg.Log = log
	if cfg.Isolation.Mode != hop.None {
		cfg.Isolation.Launcher = isolate.Processes{}
	}
	if !cfg.NoJournal {
		if c.Journal != "" {
			if err := journal.Usable(c.Journal); err != nil {
				return cfg, usageError{fmt.Errorf("--journal can never work there: %w; name another directory, or off", err)}
			}
		}
		cfg.JournalCheck = node.DefaultJournalCheck
		cfg.Journal = journal.NewFiles(journal.Config{
			Dir: c.Journal, Run: os.Getenv(runVariable), Always: c.Fsync == "always",
			Random: rand.New(rand.NewPCG(binary.LittleEndian.Uint64(seed[17:25]), binary.LittleEndian.Uint64(seed[24:]))),
		})
	}
	return cfg, nil
}

const (
	// journalOff is the directory that stands for no journal, however it is spelt.
	journalOff = "off"
	// runVariable names the run that a node belongs to, for its journal. Test
	// beds set it.
	runVariable = "TREECAST_RUN"
)

// settings turns the flags into a node's configuration, as it is for all nodes
// of a run.
func (c *nodeCommand) settings(line commandLine) (node.Config, error) {
	if c.SyncPeriod != 0 && c.LatencyTarget != 0 {
		// A flag wins over the variable of its rival.
		switch given := [2]bool{line.has("--sync-period"), line.has("--latency-target")}; given {
		case [2]bool{true, false}:
			c.LatencyTarget = 0
		case [2]bool{false, true}:
			c.SyncPeriod = 0
		}
	}
	if err := c.contradiction(line); err != nil {
		return node.Config{}, usageError{err}
	}
	numChildren, err := parseNumChildren(c.NumChildren)
	if err != nil {
		return node.Config{}, usageError{err}
	}
	rounds := map[string]gossip.Rounds{"free": gossip.Free, "locked": gossip.Locked, "eager": gossip.Eager}[c.Rounds]
	period := c.SyncPeriod
	switch {
	case c.SyncPeriod == 0 && line.has("--sync-period"), c.LatencyTarget == 0 && line.has("--latency-target"):
		return node.Config{}, usageError{errors.New("--sync-period and --latency-target must be above 0")}
	case c.LatencyTarget != 0 && c.SyncPeriod != 0:
		return node.Config{}, usageError{errors.New("--sync-period and --latency-target (or their variables) exclude each other: the target sets the period")}
	case c.LatencyTarget != 0 && rounds != gossip.Locked:
		return node.Config{}, usageError{fmt.Errorf("--latency-target needs --rounds locked, not %s", c.Rounds)}
	case c.LatencyTarget < 0 || (c.LatencyTarget > 0 && c.LatencyTarget < 10*time.Millisecond) || c.LatencyTarget > time.Hour:
		return node.Config{}, usageError{fmt.Errorf("--latency-target must be from 10ms to 1h, not %v", c.LatencyTarget)}
	case c.SyncPeriod == 0 && rounds == gossip.Free:
		period = defaultFreePeriod
	}
	switch {
	case period != 0 && period < time.Millisecond || period > time.Hour:
		return node.Config{}, usageError{fmt.Errorf("--sync-period must be from 1ms to 1h, not %v", c.SyncPeriod)}
	case c.AckDelay < time.Millisecond:
		return node.Config{}, usageError{fmt.Errorf("--ack-delay must be at least 1ms, not %v", c.AckDelay)}
	case c.OwnThreshold < 0:
		return node.Config{}, usageError{fmt.Errorf("--own-threshold must be 0 or more, not %v", c.OwnThreshold)}
	case c.OwnThreshold < c.ClientThreshold && line.has("--own-threshold"):
		return node.Config{}, usageError{fmt.Errorf("--own-threshold (%v) must be at least --client-threshold (%v): clients are refused no later than the node's own work is put off", c.OwnThreshold, c.ClientThreshold)}
	case c.MaxAge < 0:
		return node.Config{}, usageError{fmt.Errorf("--max-age must be 0 or more, not %v", c.MaxAge)}
	case c.MaxWait < 0:
		return node.Config{}, usageError{fmt.Errorf("--max-wait must be 0 or more, not %v", c.MaxWait)}
	case c.MonitorReassert < c.MonitorPeriod:
		return node.Config{}, usageError{fmt.Errorf("--monitor-reassert must be at least --monitor-period (%v), not %v", c.MonitorPeriod, c.MonitorReassert)}
	case c.MonitorStale <= c.MonitorReassert:
		return node.Config{}, usageError{fmt.Errorf("--monitor-stale must be longer than --monitor-reassert (%v), not %v", c.MonitorReassert, c.MonitorStale)}
	case c.MaxCrashes < 1:
		return node.Config{}, usageError{fmt.Errorf("--max-crashes must be at least 1, not %d", c.MaxCrashes)}
	case c.CrashWindow <= 0:
		return node.Config{}, usageError{fmt.Errorf("--crash-window must be above 0, not %v", c.CrashWindow)}
	case c.MonitorPeriod < time.Millisecond:
		return node.Config{}, usageError{fmt.Errorf("--monitor-period must be at least 1ms, not %v", c.MonitorPeriod)}
	case c.ClientThreshold < 0:
		return node.Config{}, usageError{fmt.Errorf("--client-threshold must be 0 or more, not %v", c.ClientThreshold)}
	case c.FsyncInterval < time.Millisecond:
		return node.Config{}, usageError{fmt.Errorf("--fsync-interval must be at least 1ms, not %v", c.FsyncInterval)}
	case c.MaxLineBytes < 1024:
		return node.Config{}, usageError{fmt.Errorf("--max-line-bytes must be at least 1024, not %d", c.MaxLineBytes)}
	case c.PeerMessages < 0 || c.PeerBytes < 0 || c.PeerSpans < 0 || c.PeerTime < 0:
		return node.Config{}, usageError{fmt.Errorf("--peer-messages, --peer-bytes, --peer-spans and --peer-time must be 0 (any number) or more, not %d, %d, %d and %d", c.PeerMessages, c.PeerBytes, c.PeerSpans, c.PeerTime)}
	case c.IsolateMemory != 0 && c.IsolateMemory < 64 || c.IsolateMemory < 0:
		return node.Config{}, usageError{fmt.Errorf("--isolate-memory must be 0 or at least 64, not %d: a child needs some to work at all", c.IsolateMemory)}
	}
	isolate, err := hop.ParseMode(c.Isolate)
	if err != nil {
		return node.Config{}, usageError{err}
	}
	queues := c.queues()
	for _, name := range slices.Sorted(maps.Keys(queues)) {
		if sizes := queues[name]; sizes.Preferred < 1 {
			return node.Config{}, usageError{fmt.Errorf("--%s-preferred must be at least 1, not %d", name, sizes.Preferred)}
		} else if sizes.Capacity < 1 {
			return node.Config{}, usageError{fmt.Errorf("--%s-capacity must be at least 1, not %d", name, sizes.Capacity)}
		}
	}
	var faults []inject.Fault
	for _, text := range c.Inject {
		fault, err := node.ParseFault(text)
		if err != nil {
			return node.Config{}, usageError{fmt.Errorf("--inject: %w", err)}
		}
		if fault.Service == "journal" && c.journalIsOff() {
			return node.Config{}, usageError{fmt.Errorf("--inject names the service journal, which --journal %s leaves out", c.Journal)}
		}
		faults = append(faults, fault)
	}
	sync := time.Duration(0) // the journal's own affair, or nobody's
	if c.Fsync == "interval" {
		sync = c.FsyncInterval
	}
	permits := backpressure.DefaultPermitsConfig(c.Permits)
	permits.Grace, permits.RevokePerSecond, permits.ReturnPerSecond = c.PermitGrace, c.PermitRevoke, c.PermitReturn
	permits.MinimumHealthy, permits.Timeout = c.PermitMinimum, c.PermitTimeout
	return node.Config{
		App: c.App, NumChildren: numChildren, SyncPeriod: period, LatencyTarget: c.LatencyTarget, Rounds: rounds, AckDelay: c.AckDelay,
		MaxLineBytes: c.MaxLineBytes, NoJournal: c.journalIsOff(), BeginBlank: c.JournalLost == "begin",
		Queues: queues,
		Monitor: backpressure.MonitorConfig{
			Period: c.MonitorPeriod, Reassert: c.MonitorReassert, Stale: c.MonitorStale, MaxAge: orNever(c.MaxAge),
		},
		ClientThreshold: max(c.ClientThreshold, 1), OwnThreshold: max(c.OwnThreshold, c.ClientThreshold, 1),
		MaxWait: orNever(c.MaxWait), Permits: permits,
		MaxCrashes: c.MaxCrashes, CrashWindow: c.CrashWindow, Faults: faults,
		JournalSync: sync, PeerLimits: c.peerLimits(), Isolation: node.Isolation{Mode: isolate, Memory: int64(c.IsolateMemory) << 20},
	}, nil
}

// peerLimits are what is taken of one neighbour.
func (c *nodeCommand) peerLimits() node.PeerLimits {
	limits := node.DefaultPeerLimits()
	limits.Messages.PerSecond, limits.Bytes.PerSecond = float64(c.PeerMessages), float64(c.PeerBytes)
	limits.Spans = backpressure.AllowanceConfig{PerSecond: float64(c.PeerSpans), AtOnce: 4 * float64(c.PeerSpans)}
	limits.Time = backpressure.AllowanceConfig{PerSecond: float64(c.PeerTime) / 1000, AtOnce: 4 * float64(c.PeerTime) / 1000}
	return limits
}

// queues are the sizes of those queues that have flags.
func (c *nodeCommand) queues() map[string]node.QueueSizes {
	return map[string]node.QueueSizes{
		"intake":  {Preferred: c.IntakePreferred, Capacity: c.IntakeCapacity},
		"gossip":  {Preferred: c.GossipPreferred, Capacity: c.GossipCapacity},
		"output":  {Preferred: c.OutputPreferred, Capacity: c.OutputCapacity},
		"journal": {Preferred: c.JournalPreferred, Capacity: c.JournalCapacity},
	}
}

// orNever is a time that nothing reaches in place of 0.
func orNever(d time.Duration) time.Duration {
	if d == 0 {
		return node.Never
	}
	return d
}

// parseNumChildren reads a fan-out; 0 stands for auto.
func parseNumChildren(text string) (int, error) {
	if text == "auto" {
		return 0, nil
	}
	k, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("--num-children must be auto or a whole number, not %q", text)
	}
	if k < 1 {
		return 0, fmt.Errorf("--num-children must be auto or at least 1, not %d", k)
	}
	return int(k), nil
}

// defaultFreePeriod is the sync period of free rounds, in which a value waits
// at every hop: 3d is passed with room to spare.
const defaultFreePeriod = 150 * time.Millisecond

// newEpoch tells this start of the node from former ones: 41 bits of
// milliseconds since 2020 and 12 bits for what is drawn or counted within one,
// which every JSON reader keeps exact.
func newEpoch(now time.Time, random byte) uint64 {
	since := now.Sub(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)).Milliseconds()
	return uint64(max(since, 1))<<12 | uint64(random)<<4
}

// Run is the node.
func (c *nodeCommand) Run(ctx context.Context, s streams, line commandLine) error {
	cfg, err := c.config(newLogger(s, c.LogLevel), line)
	if err != nil {
		return err
	}
	if isTerminal(s.in) {
		cfg.Log.Info("waiting for Maelstrom messages, one JSON object a line, from this terminal; Ctrl-D ends")
	}
	n, err := node.New(cfg, s.out)
	if err != nil {
		return usageError{err}
	}
	if c.DebugAddr != "" {
		server, err := showInside(c.DebugAddr, n, cfg.Log)
		if err != nil {
			return err
		}
		defer server.Close()
	}
	return n.Run(ctx, s.in)
}

// showInside serves the inside of a node over HTTP. Nodes of one machine are
// mostly started alike, so the first gets the port and the others one that the
// system chooses.
func showInside(where string, n *node.Node, log *slog.Logger) (*inspect.Server, error) {
	addr, err := inspect.ParseAddr(where)
	if err != nil {
		return nil, usageError{fmt.Errorf("--debug-addr: %w", err)}
	}
	server, err := inspect.Listen(addr)
	if err != nil && addr.Port() != 0 {
		log.Warn("--debug-addr: the system chooses a port", "why", err)
		server, err = inspect.Listen(netip.AddrPortFrom(addr.Addr(), 0))
	}
	if err != nil {
		return nil, fmt.Errorf("--debug-addr: %w", err)
	}
	log.Info("the inside of this node is shown", "url", "http://"+server.Addr().String()+"/")
	server.Serve(n)
	return server, nil
}

// newLogger logs to stderr, in colour on a terminal.
func newLogger(s streams, level string) *slog.Logger {
	l := logLevel(level)
	if isTerminal(s.err) {
		return slog.New(tint.NewTextHandler(s.err, &tint.Options{Level: l, TimeFormat: time.TimeOnly}))
	}
	return slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: l}))
}

func logLevel(name string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return slog.LevelInfo
	}
	return l
}
