package node

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

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
	// SyncPeriod is the gossip period P, above 0.
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

	// Queues has the sizes of queues by name: intake (client requests and what
	// gossip wants stored), gossip (messages of peers), journal (what is to be kept),
	// output (messages to be written). A size that is 0 or missing is the default.
	Queues map[string]QueueSizes
	// More makes services beside the node's own. They end when those have.
	More []NewService

	// Journal is the node's journal; nil: it has none, and its values die with
	// its process. It is the node's alone. NoKeeper tells a driver that models
	// journals not to: somebody wants nodes without.
	Journal   Journal
	NoJournal bool
	// JournalSync is how often the journal is synced to the disk; 0: never, or as
	// the Keeper does by itself.
	JournalSync time.Duration
	// JournalCheck is how often the node looks whether its journal is still where its
	// next life would find it; 0: with every append only.
	JournalCheck time.Duration
	// BeginBlank has the node begin with nothing where there is a journal of this
	// run that it cannot use. Without it, it refuses its init with error 13.
	BeginBlank bool

	// Monitor says how often every queue's health is looked at, how old an item
	// may get, and for how long what was seen is believed.
	Monitor backpressure.MonitorConfig
	// ClientThreshold is how long the node may be unhealthy before it refuses
	// broadcasts with error 11.
	ClientThreshold time.Duration
	// OwnThreshold is how long the node may be unhealthy before it puts off work
	// that it starts by itself: the history of figures, debug logs, random vector
	// swaps beyond one in 10 s. No shorter
	// than ClientThreshold it should be: clients are refused no later.
	OwnThreshold time.Duration
	// MaxWait is the expected wait for an answer beyond which a broadcast is
	// refused with error 11 at once, and a quarter of it the one for stdout beyond
	// which the reader takes no further request; Never: neither. Above 0.
	MaxWait time.Duration
	// Permits limit the neighbours that may have anything unacked. Total 0
	// means as many as there are links.
	Permits backpressure.PermitsConfig

	// MaxCrashes is how often a service may crash within CrashWindow; once more,
	// and the node gives up.
	MaxCrashes  int
	CrashWindow time.Duration

	// Faults are injected, for tests; none by default.
	Faults []inject.Fault

	// Incarnation tells this life of the node from others: larger than that of any
	// former one, such as the milliseconds of a clock shifted to make room for
	// a few restarts of the gossip service. At most 2^53; 0 means 1.
	Incarnation uint64
	// NewCore makes the gossip core; nil: gossip.New does. It is for tests, which put
	// one in between that is wrong.
	NewCore func(now time.Duration, cfg gossip.Config, log *gossip.Log) (gossip.Machine, error)
	// JournalMistake has journals in memory be wrong in one way, where a driver makes
	// them. For tests alone.
	JournalMistake journal.Mistake
	// Random draws the name of the log and the phase of the timer. Required.
	Random *rand.Rand
	// Log takes what the node has to say to people. Required.
	Log *slog.Logger
	// Memberships is shared with other nodes of this process; nil: with none.
	Memberships *MembershipCache
	// LogTime stamps what is logged; nil: the wall clock.
	LogTime func() time.Time
}

// Defaults of a Config.
const (
	DefaultSyncPeriod      = 450 * time.Millisecond
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

// Bounds of memory that item counts alone do not give, in bytes of bodies
// that wait in a queue.
const (
	maxIntakeBytes = 48 << 20
	maxGossipBytes = 16 << 20
	maxOutputBytes = 8 << 20  // of gossip
	maxReplyBytes  = 32 << 20 // of replies with a body of their own; the others share the list of values
)

// gossip is the part of the configuration that is the gossip core's.
func (c *Config) gossip() gossip.Config {
	return gossip.Config{
		Incarnation: c.Incarnation, Rounds: c.Rounds, Period: c.SyncPeriod, Target: c.LatencyTarget,
		AckDelay: c.AckDelay, GreetAt: gossip.Never,
	}
}

func (c Config) withDefaults() (Config, error) {
	if c.Random == nil || c.Log == nil {
		return c, fmt.Errorf("node: Random and Log are required")
	}
	if c.Incarnation == 0 {
		c.Incarnation = 1
	}
	if c.NumChildren < 0 {
		return c, fmt.Errorf("node: the number of children must be at least 1, not %d", c.NumChildren)
	}
	if c.SyncPeriod == 0 {
		c.SyncPeriod = DefaultSyncPeriod
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
	if c.MaxCrashes < 0 || c.CrashWindow < 0 {
		return c, fmt.Errorf("node: %d crashes within %v can be no limit: make both positive", c.MaxCrashes, c.CrashWindow)
	}
	return c, nil
}

// ParseFault reads a fault of one of a node's services as it is spelt on a command
// line: see inject.Parse.
func ParseFault(text string) (inject.Fault, error) { return inject.Parse(text, ServiceNames()) }
