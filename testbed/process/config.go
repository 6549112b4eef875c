package process

import (
	"encoding/json"
	"io"
	"time"

	"treecast/run"
	"treecast/testbed/network"
	"treecast/testbed/session"
)

// Config says what to run. The observers of Session are replaced by those
// handed to Run.
type Config struct {
	Session session.Config

	Bin  string   // path of the node's program
	Args []string // handed to every node

	// RunID tells nodes which run they belong to, in the variable TREECAST_RUN;
	// empty leaves it out. Otherwise they inherit the environment.
	RunID string
	// LogDir is the directory for the nodes' stderr, one file nX.log each, in
	// which a node that is started again goes on. It is made if need be; empty
	// keeps none.
	LogDir string
	// LogStderr is sent the nodes' stderr as well, each line with the node's
	// name in front; nil for nobody.
	LogStderr io.Writer
	// WorkDir is the nodes' working directory. Empty means a fresh temporary
	// one, which is removed at the end.
	WorkDir string
	// PollHealth asks every node for its health once a second. Programs that
	// end on an unknown request do not survive it.
	PollHealth bool
}

// Observers are told what happens. Any of them may be nil.
type Observers struct {
	Network  network.Observer
	Op       func(run.Op)
	Health   func(now time.Duration, node string, body json.RawMessage)
	Progress func(Progress) // once a second, and once at the end
}

// Progress is a glance at a run under way.
type Progress struct {
	Now time.Duration
	session.Status
}

// Outcome is what a run leaves behind. The notes of nodes that crashed or went
// deaf (of all nodes, if the run could not be carried out) hold their last lines
// of stderr.
type Outcome struct {
	session.Result
	Usage []Usage // per node, in the order of the nodes
}

// Usage is what a node cost, all its lives together.
type Usage struct {
	Node        string        `json:"node"`
	CPU         time.Duration `json:"cpu_ns"`        // user and system
	MaxRSSBytes int64         `json:"max_rss_bytes"` // of the largest
}
