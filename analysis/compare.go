package analysis

import (
	"fmt"
	"slices"
	"strings"

	"treecast/run"
)

// Entry is something to compare: a run, repeated runs, or a sweep.
type Entry struct {
	Name    string // as the user calls it
	Version string // of the treecast that made it; empty if another program did
	Note    string // what is to be known of it; may be empty
	Rows    []run.Row
}

// Line is one setting of an entry, beside the others.
type Line struct {
	Name string
	Group
	Base int // the line that it is compared with; its own index if that is itself
	// Differences from the base, of the figures that both have.
	Differences map[string]Difference
}

// Comparison is a table of lines, and what is to be known to read it.
type Comparison struct {
	Lines []Line
	Notes []string
}

// ComparedFigures are the figures of a comparison, in their order.
func ComparedFigures() []string {
	return []string{
		run.MsgsPerOp, run.MsgsPerBroadcast,
		run.StableMedian, run.StableP95, run.StableP99, run.StableMax,
		run.DeliveryMedian, run.DeliveryMax,
	}
}

// CompareEntries puts entries side by side, one line per setting. Lines are
// compared with the first one; those of a later entry with the line of the first
// entry that has the same setting, whatever made the runs, if there is one.
func CompareEntries(entries []Entry) Comparison {
	var out Comparison
	first := 0 // lines of the first entry
	for i, e := range entries {
		groups := Groups(e.Rows)
		labels := Labels(groups)
		for at := range groups {
			line := Line{Name: e.Name, Group: groups[at], Differences: map[string]Difference{}}
			if len(groups) > 1 {
				line.Name += ": " + labels[at]
			}
			if i > 0 {
				same := func(l Line) bool { return asked(l.Spec) == asked(line.Spec) }
				line.Base = max(0, slices.IndexFunc(out.Lines[:first], same))
			}
			out.Lines = append(out.Lines, line)
		}
		if i == 0 {
			first = len(out.Lines)
		}
		if e.Note != "" {
			out.Notes = append(out.Notes, e.Name+": "+e.Note)
		}
	}
	for i := range out.Lines {
		out.Lines[i].compare(out.Lines)
	}
	out.Notes = append(out.Notes, unlike(entries, out.Lines)...)
	return out
}

func (l *Line) compare(lines []Line) {
	for _, figure := range ComparedFigures() {
		base, own := lines[l.Base].Values(figure), l.Values(figure)
		if len(base) > 0 && len(own) > 0 {
			l.Differences[figure] = Compare(base, own)
		}
	}
}

// asked is a setting without what says how it was carried out.
func asked(s run.Spec) run.Spec {
	s.Driver, s.Bin = "", ""
	return s
}

// unlike says in what lines differ that ratios do not show.
func unlike(entries []Entry, lines []Line) []string {
	var out, versions []string
	for _, e := range entries {
		if e.Version != "" && !slices.Contains(versions, e.Version) {
			versions = append(versions, e.Version)
		}
	}
	if len(versions) > 1 {
		out = append(out, "made by different versions of treecast: "+strings.Join(versions, ", ")+"; to compare settings alone, run them again with one")
	}
	for _, what := range []struct {
		name string
		of   func(run.Spec) string
	}{
		{"nodes", func(s run.Spec) string { return fmt.Sprint(s.NodeCount) }},
		{"operations a second", func(s run.Spec) string { return fmt.Sprint(s.Rate) }},
		{"latency between nodes", func(s run.Spec) string { return s.Latency.String() + " " + s.LatencyDist }},
		{"faults", func(s run.Spec) string { return string(s.Nemesis) }},
		{"drivers", func(s run.Spec) string { return s.Driver }},
	} {
		var values []string
		for _, l := range lines {
			if v := what.of(l.Spec); l.Workload != "" && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		if len(values) > 1 {
			for i, v := range values {
				if v == "" {
					values[i] = "none"
				}
			}
			out = append(out, fmt.Sprintf("%s differ: %s", what.name, strings.Join(values, ", ")))
		}
	}
	return out
}
