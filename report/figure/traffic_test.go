package figure

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestTrafficIsCountedByTimeKindAndLink(t *testing.T) {
	got := TrafficOf(record(t, small))
	bins := make([]Bin, 33)
	bins[1][0] = Load{1, 90}  // 50 ms
	bins[3][0] = Load{1, 90}  // 160 ms, lost later
	bins[3][1] = Load{1, 20}  // its neighbour's ack
	bins[5][0] = Load{1, 90}  // 270 ms
	bins[28][0] = Load{1, 90} // 1400 ms
	bins[28][2] = Load{1, 95}
	bins[32][1] = Load{1, 20}
	require.Equal(t, Traffic{
		Width: ms(50), Bins: bins, Nodes: []string{"n0", "n1", "n2"}, AllNodes: 3, Peak: 2,
		Matrix: [][]int64{{0, 2, 2}, {1, 0, 0}, {2, 0, 0}},
	}, got)
	require.Empty(t, TrafficOf(nil).Bins)
	require.Empty(t, TrafficOf(&run.Messages{}).Bins)
}

func TestAMessageOfASampleCountsForThoseItStandsFor(t *testing.T) {
	m := record(t, small)
	for i := range m.Transits {
		m.Transits[i].Weight = 16
	}
	got := TrafficOf(m)
	require.Equal(t, Load{16, 16 * 90}, got.Bins[1][0])
	require.EqualValues(t, 32, got.Matrix[2][0])
}

func TestOfManyNodesTheBusiestAreShown(t *testing.T) {
	events := ""
	for i := range 60 {
		for range 1 + i%7 {
			events += fmt.Sprintf("sent %d 1 n%d n%d ack 1\n", len(events), i, (i+30)%60)
		}
	}
	got := TrafficOf(record(t, events))
	require.Len(t, got.Nodes, maxMatrix)
	require.Equal(t, 60, got.AllNodes)
	for i := range got.Nodes[1:] {
		require.Negative(t, run.CompareNames(got.Nodes[i], got.Nodes[i+1]))
	}
	nodes := []run.NodeTraffic{{Node: "a", SentMessages: 3}, {Node: "b", ReceivedMessages: 9}, {Node: "c", SentMessages: 1}, {Node: "d", SentMessages: 4}}
	require.Equal(t, []run.NodeTraffic{nodes[1], nodes[3]}, BusiestNodes(nodes, 2))
	require.Equal(t, nodes, BusiestNodes(nodes, 9))
}
