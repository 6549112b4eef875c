package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"treecast/run"
	"treecast/testbed/layout"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/testbed/service"
	"treecast/workload"
)

// Defaults, as Maelstrom has them.
const (
	DefaultRate        = 5.0
	DefaultTimeLimit   = 60 * time.Second
	DefaultConcurrency = "1n"
	DefaultTopology    = layout.Default
	DefaultQuiet       = 10 * time.Second // from healing to the final reads

	DefaultOpTimeout = workload.OpTimeout // topology requests too

	DefaultInitTimeout = 10 * time.Second
)

// The largest cluster that can be asked for, and the most workers: more are a
// slip of the keyboard.
const (
	MaxNodes   = 1_000_000
	MaxWorkers = 1_000_000
)

// HealthClient is the name under which a run asks nodes for their health. It
// stands outside of the network: what it sends and gets is not counted.
const HealthClient = "c-health"

// Config describes a run. Only Workload and Nodes have no default.
type Config struct {
	Workload    *workload.Workload
	Options     workload.Options // of the workload; nodes, concurrency and latency are those below
	Nodes       []string         // ids, at least one, all different
	Concurrency int              // workers; worker i talks to node i mod n. 0 means one per node
	RatePerSec  float64          // mean operations per second over all workers; 0 means none
	TimeLimit   time.Duration    // of the load, more than 0
	Latency     network.Latency
	Topology    string // a name of package layout; empty means layout.Default
	Nemesis     nemesis.Config
	Ailing      bool          // nodes were told to go wrong inside: a fault is active all the time
	Quiet       time.Duration // between healing and the final operations; 0 means none at all
	OpTimeout   time.Duration // how long a client waits for a reply; 0 means as long as the workload says
	InitTimeout time.Duration // how long a node has to answer init; 0 means DefaultInitTimeout
	Seed        uint64        // of all randomness of the run

	// Network is told of every message; nil for nobody.
	Network network.Observer
	// OnOp is told of every line of the history as it is written; may be nil.
	OnOp func(run.Op)
	// Unfinished returns what a node has printed behind its last newline, or the
	// beginning of it, and how many bytes that is; nil where nodes print lines.
	Unfinished func(node string) (text []byte, size int)
	// StdoutClosed says whether a node has closed its stdout; nil where it cannot.
	StdoutClosed func(node string) bool
	// OnHealth is handed the body of every health_ok that a poll brought; nil
	// if health is never polled.
	OnHealth func(now time.Duration, node string, body json.RawMessage)
}

// Kills reports whether nodes will be killed, and started again.
func (c *Config) Kills() bool { return c.Nemesis.Has(nemesis.Kill) }

// Validate returns an error that says what to change.
func (c *Config) Validate() error {
	switch {
	case c.Workload == nil:
		return errors.New("a run needs a workload")
	case len(c.Nodes) == 0:
		return errors.New("a run needs at least one node")
	case c.Concurrency < 0:
		return fmt.Errorf("concurrency is %d; give 1 or more", c.Concurrency)
	case !(c.RatePerSec >= 0) || c.RatePerSec > 1e6:
		return fmt.Errorf("rate is %v operations per second; give 0 to 1000000", c.RatePerSec)
	case c.TimeLimit <= 0:
		return fmt.Errorf("time limit is %v; give more than 0", c.TimeLimit)
	case c.Quiet < 0:
		return fmt.Errorf("quiet time is %v; give 0 or more", c.Quiet)
	case c.OpTimeout < 0:
		return fmt.Errorf("operation timeout is %v; give more than 0", c.OpTimeout)
	case c.InitTimeout < 0:
		return fmt.Errorf("init timeout is %v; give more than 0", c.InitTimeout)
	}
	if err := c.Nemesis.Validate(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, node := range c.Nodes {
		if node == "" || network.IsClient(node) {
			return fmt.Errorf("no node can be called %q: names that begin with c are clients'", node)
		}
		if seen[node] {
			return fmt.Errorf("two nodes are called %q", node)
		}
		if slices.Contains(service.Names(), node) {
			return fmt.Errorf("no node can be called %q: that is a service", node)
		}
		seen[node] = true
	}
	if c.Workload.Accepts != nil {
		if err := c.Workload.Accepts(c.options()); err != nil {
			return err
		}
	}
	if err := c.Nemesis.Plan.Check(c.Nodes, c.TimeLimit); err != nil {
		return err
	}
	if _, err := layout.New(c.topology(), nil); err != nil {
		return err
	}
	return c.Latency.Validate()
}

// options are the settings that the workload looks at.
func (c *Config) options() workload.Options {
	o := c.Options
	o.Nodes, o.Concurrency, o.Latency = c.Nodes, c.Concurrency, c.Latency.Mean
	if o.Concurrency == 0 {
		o.Concurrency = len(c.Nodes)
	}
	return o
}

func (c *Config) topology() string {
	if c.Topology == "" {
		return layout.Default
	}
	return c.Topology
}

// NodeNames returns the ids that Maelstrom gives to nodes: n0 to n(count-1), or
// n1 to n5 if no count was given (0).
func NodeNames(count int) []string {
	first := 0
	if count <= 0 {
		first, count = 1, 5
	}
	nodes := make([]string, count)
	for i := range nodes {
		nodes[i] = "n" + strconv.Itoa(first+i)
	}
	return nodes
}

// ParseConcurrency reads --concurrency as Jepsen does: a number of workers, or
// a number followed by n for so many per node. There are 1 to MaxWorkers.
func ParseConcurrency(text string, nodes int) (int, error) {
	digits, perNode := strings.CutSuffix(text, "n")
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("concurrency is %q; give a number such as 10, or of workers per node such as 1n", text)
	}
	if perNode {
		n *= uint64(nodes) // 31 bits times those of MaxNodes
	}
	if n > MaxWorkers {
		return 0, fmt.Errorf("concurrency is %q, which are %d workers; give %d at most", text, n, MaxWorkers)
	}
	return int(n), nil
}
