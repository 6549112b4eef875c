package txn_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/checker/txn"
)

// TestProhibits_adds is the table of what each model prohibits beyond a weaker
// one. Anomalies that imply one of those are left out.
func TestProhibits_adds(t *testing.T) {
	for _, c := range []struct{ model, beyond, adds string }{
		{"read-uncommitted", "linearizable", "G0 PL-1-cycle-exists cyclic-versions duplicate-elements"},
		{"read-committed", "read-uncommitted", "G1 G1a G1b G1c PL-2-cycle-exists dirty-update future-read incompatible-order"},
		{"monotonic-atomic-view", "read-committed", ""},
		{"read-atomic", "read-committed", "internal"},
		{"causal-cerone", "read-atomic", ""},
		{"prefix", "read-atomic", ""},
		{"update-atomic", "read-atomic", "lost-update"},
		{"parallel-snapshot-isolation", "update-atomic", ""},
		{"cursor-stability", "read-committed", "G-cursor lost-update"},
		{"consistent-view", "cursor-stability", "G-monotonic G-single G-single-item"},
		{"repeatable-read", "cursor-stability", "G-nonadjacent-item G-single-item G2-item PL-2.99-cycle-exists"},
		{"serializable", "snapshot-isolation", "G-update G2 G2-item PL-2.99-cycle-exists PL-3-cycle-exists predicate-read-miss write-skew"},
		{"strong-session-read-committed", "strong-session-read-uncommitted", "G1 G1a G1b G1c G1c-process PL-2-cycle-exists dirty-update future-read incompatible-order strong-session-PL-2-cycle-exists"},
		{"strict-serializable", "strong-session-serializable", "G-nonadjacent-item-realtime G-nonadjacent-realtime G-single-item-realtime G-single-realtime " +
			"G0-realtime G1-realtime G1c-realtime G2-item-realtime G2-realtime PL-SS-cycle-exists strong-PL-1-cycle-exists strong-PL-2-cycle-exists strong-snapshot-isolation-cycle-exists"},
	} {
		weaker := txn.Prohibits(c.beyond)
		adds := slices.DeleteFunc(txn.Prohibits(c.model), func(a string) bool { return slices.Contains(weaker, a) })
		require.Equal(t, c.adds, strings.Join(adds, " "), c.model)
		require.Subset(t, txn.Prohibits(c.model), weaker, c.model)
	}
	require.Equal(t, txn.Prohibits("PL-SS"), txn.Prohibits("strong-serializable"))
	for _, single := range []string{"linearizable", "sequential", "causal", "PRAM", "read-your-writes", "view-serializable", "1SR"} {
		require.Empty(t, txn.Prohibits(single), single)
	}
}

func TestParseModels(t *testing.T) {
	for _, list := range []string{"serializable,read-committed", "serializable , read-committed", " serializable  read-committed "} {
		names, err := txn.ParseModels(list)
		require.NoError(t, err)
		require.Equal(t, []string{"serializable", "read-committed"}, names)
	}
	_, err := txn.ParseModels("serializable,linearisable")
	require.ErrorContains(t, err, `unknown consistency model "linearisable"; known are 1SR, PL-1, PL-2, PL-2+, `)
	for _, name := range txn.Models() {
		require.ErrorContains(t, err, name)
		_, err := txn.ParseModels(name)
		require.NoError(t, err)
	}
	_, err = txn.ParseModels(" , ")
	require.ErrorContains(t, err, "no consistency model is named")
	require.Len(t, txn.Models(), 54)
}
