package figure

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

func folder(m *run.Messages, faults ...run.Fault) *run.Folder {
	return &run.Folder{Messages: m, Results: &run.Results{Faults: faults}}
}

func TestTheTreeIsReadOffTheMessages(t *testing.T) {
	cut := run.Fault{Kind: "partition", From: run.Millis(ms(600)), To: run.Millis(ms(900)), Text: `one ["isolated",{"n1":["n0"],"n0":["n1"]}]`}
	kill := run.Fault{Kind: "kill", From: run.Millis(ms(1100)), To: run.Millis(ms(1400)), Text: `one {"n2":"killed"}`}
	got := TreeOf(folder(record(t, small), cut, kill))
	names := func() (out []string) {
		for _, n := range got.Nodes {
			out = append(out, fmt.Sprintf("%s below %d at %d", n.Name, n.Parent, n.Depth))
		}
		return out
	}
	require.Equal(t, []string{"n0 below -1 at 0", "n1 below 0 at 1", "n2 below 0 at 1"}, names())
	require.Equal(t, []TreeLink{{A: 0, B: 2, InTree: true, Messages: 4}, {A: 0, B: 1, InTree: true, Messages: 3}}, got.Links)
	require.Equal(t, 2, got.AllLinks)
	var states []string
	for _, f := range got.Frames {
		states = append(states, string(f.States)+string(f.Nodes)+f.Fault)
	}
	require.Equal(t, []string{"xa...", ".x...partition", "sa..kkill", "a...."}, states)
	require.Equal(t, ms(500), got.Frames[1].From)
	require.Equal(t, ms(1000), got.Frames[1].To)
	require.Equal(t, Tree{}, TreeOf(folder(nil)))
}

func TestCutPairsAreThoseThatAPartitionNames(t *testing.T) {
	require.Equal(t, [][2]string{{"n0", "n2"}, {"n0", "n10"}, {"n1", "n0"}}, CutPairs(`majority ["isolated",{"n1":["n0"],"n0":["n10","n2"]}]`))
	for _, text := range []string{"", "one", "[", `["isolated"]`, `["isolated",7]`, `["a",{"n0":7}]`} {
		require.Empty(t, CutPairs(text), text)
	}
}

func TestEveryNodeHasItsPlaceInATree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 80).Draw(t, "nodes")
		k := rapid.IntRange(1, 8).Draw(t, "fan-out")
		events := ""
		for i := range n {
			parent := (max(i, 1) - 1) / k
			for range 3 {
				events += fmt.Sprintf("sent %d 1 n%d n%d data 1\n", len(events), i, parent)
			}
			if rapid.IntRange(0, 9).Draw(t, "other") == 0 { // a link that is not of the tree
				events += fmt.Sprintf("sent %d 1 n%d n%d data 1\n", len(events), i, rapid.IntRange(0, n-1).Draw(t, "to"))
			}
		}
		m := recordOf(t, events)
		got := TreeOf(folder(m))
		require.Len(t, got.Nodes, n)
		for i, node := range got.Nodes {
			require.LessOrEqual(t, math.Hypot(node.X, node.Y), 1+1e-9)
			var number int
			fmt.Sscanf(node.Name, "n%d", &number)
			if number == 0 {
				require.Equal(t, -1, node.Parent)
				continue
			}
			require.Equal(t, fmt.Sprintf("n%d", (number-1)/k), got.Nodes[node.Parent].Name)
			require.Less(t, node.Parent, i)
			require.Equal(t, got.Nodes[node.Parent].Depth+1, node.Depth)
		}
		tree := 0
		for _, l := range got.Links {
			if l.InTree {
				tree++
			}
		}
		require.Equal(t, n-1, tree)
	})
}

func TestABigTreeIsBounded(t *testing.T) {
	events := ""
	for i := 1; i < 900; i++ {
		events += fmt.Sprintf("sent %d %d n%d n%d data 1\n", i, i, i, i/2)
	}
	got := TreeOf(folder(record(t, events)))
	require.Len(t, got.Nodes, maxTreeNodes)
	require.Equal(t, 900, got.AllNodes)
	require.LessOrEqual(t, len(got.Frames), maxFrames+1)
	for _, f := range got.Frames {
		require.Len(t, f.States, len(got.Links))
	}
}
