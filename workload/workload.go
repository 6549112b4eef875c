package workload

import (
	"encoding/json"
	"math/rand/v2"
	"time"

	"treecast/run"
)

// Workload is one kind of load, and how it is judged. Only Name, Generator,
// Client and Check are needed.
type Workload struct {
	// Name is what --workload calls it.
	Name string
	// Solved says that treecast's own node solves it.
	Solved bool
	// SolvedAt is the consistency model that it gives, where the default asks for more.
	SolvedAt string
	// Vague says that some of its requests look as those of another workload, so that a
	// node cannot tell by them which one it is for.
	Vague bool
	// Topology says that nodes are sent a topology request before the load.
	Topology bool
	// Recovers says that the load is followed by healing, quiet and a final phase;
	// else the run ends with it, and nothing is healed.
	Recovers bool
	// Reusable says that a worker keeps its client when an operation of it ends
	// indeterminate; else every process opens one of its own.
	Reusable bool
	// Excused are functions that may never succeed without the run's being
	// invalid.
	Excused []string

	// Flags are those of the settings of single workloads that it looks at, as they
	// are typed: "--key-count".
	Flags []string

	// Accepts returns an error that says what to change if a run cannot be done
	// with the options; nil accepts all.
	Accepts func(Options) error
	// Generator makes the source of a run's operations.
	Generator func(Options) Generator
	// Client makes a client, for one process of one run.
	Client func(Options) Client

	// Check judges a history.
	Check func(run.History, Input) Verdict
	// Inquiry returns what is to be asked of nodes when the run proper is over,
	// healed and quiet, for Check to look at: operations that one Client per node
	// does in turn. Nil asks nothing.
	Inquiry func(run.History, Options) []Op
	// InquireOf says whether it is asked of the node with that index; nil asks all.
	InquireOf func(o Options, node int) bool
	// Views makes what a page shows of the run beside its verdicts; nil shows
	// nothing.
	Views func(run.History, Verdict, Input) []run.View

	// Carries finds the values in a request of clients or a message between
	// nodes that are followed on their way; false if the body is none that carries
	// any. Nil: values are not followed, and there is no delivery latency.
	Carries func(body json.RawMessage) (Reading, bool)
	// Spreads is the function whose operations each bring a value to be followed.
	Spreads string
	// SpreadsIn is the field of their requests that has it.
	SpreadsIn string

	// Losable are the findings of Check that may be right where nodes were killed that
	// kept nothing of what they had acknowledged.
	Losable []run.FindingKind
	// WritesAtEnd says that the final phase changes what nodes hold, so that they need
	// not hold the same when the run is over.
	WritesAtEnd bool
}

// Options are the settings of a run that workloads look at. The zero value of
// a field is its default.
type Options struct {
	Nodes       []string
	Concurrency int           // workers; worker w talks to node w mod len(Nodes)
	Latency     time.Duration // mean one-way latency between servers

	KeyCount         int      // keys in use at a time; 0 means 10
	MaxWritesPerKey  int      // 0 means 16
	MaxTxnLength     int      // micro-operations of a transaction; 0 means 4
	ConsistencyModel []string // what transactions must satisfy; empty: strict-serializable
}

// Defaults of Maelstrom's.
const (
	DefaultKeyCount        = 10
	DefaultMaxWritesPerKey = 16
	DefaultMaxTxnLength    = 4
	DefaultConsistency     = "strict-serializable"
)

// Op is an operation that a generator asks for. The session makes it a line of
// the history.
type Op struct {
	F     string          // as it stands in the history
	Value json.RawMessage // nil is EDN's nil
	Micro bool            // Value is a list of micro-operations
	Final bool            // marked as of the final phase
	Extra json.RawMessage // further keys, a JSON object; nil for none
}

// Workers are the workers of a run, for a generator to choose from: 0 to
// Concurrency-1.
type Workers interface {
	// Free says whether a worker has nothing to do.
	Free(worker int) bool
	// InTurn returns the next free worker after the one that was used last; there
	// is one.
	InTurn() int
	// Any draws a free worker; there is one.
	Any() int
	// Process returns the logical process that a worker is at present.
	Process(worker int) int
}

// Generator makes up the operations of a run.
type Generator interface {
	// Next chooses one of the free workers, of which there is at least one, and
	// what it does now.
	Next(now time.Duration, workers Workers, rng *rand.Rand) (worker int, op Op)
	// Update tells of every line that clients add to the history. It must not be
	// changed nor kept beyond the call.
	Update(worker int, op *run.Op)
	// Final is asked in the final phase, of a free worker: what it does next, now
	// or when asked again at a later time; Done if it has done all. It is asked
	// again when an operation of the worker completes.
	Final(now time.Duration, worker int, rng *rand.Rand) FinalStep
}

// FinalStep is what a worker does next in the final phase.
type FinalStep struct {
	Done bool
	At   time.Duration // when to ask again; at most now: do Op
	Op   Op
}

// Once is a Generator's Final for workers that do one operation each. The zero
// value has done none.
type Once struct{ done map[int]bool }

// Final returns op once for each worker.
func (o *Once) Final(worker int, op Op) FinalStep {
	if o.done[worker] {
		return FinalStep{Done: true}
	}
	if o.done == nil {
		o.done = map[int]bool{}
	}
	o.done[worker] = true
	return FinalStep{Op: op}
}

// NoFinal is the Final of workloads that do not recover.
type NoFinal struct{}

// Final says that there is nothing to do.
func (NoFinal) Final(time.Duration, int, *rand.Rand) FinalStep { return FinalStep{Done: true} }

// NoFeedback is the Update of a generator that does not look at completions.
type NoFeedback struct{}

// Update does nothing.
func (NoFeedback) Update(int, *run.Op) {}

// Keys is KeyCount or its default.
func (o *Options) Keys() int { return orDefault(o.KeyCount, DefaultKeyCount) }

// WritesPerKey is MaxWritesPerKey or its default.
func (o *Options) WritesPerKey() int { return orDefault(o.MaxWritesPerKey, DefaultMaxWritesPerKey) }

// TxnLength is MaxTxnLength or its default.
func (o *Options) TxnLength() int { return orDefault(o.MaxTxnLength, DefaultMaxTxnLength) }

func orDefault(value, otherwise int) int {
	if value == 0 {
		return otherwise
	}
	return value
}
