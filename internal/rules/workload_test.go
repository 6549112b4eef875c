package rules

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/workload/all"
)

// A workload is a folder and a line in a map. Nothing else of the test bed says
// the name of one but the command line's default and the table of the challenges;
// services are called as one of the workloads is. So it is with the node: what it makes
// of a workload is a folder in app and a line in a map.
// types are those of clients' requests, but for the node's own: init and health.
var types = []string{
	"add", "commit_offsets", "generate", "list_committed_offsets", "poll", "read", "send", "topology", "txn",
}

func TestBed_namesNoWorkload(t *testing.T) {
	bed := []string{"cli", "experiment", "report", "analysis", "run", "checker", "testbed", "node"}
	exempt := []string{"checker/challenges.go", "testbed/service/service.go"}
	seen := map[string]bool{}
	for _, s := range sources(t) {
		room, _, _ := strings.Cut(s.dir, "/")
		if s.test || s.inTestdata() || !slices.Contains(bed, room) || slices.Contains(exempt, s.path) {
			continue
		}
		seen[room] = true
		ast.Inspect(s.file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				require.NotContains(t, all.Names(), text, "%s: neither bed nor node knows a workload by name", s.at(lit))
				if room == "node" {
					require.NotContains(t, types, text, "%s: the node knows no request of a workload", s.at(lit))
				}
			}
			return true
		})
		for _, imported := range s.imports(t) {
			for _, room := range []string{"workload/", "app/"} {
				below, of := strings.CutPrefix(imported, room)
				require.True(t, !of || below == "all", "%s imports %s: it is reached through the map", s.path, imported)
			}
		}
	}
	require.Len(t, seen, len(bed))
}
