package session

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// started lists in which order a cluster's nodes are started, and when.
func started(t require.TestingT, nodes int, seed uint64) (order []string, at []time.Duration) {
	cfg := config(nodes)
	cfg.Seed = seed
	s, err := New(cfg)
	require.NoError(t, err)
	note := func(now time.Duration, outputs []Output) {
		for _, o := range outputs {
			require.Equal(t, StartNode, o.Action)
			order, at = append(order, o.Node), append(at, now)
		}
	}
	note(0, s.Begin(0))
	for {
		next, ok := s.Next()
		if !ok {
			return order, at
		}
		note(next, s.Advance(next))
	}
}

func TestStart_isSpreadInARandomOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes, seed := rapid.IntRange(1, 60).Draw(t, "nodes"), rapid.Uint64().Draw(t, "seed")
		order, at := started(t, nodes, seed)
		require.ElementsMatch(t, NodeNames(nodes), order)
		for i := range at {
			if i == 0 {
				require.Zero(t, at[0])
				continue
			}
			gap := at[i] - at[i-1]
			require.True(t, 2*ms <= gap && gap < 4*ms, "%v", gap)
		}
		for i, name := range order {
			if name == "n0" {
				require.Less(t, nodes-1-i, max(2, (nodes+3)/4), "n0 is among the last: %v", order)
			}
		}
		again, _ := started(t, nodes, seed)
		require.Equal(t, order, again)
	})
}

func TestStart_ordersDifferBySeed(t *testing.T) {
	orders, last := map[string]bool{}, map[string]int{}
	for seed := range uint64(50) {
		order, _ := started(t, 9, seed)
		orders[strings.Join(order, " ")] = true
		last[order[len(order)-1]]++
	}
	require.Len(t, orders, 50)
	require.InDelta(t, 50/3, last["n0"], 10, "it is one of the last three")
}

func TestStart_ofManyNodesTakesTwoSeconds(t *testing.T) {
	order, at := started(t, 5000, 1)
	require.Len(t, order, 5000)
	require.InDelta(t, 1.5, at[len(at)-1].Seconds(), 0.1)
}
