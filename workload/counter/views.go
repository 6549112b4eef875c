package counter

import (
	"treecast/run"
	"treecast/wire"
	"treecast/workload"
)

// views shows reads against what is acceptable at their time: between the sum of
// all that was acknowledged and may have been undone by open adds, and the like.
func views(h run.History, _ workload.Verdict, in workload.Input) []run.View {
	reads := map[string]*run.Line{}
	var order []string
	low, high := run.Line{Name: "least that is acceptable", Steps: true}, run.Line{Name: "most that is acceptable", Steps: true}
	var sum, up, down int64 // acknowledged; open adds that would add to it, or take from it
	for i := range h {
		op := &h[i]
		if op.Process == run.NemesisProcess {
			continue
		}
		value, ok := wire.Int(op.Value)
		if !ok {
			continue
		}
		seconds := op.Time.Seconds()
		switch {
		case op.F == fRead && op.Type == run.OK:
			node := in.NodeOf(op.Process)
			if reads[node] == nil {
				reads[node] = &run.Line{Name: "read at " + node}
				order = append(order, node)
			}
			reads[node].Points = append(reads[node].Points, run.Point{X: seconds, Y: float64(value)})
			continue
		case op.F != fAdd:
			continue
		case op.Type == run.Invoke:
			up, down = up+max(value, 0), down+min(value, 0)
		case op.Type == run.OK:
			up, down, sum = up-max(value, 0), down-min(value, 0), sum+value
		case op.Type == run.Fail:
			up, down = up-max(value, 0), down-min(value, 0)
		}
		low.Points = append(low.Points, run.Point{X: seconds, Y: float64(sum + down)})
		high.Points = append(high.Points, run.Point{X: seconds, Y: float64(sum + up)})
	}
	chart := run.Chart{X: "time [s]", Y: "counter", Lines: []run.Line{low, high}}
	for _, node := range order {
		chart.Lines = append(chart.Lines, *reads[node])
	}
	return []run.View{{
		Title: "Reads against what is acceptable",
		Text:  []string{"Maelstrom judges only the final reads. A read during the load may be anything between what its node has heard of and all that was added."},
		Chart: &chart,
	}}
}
