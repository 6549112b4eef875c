package rules

import (
	"go/ast"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Nodes can be made to gossip wrongly, and their workloads to be wrong, to prove that the test bed notices. Only
// tests may do so.
func TestOnlyTestsMakeMistakes(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		for _, imported := range s.imports(t) {
			if imported != "gossip/mistake" && imported != "app/mistake" {
				continue
			}
			seen++
			require.True(t, s.test, "%s makes mistakes", s.path)
		}
	}
	require.Positive(t, seen)
}

// Journals in memory can be made to keep wrongly. Only tests may do so: elsewhere the
// setting is read and handed on, never made up.
func TestOnlyTestsSetAMistake(t *testing.T) {
	handed := 0
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			var name, value ast.Expr
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				name, value = n.Key, n.Value
			case *ast.AssignStmt:
				name, value = n.Lhs[0], n.Rhs[0]
			default:
				return true
			}
			if sel, ok := name.(*ast.SelectorExpr); ok {
				name = sel.Sel
			}
			if id, ok := name.(*ast.Ident); !ok || !strings.HasSuffix(id.Name, "Mistake") {
				return true
			}
			sel, ok := value.(*ast.SelectorExpr)
			require.True(t, ok && strings.HasSuffix(sel.Sel.Name, "Mistake"), "%s: a mistake is made", s.at(n))
			handed++
			return true
		})
	}
	require.Equal(t, 1, handed, "the driver hands one to the journal")
}
