package run

import (
	"encoding/json"
)

// SetFull are the figures of Jepsen's set-full checker, which Maelstrom runs on
// workloads whose values make a set. Names and meaning are Jepsen's; elements are sorted.
type SetFull struct {
	Valid           Verdict           `json:"valid"`
	AttemptCount    int               `json:"attempt_count"`
	StableCount     int               `json:"stable_count"`
	LostCount       int               `json:"lost_count"`
	Lost            []json.RawMessage `json:"lost"`
	NeverReadCount  int               `json:"never_read_count"`
	NeverRead       []json.RawMessage `json:"never_read"`
	StaleCount      int               `json:"stale_count"`
	Stale           []json.RawMessage `json:"stale"`
	DuplicatedCount int               `json:"duplicated_count"`
	StableLatencies *Quantiles        `json:"stable_latencies_ms,omitempty"`
	LostLatencies   *Quantiles        `json:"lost_latencies_ms,omitempty"`
	WorstStale      []Element         `json:"worst_stale"`
}

// Outcome is what became of an element, in Jepsen's words.
type Outcome string

// The outcomes of an element.
const (
	Stable    Outcome = "stable"     // from some time on every read shows it
	Lost      Outcome = "lost"       // it was known, and from some time on no read shows it
	NeverRead Outcome = "never-read" // neither: no read began after it was known
)

// Element is what set-full found of one value.
type Element struct {
	Element       json.RawMessage `json:"element"`
	Outcome       Outcome         `json:"outcome"`
	StableLatency *Millis         `json:"stable_latency_ms,omitempty"` // whole ms; nil unless Stable
	LostLatency   *Millis         `json:"lost_latency_ms,omitempty"`   // whole ms; nil unless Lost
	Known         *Op             `json:"known,omitempty"`             // the completion that first confirmed it
	LastAbsent    *Op             `json:"last_absent,omitempty"`       // the invocation of the last read without it
}
