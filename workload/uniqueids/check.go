package uniqueids

import (
	"encoding/json"
	"fmt"
	"slices"

	"treecast/run"
	"treecast/wire"
	"treecast/workload"
	"treecast/workload/clojure"
)

// shown is how many of the repeated ids Jepsen shows.
const shown = 48

// repeated is an id that was given more than once.
type repeated struct {
	id    json.RawMessage
	count int
}

// check is Jepsen's unique-ids checker. Ids that Clojure does not compare, such
// as strings beside numbers, make its verdict unknown.
func check(h run.History, _ workload.Input) workload.Verdict {
	attempted, acknowledged := 0, 0
	counts := map[string]*repeated{}
	var order []*repeated // as first met
	for i := range h {
		op := &h[i]
		if op.F != generate || op.Process == run.NemesisProcess {
			continue
		}
		switch op.Type {
		case run.Invoke:
			attempted++
		case run.OK:
			acknowledged++
			id := op.Value
			if id == nil {
				id = json.RawMessage("null")
			}
			key, err := wire.Canonical(id)
			if err != nil {
				key = string(id)
			}
			if counts[key] == nil {
				counts[key] = &repeated{id: id}
				order = append(order, counts[key])
			}
			counts[key].count++
		}
	}
	duplicated := slices.DeleteFunc(slices.Clone(order), func(r *repeated) bool { return r.count < 2 })
	smallest, largest, err := extremes(order)
	if err == nil {
		err = sortIDs(duplicated)
	}
	if err != nil {
		return workload.Verdict{Maelstrom: run.Workload{Valid: run.Unknown, Figures: run.Figures{
			{Key: "valid?", Value: run.Unknown}, {Key: "error", Value: err.Error()},
		}}}
	}
	valid := run.VerdictIf(len(duplicated) == 0)
	v := workload.Verdict{Maelstrom: run.Workload{Valid: valid, Figures: run.Figures{
		{Key: "valid?", Value: valid},
		{Key: "attempted-count", Value: attempted},
		{Key: "acknowledged-count", Value: acknowledged},
		{Key: "duplicated-count", Value: len(duplicated)},
		{Key: "duplicated", Value: mostRepeated(duplicated)},
		{Key: "range", Value: run.Vector{run.Value(smallest), run.Value(largest)}},
	}}}
	if len(duplicated) > 0 {
		v.Why, v.Count = fmt.Sprintf("%d ids given more than once, such as %.60s", len(duplicated), duplicated[0].id), len(duplicated)
	}
	return v
}

// extremes returns the smallest and the largest id, null for none. The error
// says that two of those that had to be compared cannot be.
func extremes(ids []*repeated) (smallest, largest json.RawMessage, err error) {
	for i, r := range ids {
		if i == 0 {
			smallest, largest = r.id, r.id
			continue
		}
		low, err := clojure.Compare(r.id, smallest)
		if err != nil {
			return nil, nil, err
		}
		high, err := clojure.Compare(r.id, largest)
		if err != nil {
			return nil, nil, err
		}
		if low < 0 {
			smallest = r.id
		}
		if high > 0 {
			largest = r.id
		}
	}
	return smallest, largest, nil
}

func sortIDs(ids []*repeated) (err error) {
	slices.SortStableFunc(ids, func(a, b *repeated) int {
		order, compareErr := clojure.Compare(a.id, b.id)
		if compareErr != nil {
			err = compareErr
		}
		return order
	})
	return err
}

// mostRepeated takes repeated ids in their order and returns the ones that Jepsen
// shows, in that order: it sorts them by count, stably, and takes the last.
func mostRepeated(ids []*repeated) run.Pairs {
	byCount := slices.Clone(ids)
	slices.SortStableFunc(byCount, func(a, b *repeated) int { return a.count - b.count })
	most := byCount[max(0, len(byCount)-shown):]
	_ = sortIDs(most) // it went well before
	out := run.Pairs{}
	for _, r := range most {
		out = append(out, run.Value(r.id), r.count)
	}
	return out
}

// views shows how many ids each node gave.
func views(h run.History, _ workload.Verdict, in workload.Input) []run.View {
	counts := map[string]int{}
	example := map[string]string{}
	var nodes []string
	for i := range h {
		op := &h[i]
		if op.F != generate || op.Type != run.OK {
			continue
		}
		node := in.NodeOf(op.Process)
		if counts[node] == 0 {
			nodes = append(nodes, node)
			example[node] = string(op.Value)
		}
		counts[node]++
	}
	slices.Sort(nodes)
	view := run.View{Title: "Ids by node", Columns: []string{"node", "ids", "the first"}}
	for _, node := range nodes {
		view.Rows = append(view.Rows, []string{node, fmt.Sprint(counts[node]), example[node]})
	}
	return []run.View{view}
}
