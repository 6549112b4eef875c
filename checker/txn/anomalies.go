package txn

// impliedAnomalies says of each anomaly which others are there where it is. An
// anomaly of data alone is a trivial one of processes, and one of processes is
// one of real time, as a process does one thing at a time.
var impliedAnomalies = relation{
	"G0":                          {"G1c", "G0-process"},
	"G0-process":                  {"G1c-process", "G0-realtime"},
	"G0-realtime":                 {"G1c-realtime"},
	"G1a":                         {"G1"},
	"G1b":                         {"G1"},
	"G1c":                         {"G1", "G1c-process"},
	"G1c-process":                 {"G1c-realtime", "G1-process"},
	"G1c-realtime":                {"G1-realtime"},
	"G1":                          {"G1-process"},
	"G1-process":                  {"G1-realtime"},
	"G-single-item":               {"G-single", "G-single-item-process", "G-nonadjacent-item"},
	"G-single-item-process":       {"G-single-process", "G-single-item-realtime", "G-nonadjacent-item-process"},
	"G-single-item-realtime":      {"G-single-realtime", "G-nonadjacent-item-realtime"},
	"G-single":                    {"G-nonadjacent", "GSIb", "G-single-process"},
	"G-single-process":            {"G-nonadjacent-process", "G-single-realtime"},
	"G-single-realtime":           {"G-nonadjacent-realtime"},
	"G-nonadjacent-item":          {"G-nonadjacent", "G2-item", "G-nonadjacent-item-process"},
	"G-nonadjacent-item-process":  {"G-nonadjacent-process", "G2-item-process", "G-nonadjacent-item-realtime"},
	"G-nonadjacent-item-realtime": {"G2-item-realtime", "G-nonadjacent-realtime"},
	"G-nonadjacent":               {"G2", "G-nonadjacent-process"},
	"G-nonadjacent-process":       {"G2-process", "G-nonadjacent-realtime"},
	"G-nonadjacent-realtime":      {"G2-realtime"},
	"G2":                          {"G2-process"},
	"G2-item":                     {"G2", "G2-item-process"},
	"G2-item-process":             {"G2-process", "G2-item-realtime"},
	"G2-item-realtime":            {"G2-realtime"},
	"G2-process":                  {"G2-realtime"},
	"GSIa":                        {"GSI"},
	"GSIb":                        {"GSI"},
	"incompatible-order":          {"G1a"},
	"future-read":                 {"G1c"},
	"dirty-update":                {"G1a"},
	"lost-update":                 {"write-skew", "G2-item"},
	"write-skew":                  {"G2"},
}

// Implied returns the types of anomalies that are there where those of types
// are, themselves among them, sorted.
func Implied(types ...string) []string { return sorted(impliedAnomalies.closure(types)) }

// The types of anomalies that are no cycles.
const (
	typeG1a               = "G1a"
	typeG1b               = "G1b"
	typeInternal          = "internal"
	typeFutureRead        = "future-read"
	typeDirtyUpdate       = "dirty-update"
	typeLostUpdate        = "lost-update"
	typeDuplicateElements = "duplicate-elements"
	typeIncompatibleOrder = "incompatible-order"
	typeCyclicVersions    = "cyclic-versions"
	typeCut               = "cycle-search-timeout"
	typeEmptyGraph        = "empty-transaction-graph"
)

// leavesUnknown are the types that make a verdict unknown, not false.
var leavesUnknown = set{typeCut: true, typeEmptyGraph: true}

// Anomaly is one thing that is wrong with a history. Type says which, and which
// of the other fields are set:
//
//	G1a, G1b            Op, Mop (a read), Writer, Value (the element or value that Writer wrote)
//	internal            Op, Mop (a read), Expected, OpenPrefix
//	future-read         Op, Mop (a read), Value (that Op writes later)
//	duplicate-elements  Op, Mop (a read), Duplicates
//	incompatible-order  Key, Orders (two reads, neither a prefix of the other)
//	dirty-update        Key, Orders[0] (the versions), Txns (the failed writer, the next that committed)
//	lost-update         Key, Mop and Op (the first of the reads), Txns
//	cyclic-versions     Key, Orders[0] (the versions), Sources
//	a cycle             Cycle
//	...-cycle-exists    Not, Subgraph, Component
//	cycle-search-timeout  Cut, Absent, Component
//
// empty-transaction-graph has none.
type Anomaly struct {
	Type string

	Op         *Op       // whose micro-operation shows it
	Mop        int       // index of that micro-operation in Op.Txn
	Writer     *Op       // whose write is shown
	Key        Value     // the object
	Value      Value     // the element or value
	Expected   []Value   // of a list, what should have been read; of a register, one value
	OpenPrefix bool      // Expected is only the end of the list; what stands before it is not known
	Orders     [][]Value // versions in order
	Txns       []*Op     // completions
	Duplicates map[Value]int
	Sources    []string // how the order of versions was inferred

	Cycle *Cycle

	Not       string   // the model that a cycle rules out
	Subgraph  string   // in which edges the cycle is, in words
	Component []*Op    // the transactions among which it is
	Cut       []string // types whose search was cut, or passed over since another was
	Absent    []string // types that were searched without result
}

// EdgeKind says why one transaction comes before another.
type EdgeKind uint8

// The kinds of edges, as bits of a mask.
const (
	WW       EdgeKind = 1 << iota // it wrote the version before
	WR                            // it wrote what the other read
	RW                            // it read the version before the other's
	Process                       // the same process did it before
	Realtime                      // it was done when the other began
)

// String returns the kind's name as Elle spells it.
func (k EdgeKind) String() string {
	switch k {
	case WW:
		return "ww"
	case WR:
		return "wr"
	case RW:
		return "rw"
	case Process:
		return "process"
	case Realtime:
		return "realtime"
	}
	return "none"
}

// Edge says why a transaction of a cycle comes before the next one.
type Edge struct {
	Kind     EdgeKind
	From, To *Op // completions

	// Of ww, wr and rw:
	Key     Value
	Initial bool  // From read or wrote the state before all writes; Value is not set
	Value   Value // the version that From wrote (ww, wr) or read (rw)
	Next    Value // the version that To wrote (ww, rw)
	FromMop int   // index in From.Txn, or -1
	ToMop   int   // index in To.Txn, or -1

	Invocation *Op // of realtime: To's invocation
}

// Cycle are transactions each of which must come before the next, and the last
// before the first.
type Cycle struct {
	Edges []Edge // Edges[i].To is Edges[i+1].From; the last leads to the first's From
}
