package txn_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/checker/txn"
)

// summary is what a change of names must leave alone: how many anomalies there
// are of each type, and what follows from them.
func summary(r txn.Result) string {
	text := fmt.Sprint(r.Valid, r.Types, r.Not, r.AlsoNot, r.Err != nil)
	for _, all := range []map[string][]txn.Anomaly{r.Anomalies, r.Others} {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			text += fmt.Sprintf(" %s:%d", name, len(all[name]))
		}
	}
	return text
}

// renamed is a history with other keys, values and processes.
func renamed(history []txn.Op, key, value func(txn.Value) txn.Value, process func(int) int) []txn.Op {
	other := slices.Clone(history)
	for i := range other {
		other[i].Process = process(other[i].Process)
		other[i].Txn = slices.Clone(other[i].Txn)
		for j := range other[i].Txn {
			m := &other[i].Txn[j]
			m.Key = key(m.Key)
			if m.Value != txn.Null {
				m.Value = value(m.Value)
			}
			m.List = slices.Clone(m.List)
			for k := range m.List {
				m.List[k] = value(m.List[k])
			}
		}
	}
	return other
}

func TestCheck_namesDoNotMatter(t *testing.T) {
	all := goldens(t)
	rapid.Check(t, func(t *rapid.T) {
		g := rapid.SampledFrom(all).Draw(t, "run")
		models := []string{rapid.SampledFrom(txn.Models()).Draw(t, "model")}
		before := check(g.kind, g.history, txn.Options{Models: models})
		salt := rapid.StringMatching(`[a-z]{0,3}`).Draw(t, "salt")
		turn := rapid.IntRange(0, 50).Draw(t, "turn")
		after := check(g.kind, renamed(g.history,
			func(v txn.Value) txn.Value { return `"` + txn.Value(salt) + v + `"` },
			func(v txn.Value) txn.Value { return `["` + v + txn.Value(salt) + `"]` },
			func(p int) int { return 1000 + (p ^ turn) },
		), txn.Options{Models: models})
		require.Equal(t, summary(before), summary(after))
	})
}

// Transactions of other processes on other keys neither add an anomaly nor hide
// one. Which cycles are found may change, as paths through real time become
// longer; their types may not.
func TestCheck_unrelatedTransactionsDoNotMatter(t *testing.T) {
	all := goldens(t)
	rapid.Check(t, func(t *rapid.T) {
		g := rapid.SampledFrom(all).Draw(t, "run")
		models := []string{rapid.SampledFrom(txn.Models()).Draw(t, "model")}
		before := check(g.kind, g.history, txn.Options{Models: models})

		places := rapid.SliceOfNDistinct(rapid.IntRange(0, len(g.history)), 2, 60, rapid.ID[int]).Draw(t, "places")
		slices.Sort(places)
		var more []txn.Op
		open := map[int][]txn.Mop{}
		next := 0
		for i := range len(g.history) + 1 {
			if _, ok := slices.BinarySearch(places, i); ok {
				process := 5000 + i%3
				if asked := open[process]; asked != nil {
					more = append(more, txn.Op{Type: txn.OK, Process: process, Txn: asked})
					delete(open, process)
				} else {
					next++
					open[process] = []txn.Mop{{F: txn.Write, Key: txn.Value(fmt.Sprint(7000 + next)), Value: "1"}}
					more = append(more, txn.Op{Type: txn.Invoke, Process: process, Txn: open[process]})
				}
			}
			if i < len(g.history) {
				more = append(more, g.history[i])
			}
		}
		for _, process := range slices.Sorted(maps.Keys(open)) {
			more = append(more, txn.Op{Type: txn.OK, Process: process, Txn: open[process]})
		}
		for i := range more {
			more[i].Index = i
		}
		after := check(g.kind, more, txn.Options{Models: models})
		require.Equal(t, before.Valid, after.Valid)
		require.Equal(t, before.Types, after.Types)
		require.Equal(t, before.Not, after.Not)
	})
}

func TestCheck_sameHistorySameResult(t *testing.T) {
	for _, g := range goldens(t) {
		a, b := check(g.kind, g.history, txn.Options{}), check(g.kind, g.history, txn.Options{})
		require.Equal(t, a.Text(), b.Text())
	}
}
