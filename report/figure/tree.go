package figure

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"treecast/run"
)

// Link states, one byte each.
const (
	Idle      = '.' // no message in this stretch
	Active    = 'a' // messages, all of them received
	Suspected = 's' // something was sent again: the sender doubts the link
	Cut       = 'x' // a message was lost, or a partition stands between the two
)

// Node states, one byte each.
const (
	Up     = '.'
	Killed = 'k'
	Paused = 'p'
)

// Tree is the tree of a run as its messages show it, and the state of its links
// over time.
type Tree struct {
	Nodes    []TreeNode // the root first, parents before children
	AllNodes int
	Links    []TreeLink // the tree's first, then the others by use
	AllLinks int
	Frames   []Frame
}

// TreeNode is a node and its place.
type TreeNode struct {
	Name   string
	Parent int // index in Tree.Nodes; -1 for a root
	Depth  int
	X, Y   float64 // within the unit circle, the root at its centre
}

// TreeLink joins two nodes, given as indexes in Tree.Nodes.
type TreeLink struct {
	A, B     int
	InTree   bool
	Messages int64
}

// Frame is the state of every link in a stretch of time.
type Frame struct {
	From, To time.Duration
	States   []byte // by link
	Nodes    []byte // by node: Up, Killed or Paused
	Fault    string // what was in force; empty for nothing
}

// How much of a tree is shown.
const (
	maxTreeNodes  = 600
	maxOtherLinks = 400
	maxFrames     = 60
)

// TreeOf reads off a run which links its nodes used. The tree is the one of
// most messages; nodes that nobody spoke with stand alone.
func TreeOf(f *run.Folder) Tree {
	m := f.Messages
	if m == nil || len(m.Transits) == 0 {
		return Tree{}
	}
	use, total := linkUse(m)
	chosen := busiest(m, total, maxTreeNodes)
	out := Tree{AllNodes: countNodes(m), AllLinks: len(use)}
	links := sortedLinks(m, use)
	parents := spanning(chosen, links)
	at := out.place(m, chosen, parents)
	index := out.keepLinks(links, at)
	out.frames(f, at, index)
	return out
}

// pair are two names of a record, the smaller index first.
type pair struct{ a, b int32 }

func pairOf(a, b int32) pair { return pair{min(a, b), max(a, b)} }

// linkUse counts the messages of every link and node.
func linkUse(m *run.Messages) (use map[pair]int64, total []int64) {
	use, total = map[pair]int64{}, make([]int64, len(m.Names))
	for i := range m.Transits {
		t := &m.Transits[i]
		if m.IsClient(t.From) || m.IsClient(t.To) || t.From == t.To {
			continue
		}
		use[pairOf(t.From, t.To)] += t.Weight
		total[t.From] += t.Weight
		total[t.To] += t.Weight
	}
	return use, total
}

// usedLink is a link and how many messages it carried.
type usedLink struct {
	pair
	messages int64
}

// sortedLinks puts links in order: most messages first, of equals by name.
func sortedLinks(m *run.Messages, use map[pair]int64) []usedLink {
	out := make([]usedLink, 0, len(use))
	for p, n := range use {
		out = append(out, usedLink{p, n})
	}
	slices.SortFunc(out, func(x, y usedLink) int {
		return cmp.Or(cmp.Compare(y.messages, x.messages),
			run.CompareNames(m.Names[x.a], m.Names[y.a]), run.CompareNames(m.Names[x.b], m.Names[y.b]))
	})
	return out
}

// spanning builds the spanning forest of most messages over nodes in natural
// order, and returns each node's parent; the first node of each part is its
// root, and has -1.
func spanning(nodes []int32, links []usedLink) map[int32]int32 {
	group := map[int32]int32{}
	for _, n := range nodes {
		group[n] = n
	}
	find := func(n int32) int32 {
		for group[n] != n {
			group[n] = group[group[n]]
			n = group[n]
		}
		return n
	}
	near := map[int32][]int32{}
	for _, l := range links {
		if _, ok := group[l.a]; !ok {
			continue
		}
		if _, ok := group[l.b]; !ok {
			continue
		}
		if x, y := find(l.a), find(l.b); x != y {
			group[x] = y
			near[l.a], near[l.b] = append(near[l.a], l.b), append(near[l.b], l.a)
		}
	}
	parents := map[int32]int32{}
	for _, root := range nodes {
		if _, seen := parents[root]; seen {
			continue
		}
		parents[root] = -1
		for queue := []int32{root}; len(queue) > 0; queue = queue[1:] {
			for _, n := range near[queue[0]] {
				if _, seen := parents[n]; !seen {
					parents[n] = queue[0]
					queue = append(queue, n)
				}
			}
		}
	}
	return parents
}

