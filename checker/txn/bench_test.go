package txn_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/checker/txn"
)

// simulated is a history as a store would answer it. Keys and values are those
// of Maelstrom's generator with its defaults, but for its order of keys.
type simulated struct {
	kind    txn.Kind
	txns    int
	clients int
	nodes   int // each with a store of its own that tells the others nothing; 1 is serializable
	stale   int // one in so many transactions reads a state of 20 transactions ago; 0 is none
}

func (s simulated) history() []txn.Op {
	rng := rand.New(rand.NewPCG(1, 2))
	texts := make([]txn.Value, 1<<20)
	for i := range texts {
		texts[i] = txn.Value(strconv.Itoa(i))
	}
	type key struct {
		name, writes int
	}
	pool := make([]key, 10)
	for i := range pool {
		pool[i].name = i
	}
	fresh := len(pool)
	states := make([][]map[int][]txn.Value, s.nodes) // per node: the last states of keys written by a transaction
	values := make([]map[int][]txn.Value, s.nodes)
	for n := range values {
		values[n] = map[int][]txn.Value{}
	}
	ops := make([]txn.Op, 0, 2*s.txns)
	open := make([][]txn.Mop, s.clients)
	for begun, done := 0, 0; done < s.txns; {
		c := rng.IntN(s.clients)
		op := txn.Op{Index: len(ops), Process: c}
		if open[c] == nil {
			if begun == s.txns {
				c = slices.IndexFunc(open, func(t []txn.Mop) bool { return t != nil })
				op.Process = c
			} else {
				begun++
				for range 1 + rng.IntN(4) {
					at := len(pool) - 1
					for at > 0 && rng.IntN(2) == 0 {
						at--
					}
					m := txn.Mop{F: txn.Func(rng.IntN(2))}
					if m.F == txn.Write {
						if pool[at].writes == 16 {
							pool[at] = key{name: fresh}
							fresh++
						}
						pool[at].writes++
						m.Value = texts[pool[at].writes]
					}
					m.Key = texts[pool[at].name]
					op.Txn = append(op.Txn, m)
				}
				open[c] = op.Txn
				ops = append(ops, op)
				continue
			}
		}
		node := c % s.nodes
		now := values[node]
		old := map[int][]txn.Value{}
		if s.stale > 0 && rng.IntN(s.stale) == 0 {
			for _, before := range slices.Backward(states[node][max(0, len(states[node])-20):]) {
				for k, v := range before {
					old[k] = v
				}
			}
		}
		op.Type, op.Txn = txn.OK, slices.Clone(open[c])
		wrote := map[int][]txn.Value{}
		for i := range op.Txn {
			m := &op.Txn[i]
			k, _ := strconv.Atoi(string(m.Key))
			state, ok := old[k]
			if !ok {
				state = now[k]
			}
			switch {
			case m.F == txn.Write:
				if _, again := wrote[k]; !again {
					wrote[k] = now[k]
				}
				now[k] = append(slices.Clip(now[k]), m.Value)
				delete(old, k)
			case s.kind == txn.Lists && state != nil:
				m.List = state
			case s.kind == txn.Registers && len(state) > 0:
				m.Value = state[len(state)-1]
			}
		}
		states[node] = append(states[node], wrote)
		ops = append(ops, op)
		open[c] = nil
		done++
	}
	return ops
}

// Challenge 6 for 20 s at a rate of 1000, and long runs of lists.
func BenchmarkCheck(b *testing.B) {
	for _, c := range []struct {
		name  string
		s     simulated
		model string
		valid txn.Validity
	}{
		{"registers-20k/read-committed", simulated{txn.Registers, 20_000, 4, 2, 0}, "read-committed", txn.True},
		{"registers-20k/strict-serializable", simulated{txn.Registers, 20_000, 4, 1, 0}, "strict-serializable", txn.True},
		{"registers-20k/local", simulated{txn.Registers, 20_000, 4, 2, 0}, "strict-serializable", txn.False},
		{"lists-20k/strict-serializable", simulated{txn.Lists, 20_000, 4, 1, 0}, "strict-serializable", txn.True},
		{"lists-20k/local", simulated{txn.Lists, 20_000, 4, 2, 0}, "strict-serializable", txn.False},
		{"lists-20k/stale", simulated{txn.Lists, 20_000, 20, 1, 50}, "strict-serializable", txn.False},
		{"lists-100k/strict-serializable", simulated{txn.Lists, 100_000, 10, 1, 0}, "strict-serializable", txn.True},
		{"lists-100k/100-clients", simulated{txn.Lists, 100_000, 100, 1, 0}, "strict-serializable", txn.True},
		{"lists-100k/local", simulated{txn.Lists, 100_000, 10, 2, 0}, "strict-serializable", txn.False},
		{"lists-100k/stale", simulated{txn.Lists, 100_000, 100, 1, 100}, "strict-serializable", txn.False},
		{"registers-100k/strict-serializable", simulated{txn.Registers, 100_000, 10, 1, 0}, "strict-serializable", txn.True},
		{"registers-100k/stale", simulated{txn.Registers, 100_000, 100, 1, 100}, "strict-serializable", txn.False},
	} {
		b.Run(c.name, func(b *testing.B) {
			history := c.s.history()
			b.ReportAllocs()
			peak := uint64(0)
			for b.Loop() {
				r := txn.CheckLists
				if c.s.kind == txn.Registers {
					r = txn.CheckRegisters
				}
				got := r(history, txn.Options{Models: []string{c.model}})
				require.NoError(b, got.Err)
				require.Equal(b, c.valid, got.Valid, got.Types)
				require.NotContains(b, got.Types, "cycle-search-timeout")
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapSys)
			}
			b.ReportMetric(float64(peak)/1e6, "heap-MB")
		})
	}
}

func BenchmarkParse(b *testing.B) {
	text := []byte(fmt.Sprintf(`[["r",9,[1,2,3,4,5,6,7,8]],["append",9,9],["r",7,%s],["append",8,2]]`, "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]"))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := txn.Parse(txn.Lists, text)
		require.NoError(b, err)
	}
}
