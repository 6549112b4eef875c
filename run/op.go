// Package run is the record of one run of a test bed: the history of client
// and nemesis operations, the journal of messages, the figures drawn from
// them, and the files they are kept in.
//
// The package holds data and its spelling (EDN, JSON, text) and decides
// nothing: verdicts are the checker's. Values are plain; a value of this
// package may be read from several goroutines once nobody writes it any more.
package run

import (
	"encoding/json"
	"time"
)

// OpType says which end of an operation an Op records, in Jepsen's terms.
type OpType uint8

// The types of an Op. An invocation is followed by exactly one completion of
// the same process: OK (it happened), Fail (it did not) or Info (unknown).
const (
	Invoke OpType = iota
	OK
	Fail
	Info
)

// NemesisProcess is the Process of operations done by the nemesis.
const NemesisProcess = -1

// Op is one line of a history.
type Op struct {
	Index   int             `json:"index"`           // position in the history, from 0
	Time    time.Duration   `json:"-"`               // since the start of the run; in JSON time_ms
	Type    OpType          `json:"type"`            // which end of the operation this is
	Process int             `json:"process"`         // logical process, or NemesisProcess
	F       string          `json:"f"`               // function: "add", "read", "start-partition", ...
	Value   json.RawMessage `json:"value"`           // JSON of the value; nil stands for EDN nil
	Micro   bool            `json:"micro,omitempty"` // Value is a list of micro-operations, [[f key value] ...]; EDN spells each f as a keyword
	Final   bool            `json:"final,omitempty"` // a read of the final phase
	Extra   json.RawMessage `json:"extra,omitempty"` // a JSON object of further keys that Jepsen's operation has; nil for none
	Error   *OpError        `json:"error,omitempty"` // why a Fail or Info ended so; nil otherwise
}

// OpError is the :error of a failed or indeterminate operation.
type OpError struct {
	Name string `json:"name"`           // Jepsen keyword without colon: "net-timeout", "temporarily-unavailable", ...
	Text string `json:"text,omitempty"` // the node's own words, may be empty
}

// Message is one line of the journal of messages: who sent what to whom,
// when, and whether it arrived.
type Message struct {
	ID        int64           // the network's count, from 0
	Src, Dest string          // node, client or service names
	Type      string          // body.type
	Bytes     int             // length of the body as JSON
	Sent      time.Duration   // when the network took it
	Delivered time.Duration   // when its receiver got it; negative while it has not
	Copy      bool            // this is not the message but its duplicate, which a fault of the network made
	Body      json.RawMessage // kept only where asked for; nil otherwise
}
