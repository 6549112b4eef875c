package rules

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// arrows says which packages of ours each package may import. A package that is
// not named here is a mistake: whoever adds one decides where it stands.
var arrows = map[string][]string{
	".": {"cli"},

	// The node, from the outside in.
	"cli": {
		"experiment", "analysis", "report", "report/page", "node", "testbed/session", "run", // what commands do and show
		"inspect", "node/inject", "isolate", "isolate/hop",
		"workload", "workload/all", // settings of workloads, and which there are
		"gossip", "backpressure", "topology", // the types of the node's settings, and what they mean
		"journal", // where a node's is
	},
	"node":        {"app", "app/all", "isolate/hop", "node/inject", "node/stdin", "wire", "gossip", "gossip/codec", "gossip/service", "topology", "backpressure", "chans", "journal"},
	"node/inject": {},
	"node/stdin":  {},

	// What a node makes of its entries: a folder per workload, and what they share.
	"app": {"gossip", "wire"},
	"app/all": {
		"app", "app/broadcast", "app/counter", "app/echo", "app/gset", "app/kafka", "app/txn", "app/uniqueids",
	},
	"app/set":       {"app", "app/values", "gossip", "wire"},
	"app/values":    {},
	"app/broadcast": {"app", "app/set", "wire"},
	"app/counter":   {"app", "gossip", "wire"},
	"app/echo":      {"app", "wire"},
	"app/gset":      {"app", "app/set", "wire"},
	"app/kafka":     {"app", "gossip", "wire"},
	"app/txn":       {"app", "gossip", "wire"},
	"app/uniqueids": {"app", "wire"},

	"gossip":          {"topology"},
	"gossip/codec":    {"gossip", "wire"},
	"gossip/service":  {"gossip", "gossip/codec", "topology", "backpressure"},
	"gossip/mistake":  {"gossip"},        // for tests alone
	"app/mistake":     {"app", "gossip"}, // the same
	"isolate/frame":   {"gossip", "topology"},
	"isolate/hop":     {"isolate/frame", "gossip", "gossip/codec", "gossip/service", "backpressure", "node/inject", "wire"},
	"isolate":         {"isolate/frame", "isolate/hop", "node/inject"}, // it alone starts processes of the node's
	"wire":            {},
	"topology":        {},
	"backpressure":    {},
	"inspect":         {},
	"chans":           {},
	"chans/catalogue": {}, // what chans could be built on; nothing of the node imports it
	"journal":         {},

	// The test bed.
	"experiment": {
		"checker", "checker/txn", "analysis", "run",
		"journal", // whose runs are named, and what they leave removed
		"testbed/process", "testbed/virtual", "testbed/invariant", "testbed/session", "testbed/network", "testbed/nemesis", "workload", "workload/all",
	},
	"report":            {"run", "analysis", "report/figure", "report/plot"},
	"report/figure":     {"analysis", "run"},
	"report/page":       {"report/figure", "report/plot", "analysis", "run"},
	"report/plot":       {},
	"report/browser":    {},
	"analysis":          {"run"},
	"checker/txn":       {}, // serves anybody
	"checker":           {"run", "checker/txn"},
	"run":               {},
	"testbed":           {},
	"testbed/harness":   {}, // for tests and benchmarks: it knows no more than a client does
	"testbed/layout":    {},
	"testbed/nemesis":   {},
	"testbed/network":   {"run"},
	"testbed/service":   {"run", "wire"},
	"testbed/session":   {"run", "wire", "testbed/layout", "testbed/nemesis", "testbed/network", "testbed/service", "workload"},
	"testbed/process":   {"run", "testbed/network", "testbed/nemesis", "testbed/session"},
	"testbed/invariant": {"run", "wire", "gossip"},
	"testbed/virtual":   {"run", "wire", "testbed/network", "testbed/nemesis", "testbed/session", "testbed/invariant", "node", "node/inject", "journal", "gossip/codec"}, // it alone knows nodes from the inside

	// What is tested: a folder per workload, and what they share.
	"workload": {"checker", "run", "wire"},
	"workload/all": {
		"workload", "workload/broadcast", "workload/counter", "workload/echo", "workload/gset", "workload/kafka", "workload/linkv", "workload/txns", "workload/uniqueids",
	},
	"workload/clojure":      {"wire"}, // how Maelstrom's language compares and orders
	"workload/txngen":       {},       // the transactions that clients ask for
	"workload/workloadtest": {"run", "workload"},
	"workload/broadcast":    {"checker", "gossip/codec", "run", "wire", "workload"},
	"workload/echo":         {"checker", "run", "workload"},
	"workload/gset":         {"checker", "gossip/codec", "run", "wire", "workload"},
	"workload/counter":      {"checker", "run", "wire", "workload"},
	"workload/kafka":        {"run", "wire", "workload", "workload/clojure", "workload/txngen"},
	"workload/linkv":        {"run", "wire", "workload"},
	"workload/txns":         {"checker/txn", "run", "workload", "workload/txngen"},
	"workload/uniqueids":    {"run", "wire", "workload", "workload/clojure"},

	"internal/rules": {},
}

func TestImportsPointOneWay(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.inTestdata() {
			continue
		}
		allowed, known := arrows[s.dir]
		require.True(t, known, "%s: package %s has no place in the arrows", s.path, s.dir)
		for _, imported := range s.imports(t) {
			require.Contains(t, allowed, imported, "%s imports %s: if an import wants to point back, the seam is wrong", s.path, imported)
		}
	}
}

// Reference nodes prove the bed with programs that share no code with ours.
func TestReferenceNodesShareNoCodeWithTreecast(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if !s.inTestdata() {
			continue
		}
		seen++
		for _, imported := range s.imports(t) {
			require.Equal(t, "testbed/testdata/nodes/naive", imported, s.path)
		}
	}
	require.Positive(t, seen)
}

// The tests of a package that a node is built from may look around, but not up.
func TestTestsOfTheNodesPartsDoNotImportTheBed(t *testing.T) {
	parts := []string{"wire", "topology", "gossip", "gossip/codec", "backpressure", "chans", "chans/catalogue", "journal"}
	for _, s := range sources(t) {
		if !s.test || !slices.Contains(parts, s.dir) {
			continue
		}
		for _, imported := range s.imports(t) {
			require.Contains(t, parts, imported, "%s imports %s", s.path, imported)
		}
	}
}

func TestTheArrowsHaveNoCircle(t *testing.T) {
	done := map[string]bool{}
	var visit func(name string, above []string)
	visit = func(name string, above []string) {
		require.NotContains(t, above, name)
		if done[name] {
			return
		}
		for _, next := range arrows[name] {
			require.Contains(t, arrows, next)
			visit(next, append(slices.Clone(above), name))
		}
		done[name] = true
	}
	for name := range arrows {
		visit(name, nil)
	}
	require.Len(t, done, len(arrows))
}
