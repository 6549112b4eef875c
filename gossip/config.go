package gossip

import (
	"fmt"
	"math"
	"time"
)

// Never is a time that does not come.
const Never = time.Duration(math.MaxInt64)

// Role is what a neighbour is to this node in the spanning tree.
type Role uint8

const (
	// Child neighbours get deltas downwards.
	Child Role = iota
	// Parent gets deltas upwards. A node has at most one; the root has none.
	Parent
	// Guest is no neighbour in our tree but talks to us: it gets acks only.
	Guest
)

// Neighbour is one end of a link.
type Neighbour struct {
	Name string
	Role Role
	Leaf bool // it has no children of its own, so it acks with AckDelay
}

// Rounds says when a node speaks.
type Rounds uint8

const (
	// Free gives every node its own timer of one period.
	Free Rounds = iota
)

// Permits limits how many links may have unacked entries. A link acquires a
// permit before its first unacked batch and releases it with the last ack.
// Refused, it waits for the next round and its delta grows. Acks, probes and
// vectors need none.
type Permits interface {
	Acquire(now time.Duration, holder string) bool
	Progress(now time.Duration, holder string)
	Release(now time.Duration, holder string)
}

// Config is what a Core is made with.
type Config struct {
	Epoch      uint64 // this core's life; not 0, drawn at random by the caller
	Neighbours []Neighbour

	// Rounds and Period say when deltas are sent. Free: a value waits P/2 on
	// average and P at most at every hop, and at most 2(n-1)/P messages a
	// second flow in the cluster.
	Rounds Rounds
	Period time.Duration
	Phase  time.Duration // free rounds: offset of the timer, 0 <= Phase < Period

	// AckDelay is how long a leaf lets an ack wait for a delta to ride on. A
	// longer delay saves bare acks; a loss towards a leaf is noticed no sooner
	// than AckDelay + 2L.
	AckDelay time.Duration

	// FirstRTT stands for the round-trip time until one has been measured.
	FirstRTT time.Duration

	// WindowBytes bounds what may be unacked on one link.
	WindowBytes int

	// GreetAt is when to show our vector to every neighbour unasked, because
	// this may be a restart that nobody has noticed. Never: not at all.
	GreetAt time.Duration

	Permits Permits // nil: unlimited
}

// Defaults of a Config.
const (
	DefaultAckDelay    = 2 * time.Second
	DefaultFirstRTT    = 500 * time.Millisecond
	DefaultWindowBytes = 1 << 20
)

// withDefaults fills in what is zero and checks the rest.
func (c Config) withDefaults() (Config, error) {
	if c.Epoch == 0 {
		return c, fmt.Errorf("gossip: epoch must not be 0")
	}
	if c.Period <= 0 {
		return c, fmt.Errorf("gossip: period must be above 0, not %v", c.Period)
	}
	if c.Phase < 0 || c.Phase >= c.Period {
		return c, fmt.Errorf("gossip: phase must be within [0, %v), not %v", c.Period, c.Phase)
	}
	if c.AckDelay == 0 {
		c.AckDelay = DefaultAckDelay
	}
	if c.FirstRTT == 0 {
		c.FirstRTT = DefaultFirstRTT
	}
	if c.WindowBytes == 0 {
		c.WindowBytes = DefaultWindowBytes
	}
	parents := 0
	seen := map[string]bool{}
	for _, n := range c.Neighbours {
		if seen[n.Name] {
			return c, fmt.Errorf("gossip: neighbour %q listed twice", n.Name)
		}
		seen[n.Name] = true
		if n.Role == Parent {
			parents++
		}
	}
	if parents > 1 {
		return c, fmt.Errorf("gossip: %d parents, at most one is allowed", parents)
	}
	if c.Permits == nil {
		c.Permits = unlimited{}
	}
	return c, nil
}

type unlimited struct{}

func (unlimited) Acquire(time.Duration, string) bool { return true }
func (unlimited) Progress(time.Duration, string)     {}
func (unlimited) Release(time.Duration, string)      {}
