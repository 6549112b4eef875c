package analysis

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

// settings makes a group of each pair of latency and messages.
func settings(points ...[2]float64) []Group {
	var rows []run.Row
	for i, p := range points {
		rows = append(rows, valid(strconv.Itoa(i), p[1], p[0]))
	}
	return Groups(rows)
}

func TestTheFrontierIsWhatNothingBeats(t *testing.T) {
	groups := settings(
		[2]float64{500, 1.0},
		[2]float64{400, 2.0},
		[2]float64{450, 2.0}, // beaten: slower for the same messages
		[2]float64{900, 0.5},
		[2]float64{900, 0.6}, // beaten: more messages for the same latency
		[2]float64{2000, 0.5},
		[2]float64{400, 2.0}, // no better than the second
	)
	require.Equal(t, []int{1, 0, 3}, Frontier(groups, run.DeliveryMax))
	require.Empty(t, Frontier(nil, run.DeliveryMax))
}

func TestABadSettingIsNeitherOnTheFrontierNorRecommended(t *testing.T) {
	groups := settings([2]float64{500, 1.0}, [2]float64{400, 0.1}, [2]float64{300, 0.1})
	groups[1].Rows[0].Strict = run.Invalid
	delete(groups[2].Rows[0].Figures, run.DeliveryMax)
	require.Equal(t, []int{0}, Frontier(groups, run.DeliveryMax))
	best, ok := Recommend(groups, run.DeliveryMax, 1e9)
	require.True(t, ok)
	require.Equal(t, 0, best)
}

func TestTheFrontierByItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.Float64Range(0, 6)
		points := rapid.SliceOf(rapid.Custom(func(t *rapid.T) [2]float64 {
			return [2]float64{float64(int(small.Draw(t, "latency"))), float64(int(small.Draw(t, "messages")))}
		})).Draw(t, "points")
		on := map[int]bool{}
		frontier := Frontier(settings(points...), run.DeliveryMax)
		for i, at := range frontier {
			on[at] = true
			if i > 0 {
				before := points[frontier[i-1]]
				require.Less(t, before[0], points[at][0], "latency grows")
				require.Greater(t, before[1], points[at][1], "messages fall")
			}
		}
		for i, p := range points {
			beaten := false
			for j, q := range points {
				same := p == q
				beaten = beaten || (q[0] <= p[0] && q[1] <= p[1] && !same) || (same && j < i)
			}
			require.Equal(t, !beaten, on[i], "point %d", i)
		}
	})
}

func TestTheRecommendationIsTheFewestMessagesForALatency(t *testing.T) {
	groups := settings([2]float64{500, 1.0}, [2]float64{400, 2.0}, [2]float64{900, 0.5}, [2]float64{800, 0.5})
	for within, want := range map[float64]int{400: 1, 499: 1, 500: 0, 800: 3, 1e9: 3} {
		best, ok := Recommend(groups, run.DeliveryMax, within)
		require.True(t, ok)
		require.Equal(t, want, best, "within %v", within)
	}
	_, ok := Recommend(groups, run.DeliveryMax, 399)
	require.False(t, ok)
}

func TestOneSlowRunKeepsASettingFromBeingRecommended(t *testing.T) {
	rows := []run.Row{valid("5", 1, 500), valid("5", 1, 500), valid("5", 1, 501), valid("6", 2, 500)}
	best, ok := Recommend(Groups(rows), run.DeliveryMax, 500)
	require.True(t, ok)
	require.Equal(t, 1, best)
}

func TestTheRecommendationForAChallengePassesItEveryTime(t *testing.T) {
	cheap, sure := valid("5", 1, 500), valid("6", 2, 500)
	cheap.Passed, sure.Passed = "3d", "3d 3e"
	cheap2 := cheap
	cheap2.Passed, cheap2.Missed = "", "3d"
	groups := Groups([]run.Row{cheap, cheap2, sure})
	best, ok := RecommendFor(groups, run.DeliveryMax, "3d")
	require.True(t, ok)
	require.Equal(t, 1, best)
	_, ok = RecommendFor(groups, run.DeliveryMax, "3c")
	require.False(t, ok)
}

// What is recommended for some latency is on the frontier, and the other way
// round.
func TestTheFrontierIsTheRecommendations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		var points [][2]float64
		for range n {
			points = append(points, [2]float64{rapid.Float64Range(1, 9).Draw(t, "latency"), rapid.Float64Range(1, 9).Draw(t, "messages")})
		}
		groups := settings(points...)
		want := map[int]bool{}
		for _, p := range points {
			best, ok := Recommend(groups, run.DeliveryMax, p[0])
			require.True(t, ok)
			want[best] = true
		}
		got := map[int]bool{}
		for _, at := range Frontier(groups, run.DeliveryMax) {
			got[at] = true
		}
		require.Equal(t, want, got)
	})
}
