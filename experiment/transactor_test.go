package experiment

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// Nodes of testdata that do transactions, each by itself: right if it is alone.
// Two of them pass challenges 6b and 6c, and only strict sees that they tell each
// other nothing. What other mistakes lead to, package workload/txns shows.
func TestTransactor_getsTheVerdictsThatItDeserves(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		workload, habit string
		nodes           int
		model           string
		valid           run.Verdict
		finding         run.FindingKind
	}{
		{"txn-rw-register", "", 1, "strict-serializable", run.Valid, ""},
		{"txn-list-append", "", 1, "strict-serializable", run.Valid, ""},
		{"txn-rw-register", "", 2, "read-uncommitted", run.Valid, "differ"},
		{"txn-rw-register", "", 2, "read-committed", run.Valid, "differ"},
		{"txn-rw-register", "forgetful", 1, "read-committed", run.Valid, "internal"},
		{"txn-list-append", "stale", 1, "strict-serializable", run.Invalid, run.FindingMaelstrom},
		{"txn-list-append", "invents", 1, "serializable", run.Unknown, run.FindingUnsent},
	} {
		t.Run(test.workload+" "+test.habit+" "+test.model, func(t *testing.T) {
			t.Parallel()
			p := short("transactor", test.workload, test.nodes)
			p.Concurrency, p.Rate, p.TimeLimit, p.Quiet = "6n", 100, run.Millis(4*time.Second), run.Millis(time.Second)
			p.ConsistencyModels = run.CommaList(test.model)
			if test.habit != "" {
				p.Args = run.WordsOf(test.habit)
			}
			if test.nodes > 1 {
				p.Nemesis, p.NemesisInterval = "partition", run.Millis(500*time.Millisecond)
			}
			r, dir := longEnough(t, p, enough)
			require.Equal(t, test.valid, r.Valid, "%v", r.Strict.Findings)
			require.Empty(t, r.Strict.Unasked)
			if test.finding == "" {
				require.Equal(t, run.Valid, r.Strict.Valid, "%v", r.Strict.Findings)
				return
			}
			require.Equal(t, run.Invalid, r.Strict.Valid)
			require.Contains(t, kinds(r), test.finding, "%v", r.Strict.Findings)
			if test.valid != run.Invalid {
				return
			}
			again, err := run.ReadFolder(dir)
			require.NoError(t, err)
			require.True(t, slices.ContainsFunc(again.Results.Views, func(v run.View) bool { return v.Graph != nil }), "the cycle is a picture")
		})
	}
}
