package rules

import (
	"go/ast"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// pure are the packages that are given time and randomness, and start nothing:
// the same inputs give the same outputs, under real and virtual time alike.
var pure = []string{
	"app", "app/all", "app/broadcast", "app/counter", "app/echo", "app/gset", "app/kafka", "app/set", "app/txn", "app/uniqueids", "app/values",
	"gossip", "gossip/codec", "isolate/frame", "isolate/hop", "topology", "backpressure", "checker", "analysis", "report", "report/figure", "report/page",
	"testbed/layout", "testbed/network", "testbed/nemesis", "testbed/session", "testbed/service",
	"testbed/virtual", "testbed/invariant",
	"workload", "workload/all", "workload/broadcast", "workload/clojure", "workload/counter", "workload/echo", "workload/gset", "workload/kafka", "workload/linkv", "workload/txngen", "workload/txns", "workload/uniqueids", "checker/txn",
}

// clock are the names of package time that read a clock or wait for one.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// handed are the names of package rand that draw from nothing but what they are
// handed.
var handed = []string{"Rand", "Source", "New", "NewPCG", "PCG", "NewChaCha8", "ChaCha8", "Zipf", "NewZipf"}

// outside are the packages that reach out of the process.
var outside = []string{"os", "os/exec", "os/signal", "net", "net/http", "syscall", "log", "math/rand", "crypto/rand"}

func TestPurePackagesAreGivenTimeAndRandomness(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if s.test || !slices.Contains(pure, s.dir) {
			continue
		}
		seen[s.dir] = true
		for _, name := range outside {
			require.Empty(t, s.named(name), "%s imports %s", s.path, name)
		}
		s.uses("time", func(name string, n ast.Node) {
			require.NotContains(t, clock, name, "%s: time is handed in", s.at(n))
		})
		s.uses("math/rand/v2", func(name string, n ast.Node) {
			require.Contains(t, handed, name, "%s: randomness is handed in", s.at(n))
		})
		ast.Inspect(s.file, func(n ast.Node) bool {
			if _, starts := n.(*ast.GoStmt); starts {
				require.Fail(t, "a pure package starts a goroutine", s.at(n))
			}
			if call, ok := n.(*ast.CallExpr); ok {
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok { // as of a sync.WaitGroup
					require.NotEqual(t, "Go", sel.Sel.Name, "%s: a pure package starts a goroutine", s.at(n))
				}
			}
			return true
		})
	}
	require.Len(t, seen, len(pure))
}
