package figure

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestADiagramOfASmallRunHoldsAllOfIt(t *testing.T) {
	m := record(t, small)
	c := Converge(m, 3, nil)
	fault := run.Fault{Kind: "kill", From: run.Millis(ms(1000)), To: run.Millis(ms(1200))}
	d := DiagramOf(folder(m, fault), c.Slowest(1))
	require.Equal(t, []string{"n0", "n1", "n2"}, names(m, d.Nodes))
	require.Equal(t, 3, d.AllNodes)
	require.Equal(t, []int32{0, 1, 2, 3, 4, 5, 6, 7, 8}, d.Messages)
	require.Zero(t, d.LeftOut)
	require.Equal(t, []Window{
		{Title: "value 17, 1500 ms", From: 0, To: ms(1590), Follow: 0},
		{Title: "the start", From: ms(10), To: ms(1510), Follow: -1},
		{Title: "the middle", From: ms(805), To: ms(2305), Follow: -1},
		{Title: "kill from 1.0 s", From: ms(625), To: ms(2125), Follow: -1},
	}, d.Windows)
	require.Equal(t, Diagram{}, DiagramOf(folder(nil), nil))
}

func names(m *run.Messages, indexes []int32) (out []string) {
	for _, i := range indexes {
		out = append(out, m.Names[i])
	}
	return out
}

func TestADiagramOfABigRunHoldsItsWindowsAndSaysWhatItLeavesOut(t *testing.T) {
	var events strings.Builder
	events.WriteString("value 5\nsent 0 1 c1 n0 data 1 0\nreceived 0 1\n")
	id := 1
	const rounds, nodes = 400, 100
	for round := range rounds {
		for n := 1; n < nodes; n++ {
			values := ""
			if round == 300 {
				values = "0"
			}
			fmt.Fprintf(&events, "sent %d %d n0 n%d data 1 %s\n", id, round*100+1+n/10, n, values)
			id++
		}
	}
	for i := 1; i < id; i++ {
		fmt.Fprintf(&events, "received %d %d\n", i, (i-1)/(nodes-1)*100+60)
	}
	m := record(t, events.String())
	c := Converge(m, nodes, nil)
	require.Equal(t, 1, c.Full)
	d := DiagramOf(folder(m), c.Slowest(MaxSlowest))
	require.Len(t, d.Nodes, maxDiagramNodes)
	require.Equal(t, nodes, d.AllNodes)
	require.LessOrEqual(t, len(d.Messages), maxDiagramMessages)
	require.True(t, slices.IsSorted(d.Messages))
	between, carrying := 0, 0
	for _, i := range d.Messages {
		if tr := &m.Transits[i]; !m.IsClient(tr.From) {
			between++
			require.Contains(t, d.Nodes, tr.To)
			if carries(tr, 0) {
				carrying++
			}
		}
	}
	require.Equal(t, rounds*(nodes-1)-between, d.LeftOut)
	require.Equal(t, maxDiagramNodes-1, carrying, "what carries the slowest value is there")
}
