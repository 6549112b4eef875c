package txn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/checker/txn"
)

// drawn makes a history of bytes: any order of operations, also ones that no
// test bed would record, over few keys and values.
func drawn(kind txn.Kind, data []byte) []txn.Op {
	next := func() int {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return int(b)
	}
	names := []txn.Value{"1", "2", "3", "4", "5", `"x"`, txn.Null, "[]"}
	var ops []txn.Op
	for len(data) > 0 {
		head := next()
		op := txn.Op{Index: len(ops), Type: txn.Type(head & 3), Process: head >> 2 & 3}
		for range head >> 4 & 7 {
			b := next()
			m := txn.Mop{F: txn.Func(b & 1), Key: names[b>>1&1], Value: names[b>>2&7]}
			if kind == txn.Lists && m.F == txn.Read && b>>6 > 0 {
				m.List = []txn.Value{}
				for range b >> 2 & 7 {
					m.List = append(m.List, names[next()&7])
				}
			}
			op.Txn = append(op.Txn, m)
		}
		ops = append(ops, op)
	}
	return ops
}

// FuzzCheck holds both checkers to what is true of any result, and to end.
func FuzzCheck(f *testing.F) {
	f.Add([]byte{0x20, 1, 5, 0x21, 1, 5, 0x14, 2, 0x15, 0x46, 1, 2})
	f.Add([]byte{0x10, 0x01, 0x14, 0x05, 0x18, 0x40, 0x11, 0x01, 0x15, 0x05, 0x19, 0x48, 1, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<12 {
			return
		}
		for _, kind := range []txn.Kind{txn.Lists, txn.Registers} {
			history := drawn(kind, data)
			for _, model := range []string{"strict-serializable", "strong-session-snapshot-isolation", "read-uncommitted"} {
				for _, o := range []txn.Options{{}, {MaxSteps: 1}, {MaxEdges: 3}} {
					o.Models = []string{model}
					r := txn.CheckLists(history, o)
					if kind == txn.Registers {
						r = txn.CheckRegisters(history, o)
					}
					require.NotEmpty(t, r.Text())
					if r.Err != nil {
						require.Equal(t, txn.Unknown, r.Valid)
						require.Empty(t, r.Types)
						continue
					}
					require.Equal(t, len(r.Types) == 0, r.Valid == txn.True)
					require.Len(t, r.Anomalies, len(r.Types))
					if o.MaxSteps == 0 {
						require.NotContains(t, r.Types, "cycle-search-timeout")
					}
					for _, all := range r.Anomalies {
						for _, a := range all {
							checkCycle(t, a)
						}
					}
				}
			}
		}
	})
}

// checkCycle is what is true of the cycle of any history.
func checkCycle(t *testing.T, a txn.Anomaly) {
	if a.Cycle == nil {
		return
	}
	seen := map[*txn.Op]bool{}
	last := a.Cycle.Edges[len(a.Cycle.Edges)-1].To
	for _, e := range a.Cycle.Edges {
		require.Same(t, last, e.From)
		require.False(t, seen[e.From], "twice in a cycle")
		seen[e.From] = true
		last = e.To
	}
}
