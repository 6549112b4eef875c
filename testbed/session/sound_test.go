package session

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/workload/all"
)

// requireSound checks what holds for every history, whatever the nodes did.
func requireSound(t require.TestingT, history []run.Op, concurrency int) {
	open := map[int]run.Op{}
	retired := map[int]bool{}
	finals := map[int]bool{}
	step := ""
	var last time.Duration
	for i, op := range history {
		require.Equal(t, i, op.Index)
		require.GreaterOrEqual(t, op.Time, last)
		last = op.Time
		if op.Process == run.NemesisProcess {
			require.Equal(t, run.Info, op.Type)
			// Each step stands there twice, one step after the other.
			if step == "" {
				step = op.F
			} else {
				require.Equal(t, step, op.F)
				step = ""
			}
			continue
		}
		if op.Type == run.Invoke {
			require.NotContains(t, open, op.Process, "one operation at a time")
			require.False(t, retired[op.Process], "no process goes on after an info")
			open[op.Process] = op
			if op.Final {
				require.False(t, finals[op.Process%concurrency], "one final operation per worker")
				finals[op.Process%concurrency] = true
			}
			continue
		}
		begun, ok := open[op.Process]
		require.True(t, ok, "a completion without an invocation")
		delete(open, op.Process)
		require.Equal(t, begun.F, op.F)
		require.Equal(t, begun.Final, op.Final)
		require.LessOrEqual(t, op.Time-begun.Time, 2*DefaultOpTimeout) // of two requests at most
		require.Equal(t, op.Type == run.OK || op.F == "crash", op.Error == nil)
		if op.F == "broadcast" {
			require.Equal(t, begun.Value, op.Value)
		}
		retired[op.Process] = op.Type == run.Info
	}
	require.Empty(t, open, "every operation is completed")
	require.Empty(t, step, "and so is every step of the nemesis")
}

