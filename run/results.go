package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// SchemaVersion is the version of results.json's shape. It grows when a key
// changes its meaning or goes; new keys do not change it.
const SchemaVersion = 1

// Results is everything known about a run, the content of results.json. Its
// Maelstrom part is written to results.edn as well.
type Results struct {
	Schema  int      `json:"schema"`
	Version string   `json:"version"` // of treecast
	Command []string `json:"command"` // the command line that makes this run again

	Started     time.Time `json:"started"`
	Finished    time.Time `json:"finished"`
	Interrupted bool      `json:"interrupted,omitempty"` // stopped before its end; figures cover what was done
	Error       string    `json:"error,omitempty"`       // why the run could not be done as asked

	Settings Spec            `json:"settings"`         // settled
	Gossip   *GossipSettings `json:"gossip,omitempty"` // nil where the nodes are not treecast's

	Valid  Verdict `json:"valid"` // Maelstrom's verdict
	Strict Strict  `json:"strict"`
	// Remarks are what whoever reads the verdicts has to know, a sentence each:
	// what had no effect, what did not happen. They change no verdict.
	Remarks []string `json:"remarks,omitempty"`

	// Followed is the function whose operations each bring a value that is followed
	// on its way; empty if none does.
	Followed string `json:"followed,omitempty"`

	Workload     Workload     `json:"workload"`
	Stats        Stats        `json:"stats"`
	Availability Availability `json:"availability"`
	Net          Net          `json:"net"`

	Delivery   *Delivery   `json:"delivery,omitempty"`    // nil where bodies are not understood
	NoDelivery string      `json:"no_delivery,omitempty"` // why there is none
	Traffic    *Traffic    `json:"traffic,omitempty"`
	Challenges []Challenge `json:"challenges,omitempty"` // those whose settings these are

	// Overwhelmed are the times at which components could not keep up, by what
	// the nodes said of themselves.
	Overwhelmed []Overwhelmed `json:"overwhelmed,omitempty"`

	Faults []Fault    `json:"faults,omitempty"`
	Nodes  []NodeNote `json:"nodes,omitempty"`
	Views  []View     `json:"views,omitempty"`  // what the workload shows beside all that
	Tables []Table    `json:"tables,omitempty"` // figures from inside the nodes: queues, permits, ...
}

// Began says whether clients did anything: a run that could not be made, or was
// interrupted before its load, has no figures, and those that stand for none say
// nothing.
func (r *Results) Began() bool {
	return r.Availability.InvokeCount > 0 || r.Error == "" && !r.Interrupted
}

// GossipSettings are what treecast's nodes made of their arguments, defaults
// included: what messages and latencies follow from.
type GossipSettings struct {
	NumChildren   int    `json:"num_children"`
	Rounds        string `json:"rounds"` // "locked", "free" or "eager"
	SyncPeriod    Millis `json:"sync_period_ms"`
	LatencyTarget Millis `json:"latency_target_ms,omitempty"` // if not 0, the period follows from it
	AckDelay      Millis `json:"ack_delay_ms"`
}

// Workload are the figures of the workload's own checker; the one of the
// workload that ran is set.
type Workload struct {
	Valid   Verdict  `json:"valid"`
	SetFull *SetFull `json:"set_full,omitempty"` // of a workload whose values make a set
	Figures Figures  `json:"figures,omitempty"`  // of any other: Maelstrom's :workload, :valid? included
}

// Fault is something the nemesis did.
type Fault struct {
	Kind string `json:"kind"` // "partition", "kill", ...
	From Millis `json:"from_ms"`
	To   Millis `json:"to_ms"` // the end of the run if it was never undone
	Text string `json:"text"`  // whom it hit
}

// NodeNote is something that happened to one node.
type NodeNote struct {
	Node   string   `json:"node"`
	Kind   string   `json:"kind"` // "crash", "deaf", "garbage", ...
	At     Millis   `json:"at_ms"`
	Text   string   `json:"text"`
	Stderr []string `json:"stderr,omitempty"` // the last lines it wrote
}

// Table is a table of figures whose columns are known to whoever filled it and
// whoever reads it. A column's name ends in its unit.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"` // strings, numbers and booleans, one per column
}

// Challenge is the verdict on one of the Fly.io challenges.
type Challenge struct {
	Name   string           `json:"name"` // "3a" ... "3e"
	Passed bool             `json:"passed"`
	Checks []ChallengeCheck `json:"checks"`
}

// ChallengeCheck is one bound of a challenge.
type ChallengeCheck struct {
	What   string `json:"what"`   // "messages per operation", ...
	Target string `json:"target"` // "< 30"
	Got    string `json:"got"`    // "22.9"; "-" if there is no such figure
	Passed bool   `json:"passed"`
}

// FollowedCount is how many operations brought a value that is followed. Records
// that do not name them, as Maelstrom's, count the values of their set.
func (r *Results) FollowedCount() int {
	if r.Followed == "" && r.Workload.SetFull != nil {
		return r.Workload.SetFull.AttemptCount
	}
	return r.Stats.ByF[r.Followed].Count
}

// Spreads says whether clients gave the nodes values to spread, so that there can
// be figures of each such value.
func (r *Results) Spreads() bool {
	return r.Delivery != nil && r.Delivery.ValueCount > 0 && !r.Delivery.Inside || r.FollowedCount() > 0
}

// ErrSchema is wrapped by ReadResultsJSON when a file's schema is not ours.
var ErrSchema = errors.New("another schema")

// WriteJSON writes results.json, indented. A Schema of 0 becomes SchemaVersion.
func (r *Results) WriteJSON(w io.Writer) error {
	out := *r
	if out.Schema == 0 {
		out.Schema = SchemaVersion
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return fmt.Errorf("run: write results.json: %w", err)
	}
	return nil
}

// ReadResultsJSON reads a results.json. The error wraps ErrSchema if another
// version of treecast wrote it in a shape this one does not know.
func ReadResultsJSON(r io.Reader) (*Results, error) {
	text, err := io.ReadAll(withoutBOM(r))
	if err != nil {
		return nil, fmt.Errorf("run: read results.json: %w", err)
	}
	var compact bytes.Buffer // values come back as they were before indentation
	if err := json.Compact(&compact, text); err != nil {
		return nil, fmt.Errorf("run: read results.json: %w", err)
	}
	var out Results
	if err := json.Unmarshal(compact.Bytes(), &out); err != nil {
		return nil, fmt.Errorf("run: read results.json: %w", err)
	}
	if out.Schema != SchemaVersion {
		return nil, fmt.Errorf("run: results.json: %w: %d, this treecast reads %d; run the test again with this version", ErrSchema, out.Schema, SchemaVersion)
	}
	return &out, nil
}
