package node

import (
	"cmp"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"treecast/app"
	"treecast/app/all"
	"treecast/backpressure"
	"treecast/gossip"
	"treecast/journal"
	"treecast/node/inject"
	"treecast/wire"
)

// QueueSizes are the two sizes of a queue, in items.
type QueueSizes struct {
	Preferred int // above it the queue is unhealthy
	Capacity  int // it is never deeper
}

// Config is what a node is made with. Zero fields take their default.
type Config struct {
	// NumChildren is the fan-out of the spanning tree, at least 1; 0: the one
	// that topology.AutoNumChildren has for the number of nodes.
	NumChildren int
	// App is the name of the workload that the node is for; empty: the first request
	// tells that only one has, or the journal, or a peer.
	App string
	// SyncPeriod is the gossip period P, above 0; 0: as the workload's Kind has it.
	SyncPeriod time.Duration
	// Rounds says when a node speaks.
	Rounds gossip.Rounds
	// LatencyTarget, if not 0, has locked rounds choose the period themselves:
	// the longest for which every value is everywhere within it.
	LatencyTarget time.Duration
	// AckDelay is how long a leaf's ack may wait for a delta to ride on.
	AckDelay time.Duration

	// MaxLineBytes is the longest line taken from stdin.
	MaxLineBytes int

	// Queues has the sizes of queues by name: intake (client requests and deliveries of
	// gossip), gossip (messages of peers), journal (what is to be made durable), output
	// (messages to be written). A size that is 0 or missing is the default.
	Queues map[string]QueueSizes
	// More makes further services. They end after the node's own.
	More []NewService

	// Journal is the node's write-ahead log; nil: it has none, and its values die with its
	// process. No other node may use it. NoJournal tells a driver that models journals that
	// nodes are to have none.
	Journal   Journal
	NoJournal bool
	// JournalSync is the time between syncs of the journal to the disk; 0: never, or as the
	// Journal does by itself.
	JournalSync time.Duration
	// JournalCheck is the time between checks that the journal is still where the next
	// incarnation would find it; 0: only with every append.
	JournalCheck time.Duration
	// BeginBlank lets the node begin with nothing if there is a journal of this run that
	// it cannot use. Without it, the node refuses its init with error 13.
	BeginBlank bool

	// Monitor says how often the health of every queue is checked, how old an item may
	// get, and how long a report is valid.
	Monitor backpressure.MonitorConfig
	// ClientThreshold is how long the node may be unhealthy before it refuses
	// broadcasts with error 11.
	ClientThreshold time.Duration
	// OwnThreshold is how long the node may be unhealthy before it puts off self-started
	// work: the history of figures, debug logs, anti-entropy beyond one exchange in 10 s.
	// At least ClientThreshold, so that clients are refused no later.
	OwnThreshold time.Duration
	// MaxWait is the expected wait beyond which a broadcast is refused with error 11 at
	// once. Beyond a quarter of it for stdout the reader takes no further request. Above 0;
	// Never: no limit.
	MaxWait time.Duration
	// Permits limit the neighbours that may have anything unacked. Total 0
	// means as many as there are links.
	Permits backpressure.PermitsConfig

	// MaxCrashes is how often a service may crash within CrashWindow; once more ends the
	// node.
	MaxCrashes  int
	CrashWindow time.Duration

	// PeerLimits are what the node takes from one peer; the zero value: everything.
	PeerLimits PeerLimits
	// Isolation says what runs in processes of its own; the zero value: nothing.
	Isolation Isolation

	// Faults are injected into services, for tests; none by default.
	Faults []inject.Fault

	// Incarnation tells this process from earlier ones of the node: larger than that of any,
	// such as the milliseconds of a clock shifted to make room for restarts of the gossip
	// service. At most 2^53; 0 means 1.
	Incarnation uint64
	// NewCore makes the gossip core; nil: gossip.New. Tests set one that is wrong.
	NewCore func(now time.Duration, cfg gossip.Config, log *gossip.Log) (gossip.Machine, error)
	// WrongApp has the workload be wrong in one way; nil: it is not. For tests alone.
	WrongApp app.Wrong
	// JournalMistake makes journals in memory wrong in one way, where a driver makes them.
	// For tests alone.
	JournalMistake journal.Mistake
	// Random draws names of logs, phases and seeds. Required.
	Random *rand.Rand
	// Log is for people. Required.
	Log *slog.Logger
	// Memberships is shared with other nodes of this process; nil: with none.
	Memberships *MembershipCache
	// LogTime stamps log records; nil: the wall clock.
	LogTime func() time.Time
}

