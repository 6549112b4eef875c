package txn_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/checker/txn"
)

// drawRegisters draws an execution of registers one transaction after the
// other, mostly from one committed state, then changes some reads.
func drawRegisters(t *rapid.T) []smallTxn {
	n := rapid.IntRange(1, 5).Draw(t, "txns")
	txns := make([]smallTxn, n)
	state := map[txn.Value]txn.Value{}
	next := 0
	for i := range txns {
		txns[i] = smallTxn{typ: rapid.SampledFrom([]txn.Type{txn.OK, txn.OK, txn.OK, txn.Info, txn.Fail}).Draw(t, "type")}
		for range rapid.IntRange(1, 3).Draw(t, "length") {
			m := txn.Mop{Key: txn.Value(strconv.Itoa(rapid.IntRange(0, smallKeys-1).Draw(t, "key")))}
			switch {
			case rapid.Bool().Draw(t, "write"):
				next++
				m.F, m.Value = txn.Write, txn.Value(strconv.Itoa(next))
				state[m.Key] = m.Value
			case rapid.IntRange(0, 5).Draw(t, "odd") == 0 && next > 0:
				m.Value = txn.Value(strconv.Itoa(rapid.IntRange(1, next).Draw(t, "value")))
			default:
				m.Value = state[m.Key]
			}
			txns[i].mops = append(txns[i].mops, m)
		}
	}
	for place, i := range rapid.Permutation(doubled(n)).Draw(t, "places") {
		if txns[i].begin == 0 {
			txns[i].begin = place + 1
		} else {
			txns[i].end = place + 1
		}
	}
	return txns
}

// registersIn tells whether a transaction's reads show a store whose versions'
// last elements are the registers.
func registersIn(s store, t smallTxn) bool {
	own := map[txn.Value]txn.Value{}
	for _, m := range t.mops {
		want, ok := own[m.Key]
		if !ok {
			want = append(store{m.Key: {txn.Null}}[m.Key], s[m.Key]...)[len(s[m.Key])]
		}
		if m.F == txn.Write {
			own[m.Key] = m.Value
		} else if t.typ == txn.OK && m.Value != want {
			return false
		}
	}
	return true
}

// What holds is never called wrong. The converse is not true, as the order of a
// register's versions is not seen; TestCheckRegisters_finds has what is found.
func TestCheckRegisters_neverBlamesWhatHolds(t *testing.T) {
	for model, holds := range map[string]func([]smallTxn) bool{
		"serializable": func(txns []smallTxn) bool {
			return inSomeOrder(txns, false, func(past []store, t smallTxn) bool { return registersIn(past[len(past)-1], t) })
		},
		"strict-serializable": func(txns []smallTxn) bool {
			return inSomeOrder(txns, true, func(past []store, t smallTxn) bool { return registersIn(past[len(past)-1], t) })
		},
		"snapshot-isolation": func(txns []smallTxn) bool {
			return inSomeOrder(txns, false, func(past []store, t smallTxn) bool {
				last := past[len(past)-1]
				return slices.ContainsFunc(past, func(s store) bool {
					for _, m := range t.mops {
						if m.F == txn.Write && !slices.Equal(s[m.Key], last[m.Key]) {
							return false
						}
					}
					return registersIn(s, t)
				})
			})
		},
	} {
		t.Run(model, func(t *testing.T) {
			held, blamed := 0, 0
			rapid.Check(t, func(t *rapid.T) {
				small := drawRegisters(t)
				history := historyOf(small)
				r := txn.CheckRegisters(history, txn.Options{Models: []string{model}})
				require.NoError(t, r.Err)
				for _, all := range r.Anomalies {
					for _, a := range all {
						checkEvidence(t, txn.Registers, a)
					}
				}
				if holds(small) {
					held++
					require.NotEqual(t, txn.False, r.Valid, "%s\n%s", describe(history), r.Text())
				} else if r.Valid == txn.False {
					blamed++
				}
			})
			require.NotZero(t, held)
			require.NotZero(t, blamed)
		})
	}
}

// script makes a history of committed transactions: one after the other, or all
// begun before any is done.
func script(kind txn.Kind, concurrent bool, texts ...string) []txn.Op {
	var txns []smallTxn
	for i, text := range texts {
		mops, err := txn.Parse(kind, []byte(text))
		if err != nil {
			panic(err)
		}
		x := smallTxn{typ: txn.OK, mops: mops, begin: 2*i + 1, end: 2*i + 2}
		if concurrent {
			x.begin, x.end = i+1, len(texts)+i+1
		}
		txns = append(txns, x)
	}
	return historyOf(txns)
}

