package counter

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

func TestGenerator_mixesAsMaelstromDoes(t *testing.T) {
	for _, c := range []struct {
		w         workload.Workload
		adds, low int
	}{{Grow, 2000, 0}, {PositiveNegative, 3000, -5}} {
		g, workers := c.w.Generator(workload.Options{}), workloadtest.NewWorkers(3, 1)
		counts := map[string]int{}
		for range 6000 {
			worker, op := g.Next(0, workers, workers.Rng)
			require.Less(t, worker, 3)
			counts[op.F+string(op.Value)]++
		}
		require.InDelta(t, 6000-c.adds, counts[fRead], 150, c.w.Name)
		for delta := c.low; delta <= 4; delta++ {
			require.InDelta(t, float64(c.adds)/float64(5-c.low), counts[fAdd+fmt.Sprint(delta)], 90, "%s %d", c.w.Name, delta)
		}
		require.Len(t, counts, 1+5-c.low)
		for worker := range 3 {
			require.Equal(t, workload.FinalStep{Op: workload.Op{F: fRead, Final: true}}, g.Final(0, worker, workers.Rng))
			require.True(t, g.Final(0, worker, workers.Rng).Done)
		}
	}
}

func TestClient_leavesWhateverIsNoAnswerOpen(t *testing.T) {
	add, read := workload.Op{F: fAdd, Value: []byte("-3")}, workload.Op{F: fRead}
	c := Grow.Client(workload.Options{})
	requests, done := workloadtest.Talk(c, add, `{"type":"add_ok","in_reply_to":1}`)
	require.Equal(t, []string{`{"type":"add","delta":-3,"msg_id":1}`}, requests)
	require.Equal(t, workload.Completion{Type: run.OK, Value: add.Value}, done)
	requests, done = workloadtest.Talk(c, read, `{"type":"read_ok","in_reply_to":1,"value":7}`)
	require.Equal(t, []string{`{"type":"read","msg_id":1}`}, requests)
	require.Equal(t, workload.Completion{Type: run.OK, Value: []byte("7")}, done)
	for _, reply := range []string{
		``, `{"type":"error","code":11,"in_reply_to":1}`, `{"type":"read_ok","in_reply_to":1,"value":7.0}`, `{"type":"add_ok","in_reply_to":1,"value":7}`,
	} {
		for _, op := range []workload.Op{add, read} {
			_, done := workloadtest.Talk(c, op, reply)
			require.Equal(t, run.Info, done.Type, reply)
			require.Equal(t, "indeterminate", done.Error.Name)
			require.Equal(t, op.Value, done.Value)
		}
	}
}

func TestAcceptable_sumsAreRangesAsMaelstromHasThem(t *testing.T) {
	h := workloadtest.History(`
		0 ok add 10
		1 info add 5
		2 info add -1
		3 info add -1
		4 fail add 100`)
	spans, err := acceptableSums(h)
	require.NoError(t, err)
	require.Equal(t, []span{{8, 10}, {13, 15}}, spans)
	require.Equal(t, "8 to 10 or 13 to 15", spell(spans))
}

func TestAcceptable_sumsAreThoseOfAllSubsets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sum := int64(rapid.IntRange(-50, 50).Draw(t, "sum"))
		open := rapid.SliceOfN(rapid.Int64Range(-9, 9), 0, 8).Draw(t, "open")
		h := run.History{{Type: run.OK, F: fAdd, Value: fmt.Append(nil, sum)}}
		for _, delta := range open {
			h = append(h, run.Op{Type: run.Info, F: fAdd, Value: fmt.Append(nil, delta)})
		}
		spans, err := acceptableSums(h)
		require.NoError(t, err)
		possible := map[int64]bool{}
		for subset := range 1 << len(open) {
			total := sum
			for i, delta := range open {
				if subset>>i&1 == 1 {
					total += delta
				}
			}
			possible[total] = true
		}
		for v := sum - 100; v <= sum+100; v++ {
			require.Equal(t, possible[v], contains(spans, v), "%d in %v", v, spans)
		}
		for i := 1; i < len(spans); i++ {
			require.Greater(t, spans[i].lo, spans[i-1].hi+1)
		}
	})
}

func TestCheck_whatNoClientAddsIsUnknown(t *testing.T) {
	for _, value := range []string{`"x"`, `1.5`, `99999999999999999999`, `null`} {
		require.Equal(t, run.Unknown, check(workloadtest.History("0 ok add "+value)).Maelstrom.Valid, value)
	}
	require.Equal(t, run.Invalid, check(workloadtest.History("0 ok read 99999999999999999999 final")).Maelstrom.Valid)
	require.Equal(t, run.Valid, check(nil).Maelstrom.Valid)
}

// kinds judges strictly and lists the kinds of what is found.
func kinds(t *testing.T, w workload.Workload, text string) string {
	t.Helper()
	v := w.Check(workloadtest.History(text), workload.Input{Options: workload.Options{Nodes: []string{"n1", "n2"}, Concurrency: 2}})
	var out []string
	for _, f := range v.Findings {
		require.NotEmpty(t, f.Text)
		out = append(out, string(f.Kind))
	}
	return strings.Join(out, " ")
}

