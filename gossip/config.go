package gossip

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"treecast/topology"
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
	// SyncPeer is no neighbour either but once swapped digests with us: it gets
	// what it lacked then.
	SyncPeer
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
	// Locked has the root flush once a period, every other node forward that
	// at once, and send upwards just in time for its parent's next message.
	Locked
	// Eager sends what is learnt at once.
	Eager
)

// Tree is the spanning tree of a cluster, as a *topology.Tree has it: who is next
// to whom, and the natural order of all nodes, in which parents come before their
// children.
type Tree interface {
	Nodes() []string
	Index(name string) (place int, ok bool) // in the natural order
	Parent(name string) (parent string, ok bool)
	Children(name string) []string
	Ancestors(name string) []string // the parent first
	Successors(name string) topology.Successors
	DepthOf(name string) (depth int, ok bool)
	Depth() int
}

// Permits limits how many links may have unacked entries. A link acquires a
// permit before its first unacked batch and releases it with the last ack.
// Refused, it waits in turn for one that comes back, or for the next round, and its
// delta grows; see permits.go. Acks, probes and digests need none.
type Permits interface {
	Acquire(now time.Duration, holder string) bool
	Progress(now time.Duration, holder string)
	Release(now time.Duration, holder string)
}

// Config is what a Core is made with.
type Config struct {
	Incarnation uint64 // this core's incarnation; not 0, and no former incarnation's of the node
	Neighbours  []Neighbour
	Depth       int // this node's own, 0 for the root
	Height      int // levels below this node, 0 for a leaf

	// Tree, if not nil, is the tree that Neighbours are those of Self in, and its
	// nodes are those of the cluster; then the core repairs its links. It may be
	// shared. With Direct, nothing of it counts but the nodes.
	Tree Tree
	// Seed decides which nodes digests are swapped with at random.
	Seed uint64
	// Busy, if not nil, says whether the node has too much to do for work that it
	// starts by itself: random swaps then come at least maxSync (10 s) apart.
	Busy func(now time.Duration) bool

	// Direct says that Neighbours are all other nodes and not those of a tree:
	// each node sends its own entries, those of origin Self, to everyone and
	// passes nothing on. For eager rounds.
	Direct bool
	Self   string

	// Rounds and Period say when deltas are sent. Free: a value waits P/2 on
	// average and P at most at every hop, and at most 2(n-1)/P messages a
	// second flow in the cluster.
	Rounds Rounds
	Period time.Duration
	Phase  time.Duration // free rounds: offset of the timer, 0 <= Phase < Period

	// Target, if not 0, is the true delivery latency to keep under locked
	// rounds: the root chooses the longest period for which every value is
	// everywhere within Target, by the longest path that has been measured.
	// Until then it is a quarter of Target, or two fifths for a root whose children
	// are all leaves; Period does not count.
	Target time.Duration

	// AckDelay is how long a leaf lets an ack wait for a delta to ride on. A
	// longer delay saves bare acks; a loss towards a leaf is noticed no sooner
	// than AckDelay + 2L.
	AckDelay time.Duration

	// FirstRTT stands for the round-trip time until one has been measured.
	FirstRTT time.Duration

	// WindowBytes bounds what may be unacked on one link; one message may take
	// it over the bound. It is what a peer's clients may have to wait behind while
	// it catches up, and over the round trip how fast that goes at most.
	WindowBytes int

	// GreetAt is when to ask every neighbour that has not spoken for its digest,
	// because this may be a restart that nobody has noticed; ours is shown to one
	// of them first, and then to the others. Never: not at all.
	GreetAt time.Duration

	// Fresh says that all the log holds is of this node's present incarnation and has
	// been told to nobody. Otherwise what it holds at the start is owed: a
	// neighbour gets of it what its digest lacks.
	Fresh bool

	Permits Permits // nil: unlimited
}

// Defaults of a Config.
const (
	DefaultAckDelay    = 2 * time.Second
	DefaultFirstRTT    = 500 * time.Millisecond
	DefaultWindowBytes = 128 << 10
)

// withDefaults fills in what is zero and checks the rest.
func (c Config) withDefaults() (Config, error) {
	if c.Incarnation == 0 {
		return c, fmt.Errorf("gossip: the incarnation must not be 0")
	}
	if c.Target > 0 {
		c.Period = c.Target / 4 // until the longest path has been measured
		if c.Height <= 1 {
			c.Period = c.Target / 2 // one hop up and one down leave more of it
		}
	}
	if c.Period <= 0 {
		return c, fmt.Errorf("gossip: period must be above 0, not %v", c.Period)
	}
	if c.Rounds == Free && (c.Phase < 0 || c.Phase >= c.Period) {
		return c, fmt.Errorf("gossip: phase must be within [0, %v), not %v", c.Period, c.Phase)
	}
	if c.Rounds > Eager {
		return c, fmt.Errorf("gossip: there are no rounds of kind %d", c.Rounds)
	}
	if c.AckDelay < 0 || c.FirstRTT < 0 || c.WindowBytes < 0 || c.Target < 0 {
		return c, fmt.Errorf("gossip: ack delay %v, first round trip %v, window %d bytes, target %v: none may be below 0",
			c.AckDelay, c.FirstRTT, c.WindowBytes, c.Target)
	}
	c.AckDelay = cmp.Or(c.AckDelay, DefaultAckDelay)
	c.FirstRTT = cmp.Or(c.FirstRTT, DefaultFirstRTT)
	c.WindowBytes = cmp.Or(c.WindowBytes, DefaultWindowBytes)
	if err := c.checkNeighbours(); err != nil {
		return c, err
	}
	if c.Tree != nil {
		if _, ok := c.Tree.Index(c.Self); !ok {
			return c, fmt.Errorf("gossip: %q is not in the tree", c.Self)
		}
	}
	if c.Permits == nil {
		c.Permits = unlimited{}
	}
	return c, nil
}

// checkNeighbours says what is wrong with the list of neighbours.
func (c *Config) checkNeighbours() error {
	parents := 0
	seen := map[string]bool{}
	for _, n := range c.Neighbours {
		if seen[n.Name] {
			return fmt.Errorf("gossip: neighbour %q listed twice", n.Name)
		}
		seen[n.Name] = true
		if n.Role > Parent {
			return fmt.Errorf("gossip: neighbour %q can be a child or the parent, nothing else", n.Name)
		}
		if n.Role == Parent {
			parents++
		}
	}
	if parents > 1 {
		return fmt.Errorf("gossip: %d parents, at most one is allowed", parents)
	}
	return nil
}

type unlimited struct{}

func (unlimited) Acquire(time.Duration, string) bool { return true }
func (unlimited) Progress(time.Duration, string)     {}
func (unlimited) Release(time.Duration, string)      {}