// Defaults of a Config.
const (
	DefaultSyncPeriod      = 450 * time.Millisecond // while nobody knows what the node is for
	DefaultClientThreshold = backpressure.DefaultThreshold
	DefaultMaxWait         = 500 * time.Millisecond
)

// Default sizes. A preferred size is at least 0.2 s of what the service behind
// the queue has been measured to handle, or a gate that is decided ten times a
// second would leave the service idle.
var (
	DefaultIntake = QueueSizes{Preferred: 65536, Capacity: 131072}
	DefaultGossip = QueueSizes{Preferred: 8192, Capacity: 16384}
	DefaultOutput = QueueSizes{Preferred: 65536, Capacity: 131072}
	// DefaultJournal is what the journal does in 0.2 s at its slowest, when every
	// append waits for a disk.
	DefaultJournal = QueueSizes{Preferred: 65536, Capacity: 131072}
)

// Bounds of the bodies that wait in queues, in bytes: item counts alone do not bound memory.
const (
	maxIntakeBytes = 48 << 20
	maxGossipBytes = 16 << 20
	maxOutputBytes = 8 << 20  // of gossip
	maxReplyBytes  = 32 << 20 // of replies with a body; reads share the list of values
)

// gossip is the configuration of the gossip core.
func (c *Config) gossip() gossip.Config {
	return gossip.Config{
		Incarnation: c.Incarnation, Rounds: c.Rounds, Period: c.period(), Target: c.LatencyTarget,
		AckDelay: c.AckDelay, GreetAt: gossip.Never,
	}
}

// period is that of the rounds for as long as nobody knows what the node is for.
func (c *Config) period() time.Duration { return cmp.Or(c.SyncPeriod, DefaultSyncPeriod) }

// PeriodFor is the sync period of nodes that are for a workload.
func (c *Config) PeriodFor(name string) time.Duration {
	if k, err := all.Named(name); c.SyncPeriod == 0 && c.Rounds == gossip.Locked && err == nil && k != nil && k.Period > 0 {
		return k.Period
	}
	return c.period()
}

func (c Config) withDefaults() (Config, error) {
	if c.Random == nil || c.Log == nil {
		return c, fmt.Errorf("node: Random and Log are required")
	}
	if c.Incarnation == 0 {
		c.Incarnation = 1
	}
	if _, err := all.Named(c.App); err != nil {
		return c, fmt.Errorf("node: %w", err)
	}
	if c.NumChildren < 0 {
		return c, fmt.Errorf("node: the number of children must be at least 1, not %d", c.NumChildren)
	}
	if c.SyncPeriod < 0 {
		return c, fmt.Errorf("node: the sync period must be above 0, not %v", c.SyncPeriod)
	}
	if c.AckDelay == 0 {
		c.AckDelay = gossip.DefaultAckDelay
	}
	if c.MaxLineBytes == 0 {
		c.MaxLineBytes = wire.DefaultMaxLineBytes
	}
	if c.Monitor.Period == 0 {
		c.Monitor.Period = backpressure.DefaultPeriod
	}
	if c.Permits == (backpressure.PermitsConfig{}) {
		c.Permits = backpressure.DefaultPermitsConfig(0)
	}
	if c.ClientThreshold == 0 {
		c.ClientThreshold = DefaultClientThreshold
	}
	if c.OwnThreshold == 0 {
		c.OwnThreshold = max(backpressure.DefaultThreshold, c.ClientThreshold)
	}
	if c.MaxWait == 0 {
		c.MaxWait = DefaultMaxWait
	}
	if c.MaxWait < 0 {
		return c, fmt.Errorf("node: the longest wait must be above 0, not %v", c.MaxWait)
	}
	if err := c.PeerLimits.check(); err != nil {
		return c, fmt.Errorf("node: the limits of a peer: %w", err)
	}
	if c.MaxCrashes < 0 || c.CrashWindow < 0 {
		return c, fmt.Errorf("node: %d crashes within %v can be no limit: make both positive", c.MaxCrashes, c.CrashWindow)
	}
	return c, nil
}

// ParseFault reads a fault of a node's service from a command line: see inject.Parse.
func ParseFault(text string) (inject.Fault, error) { return inject.Parse(text, ServiceNames()) }