// keepLinks keeps the links of the tree and the busiest of the others, and
// returns where each is.
func (t *Tree) keepLinks(links []usedLink, at map[int32]int) map[pair]int {
	index := map[pair]int{}
	for _, inTree := range []bool{true, false} {
		for _, l := range links {
			a, okA := at[l.a]
			b, okB := at[l.b]
			if !okA || !okB || inTree != (t.Nodes[a].Parent == b || t.Nodes[b].Parent == a) {
				continue
			}
			if !inTree && len(t.Links) >= len(t.Nodes)-1+maxOtherLinks {
				break
			}
			index[l.pair] = len(t.Links)
			t.Links = append(t.Links, TreeLink{A: min(a, b), B: max(a, b), InTree: inTree, Messages: l.messages})
		}
	}
	return index
}

// frames finds the state of every link in every stretch of the run.
func (t *Tree) frames(f *run.Folder, at map[int32]int, index map[pair]int) {
	m := f.Messages
	end := m.Transits[len(m.Transits)-1].Sent
	width := max(NiceStep(end, maxFrames), 500*time.Millisecond)
	resend := slices.Index(m.Words, run.KindResend)
	for from := time.Duration(0); from <= end; from += width {
		t.Frames = append(t.Frames, Frame{From: from, To: from + width, States: slices.Repeat([]byte{Idle}, len(t.Links)), Nodes: slices.Repeat([]byte{Up}, len(t.Nodes))})
	}
	worsen := func(state *byte, to byte) {
		if strings.IndexByte(".asx", to) > strings.IndexByte(".asx", *state) {
			*state = to
		}
	}
	for i := range m.Transits {
		s := &m.Transits[i]
		link, ok := index[pairOf(s.From, s.To)]
		if !ok {
			continue
		}
		state := byte(Active)
		if int(s.Kind) == resend {
			state = Suspected
		}
		worsen(&t.Frames[s.Sent/width].States[link], state)
		if s.Fate == run.LostOnWay {
			worsen(&t.Frames[min(int(s.Ended/width), len(t.Frames)-1)].States[link], Cut)
		}
	}
	for _, down := range Downs(f.Results.Faults) {
		node := slices.IndexFunc(t.Nodes, func(n TreeNode) bool { return n.Name == down.Node })
		for i := range t.Frames {
			if fr := &t.Frames[i]; node >= 0 && down.From < fr.To && down.To > fr.From {
				fr.Nodes[node] = map[string]byte{"kill": Killed, "pause": Paused}[down.Kind]
			}
		}
	}
	names := map[string]int32{}
	for n := range at {
		names[m.Names[n]] = n
	}
	for _, fault := range f.Results.Faults {
		cuts := CutPairs(fault.Text)
		for i := range t.Frames {
			fr := &t.Frames[i]
			if fault.To.Duration() <= fr.From || fault.From.Duration() >= fr.To {
				continue
			}
			if fr.Fault != "" {
				fr.Fault += ", "
			}
			fr.Fault += fault.Kind
			for _, c := range cuts {
				a, okA := names[c[0]]
				b, okB := names[c[1]]
				if link, ok := index[pairOf(a, b)]; ok && okA && okB {
					worsen(&fr.States[link], Cut)
				}
			}
		}
	}
}

// CutPairs reads off a partition's text who does not hear whom: receiver and
// sender.
func CutPairs(text string) (out [][2]string) {
	from := strings.IndexByte(text, '[')
	if from < 0 {
		return nil
	}
	var words []json.RawMessage
	var cut map[string][]string
	if json.Unmarshal([]byte(text[from:]), &words) != nil || len(words) != 2 || json.Unmarshal(words[1], &cut) != nil {
		return nil
	}
	for receiver, senders := range cut {
		for _, sender := range senders {
			out = append(out, [2]string{receiver, sender})
		}
	}
	slices.SortFunc(out, func(a, b [2]string) int {
		return cmp.Or(run.CompareNames(a[0], b[0]), run.CompareNames(a[1], b[1]))
	})
	return out
}
