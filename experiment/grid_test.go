package experiment

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAGridIsEveryCombination(t *testing.T) {
	points, err := Grid{
		NumChildren: []string{"5", "24"}, SyncPeriod: []time.Duration{260 * milli, 470 * milli}, LatencyTarget: []time.Duration{time.Second},
	}.Points()
	require.NoError(t, err)
	require.Equal(t, []Point{
		{NumChildren: "5", SyncPeriod: 260 * milli}, {NumChildren: "5", SyncPeriod: 470 * milli}, {NumChildren: "5", LatencyTarget: time.Second},
		{NumChildren: "24", SyncPeriod: 260 * milli}, {NumChildren: "24", SyncPeriod: 470 * milli}, {NumChildren: "24", LatencyTarget: time.Second},
	}, points)
}

func TestAnEmptyGridIsTheDefaults(t *testing.T) {
	points, err := Grid{}.Points()
	require.NoError(t, err)
	require.Equal(t, []Point{{}}, points)
}

func TestEagerRoundsHaveNoPeriod(t *testing.T) {
	points, err := Grid{Rounds: []string{"locked", "eager"}, NumChildren: []string{"5"}, SyncPeriod: []time.Duration{milli, 2 * milli}}.Points()
	require.NoError(t, err)
	require.Equal(t, []Point{
		{Rounds: "locked", NumChildren: "5", SyncPeriod: milli}, {Rounds: "locked", NumChildren: "5", SyncPeriod: 2 * milli},
		{Rounds: "eager", NumChildren: "5"},
	}, points)
}

func TestAGridHasAsManyPointsAsItsAxesSayAndNoneTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		axis := func(name string) []int {
			return rapid.SliceOfNDistinct(rapid.IntRange(1, 50), 0, 4, rapid.ID).Draw(t, name)
		}
		nodes, fanOuts, periods, targets, rates := axis("nodes"), axis("k"), axis("periods"), axis("targets"), axis("rates")
		g := Grid{NodeCount: nodes}
		for _, k := range fanOuts {
			g.NumChildren = append(g.NumChildren, strings.Repeat("1", k))
		}
		for _, p := range periods {
			g.SyncPeriod = append(g.SyncPeriod, time.Duration(p)*milli)
		}
		for _, p := range targets {
			g.LatencyTarget = append(g.LatencyTarget, time.Duration(p)*milli)
		}
		for _, r := range rates {
			g.Rate = append(g.Rate, float64(r))
		}
		points, err := g.Points()
		require.NoError(t, err)
		want := max(len(nodes), 1) * max(len(fanOuts), 1) * max(len(periods)+len(targets), 1) * max(len(rates), 1)
		seen := map[Point]bool{}
		for _, p := range points {
			require.False(t, p.SyncPeriod != 0 && p.LatencyTarget != 0)
			seen[p] = true
		}
		require.Len(t, points, want)
		require.Len(t, seen, want)
	})
}

func TestAnAbsurdGridIsExplained(t *testing.T) {
	many := make([]int, 101)
	rates := make([]float64, 101)
	for i := range many {
		many[i], rates[i] = i+1, float64(i)
	}
	_, err := Grid{NodeCount: many, Rate: rates}.Points()
	require.ErrorContains(t, err, "that makes more than 10000 settings; take fewer values, or larger steps")
	_, err = Grid{NodeCount: []int{5, 6, 5}, Rounds: []string{"free", "free"}}.Points()
	require.ErrorContains(t, err, "--node-count has 5 twice")
	require.ErrorContains(t, err, "--rounds has free twice")
}

func TestASettingOfAList(t *testing.T) {
	rest := Point{NodeCount: 25, SyncPeriod: 450 * milli}
	got, err := ParsePoint(" num-children=5  sync-period=260ms rate=0.5 latency=50 latency-dist=uniform rounds=free node-count=7 ", rest)
	require.NoError(t, err)
	require.Equal(t, Point{NodeCount: 7, Rate: 0.5, Latency: 50 * milli, LatencyDist: "uniform", Rounds: "free", NumChildren: "5", SyncPeriod: 260 * milli}, got)
	got, err = ParsePoint("latency-target=1s", Point{NodeCount: 25})
	require.NoError(t, err)
	require.Equal(t, Point{NodeCount: 25, LatencyTarget: time.Second}, got)
	for text, want := range map[string]string{
		"":                    "a setting is empty; give something like 'num-children=5",
		"num-children":        `"num-children" is not KEY=VALUE`,
		"num-children=":       `"num-children=" is not KEY=VALUE`,
		"k=5":                 `there is no "k"; there are node-count,`,
		"rate=1 rate=2":       "has rate twice",
		"node-count=x":        `node-count: "x" is not a whole number`,
		"sync-period=1s,2s":   `sync-period: "1s,2s" are several values, one is needed`,
		"latency-target=soon": `latency-target: "soon" is not a duration`,
	} {
		_, err := ParsePoint(text, rest)
		require.ErrorContains(t, err, want, text)
	}
}

func TestThePointsFlagsAreTheNodes(t *testing.T) {
	require.Empty(t, Point{NodeCount: 5, Rate: 3}.NodeFlags())
	require.Equal(t, strings.Fields("--num-children auto --rounds free --sync-period 1740ms"),
		Point{NumChildren: "auto", Rounds: "free", SyncPeriod: 1740 * milli}.NodeFlags())
	require.Equal(t, strings.Fields("--latency-target 0.5ms"), Point{LatencyTarget: milli / 2}.NodeFlags())
}
