package txn_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/checker/txn"
)

// A small history of lists: transactions with made-up reads, and one that reads
// every key when all is over, so that the order of all versions is known.
type smallTxn struct {
	typ        txn.Type
	mops       []txn.Mop
	begin, end int // places in the history
}

const smallKeys = 2

// drawSmall draws transactions whose reads show prefixes of an order of each
// key's appends, mostly with the transaction's own at the end where they
// belong. Many are serializable, and most are nearly so.
//
// Two things that Elle does not see are left out: that a transaction's appends
// to one key changed places, and that some of them, but not the last, are lost.
func drawSmall(t *rapid.T) []smallTxn {
	n := rapid.IntRange(1, 4).Draw(t, "txns")
	txns := make([]smallTxn, n, n+1)
	type appendOf struct {
		txn   int
		value txn.Value
	}
	next := map[txn.Value]int{}
	appended := map[txn.Value][]appendOf{}
	key := func() txn.Value { return txn.Value(strconv.Itoa(rapid.IntRange(0, smallKeys-1).Draw(t, "key"))) }
	for i := range txns {
		txns[i].typ = rapid.SampledFrom([]txn.Type{txn.OK, txn.OK, txn.OK, txn.OK, txn.Info, txn.Fail}).Draw(t, "type")
		for range rapid.IntRange(1, 3).Draw(t, "length") {
			m := txn.Mop{Key: key()}
			if rapid.Bool().Draw(t, "write") {
				next[m.Key]++
				m.F, m.Value = txn.Write, txn.Value(strconv.Itoa(next[m.Key]))
				appended[m.Key] = append(appended[m.Key], appendOf{i, m.Value})
			}
			txns[i].mops = append(txns[i].mops, m)
		}
	}
	empty := []txn.Value(nil)
	if rapid.Bool().Draw(t, "empty") {
		empty = []txn.Value{}
	}
	final := smallTxn{typ: txn.OK}
	appends := map[txn.Value][]txn.Value{}
	for k := range smallKeys {
		key := txn.Value(strconv.Itoa(k))
		all := appended[key]
		for i, x := range txns {
			odds := map[txn.Type]int{txn.OK: 0, txn.Info: 1, txn.Fail: 3}[x.typ] // of none, a half, and three in four
			if rapid.IntRange(0, odds).Draw(t, "lost") > 0 {
				all = slices.DeleteFunc(slices.Clone(all), func(a appendOf) bool { return a.txn == i })
			}
		}
		if len(all) > 1 && rapid.IntRange(0, 2).Draw(t, "shuffle") == 0 {
			shuffled := rapid.Permutation(all).Draw(t, "order")
			used := map[int]int{}
			for j, a := range shuffled { // the j-th of a transaction's comes at its j-th place
				mine := slices.DeleteFunc(slices.Clone(all), func(b appendOf) bool { return b.txn != a.txn })
				shuffled[j].value = mine[used[a.txn]].value
				used[a.txn]++
			}
			all = shuffled
		}
		list := slices.Clone(empty)
		for _, a := range all {
			list = append(list, a.value)
		}
		appends[key] = list
		final.mops = append(final.mops, txn.Mop{Key: key, List: list})
	}
	for _, x := range txns {
		if x.typ != txn.OK {
			continue
		}
		for j := range x.mops {
			m := &x.mops[j]
			if m.F != txn.Read {
				continue
			}
			all := appends[m.Key]
			show := rapid.IntRange(0, len(all)).Draw(t, "show")
			for _, own := range x.mops[:j] {
				if at := slices.Index(all, own.Value); own.F == txn.Write && own.Key == m.Key && at >= 0 && rapid.IntRange(0, 3).Draw(t, "own") > 0 {
					show = at + 1
				}
			}
			m.List = append(slices.Clone(empty), all[:show]...)
		}
	}
	places := rapid.Permutation(doubled(n)).Draw(t, "places")
	for place, i := range places {
		if txns[i].begin == 0 {
			txns[i].begin = place + 1
		} else {
			txns[i].end = place + 1
		}
	}
	final.begin, final.end = 2*n+1, 2*n+2
	return append(txns, final)
}

func doubled(n int) (all []int) {
	for i := range n {
		all = append(all, i, i)
	}
	return all
}

// historyOf is what a test bed would have recorded.
func historyOf(txns []smallTxn) []txn.Op {
	ops := make([]txn.Op, 2*len(txns))
	for i, x := range txns {
		asked := slices.Clone(x.mops)
		for j := range asked {
			asked[j].List = nil
			if asked[j].F == txn.Read {
				asked[j].Value = txn.Null
			}
		}
		done := x.mops
		if x.typ != txn.OK {
			done = asked
		}
		ops[x.begin-1] = txn.Op{Index: x.begin - 1, Type: txn.Invoke, Process: i, Txn: asked}
		ops[x.end-1] = txn.Op{Index: x.end - 1, Type: x.typ, Process: i, Txn: done}
	}
	return ops
}

// store is the state of all keys. A version shares no memory with others.
type store map[txn.Value][]txn.Value

