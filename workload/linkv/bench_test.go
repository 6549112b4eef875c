package linkv

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"treecast/run"
	"treecast/workload"
)

// BenchmarkCheck judges 100,000 operations on many keys: ten clients of each,
// concurrent, and some whose end nobody knows, until a key has seen twenty
// processes.
func BenchmarkCheck(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	var h run.History
	add := func(op run.Op) {
		op.Index, op.Time = len(h), time.Duration(len(h))*time.Millisecond
		h = append(h, op)
	}
	key, value, seen := 0, -1, 10
	type under struct {
		op, done run.Op
		busy     bool
	}
	clients := make([]under, 10)
	process := make([]int, 10)
	for i := range process {
		process[i] = i
	}
	next := 10
	for count := 0; count < 100_000; {
		w := rng.IntN(len(clients))
		c := &clients[w]
		if !c.busy {
			op := run.Op{Process: process[w]}
			a, z := rng.IntN(5), rng.IntN(5)
			done := run.Op{Type: run.OK}
			switch rng.IntN(6) {
			case 0:
				op.F, op.Value = fWrite, fmt.Appendf(nil, "[%d,%d]", key, a)
				value = a
			case 1, 2:
				op.F, op.Value = fCAS, fmt.Appendf(nil, "[%d,[%d,%d]]", key, a, z)
				if value == a {
					value = z
				} else {
					done.Type, done.Error = run.Fail, &run.OpError{Name: "precondition-failed"}
				}
			default:
				op.F, op.Value = fRead, fmt.Appendf(nil, "[%d,null]", key)
				done.Value = fmt.Appendf(nil, "[%d,%d]", key, value)
				if value < 0 {
					done.Type, done.Value, done.Error = run.Fail, op.Value, &run.OpError{Name: "key-does-not-exist"}
				}
			}
			if done.Value == nil {
				done.Value = op.Value
			}
			done.F, done.Process = op.F, op.Process
			if op.F != fRead && done.Type == run.OK && rng.IntN(100) == 0 {
				done.Type, done.Error = run.Info, &run.OpError{Name: "net-timeout"}
			}
			add(op)
			count++
			*c = under{op: op, done: done, busy: true}
			continue
		}
		add(c.done)
		c.busy = false
		if c.done.Type == run.Info {
			process[w], next, seen = next, next+1, seen+1
		}
		if seen > 20 { // what is under way ends, and the next key begins
			for i := range clients {
				if clients[i].busy {
					add(clients[i].done)
					clients[i].busy = false
					if clients[i].done.Type == run.Info {
						process[i], next = next, next+1
					}
				}
			}
			key, value, seen = key+1, -1, 10
		}
	}
	b.ReportMetric(float64(key+1), "keys")
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if v := check(h, workload.Input{}); v.Maelstrom.Valid != run.Valid {
			b.Fatal(v.Why)
		}
	}
}
