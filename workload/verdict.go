package workload

import (
	"encoding/json"

	"treecast/run"
)

// Input is what Check knows of a run besides its history.
type Input struct {
	Options Options
	// Inquiry is what came of the workload's Inquiry: operations whose Process is
	// the index of the node that was asked, nil if it was not asked.
	Inquiry run.History
}

// NodeOf returns the name of the node that a process talks to; empty if the
// nodes are not known.
func (in *Input) NodeOf(process int) string {
	nodes, workers := len(in.Options.Nodes), in.Options.Concurrency
	if nodes == 0 || process < 0 {
		return ""
	}
	if workers <= 0 {
		workers = nodes
	}
	return in.Options.Nodes[process%workers%nodes]
}

// Verdict is what a checker makes of a run.
type Verdict struct {
	// Maelstrom are Maelstrom's verdict and figures, all that it prints under
	// :workload.
	Maelstrom run.Workload
	// Findings are what our strict verdict adds to it.
	Findings []run.Finding
	// Unasked is why strict could not look at all that it looks at, empty if it
	// could: then what has no findings is unknown, not strict.
	Unasked string
	// Why says in words why Maelstrom's verdict is false, and Count how many
	// times; empty if it is not.
	Why   string
	Count int
}

// Traffic is what a message between servers is for, as traffic is broken down.
type Traffic string

// The kinds of messages that a reader tells apart.
const (
	Data   Traffic = "data"   // carries values for the first time
	Resend Traffic = "resend" // carries values that were sent before
	Ack    Traffic = "ack"    // carries none
	Other  Traffic = "other"  // not understood by any reader
)

// Reading is what Carries found in a body.
type Reading struct {
	Kind   Traffic
	Values []json.RawMessage // share memory with the body; in its order
}
