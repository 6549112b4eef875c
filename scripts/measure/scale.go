package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"treecast/run"
	"treecast/topology"
)

// The load of the scale runs.
const (
	scaleSeconds  = 20
	scalePeriodMS = 450 // the node's default
)

// scaleSet is how clusters of ever more nodes fare with stars and with trees of
// several fan-outs, in virtual time.
func scaleSet() set {
	s := set{
		title: "From 25 to 10 000 nodes",
		text: "100 ms between nodes, 100 operations a second for 20 s, half of them broadcasts, default period of 450 ms, in virtual time. " +
			"Messages are per broadcast, as the final reads of thousands of nodes would swell the operations; the formula is that of the package comment of `gossip/`, for the load itself. " +
			"The busiest node is always an inner one, as a rule the root: messages are what it sends to and gets from nodes in a second of load, busy is how long its services work, by the bed's model of their costs, " +
			"as a share of the load's time (one core is 100 %). auto is what `--num-children` chooses by itself.",
		columns: scaleColumns,
	}
	for _, n := range []int{25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000} {
		for _, k := range scaleFanOuts(n) {
			name := fmt.Sprintf("%d nodes, k = %d", n, k)
			var notes []string
			if k == n-1 {
				notes = append(notes, "a star")
			}
			if k == topology.AutoNumChildren(n) {
				notes = append(notes, "auto")
			}
			if len(notes) > 0 {
				name += " (" + strings.Join(notes, ", ") + ")"
			}
			s.settings = append(s.settings, setting{
				label: name, nodes: n, k: k, periodMS: scalePeriodMS,
				args: with(fmt.Sprintf("--virtual --seed 1 -w broadcast --node-count %d --time-limit %d --rate 100 --latency 100", n, scaleSeconds), fmt.Sprintf("--num-children %d", k)),
			})
		}
	}
	return s
}

// scaleFanOuts are the fan-outs that are tried with n nodes, the star first:
// small ones, those of depth 2 and 3, and the one that nodes choose.
func scaleFanOuts(n int) []int {
	least := func(depth int) int {
		k := 2
		for topology.Depth(n, k) > depth {
			k++
		}
		return k
	}
	all := []int{n - 1, topology.AutoNumChildren(n), least(2), 24, 10, 5}
	if n <= 5000 {
		all = append(all, least(3), 3, 2) // beyond, they take long and tell nothing new
	}
	all = slices.DeleteFunc(all, func(k int) bool { return k >= n })
	slices.SortFunc(all, func(a, b int) int { return b - a })
	return slices.Compact(all)
}

// scaleColumns are the columns of the table behind the setting.
var scaleColumns = []column{
	{"depth", func(r *row) string { return strconv.Itoa(topology.Depth(r.nodes, r.k)) }},
	{"valid, strict", func(r *row) string {
		valid, strict := r.valid()
		return fmt.Sprintf("%d, %d of %d", valid, strict, len(r.results))
	}},
	{"msgs/op", func(r *row) string { return r.cell(of(run.MsgsPerOp), 2) }},
	{"msgs/broadcast", func(r *row) string { return r.cell(of(run.MsgsPerBroadcast), 1) }},
	{"formula", func(r *row) string {
		return fmt.Sprintf("%.1f", perSecond(r.nodes, r.k, scalePeriodMS)/loadBroadcasts)
	}},
	{"stable median", func(r *row) string { return r.cell(of(run.StableMedian), 0) }},
	{"stable max", func(r *row) string { return r.cell(of(run.StableMax), 0) }},
	{"true median", func(r *row) string { return r.cell(of(run.DeliveryMedian), 0) }},
	{"true max", func(r *row) string { return r.cell(of(run.DeliveryMax), 0) }},
	{"busiest node, msgs/s", func(r *row) string { return r.cell(busiestMessages, 0) }},
	{"busiest node, busy %", func(r *row) string { return r.cell(busiestBusy, 2) }},
}

// busiestMessages is how many messages per second of load the node with the
// most of them sends to and gets from other nodes.
func busiestMessages(r *run.Results) (float64, bool) {
	most, ok := of(run.BusiestNode)(r)
	return most / scaleSeconds, ok
}

// busiestBusy is the share of a core that the busiest node's services take, in
// percent, by the model of virtual time.
func busiestBusy(r *run.Results) (float64, bool) {
	most := math.Inf(-1)
	for _, t := range r.Tables {
		at := slices.Index(t.Columns, "modelled_busy_ms")
		if at < 0 {
			continue
		}
		for _, cells := range t.Rows {
			if ms, ok := cells[at].(float64); ok {
				most = max(most, ms)
			}
		}
	}
	return most / 1000 / scaleSeconds * 100, !math.IsInf(most, -1)
}

// writeColumns writes a set with columns of its own. Its runs are in virtual
// time: they come out the same whatever else the machine does.
func (s set) writeColumns(out, name string, rows []row, runs int) error {
	var md, csv strings.Builder
	fmt.Fprintf(&md, "# %s\n\n%s\n\nMade by `go run ./scripts/measure --runs %d %s` on %s.\n\n| setting |", s.title, s.text, runs, name, time.Now().UTC().Format(time.DateOnly))
	csv.WriteString("setting")
	for _, c := range s.columns {
		md.WriteString(" " + c.head + " |")
		csv.WriteString("," + strings.NewReplacer(", ", "_", " ", "_", "/", "_per_", "%", "percent").Replace(c.head))
	}
	md.WriteString("\n|" + strings.Repeat(" --- |", len(s.columns)+1) + "\n")
	csv.WriteString(",command\n")
	for i := range rows {
		r := &rows[i]
		md.WriteString("| " + r.label + " |")
		fmt.Fprintf(&csv, "%q", r.label)
		for _, c := range s.columns {
			md.WriteString(" " + c.cell(r) + " |")
			fmt.Fprintf(&csv, ",%q", c.cell(r))
		}
		md.WriteString("\n")
		fmt.Fprintf(&csv, ",%q\n", "treecast test "+strings.Join(r.args, " "))
	}
	md.WriteString("\nThe commands are in " + name + ".csv.\n")
	if err := os.WriteFile(filepath.Join(out, name+".md"), []byte(md.String()), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, name+".csv"), []byte(csv.String()), 0o644)
}