func TestWhateverNodesDoTheRunEndsAndItsHistoryIsSound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, err := all.Named(rapid.SampledFrom(all.Names()).Draw(rt, "workload"))
		require.NoError(rt, err)
		nodes := rapid.IntRange(1, 6).Draw(rt, "nodes")
		workers := rapid.IntRange(1, 9).Draw(rt, "workers")
		if w.Accepts != nil {
			workers = 2 * nodes
		}
		cfg := Config{
			Workload: w, Nodes: NodeNames(nodes),
			Concurrency: workers,
			RatePerSec:  rapid.SampledFrom([]float64{0, 1, 20}).Draw(rt, "rate"),
			TimeLimit:   3 * sec,
			Latency:     network.Latency{Mean: rapid.SampledFrom([]time.Duration{0, 50 * ms}).Draw(rt, "latency"), Dist: network.Exponential},
			Quiet:       sec,
			Seed:        rapid.Uint64().Draw(rt, "seed"),
		}
		if faults := rapid.SliceOfDistinct(rapid.SampledFrom(nemesis.Faults()), rapid.ID).Draw(rt, "faults"); len(faults) > 0 {
			cfg.Nemesis = nemesis.Config{
				Faults: faults, Phased: rapid.Bool().Draw(rt, "phased"),
				Interval: rapid.SampledFrom([]time.Duration{100 * ms, sec, 5 * sec}).Draw(rt, "interval"),
			}
		}
		type copied struct {
			id   int64
			copy bool
		}
		sent, delivered, dropped, copies := map[int64]bool{}, map[copied]bool{}, 0, 0
		cfg.Network = &counting{func(m run.Message) {
			require.Equal(rt, int64(len(sent)), m.ID, "ids are counted")
			sent[m.ID] = true
		}, func(m run.Message) {
			require.True(rt, sent[m.ID] && !delivered[copied{m.ID, m.Copy}], "delivered once, after it was sent")
			delivered[copied{m.ID, m.Copy}] = true
			if m.Copy {
				copies++
			}
		}, func(m run.Message) {
			dropped++
			if m.Copy {
				copies++
			}
		}}

		habits := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 60).Draw(rt, "habits")
		next := 0
		var c *cluster
		c = newCluster(t, cfg, func(name string) program {
			p := naive(name)
			return func(m message) []string {
				out := p(m)
				if m.Body.Type == "init" || m.Body.Type == "topology" {
					return out
				}
				next++
				switch habits[next%len(habits)] {
				case 0: // says nothing
					return nil
				case 1: // answers twice
					return append(out, out...)
				case 2: // answers late
					for _, l := range out {
						c.at(c.now+6*sec, func(now time.Duration) []Output { return c.s.FromNode(now, name, []byte(l)) })
					}
					return nil
				case 3: // an error
					return []string{line(name, m.Src, `{"type":"error","in_reply_to":%d,"code":%d}`, m.Body.MsgID, next%16)}
				case 4: // a reply of the wrong shape
					return []string{line(name, m.Src, `{"type":"hello","in_reply_to":%d}`, m.Body.MsgID)}
				case 5:
					return append(out, "garbage")
				case 6:
					c.at(c.now, func(now time.Duration) []Output { return c.s.NodeExited(now, name, "exit status 1") })
				}
				return out
			}
		})
		r := c.run()
		require.NoError(rt, r.Err)
		requireSound(rt, r.History, cfg.Concurrency)
		require.Len(rt, r.Notes, nodes)
		require.Equal(rt, r.Messages, int64(len(sent)))
		require.LessOrEqual(rt, len(delivered)+dropped, len(sent)+copies)
		if !slices.Contains(cfg.Nemesis.Faults, nemesis.Duplicate) {
			require.Zero(rt, copies)
		}
		// Nodes that do not answer init when they are started again hold up the
		// healing, by 10 s.
		require.LessOrEqual(rt, r.Ended, cfg.TimeLimit+cfg.Quiet+5*DefaultOpTimeout+2*DefaultInitTimeout)
		if w.Recovers {
			st := c.s.Status()
			require.Zero(rt, st.Down+st.Paused)
			require.False(rt, st.Partitioned || st.Disturbed, "everything is healed before the final operations")
		}
		if w.Name == "broadcast" || w.Name == "echo" {
			require.Equal(rt, w.Recovers, r.History != nil && anyFinal(r.History), fmt.Sprint(len(r.History)))
		}
	})
}

func anyFinal(history []run.Op) bool {
	for _, op := range history {
		if op.Final {
			return true
		}
	}
	return false
}

// counting is an observer made of functions.
type counting struct{ sent, delivered, dropped func(run.Message) }

func (c *counting) Sent(m run.Message)                     { c.sent(m) }
func (c *counting) Delivered(m run.Message)                { c.delivered(m) }
func (c *counting) Dropped(m run.Message, _ time.Duration) { c.dropped(m) }

// BenchmarkOperation is what the session costs per client operation, with
// nodes that cost next to nothing.
func BenchmarkOperation(b *testing.B) {
	w, err := all.Named("echo")
	require.NoError(b, err)
	s, err := New(Config{
		Workload: w, Nodes: NodeNames(1), Concurrency: 100, RatePerSec: 1e6, TimeLimit: time.Hour, Seed: 1,
	})
	require.NoError(b, err)
	s.Begin(0)
	s.NodeStarted(0, "n0")
	s.FromNode(0, "n0", []byte(`{"src":"n0","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}`))
	b.ReportAllocs()
	b.ResetTimer()
	asked := map[string]int{}
	for range b.N {
		at, _ := s.Next()
		var out []Output
		for out = s.Advance(at); len(out) == 0; out = s.Advance(at) {
			at, _ = s.Next()
		}
		src := out[0].Packet.Src
		asked[src]++
		s.FromNode(at, "n0", fmt.Appendf(nil, `{"src":"n0","dest":%q,"body":{"type":"echo_ok","in_reply_to":%d,"echo":1}}`, src, asked[src]))
	}
	require.Equal(b, b.N, s.Status().OK)
}
