package figure

import (
	"cmp"
	"slices"
	"time"

	"treecast/run"
)

// Kinds are the kinds of messages between nodes, in the order in which they are
// drawn.
var Kinds = [...]string{run.KindData, run.KindAck, run.KindResend, run.KindOther}

// Load is so many messages of so many bytes together.
type Load struct{ Messages, Bytes int64 }

// Bin is the traffic between nodes in a stretch of the run, by Kinds.
type Bin [len(Kinds)]Load

// Traffic is what nodes sent to each other over time and over which links.
type Traffic struct {
	Width time.Duration // of a bin
	Bins  []Bin
	// Nodes are those of the matrix: all of them or, in a large cluster, the
	// busiest. Matrix[i][j] is what Nodes[i] sent to Nodes[j].
	Nodes    []string
	AllNodes int
	Matrix   [][]int64
	Peak     int64 // the largest cell
}

// How much of a run's traffic is shown.
const (
	maxBins   = 60
	maxMatrix = 40 // nodes
)

// TrafficOf sums up a record of messages. Where the record was sampled, each
// message counts for as many as it stands for.
func TrafficOf(m *run.Messages) Traffic {
	var out Traffic
	if m == nil || len(m.Transits) == 0 {
		return out
	}
	out.Width = NiceStep(m.Transits[len(m.Transits)-1].Sent, maxBins-1)
	kinds := kindIndex(m)
	total := make([]int64, len(m.Names)) // sent and meant for a node
	for i := range m.Transits {
		t := &m.Transits[i]
		if m.IsClient(t.From) || m.IsClient(t.To) {
			continue
		}
		bin := int(t.Sent / out.Width)
		for len(out.Bins) <= bin {
			out.Bins = append(out.Bins, Bin{})
		}
		load := &out.Bins[bin][kinds[t.Kind]]
		load.Messages += t.Weight
		load.Bytes += t.Weight * int64(t.Bytes)
		total[t.From] += t.Weight
		total[t.To] += t.Weight
	}
	chosen := busiest(m, total, maxMatrix)
	out.AllNodes = countNodes(m)
	row := make([]int, len(m.Names))
	for i := range row {
		row[i] = -1
	}
	for i, name := range chosen {
		row[name] = i
		out.Nodes = append(out.Nodes, m.Names[name])
		out.Matrix = append(out.Matrix, make([]int64, len(chosen)))
	}
	for i := range m.Transits {
		t := &m.Transits[i]
		if from, to := row[t.From], row[t.To]; from >= 0 && to >= 0 {
			out.Matrix[from][to] += t.Weight
			out.Peak = max(out.Peak, out.Matrix[from][to])
		}
	}
	return out
}

// kindIndex finds for every word of a record which of Kinds it is; the last if
// it is none.
func kindIndex(m *run.Messages) []int {
	out := make([]int, len(m.Words))
	for i, word := range m.Words {
		if out[i] = slices.Index(Kinds[:], word); out[i] < 0 {
			out[i] = len(Kinds) - 1
		}
	}
	return out
}

func countNodes(m *run.Messages) int {
	_, nodes := nodeIndex(m)
	return nodes
}

// busiest chooses the nodes with the largest totals, and returns them in the
// natural order of their names.
func busiest(m *run.Messages, total []int64, limit int) []int32 {
	var nodes []int32
	for i := range m.Names {
		if !m.IsClient(int32(i)) {
			nodes = append(nodes, int32(i))
		}
	}
	byName := func(a, b int32) int { return run.CompareNames(m.Names[a], m.Names[b]) }
	slices.SortFunc(nodes, byName)
	slices.SortStableFunc(nodes, func(a, b int32) int { return cmp.Compare(total[b], total[a]) })
	nodes = nodes[:min(len(nodes), limit)]
	slices.SortFunc(nodes, byName)
	return nodes
}

// BusiestNodes are those nodes that sent and received most, in the order given.
func BusiestNodes(nodes []run.NodeTraffic, limit int) []run.NodeTraffic {
	order := make([]int, len(nodes))
	for i := range order {
		order[i] = i
	}
	all := func(i int) int64 { return nodes[i].SentMessages + nodes[i].ReceivedMessages }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(all(b), all(a)) })
	order = order[:min(len(order), limit)]
	slices.Sort(order)
	out := make([]run.NodeTraffic, len(order))
	for i, at := range order {
		out[i] = nodes[at]
	}
	return out
}
