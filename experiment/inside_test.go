package experiment

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// A counter's messages carry sums. How long an add takes to be everywhere is seen inside
// of the nodes: a period at most, and a hop.
func TestInside_followsEntriesOfOtherWorkloads(t *testing.T) {
	measure := func(workload string, change func(p *Plan)) *run.Results {
		p := inVirtualTime()
		p.Workload, p.NodeCount, p.Rate, p.Latency, p.TimeLimit = workload, 3, 50, 0, run.Millis(3*time.Second)
		p.Node.SyncPeriod = time.Second
		change(&p)
		r, err := Measure(context.Background(), p, Options{})
		require.NoError(t, err)
		require.Equal(t, run.Valid, r.Strict.Valid, "%v", r.Strict.Findings)
		return r
	}
	d := measure("g-counter", func(*Plan) {}).Delivery
	require.True(t, d.Inside)
	require.Equal(t, d.ValueCount, d.FullCount)
	require.Positive(t, d.ValueCount)
	require.Less(t, d.Latencies.Max.Duration(), 1100*time.Millisecond)
	require.Greater(t, d.Latencies.Median.Duration(), 300*time.Millisecond, "an add waits for its round")

	require.Nil(t, measure("unique-ids", func(*Plan) {}).Delivery, "nothing spreads")
	require.False(t, measure("g-set", func(*Plan) {}).Delivery.Inside, "messages carry the elements")

	cut := measure("g-counter", func(p *Plan) {
		p.NemesisPlan = "500ms partition n0|n1,n2; 2500ms heal"
	}).Delivery
	require.Greater(t, cut.Latencies.Max.Duration(), 1500*time.Millisecond, "a partition holds them up")
}

// Nodes that are told by a request what they are for take another period then, and guess
// the root's grid all the same: no value of the start waits for a period more.
func TestInside_firstValuesWaitForOneRound(t *testing.T) {
	for workload, bound := range map[string]time.Duration{"g-set": 2 * time.Second, "g-counter": 1100 * time.Millisecond} {
		for seed := range uint64(4) {
			p := inVirtualTime()
			p.Workload, p.NodeCount, p.Latency, p.TimeLimit, p.Seed = workload, 5, 0, run.Millis(6*time.Second), seed+1
			p.Node.SyncPeriod = 0
			r, err := Measure(context.Background(), p, Options{})
			require.NoError(t, err)
			require.Equal(t, r.Delivery.ValueCount, r.Delivery.FullCount)
			require.Less(t, r.Delivery.Latencies.Max.Duration(), bound, "%s, seed %d", workload, seed+1)
		}
	}
}
