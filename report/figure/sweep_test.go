package figure

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/analysis"
	"treecast/run"
)

// swept is a run of a sweep.
func swept(k string, period int, messages, stable float64) run.Row {
	return run.Row{
		Spec: run.Spec{
			Workload: "broadcast", NodeCount: 25, Rate: 100, Latency: run.Millis(ms(100)), LatencyDist: "constant",
			NumChildren: k, SyncPeriod: run.Millis(ms(period)),
		},
		Missed: "3d",
		Figures: map[string]float64{
			run.MsgsPerOp: messages, run.StableMax: stable, run.DeliveryMax: stable + 100, run.BusiestNode: messages * 1000,
			"values": 1000, "operations": 2000,
		},
	}
}

func TestSettingsArePlacedByTheMedianOfMessagesAndTheWorstLatency(t *testing.T) {
	invalid := swept("4", 400, 0.1, 200)
	invalid.Strict = run.Invalid
	without := swept("5", 400, 1, 1)
	delete(without.Figures, run.MsgsPerOp)
	rows := []run.Row{
		swept("24", 400, 0.9, 500), swept("24", 400, 1.1, 520),
		swept("24", 800, 0.5, 900), swept("2", 800, 0.6, 950), invalid, without,
	}
	p := ParetoOf(analysis.Groups(rows))
	require.Equal(t, run.StableMax, p.Latency, "as those measure it who published")
	require.Equal(t, []ParetoPoint{
		{Group: 0, Latency: 520, Messages: 1, Sound: true, Series: "k = 24"},
		{Group: 1, Latency: 900, Messages: 0.5, Sound: true, Series: "k = 24"},
		{Group: 2, Latency: 950, Messages: 0.6, Sound: true, Series: "k = 2"},
		{Group: 3, Latency: 200, Messages: 0.1, Series: "k = 4"},
	}, p.Points)
	require.Equal(t, []int{0, 1}, p.Frontier, "what is not valid is never on it")
	require.Equal(t, 1, p.LeftOut)
	require.Len(t, p.Known, 3)
	require.Len(t, p.Least, leastPoints)
	require.InDelta(t, 500, p.Least[0].Latency, 1e-9, "P + L")
	require.InDelta(t, 0.93, p.Least[0].Messages, 0.005)
	require.InDelta(t, 900, p.Least[leastPoints-1].Latency, 1e-9)
	require.InDelta(t, 0.54, p.Least[leastPoints-1].Messages, 0.005)
}

func TestOtherLoadsHaveNoPublishedResults(t *testing.T) {
	row, other := swept("24", 400, 0.9, 500), swept("24", 800, 0.5, 900)
	row.NodeCount, other.NodeCount = 50, 50
	p := ParetoOf(analysis.Groups([]run.Row{row, other}))
	require.Equal(t, run.DeliveryMax, p.Latency)
	require.Empty(t, p.Known)
	require.InDelta(t, 600, p.Least[0].Latency, 1e-9, "P + 2L")
	row.Rate = 50
	require.Empty(t, ParetoOf(analysis.Groups([]run.Row{row, other})).Least, "they do not share their load")
	require.Empty(t, ParetoOf(nil).Points)
}

func TestAHeatMapHasACellForEverySetting(t *testing.T) {
	free := swept("auto", 400, 3, 700)
	free.Rounds = "free"
	groups := analysis.Groups([]run.Row{
		swept("24", 800, 0.5, 900), swept("24", 400, 0.9, 500), swept("3", 400, 1.25, 600), swept("3", 400, 1.5, 650), free,
	})
	maps := HeatMaps(groups)
	require.Len(t, maps, 4, "free rounds have one setting, which is no map")
	require.Equal(t, HeatMap{
		Figure: run.MsgsPerOp, Title: maps[0].Title, Rows: []string{"3", "24"}, Columns: []run.Millis{run.Millis(ms(400)), run.Millis(ms(800))},
		Cells: [][]HeatCell{{{2, 1.375, true}, {Group: -1}}, {{1, 0.9, true}, {0, 0.5, true}}},
		Low:   0.5, Up: 1.375,
	}, maps[0])
	require.Equal(t, run.StableMax, maps[1].Figure)
	require.Equal(t, 650.0, maps[1].Cells[0][0].Value, "the worst run counts")
	require.Empty(t, HeatMaps(groups[:1]))
	require.Empty(t, HeatMaps(nil))
}

func TestNoSettingBeatsOneOnTheFrontier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []run.Row
		for i := range rapid.IntRange(0, 30).Draw(t, "settings") {
			rows = append(rows, swept(fmt.Sprint(i), 400, float64(rapid.IntRange(1, 9).Draw(t, "messages")), float64(rapid.IntRange(1, 9).Draw(t, "latency"))))
		}
		p := ParetoOf(analysis.Groups(rows))
		require.Len(t, p.Points, len(rows))
		require.Equal(t, len(rows) > 0, len(p.Frontier) > 0)
		last := math.Inf(-1)
		for _, i := range p.Frontier {
			a := p.Points[i]
			require.Greater(t, a.Latency, last)
			last = a.Latency
			for _, b := range p.Points {
				require.False(t, b.Latency <= a.Latency && b.Messages < a.Messages || b.Latency < a.Latency && b.Messages <= a.Messages)
			}
		}
	})
}
