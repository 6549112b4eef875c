package analysis

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

// valid is a valid run with a fan-out of so many, and figures.
func valid(fanOut string, messages, latency float64) run.Row {
	return run.Row{
		Spec:    run.Spec{Workload: "broadcast", NumChildren: fanOut},
		Figures: map[string]float64{run.MsgsPerOp: messages, run.DeliveryMax: latency, run.StableMax: latency - 100},
	}
}

func TestEveryRowIsInTheGroupOfItsSetting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []run.Row
		for i, k := range rapid.SliceOf(rapid.IntRange(1, 4)).Draw(t, "fan-outs") {
			row := valid(strconv.Itoa(k), 1, 1)
			row.Seed = uint64(i)
			rows = append(rows, row)
		}
		seen := map[uint64]bool{}
		groups := Groups(rows)
		settings := map[run.Spec]bool{}
		first := uint64(0)
		for i, g := range groups {
			require.NotEmpty(t, g.Rows)
			require.False(t, settings[g.Spec], "one group per setting")
			settings[g.Spec] = true
			require.True(t, i == 0 || g.Rows[0].Seed > first, "groups are in the order of their first rows")
			first = g.Rows[0].Seed
			for j, row := range g.Rows {
				require.Equal(t, g.Spec, row.Spec)
				require.False(t, seen[row.Seed])
				seen[row.Seed] = true
				require.True(t, j == 0 || g.Rows[j-1].Seed < row.Seed)
			}
		}
		require.Len(t, seen, len(rows))
	})
}

func TestFiguresOfAGroup(t *testing.T) {
	g := Groups([]run.Row{valid("5", 3, 500), valid("5", 1, 700), valid("5", 2, 600)})[0]
	require.Equal(t, []float64{3, 1, 2}, g.Values(run.MsgsPerOp))
	median, ok := g.Median(run.MsgsPerOp)
	require.True(t, ok)
	require.Equal(t, 2.0, median)
	worst, ok := g.Worst(run.DeliveryMax)
	require.True(t, ok)
	require.Equal(t, 700.0, worst)

	g.Rows = append(g.Rows, valid("5", 4, 100))
	median, _ = g.Median(run.MsgsPerOp)
	require.Equal(t, 2.5, median, "between the middle two")

	delete(g.Rows[1].Figures, run.DeliveryMax)
	_, ok = g.Worst(run.DeliveryMax)
	require.False(t, ok, "a run without the figure may be the worst")
	_, ok = g.Median(run.DeliveryMax)
	require.False(t, ok)
	require.Len(t, g.Values(run.DeliveryMax), 3)
}

func TestOneBadRunSpoilsAGroup(t *testing.T) {
	good := valid("5", 1, 1)
	unjudged := good
	unjudged.Strict = run.Unknown
	require.True(t, Groups([]run.Row{good, unjudged})[0].Sound(), "Maelstrom has no strict verdict")
	for name, spoil := range map[string]func(*run.Row){
		"invalid":  func(r *run.Row) { r.Valid = run.Invalid },
		"unknown":  func(r *run.Row) { r.Valid = run.Unknown },
		"strictly": func(r *run.Row) { r.Strict = run.Invalid },
		"failed":   func(r *run.Row) { r.Error = "no such program" },
	} {
		bad := good
		spoil(&bad)
		g := Groups([]run.Row{good, bad})[0]
		require.False(t, g.Sound(), name)
	}
	bad, worse := good, good
	bad.Strict = run.Invalid
	worse.Valid = run.Invalid
	v, strict := (&Group{Rows: []run.Row{good, bad, worse, good}}).Valid()
	require.Equal(t, []int{3, 2}, []int{v, strict})
}

func TestAChallengeIsPassedByEveryRunOrNot(t *testing.T) {
	both, one, none := valid("5", 1, 1), valid("5", 1, 1), valid("5", 1, 1)
	both.Passed = "3d 3e"
	one.Passed, one.Missed = "3e", "3d"
	g := Group{Rows: []run.Row{both, one}}
	require.True(t, g.PassesAll("3e"))
	require.False(t, g.PassesAll("3d"))
	passed, tried := g.Passes("3d")
	require.Equal(t, []int{1, 2}, []int{passed, tried})
	passed, tried = (&Group{Rows: []run.Row{none}}).Passes("3d")
	require.Equal(t, []int{0, 0}, []int{passed, tried})
}

func TestLatencyIsWhatAllRunsHave(t *testing.T) {
	old := valid("7", 1, 200)
	delete(old.Figures, run.DeliveryMax)
	require.Equal(t, run.DeliveryMax, LatencyFigure(Groups([]run.Row{valid("5", 1, 1)})))
	require.Equal(t, run.StableMax, LatencyFigure(Groups([]run.Row{valid("5", 1, 1), old})))
	failed := run.Row{Error: "could not be made", Valid: run.Unknown}
	require.Equal(t, run.DeliveryMax, LatencyFigure(Groups([]run.Row{valid("5", 1, 1), failed})), "who takes no part has no say")
	lagging, untimed := valid("5", 1, 1), valid("5", 1, 1)
	lagging.Figures, untimed.Figures = map[string]float64{run.RealtimeLag: 3}, map[string]float64{run.MsgsPerOp: 1}
	require.Equal(t, run.RealtimeLag, LatencyFigure(Groups([]run.Row{lagging})))
	require.Empty(t, LatencyFigure(Groups([]run.Row{untimed})))
	require.Equal(t, run.StableMax, LatencyFigure(nil))
}

func TestLeastMessagesAreThoseOfTheFormula(t *testing.T) {
	for period, want := range map[float64]float64{0.2: 1.596, 0.4: 0.930, 0.8: 0.539, 1.55: 0.303} {
		require.InDelta(t, want, LeastMessagesPerSecond(25, 24, period, 50)/100, 0.0005)
		star := 24 * ((1 - math.Exp(-50*period/25)) + (1 - math.Exp(-50*period))) / period
		require.InDelta(t, star, LeastMessagesPerSecond(25, 24, period, 50), 1e-9)
	}
	require.Greater(t, LeastMessagesPerSecond(25, 2, 0.4, 50), LeastMessagesPerSecond(25, 24, 0.4, 50))
	require.Equal(t, LeastMessagesPerSecond(25, 24, 0.4, 50), LeastMessagesPerSecond(25, 1000, 0.4, 50), "a star is a star")
	for _, none := range []float64{
		LeastMessagesPerSecond(1, 24, 0.4, 50), LeastMessagesPerSecond(25, 0, 0.4, 50),
		LeastMessagesPerSecond(25, 24, 0, 50), LeastMessagesPerSecond(25, 24, 0.4, 0),
	} {
		require.Zero(t, none)
	}
}

func TestLabelsTellSettingsApart(t *testing.T) {
	at := func(k string, nodes int, rate float64, limit time.Duration) Group {
		return Group{Spec: run.Spec{NumChildren: k, NodeCount: nodes, Rate: rate, TimeLimit: run.Millis(limit)}}
	}
	require.Equal(t, []string{"k = 5", "k = 6"}, Labels([]Group{at("5", 25, 100, 0), at("6", 25, 100, 0)}))
	require.Equal(t, []string{"k = 5, 25 nodes", "k = 5, 5 nodes"}, Labels([]Group{at("5", 25, 100, 0), at("5", 5, 100, 0)}))
	labels := Labels([]Group{at("5", 25, 100, time.Second), at("5", 25, 100, time.Minute)})
	require.Contains(t, labels[0], "--time-limit 1 ")
	require.Contains(t, labels[1], "--time-limit 60 ")
}
