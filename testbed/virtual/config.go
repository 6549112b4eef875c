package virtual

import (
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"treecast/node"
	"treecast/run"
	"treecast/testbed/invariant"
	"treecast/testbed/network"
	"treecast/testbed/session"
)

// NodeConfig is what nodes are made with. Epoch, Random, Log, LogTime, Roster,
// Keeper and, where journals are harmed, KeepCheck are the driver's to set.
type NodeConfig = node.Config

// Config says what to run. The observers of Session are replaced by those
// handed to Run.
type Config struct {
	Session session.Config
	Node    NodeConfig
	Costs   Costs // the zero value means DefaultCosts

	// LogLevel is what nodes log, and above.
	LogLevel slog.Level
	// LogStderr is sent the nodes' logs as they come, each line with the node's
	// name in front; nil for nobody.
	LogStderr io.Writer
	// Watch holds the nodes to what must be true at any time; nil for nobody.
	// What it finds ends the run.
	Watch *invariant.Watch
	// PollHealth asks nodes for their health every second: see session.PollHealth.
	PollHealth bool
}

// Observers are told what happens, in virtual time. Any of them may be nil.
type Observers struct {
	Network network.Observer
	Op      func(run.Op)
	Health  func(now time.Duration, node string, body json.RawMessage)
	// Learnt is told of every entry that a node comes to know, its own ones among
	// them; after a start again of those, too, that its journal kept. An entry's name
	// is a JSON text, which is used again afterwards.
	Learnt   func(now time.Duration, node string, entry []byte)
	Progress func(Progress) // once a second, and once at the end
}

// Progress is a glance at a run under way.
type Progress struct {
	Now time.Duration
	session.Status
}

// Outcome is what a run leaves behind. The notes of nodes that crashed or went
// deaf hold their last lines of log.
type Outcome struct {
	session.Result
	Nodes []NodeOutcome // in the order of the nodes
}

// NodeOutcome is what a node leaves behind.
type NodeOutcome struct {
	Node string
	Busy time.Duration // of all its services together, by Costs
	Log  []byte        // all of it
}