func TestCheckRegisters_finds(t *testing.T) {
	for name, c := range map[string]struct {
		concurrent bool
		model      string
		texts      []string
		types      []string
	}{
		"a stale read": {false, "strict-serializable",
			[]string{`[["w","x",1]]`, `[["r","x",null]]`}, []string{"G-single-item-realtime"}},
		"which is no violation without real time": {false, "serializable",
			[]string{`[["w","x",1]]`, `[["r","x",null]]`}, nil},
		"write skew": {true, "serializable",
			[]string{`[["r","x",null],["w","y",1]]`, `[["r","y",null],["w","x",1]]`}, []string{"G2-item"}},
		"which snapshot isolation allows": {true, "snapshot-isolation",
			[]string{`[["r","x",null],["w","y",1]]`, `[["r","y",null],["w","x",1]]`}, nil},
		"a lost update": {true, "snapshot-isolation",
			[]string{`[["r","x",null],["w","x",1]]`, `[["r","x",null],["w","x",2]]`}, []string{"lost-update"}},
		"a long fork": {true, "snapshot-isolation",
			[]string{`[["w","x",1]]`, `[["w","y",1]]`, `[["r","x",1],["r","y",null]]`, `[["r","x",null],["r","y",1]]`}, []string{"G-nonadjacent-item"}},
		"read skew": {true, "snapshot-isolation",
			[]string{`[["w","x",1],["w","y",1]]`, `[["r","x",1],["r","y",null]]`}, []string{"G-single-item"}},
		"read skew after the last of two writes": {true, "snapshot-isolation",
			[]string{`[["w","x",1],["w","x",2],["w","y",1]]`, `[["r","x",2],["r","y",null]]`}, []string{"G-single-item"}},
		"information that flows in a circle": {true, "read-committed",
			[]string{`[["w","x",1],["r","y",1]]`, `[["w","y",1],["r","x",1]]`}, []string{"G1c"}},
		"an order of versions that is a circle": {true, "read-uncommitted",
			[]string{`[["r","x",1],["w","x",2]]`, `[["r","x",2],["w","x",1]]`}, []string{"cyclic-versions"}},
		"an intermediate read": {true, "read-committed",
			[]string{`[["w","x",1],["w","x",2]]`, `[["r","x",1]]`}, []string{"G1b"}},
		"a read that forgets an own write": {true, "read-atomic",
			[]string{`[["w","x",1],["r","x",2]]`, `[["w","x",2]]`}, []string{"internal"}},
		"which read committed allows": {true, "read-committed",
			[]string{`[["w","x",1],["r","x",2]]`, `[["w","x",2],["r","x",2]]`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := txn.CheckRegisters(script(txn.Registers, c.concurrent, c.texts...), txn.Options{Models: []string{c.model}})
			require.NoError(t, r.Err)
			types := slices.DeleteFunc(r.Types, func(name string) bool { return name == "empty-transaction-graph" })
			require.Equal(t, len(c.types), len(types), r.Text())
			require.Subset(t, types, c.types)
		})
	}
}

func TestCheckRegisters_noVerdict(t *testing.T) {
	r := txn.CheckRegisters(script(txn.Registers, true, `[["w",5,1]]`, `[["r","5",1]]`), txn.Options{})
	require.ErrorContains(t, r.Err, "keys are of several types")
	require.Equal(t, txn.Unknown, r.Maelstrom().Valid)
	r = txn.CheckRegisters(script(txn.Registers, true, `[["w",5,1]]`, `[["w",5,1]]`, `[["r",5,1]]`), txn.Options{})
	require.ErrorContains(t, r.Err, "value 1 of key 5 was written by two transactions")
	require.Contains(t, r.Text(), "no verdict")
	r = txn.CheckRegisters(nil, txn.Options{Models: []string{"serialisable"}})
	require.ErrorContains(t, r.Err, `unknown consistency model "serialisable"; known are 1SR, PL-1,`)
}

// Maelstrom does not count searches that were cut, but a history in which
// nothing could be inferred is invalid to it.
func TestResultMaelstrom_emptyGraphIsInvalid(t *testing.T) {
	r := txn.CheckRegisters(nil, txn.Options{})
	require.Equal(t, txn.Unknown, r.Valid)
	require.Equal(t, []string{"empty-transaction-graph"}, r.Types)
	require.Equal(t, txn.False, r.Maelstrom().Valid)
}
