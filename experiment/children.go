package experiment

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"treecast/run"
)

// childReply is what a health reply tells of a child process of the node.
type childReply struct {
	Name     string            `json:"name"`
	Inside   bool              `json:"inside"`
	Started  uint64            `json:"started"`
	Memory   int64             `json:"memory_bytes"`
	Restarts map[string]uint64 `json:"restarts"`
	Work     uint64            `json:"work"`
	Lost     uint64            `json:"lost"`
	Dropped  uint64            `json:"dropped"`
	Messages uint64            `json:"messages_in"`
	BytesIn  uint64            `json:"bytes_in"`
	BytesOut uint64            `json:"bytes_out"`
	Window   int64             `json:"window_used"`
	HopP50   int64             `json:"hop_p50_us"`
	HopP99   int64             `json:"hop_p99_us"`
	HopMax   int64             `json:"hop_max_us"`
}

// childWatch is what the children of one node that do the same work told, one after the
// other.
type childWatch struct {
	last   childReply
	memory int64 // the most
	window int64
	hopMax int64
}

// causes are why children are ended, in the order of the columns.
var causes = []string{"crashed", "silent", "stuck", "memory", "flood", "garbage", "not_started"}

// takeChildren reads what a reply tells of children. The figures of a node that was
// started again begin anew.
func (n *nodeHealth) takeChildren(children []childReply) {
	for _, c := range children {
		if n.children == nil {
			n.children = map[string]*childWatch{}
		}
		w := n.children[c.Name]
		if w == nil {
			w = &childWatch{}
			n.children[c.Name] = w
		}
		w.last = c
		w.memory, w.window, w.hopMax = max(w.memory, c.Memory), max(w.window, c.Window), max(w.hopMax, c.HopMax)
	}
}

// childTable returns the figures of the nodes' children; false if there were none.
func (h *healthWatch) childTable(nodes []string) (run.Table, bool) {
	t := run.Table{Name: "children", Columns: slices.Concat([]string{"node", "child", "started"}, causes, []string{
		"inside", "memory_bytes", "work", "lost", "dropped", "messages_in", "bytes_in", "bytes_out", "window_used",
		"hop_p50_us", "hop_p99_us", "hop_max_us",
	})}
	for _, name := range nodes {
		n := h.nodes[name]
		if n == nil {
			continue
		}
		gossipFirst := func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }
		for _, child := range slices.SortedFunc(maps.Keys(n.children), gossipFirst) {
			w := n.children[child]
			row := []any{name, child, w.last.Started}
			for _, cause := range causes {
				row = append(row, w.last.Restarts[cause])
			}
			t.Rows = append(t.Rows, append(row, w.last.Inside, w.memory, w.last.Work, w.last.Lost, w.last.Dropped,
				w.last.Messages, w.last.BytesIn, w.last.BytesOut, w.window, w.last.HopP50, w.last.HopP99, w.hopMax))
		}
	}
	return t, len(t.Rows) > 0
}

// childRemarks says in a sentence that children of nodes were ended and followed by
// others, or that nodes do their work themselves; none if all ran as they should.
func (h *healthWatch) childRemarks(nodes []string) []string {
	restarts := map[string]uint64{} // by cause
	var ended, inside []string
	for _, name := range nodes {
		n := h.nodes[name]
		if n == nil {
			continue
		}
		var all uint64
		isInside := false
		for _, w := range n.children {
			for _, cause := range causes {
				restarts[cause] += w.last.Restarts[cause]
				all += w.last.Restarts[cause]
			}
			isInside = isInside || w.last.Inside
		}
		if all > 0 {
			ended = append(ended, name)
		}
		if isInside {
			inside = append(inside, name)
		}
	}
	var parts []string
	if len(ended) > 0 {
		var by []string
		for _, cause := range causes {
			if count := restarts[cause]; count > 0 {
				by = append(by, fmt.Sprintf("%s %d", strings.ReplaceAll(cause, "_", " "), count))
			}
		}
		parts = append(parts, fmt.Sprintf("child processes of %s were ended and started again (%s)", someOf(ended), strings.Join(by, ", ")))
	}
	if len(inside) > 0 {
		parts = append(parts, someOf(inside)+" gave up child processes and did their work inside, without isolation")
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{strings.Join(parts, "; ") + ": results.json has the table children"}
}

// someOf names a few of the nodes, and how many others there are.
func someOf(nodes []string) string {
	const named = 3
	text := strings.Join(nodes[:min(len(nodes), named)], ", ")
	if more := len(nodes) - named; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
