// Package workload says what clients ask of a cluster: which operations they
// do, how each is spelt as a request, and what a reply means.
//
// A workload is one file: a type with the methods of Workload, and an init that
// registers it. It is pure, and one goroutine at a time may use it; a workload
// counts (the values it has broadcast), so each run needs its own from New.
package workload

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"treecast/run"
)

// Op is an operation to be invoked.
type Op struct {
	F     string          // as it stands in the history
	Value json.RawMessage // nil is EDN's nil
	Final bool            // done after recovery, to see what is left
}

// Completion is how an operation ended.
type Completion struct {
	Type  run.OpType // OK, Fail or Info
	Value json.RawMessage
	Error *run.OpError // nil if Type is OK
}

// Spread says how operations are handed to workers that are free.
type Spread uint8

const (
	// RoundRobin takes the next free worker after the last.
	RoundRobin Spread = iota
	// EachWorker gives every worker a generator of its own, so that any free
	// one may be next.
	EachWorker
)

// Workload is one kind of load, and its requests and replies.
type Workload interface {
	// Name is what --workload calls it.
	Name() string
	// NeedsTopology says whether nodes are sent a topology request first.
	NeedsTopology() bool
	// Spread says how its operations are handed to workers.
	Spread() Spread
	// Next makes up the next operation of the load.
	Next(rng *rand.Rand) Op
	// Final is the operation that each worker does once after recovery; false
	// if the run ends with the load.
	Final() (Op, bool)
	// AppendRequest appends the body of the request for an operation.
	AppendRequest(dst []byte, op Op, msgID int64) []byte
	// RequestType is the type field of that body.
	RequestType(op Op) string
	// Complete reads the reply's body, which is an object that answers the request.
	Complete(op Op, body json.RawMessage) Completion
	// Timeout is the completion of an operation that was not answered in time.
	Timeout(op Op) Completion
}

var registry = map[string]func() Workload{}

// register makes a workload known under its name. It is called from init.
func register(make func() Workload) { registry[make().Name()] = make }

// Names lists the workloads, sorted.
func Names() []string { return slices.Sorted(maps.Keys(registry)) }

// New returns the named workload, unused. An unknown name is an error that
// lists the known ones.
func New(name string) (Workload, error) {
	if make := registry[name]; make != nil {
		return make(), nil
	}
	return nil, fmt.Errorf("no workload is called %q; choose one of %s", name, strings.Join(Names(), ", "))
}
