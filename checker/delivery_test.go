package checker

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

const second = time.Second

func TestDeliveryRunsFromTheFirstRequestToTheLastNode(t *testing.T) {
	d := NewDelivery([]string{"n0", "n1", "n2"})
	d.Sent(1*second, raws(7)[0])
	d.Sent(2*second, raws(7)[0]) // asked again: does not count
	d.Handed(1*second, "n1", raws(7))
	d.Handed(3*second, "n0", raws(7))
	d.Handed(4*second, "n0", raws(7)) // again
	d.Handed(5*second, "n2", raws(7))
	d.Handed(6*second, "n2", raws(7)) // again, after everyone had it
	require.Equal(t, run.Delivery{
		NodeCount: 3, ValueCount: 1, FullCount: 1, HandedCount: 5, RepeatCount: 2,
		Latencies: all(4000),
		Worst:     []run.Delivered{{Value: raws(7)[0], Sent: ms(1000), Latency: ms(4000), LastNode: "n2"}},
		Partial:   []run.Partial{},
	}, d.Result())
}

func TestAValueThatDoesNotReachEveryoneIsReportedWithThoseWhoLackIt(t *testing.T) {
	var nodes []string
	for i := range 12 {
		nodes = append(nodes, fmt.Sprintf("n%d", i))
	}
	d := NewDelivery(nodes)
	d.Sent(0, raws(`"a"`)[0])
	d.Sent(second, raws(`"b"`)[0])
	d.Handed(second, "n3", raws(`"a"`))
	d.Handed(second, "n3", raws(`"unsent"`))
	d.Handed(second, "n99", raws(`"a"`))
	got := d.Result()
	require.Equal(t, 2, got.ValueCount)
	require.Zero(t, got.FullCount)
	require.Nil(t, got.Latencies)
	require.EqualValues(t, 1, got.HandedCount)
	require.Equal(t, []run.Partial{
		{
			Value: raws(`"a"`)[0], HandedCount: 1,
			Lacking: []string{"n0", "n1", "n2", "n4", "n5", "n6", "n7", "n8"},
		},
		{
			Value: raws(`"b"`)[0], Sent: ms(1000),
			Lacking: []string{"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"},
		},
	}, got.Partial)
}

func TestTheEightSlowestDeliveriesAreListedSlowestFirst(t *testing.T) {
	d := NewDelivery([]string{"n0"})
	for i := range 20 {
		value := raws(i)
		d.Sent(0, value[0])
		d.Handed(time.Duration(i/2)*second, "n0", value)
	}
	var slowest []string
	for _, w := range d.Result().Worst {
		slowest = append(slowest, string(w.Value))
	}
	require.Equal(t, []string{"18", "19", "16", "17", "14", "15", "12", "13"}, slowest)
}

func TestDeliveryWithoutNodesDeliversNothing(t *testing.T) {
	d := NewDelivery(nil)
	d.Sent(0, raws(1)[0])
	d.Handed(0, "n0", raws(1))
	got := d.Result()
	require.Equal(t, 1, got.ValueCount)
	require.Zero(t, got.FullCount)
}

func TestDeliveryAgreesWithASimpleModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 70).Draw(t, "nodes")
		var nodes []string
		for i := range count {
			nodes = append(nodes, fmt.Sprintf("n%d", i))
		}
		d := NewDelivery(nodes)
		const values = 5
		var sent [values]time.Duration
		first := make(map[[2]int]time.Duration) // value and node
		for value := range values {
			sent[value] = time.Duration(value + 1)
			d.Sent(sent[value], raws(value)[0])
		}
		for i := range rapid.IntRange(0, 500).Draw(t, "steps") {
			now := time.Duration(10 + i)
			value := rapid.IntRange(0, values-1).Draw(t, "value")
			node := rapid.IntRange(0, count-1).Draw(t, "node")
			d.Handed(now, nodes[node], raws(value))
			if _, ok := first[[2]int{value, node}]; !ok {
				first[[2]int{value, node}] = now
			}
		}
		var latencies []time.Duration
		for value := range values {
			holders, last := 0, time.Duration(0)
			for node := range count {
				if at, ok := first[[2]int{value, node}]; ok {
					holders, last = holders+1, max(last, at)
				}
			}
			if holders == count {
				latencies = append(latencies, last-sent[value])
			}
		}
		got := d.Result()
		require.Equal(t, len(latencies), got.FullCount)
		require.Equal(t, quantiles(latencies), got.Latencies)
		require.EqualValues(t, len(first), got.HandedCount-got.RepeatCount)
	})
}