func TestStrict_seesWhatIsWrongBeforeTheEnd(t *testing.T) {
	for _, c := range []struct{ name, want, text string }{
		{"right", "", `
			0 invoke add 3
			0 ok add 3
			1 invoke read
			1 ok read 0
			0 invoke read
			0 ok read 3
			0 invoke read final
			0 ok read 3 final
			1 invoke read final
			1 ok read 3 final`},
		{"its own add is missing", "own-adds", `
			0 invoke add 3
			0 ok add 3
			0 invoke read
			0 ok read 2`},
		{"it goes back", "backwards", `
			1 invoke add 3
			0 invoke read
			0 ok read 3
			0 invoke read
			0 ok read 0`},
		{"it goes back after a kill of its node", "", `
			1 invoke add 3
			0 invoke read
			0 ok read 3
			nemesis info kill ["n1"]
			nemesis info kill {"n1":"killed"}
			0 invoke read
			0 ok read 0`},
		{"the answer was on its way at the kill", "", `
			1 invoke add 3
			0 invoke read
			nemesis info kill {"n1":"killed"}
			0 ok read 3
			0 invoke read
			0 ok read 0`},
		{"it goes back after a kill of another", "backwards", `
			1 invoke add 3
			0 invoke read
			0 ok read 3
			nemesis info kill {"n1":"not-running","n2":"killed"}
			0 invoke read
			0 ok read 0`},
		{"it goes back, and was killed before that", "backwards", `
			1 invoke add 3
			nemesis info kill {"n1":"killed"}
			0 invoke read
			0 ok read 3
			0 invoke read
			0 ok read 0`},
		{"an open add may have happened", "", `
			1 invoke add 3
			1 info add 3
			0 invoke read
			0 ok read 3`},
		{"more than there was", "unsent", `
			1 invoke add 3
			0 invoke read
			0 ok read 4`},
		{"a failed add did not happen", "unsent", `
			1 invoke add 3
			1 fail add 3
			0 invoke read
			0 ok read 3`},
		{"others' adds of long ago", "stale", `
			1 invoke add 3
			1 ok add 3
			0 invoke read at=10.1
			0 ok read 0
			0 invoke read at=12
			0 ok read 0`},
		{"a partition excuses that", "", `
			1 invoke add 3
			1 ok add 3
			nemesis info start-partition null at=5
			nemesis info start-partition null
			nemesis info stop-partition null at=15
			nemesis info stop-partition null
			0 invoke read at=25
			0 ok read 0`},
		{"ten seconds after it no longer", "stale", `
			1 invoke add 3
			1 ok add 3
			nemesis info start-partition null at=5
			nemesis info start-partition null
			nemesis info stop-partition null at=15
			nemesis info stop-partition null
			0 invoke read at=25.2
			0 ok read 0`},
		{"final reads differ, each acceptable", "differ", `
			1 invoke add 3
			1 info add 3
			0 invoke read final
			0 ok read 3 final
			3 invoke read final
			3 ok read 0 final`},
		{"no answer in the end", "deaf", `
			0 invoke read final
			0 info read null final error=indeterminate`},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, kinds(t, Grow, c.text)) })
	}
}

func TestStrict_aCounterThatShrinksMayGoBack(t *testing.T) {
	require.Empty(t, kinds(t, PositiveNegative, `
		1 invoke add -3
		0 invoke read
		0 ok read 0
		0 invoke read
		0 ok read -3`))
	require.Equal(t, "own-adds", kinds(t, PositiveNegative, `
		1 invoke add 1
		0 invoke add -3
		0 ok add -3
		0 invoke read
		0 ok read -1`), "at most the other's add is on top of its own")
}

func TestViews_showReadsBetweenWhatIsAcceptable(t *testing.T) {
	h := workloadtest.History(`
		0 invoke add 3
		0 ok add 3
		1 invoke read
		1 ok read 0`)
	v := Grow.Views(h, workload.Verdict{}, workload.Input{Options: workload.Options{Nodes: []string{"n1", "n2"}}})
	require.Len(t, v, 1)
	require.Equal(t, []run.Line{
		{Name: "least that is acceptable", Steps: true, Points: []run.Point{{X: 0.1}, {X: 0.2, Y: 3}}},
		{Name: "most that is acceptable", Steps: true, Points: []run.Point{{X: 0.1, Y: 3}, {X: 0.2, Y: 3}}},
		{Name: "read at n2", Points: []run.Point{{X: 0.4}}},
	}, v[0].Chart.Lines)
}

// A history that anybody wrote ends in a verdict.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{:index 0, :time 1, :type :ok, :process 0, :f :add, :value 3}`), true)
	f.Add([]byte("{:type :info, :process 0, :f :add, :value -3}\n{:type :ok, :f :read, :value 1e9, :final? true}"), false)
	f.Fuzz(func(t *testing.T, text []byte, grows bool) {
		h, err := run.ReadHistoryEDN(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		w := of("", grows)
		v := w.Check(h, workload.Input{})
		require.Contains(t, []run.Verdict{run.Valid, run.Invalid, run.Unknown}, v.Maelstrom.Valid)
		w.Views(h, v, workload.Input{})
	})
}
