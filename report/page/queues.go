package page

import (
	"fmt"
	"strings"

	"treecast/run"
)

// queuesPart is what nodes said of their health.
type queuesPart struct {
	Sentence string
	Tables   []table
	Pictures []picture
}

// newQueuesPart reads the table of the nodes' health that the test bed keeps.
func newQueuesPart(f *run.Folder) queuesPart {
	for _, t := range f.Results.Tables {
		if t.Name == "health" {
			return queuesPart{Sentence: overwhelmed(t), Tables: []table{plainTable("The worst of each node's health", t, 40)}}
		}
	}
	return queuesPart{Sentence: "Nobody asked the nodes for their health in this run: treecast test does, where the nodes are treecast's own, unless --health is off."}
}

// overwhelmed names the component that fared worst.
func overwhelmed(t run.Table) string {
	column := map[string]int{}
	for i, c := range t.Columns {
		column[c] = i
	}
	cell := func(row []any, name string) any {
		if i, ok := column[name]; ok && i < len(row) {
			return row[i]
		}
		return nil
	}
	worst, node, queue, rejected := 0.0, "", "", 0.0
	for _, row := range t.Rows {
		rejected += number(cell(row, "rejected"))
		if v := number(cell(row, "worst_unhealthy_ms")); v > worst {
			worst, node, queue = v, fmt.Sprint(cell(row, "node")), fmt.Sprint(cell(row, "worst_queue"))
		}
	}
	if worst == 0 {
		text := fmt.Sprintf("No component was overwhelmed: whenever the %s asked, no queue was above its preferred size", plural(int64(len(t.Rows)), "node was", "nodes were"))
		if rejected > 0 {
			text += fmt.Sprintf("; %s rejected nevertheless, between two looks", plural(int64(rejected), "item was", "items were"))
		}
		return text + "."
	}
	return fmt.Sprintf("The overwhelmed component was %s of node %s: its queue was above its preferred size for %s at a stretch. %s rejected in the whole cluster.",
		queue, node, milliseconds(worst)+" ms", plural(int64(rejected), "item was", "items were"))
}

// number reads a cell, which is a number as it was put there or as JSON has it.
func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case int:
		return float64(v)
	}
	return 0
}

// plainTable shows a table of the record as it is, but for its length.
func plainTable(title string, t run.Table, limit int) table {
	out := table{Title: title}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, strings.ReplaceAll(c, "_", " "))
	}
	for _, row := range t.Rows[:min(len(t.Rows), limit)] {
		var cells []string
		for _, cell := range row {
			if text, ok := cell.(string); ok {
				cells = append(cells, clip(text, 80))
			} else {
				cells = append(cells, milliseconds(number(cell)))
			}
		}
		out.Rows = append(out.Rows, cells)
	}
	if left := len(t.Rows) - len(out.Rows); left > 0 {
		out.Note = plural(int64(left), "more row is", "more rows are") + " in results.json."
	}
	return out
}
