package txn_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/checker/txn"
)

// knot is a history whose only closed paths without two rw edges in a row pass
// a transaction twice: each of n pairs wrote in a circle (G0), and a chain of
// them leads through every pair to itself. To find that none of the very many
// paths is a cycle, all must be tried.
func knot(n int) []txn.Op {
	var texts []string
	for i := range n {
		next := (i + 1) % n
		// Each of the pair appends to two keys, and the order of one is the other way round.
		texts = append(texts,
			fmt.Sprintf(`[["append",%d,1],["append",%d,2],["r",%d,[]]]`, 10*i, 10*i+1, 10*next+5),
			fmt.Sprintf(`[["append",%d,2],["append",%d,1],["append",%d,1]]`, 10*i, 10*i+1, 10*i+5),
			fmt.Sprintf(`[["r",%d,[1,2]],["r",%d,[1,2]],["r",%d,[1]]]`, 10*i, 10*i+1, 10*i+5),
		)
	}
	return script(txn.Lists, true, texts...)
}

func TestCheck_searchesThatAreCutAreNamed(t *testing.T) {
	history := knot(6)
	whole := txn.CheckLists(history, txn.Options{})
	require.NoError(t, whole.Err)
	require.Contains(t, whole.Types, "G0")
	require.NotContains(t, whole.Types, "cycle-search-timeout")

	late := time.Duration(0)
	for name, o := range map[string]txn.Options{
		"steps": {MaxSteps: 1},
		"time":  {Timeout: time.Second, Clock: func() time.Duration { late += time.Minute; return late }},
	} {
		t.Run(name, func(t *testing.T) {
			r := txn.CheckLists(history, o)
			require.Equal(t, txn.False, r.Valid)
			require.Contains(t, r.Types, "G0", "what takes linear time is found all the same")
			cut := r.Anomalies["cycle-search-timeout"]
			require.NotEmpty(t, cut)
			require.NotEmpty(t, cut[0].Cut)
			require.NotEmpty(t, cut[0].Component)
			require.Contains(t, r.Text(), "the search was cut for G-")
			require.NotContains(t, r.Maelstrom().Types, "cycle-search-timeout")
		})
	}
}

func TestCheck_historiesThatAreTooLargeHaveNoVerdict(t *testing.T) {
	r := txn.CheckLists(knot(6), txn.Options{MaxEdges: 10})
	require.Equal(t, txn.Unknown, r.Valid)
	require.ErrorContains(t, r.Err, "more than 10 edges")
}

// A clock that is not late changes nothing.
func TestCheck_timeToSpare(t *testing.T) {
	for _, g := range goldens(t) {
		o := txn.Options{Models: g.models, Timeout: time.Hour, Clock: func() time.Duration { return time.Minute }}
		require.Equal(t, check(g.kind, g.history, txn.Options{Models: g.models}).Text(), check(g.kind, g.history, o).Text())
	}
}
