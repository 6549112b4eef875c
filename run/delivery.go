package run

import "encoding/json"

// Delivery is the true delivery latency, a figure of our own: from the moment
// the network took the first broadcast request of a value to the moment the
// last node was handed it. Maelstrom's stable latencies sample the same thing
// by reads and come out about one hop lower.
type Delivery struct {
	NodeCount  int         `json:"node_count"`
	Inside     bool        `json:"inside,omitempty"`       // of entries, seen inside of the nodes: from when the first knew it
	ValueCount int         `json:"value_count"`            // values sent
	FullCount  int         `json:"full_count"`             // of these, handed to every node
	Latencies  *Quantiles  `json:"latencies_ms,omitempty"` // of those; nil if there is none
	Worst      []Delivered `json:"worst"`                  // the slowest, slowest first
	Partial    []Partial   `json:"partial"`                // some of those not handed to every node
	// HandedCount is how often a value was handed to a node; RepeatCount how
	// often to a node that had been handed it before: wasted payload.
	HandedCount int64 `json:"handed_count"`
	RepeatCount int64 `json:"repeat_count"`
}

// Delivered is a value that reached every node.
type Delivered struct {
	Value    json.RawMessage `json:"value"`
	Sent     Millis          `json:"sent_ms"`    // since the start of the run
	Latency  Millis          `json:"latency_ms"` // until the last node had it
	LastNode string          `json:"last_node"`
}

// Partial is a value that did not reach every node.
type Partial struct {
	Value       json.RawMessage `json:"value"`
	Sent        Millis          `json:"sent_ms"`
	HandedCount int             `json:"handed_count"` // nodes that were handed it
	Lacking     []string        `json:"lacking"`      // some of those that were not
}
