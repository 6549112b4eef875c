package run

import "slices"

// Strict is our own verdict, beside Maelstrom's and never kinder: it sees
// what set-full does not look at.
type Strict struct {
	Valid    Verdict   `json:"valid"`
	Findings []Finding `json:"findings"`
	// Unasked says what was not looked at; without findings the verdict is unknown
	// then. Empty if all was.
	Unasked string `json:"unasked,omitempty"`
}

// FindingKind names what a finding is about.
type FindingKind string

// The kinds of finding, in the order they are reported.
const (
	FindingCrash      FindingKind = "crash"      // a node ended, or the bed says so otherwise
	FindingReply      FindingKind = "reply"      // replies that are not what the request asks for
	FindingUnanswered FindingKind = "unanswered" // a request that was never answered, with no fault active
	FindingLate       FindingKind = "late"       // a reply when the client had given up, with no fault active
	FindingTwice      FindingKind = "twice"      // a second reply to a request
	FindingSender     FindingKind = "sender"     // a message under another node's name
	FindingIgnored    FindingKind = "ignored"    // what stands behind the message on its line
	FindingDeaf       FindingKind = "deaf"       // a node did not answer its final read
	FindingMissing    FindingKind = "missing"    // a final read lacks known values
	FindingBackwards  FindingKind = "backwards"  // a read lacks what its node had shown or acknowledged
	FindingDuplicate  FindingKind = "duplicate"  // a read shows a value more than once
	FindingUnsent     FindingKind = "unsent"     // a read shows a value nobody had broadcast
	FindingRefused    FindingKind = "refused"    // a read shows a value whose broadcast failed
	FindingMalformed  FindingKind = "malformed"  // a read answered no list
	FindingInvariant  FindingKind = "invariant"  // something was so, inside of the nodes, that must never be
	FindingMaelstrom  FindingKind = "maelstrom"  // Maelstrom's own verdict is already false
)

// Finding is one thing that is wrong, with its evidence.
type Finding struct {
	Kind  FindingKind `json:"kind"`
	Node  string      `json:"node,omitempty"` // the node it is about, if it is about one
	Count int         `json:"count"`          // how many times, or how many values
	Text  string      `json:"text"`           // the evidence in one sentence
}

// StrictName is what the run's own verdict is called: "exact" where the nodes were looked
// into, and a value may be missing if none that had it could keep it; "strict" elsewhere,
// and where that was interrupted before anything could be said.
func (r *Results) StrictName() string {
	if slices.ContainsFunc(r.Tables, func(t Table) bool { return t.Name == ExactTable }) ||
		slices.ContainsFunc(r.Strict.Findings, func(f Finding) bool { return f.Kind == FindingInvariant }) { // which ends a run before the table
		return "exact"
	}
	return "strict"
}

// ExactTable is the name of the table of what was seen inside of the nodes, where the
// verdict is exact.
const ExactTable = "exact"
