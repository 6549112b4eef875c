package figure

import (
	"fmt"
	"slices"
	"time"

	"treecast/run"
)

// Diagram is the part of a run that the Lamport diagram can show: the messages
// between some nodes, within some stretches of time.
type Diagram struct {
	Nodes    []int32 // as names of the record, in natural order
	AllNodes int
	Messages []int32 // indexes into the record, in the order they were sent
	LeftOut  int     // messages between all nodes that are not among them
	Windows  []Window
}

// Window is a stretch of time worth a look.
type Window struct {
	Title    string
	From, To time.Duration
	Follow   int32 // the value to follow; -1 for none
}

// How much of a run the diagram holds.
const (
	maxDiagramNodes    = 40
	maxDiagramMessages = 12000
	MaxSlowest         = 8 // values that have a window of their own
	maxFaultWindows    = 4
	startWindow        = 1500 * time.Millisecond
)

// DiagramOf chooses what the diagram shows: the nodes with most to do and those
// that the slowest values came to last, on their ways; and where there are more
// messages than fit, those of the windows first.
func DiagramOf(f *run.Folder, slowest []Spread) Diagram {
	m := f.Messages
	if m == nil || len(m.Transits) == 0 {
		return Diagram{}
	}
	out := Diagram{AllNodes: countNodes(m), Windows: windows(f, slowest)}
	total := make([]int64, len(m.Names))
	between := 0
	for i := range m.Transits {
		t := &m.Transits[i]
		total[t.From] += t.Weight
		total[t.To] += t.Weight
		if !m.IsClient(t.From) {
			between++
		}
	}
	for rank, s := range slowest { // whom they concern comes before anybody else
		for _, hop := range Way(m, s.Value, s.Last) {
			t := &m.Transits[hop.Transit]
			total[t.To] += int64(len(slowest)-rank) << 40
		}
	}
	out.Nodes = busiest(m, total, maxDiagramNodes)
	shown := make([]bool, len(m.Names))
	for _, n := range out.Nodes {
		shown[n] = true
	}
	is := func(i int) bool {
		t := &m.Transits[i]
		return shown[t.To] && (shown[t.From] || m.IsClient(t.From))
	}
	out.Messages = choose(m, is, out.Windows)
	kept := 0
	for _, i := range out.Messages {
		if !m.IsClient(m.Transits[i].From) {
			kept++
		}
	}
	out.LeftOut = between - kept
	return out
}

// windows are the stretches of a run that are worth a look.
func windows(f *run.Folder, slowest []Spread) []Window {
	m := f.Messages
	var out []Window
	for _, s := range slowest {
		margin := s.Took/20 + 5*time.Millisecond
		out = append(out, Window{
			Title: fmt.Sprintf("value %s, %.0f ms", clip(m.Values[s.Value], 24), s.Took.Seconds()*1000),
			From:  max(0, s.Sent-margin), To: s.Sent + s.Took + margin, Follow: s.Value,
		})
	}
	start := m.Transits[0].Sent
	out = append(out, Window{Title: "the start", From: start, To: start + startWindow, Follow: -1})
	middle := start + (m.Transits[len(m.Transits)-1].Sent-start)/2
	out = append(out, Window{Title: "the middle", From: middle, To: middle + startWindow, Follow: -1})
	for i, fault := range f.Results.Faults {
		if i == maxFaultWindows {
			break
		}
		from := max(0, fault.From.Duration()-startWindow/4)
		out = append(out, Window{
			Title: fmt.Sprintf("%s from %.1f s", fault.Kind, fault.From.Duration().Seconds()),
			From:  from, To: from + startWindow, Follow: -1,
		})
	}
	return out
}

// choose takes the messages that are to be shown: all if they fit; otherwise an
// equal part of the room for each window.
func choose(m *run.Messages, is func(i int) bool, windows []Window) []int32 {
	var all []int32
	for i := range m.Transits {
		if is(i) {
			if all = append(all, int32(i)); len(all) > maxDiagramMessages {
				break
			}
		}
	}
	if len(all) <= maxDiagramMessages {
		return all
	}
	chosen := map[int32]bool{}
	room := maxDiagramMessages / len(windows)
	for _, w := range windows {
		taken := 0
		first, _ := slices.BinarySearchFunc(m.Transits, w.From, func(t run.Transit, at time.Duration) int {
			return int(t.Sent - at)
		})
		if w.Follow >= 0 {
			// What carries the value first, so that it can be followed.
			for i := first; i < len(m.Transits) && m.Transits[i].Sent <= w.To && taken < room/2; i++ {
				if is(i) && carries(&m.Transits[i], w.Follow) && !chosen[int32(i)] {
					chosen[int32(i)] = true
					taken++
				}
			}
		}
		for i := first; i < len(m.Transits) && m.Transits[i].Sent <= w.To && taken < room; i++ {
			if is(i) && !chosen[int32(i)] {
				chosen[int32(i)] = true
				taken++
			}
		}
	}
	out := make([]int32, 0, len(chosen))
	for i := range chosen {
		out = append(out, i)
	}
	slices.Sort(out)
	return out
}

// clip cuts a text to so many characters.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-3]) + "..."
}
