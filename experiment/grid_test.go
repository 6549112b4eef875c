package experiment

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

func TestAGridIsEveryCombination(t *testing.T) {
	points, err := Grid{"num-children": "5,24", "sync-period": "260ms,470ms", "latency-target": "1s"}.Points(run.Spec{Rate: 3})
	require.NoError(t, err)
	require.Equal(t, []run.Spec{
		{Rate: 3, NumChildren: "5", SyncPeriod: ms(260)}, {Rate: 3, NumChildren: "5", SyncPeriod: ms(470)}, {Rate: 3, NumChildren: "5", LatencyTarget: ms(1000)},
		{Rate: 3, NumChildren: "24", SyncPeriod: ms(260)}, {Rate: 3, NumChildren: "24", SyncPeriod: ms(470)}, {Rate: 3, NumChildren: "24", LatencyTarget: ms(1000)},
	}, points)
}

func TestAnEmptyGridIsTheDefaults(t *testing.T) {
	points, err := Grid{"rate": ""}.Points(run.Spec{NodeCount: 7})
	require.NoError(t, err)
	require.Equal(t, []run.Spec{{NodeCount: 7}}, points)
}

func TestEagerRoundsHaveNoPeriod(t *testing.T) {
	points, err := Grid{"rounds": "locked,eager", "num-children": "5", "sync-period": "1ms,2ms"}.Points(run.Spec{})
	require.NoError(t, err)
	require.Equal(t, []run.Spec{
		{Rounds: "locked", NumChildren: "5", SyncPeriod: ms(1)}, {Rounds: "locked", NumChildren: "5", SyncPeriod: ms(2)},
		{Rounds: "eager", NumChildren: "5"},
	}, points)
}

func TestAGridHasAsManyPointsAsItsAxesSayAndNoneTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := 1
		g := Grid{}
		draw := func(flag, unit string) (values int) {
			numbers := rapid.SliceOfNDistinct(rapid.IntRange(1, 50), 0, 4, rapid.ID).Draw(t, flag)
			texts := make([]string, len(numbers))
			for i, n := range numbers {
				texts[i] = strconv.Itoa(n) + unit
			}
			g[flag] = strings.Join(texts, ",")
			return len(numbers)
		}
		for _, flag := range []string{"node-count", "num-children", "rate"} {
			want *= max(1, draw(flag, ""))
		}
		want *= max(1, draw("sync-period", "ms")+draw("latency-target", "ms"))
		points, err := g.Points(run.Spec{})
		require.NoError(t, err)
		seen := map[run.Spec]bool{}
		for _, p := range points {
			require.False(t, p.SyncPeriod != 0 && p.LatencyTarget != 0)
			seen[p] = true
		}
		require.Len(t, points, want)
		require.Len(t, seen, want)
	})
}

func TestAnAbsurdGridIsExplained(t *testing.T) {
	_, err := Grid{"node-count": "1..101", "rate": "0..100/1"}.Points(run.Spec{})
	require.ErrorContains(t, err, "that makes more than 10000 settings; take fewer values, or larger steps")
	_, err = Grid{"node-count": "5,6,5", "rounds": "free,free", "latency": "0,5,0", "sync-period": "1s,1000ms"}.Points(run.Spec{})
	require.ErrorContains(t, err, "--node-count has 5 twice")
	require.ErrorContains(t, err, "--rounds has free twice")
	require.ErrorContains(t, err, "--latency has 0 twice")
	require.ErrorContains(t, err, "--sync-period has 1000ms twice")
	_, err = Grid{"node-count": "x"}.Points(run.Spec{})
	require.ErrorContains(t, err, `--node-count: "x" is not a whole number`)
}

func TestASettingOfAList(t *testing.T) {
	rest := run.Spec{NodeCount: 25, SyncPeriod: ms(450)}
	got, err := ParsePoint(" num-children=5  sync-period=260ms rate=0.5 latency=50 latency-dist=uniform rounds=free node-count=7 ", rest)
	require.NoError(t, err)
	require.Equal(t, run.Spec{NodeCount: 7, Rate: 0.5, Latency: ms(50), LatencyDist: "uniform", Rounds: "free", NumChildren: "5", SyncPeriod: ms(260)}, got)
	got, err = ParsePoint("latency-target=1s", run.Spec{NodeCount: 25})
	require.NoError(t, err)
	require.Equal(t, run.Spec{NodeCount: 25, LatencyTarget: ms(1000)}, got)
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
	require.Empty(t, run.Spec{NodeCount: 5, Rate: 3}.NodeArgs())
	require.Equal(t, strings.Fields("--num-children auto --rounds free --sync-period 1740ms x"),
		run.Spec{NumChildren: "auto", Rounds: "free", SyncPeriod: ms(1740), Args: "x"}.NodeArgs())
	require.Equal(t, strings.Fields("--latency-target 0.5ms"), run.Spec{LatencyTarget: run.Millis(milli / 2)}.NodeArgs())
}