func (s store) with(t smallTxn) store {
	next := store{}
	for k, v := range s {
		next[k] = v
	}
	for _, m := range t.mops {
		if m.F == txn.Write {
			next[m.Key] = append(slices.Clone(next[m.Key]), m.Value)
		}
	}
	return next
}

// explains tells whether the reads of a transaction show a store, and what the
// transaction itself appended before.
func (s store) explains(t smallTxn) bool {
	if t.typ != txn.OK {
		return true
	}
	own := store{}
	for _, m := range t.mops {
		if m.F == txn.Write {
			own[m.Key] = append(own[m.Key], m.Value)
		} else if !slices.Equal(m.List, slices.Concat(s[m.Key], own[m.Key])) {
			return false
		}
	}
	return true
}

// committed calls try with every choice of those transactions that may have
// committed, until it is true.
func committed(txns []smallTxn, try func([]smallTxn) bool) bool {
	var choose func(rest, chosen []smallTxn) bool
	choose = func(rest, chosen []smallTxn) bool {
		if len(rest) == 0 {
			return try(chosen)
		}
		with := append(slices.Clone(chosen), rest[0])
		switch rest[0].typ {
		case txn.OK:
			return choose(rest[1:], with)
		case txn.Info:
			return choose(rest[1:], with) || choose(rest[1:], chosen)
		}
		return choose(rest[1:], chosen)
	}
	return choose(txns, nil)
}

// inSomeOrder tries the transactions one after the other in every order, in
// realtime only after those that were done before they began.
func inSomeOrder(txns []smallTxn, realtime bool, step func(past []store, t smallTxn) bool) bool {
	return committed(txns, func(chosen []smallTxn) bool {
		used := make([]bool, len(chosen))
		early := func(t smallTxn) bool {
			for i, o := range chosen {
				if !used[i] && o.typ == txn.OK && o.end < t.begin {
					return realtime
				}
			}
			return false
		}
		var place func(past []store, left int) bool
		place = func(past []store, left int) bool {
			for i, t := range chosen {
				if used[i] || early(t) || !step(past, t) {
					continue
				}
				used[i] = true
				if place(append(slices.Clone(past), past[len(past)-1].with(t)), left-1) {
					return true
				}
				used[i] = false
			}
			return left == 0
		}
		return place([]store{{}}, len(chosen))
	})
}

func serializable(txns []smallTxn) bool {
	return inSomeOrder(txns, false, func(past []store, t smallTxn) bool { return past[len(past)-1].explains(t) })
}

func strictSerializable(txns []smallTxn) bool {
	return inSomeOrder(txns, true, func(past []store, t smallTxn) bool { return past[len(past)-1].explains(t) })
}

// readCommitted: every read shows some state that was committed before, or the
// last one with what the transaction has appended until then.
func readCommitted(txns []smallTxn) bool {
	return inSomeOrder(txns, false, func(past []store, t smallTxn) bool {
		own := store{}
		for _, m := range t.mops {
			if m.F == txn.Write {
				own[m.Key] = append(own[m.Key], m.Value)
				continue
			}
			shown := t.typ != txn.OK
			for _, s := range past {
				shown = shown || slices.Equal(m.List, s[m.Key])
			}
			for n := range own[m.Key] {
				shown = shown || slices.Equal(m.List, slices.Concat(past[len(past)-1][m.Key], own[m.Key][:n+1]))
			}
			if !shown {
				return false
			}
		}
		return true
	})
}

// snapshotIsolation: transactions read one committed state, any that is not
// newer than their commit, and no one else may have committed a write to their
// keys since.
func snapshotIsolation(txns []smallTxn) bool {
	return inSomeOrder(txns, false, func(past []store, t smallTxn) bool {
		last := past[len(past)-1]
		return slices.ContainsFunc(past, func(s store) bool {
			for _, m := range t.mops {
				if m.F == txn.Write && !slices.Equal(s[m.Key], last[m.Key]) {
					return false
				}
			}
			return s.explains(t)
		})
	})
}

func TestCheckLists_agreesWithBruteForce(t *testing.T) {
	for model, holds := range map[string]func([]smallTxn) bool{
		"serializable":        serializable,
		"strict-serializable": strictSerializable,
		"snapshot-isolation":  snapshotIsolation,
		"read-committed":      readCommitted,
	} {
		t.Run(model, func(t *testing.T) {
			seen := map[bool]int{}
			rapid.Check(t, func(t *rapid.T) {
				small := drawSmall(t)
				history := historyOf(small)
				want := holds(small)
				r := txn.CheckLists(history, txn.Options{Models: []string{model}})
				if r.Err != nil {
					require.False(t, want)
					return
				}
				for _, all := range r.Anomalies {
					for _, a := range all {
						checkEvidence(t, txn.Lists, a)
					}
				}
				seen[want]++
				require.Equal(t, want, r.Valid != txn.False, "%s\n%s", describe(history), r.Text())
			})
			require.NotEmpty(t, seen[true])
			require.NotEmpty(t, seen[false])
		})
	}
}

func describe(history []txn.Op) (text string) {
	for _, op := range history {
		text += fmt.Sprintf("%d %v %d %v\n", op.Index, op.Type, op.Process, op.Txn)
	}
	return text
}
