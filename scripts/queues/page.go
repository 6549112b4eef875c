package main

import (
	"fmt"
	"slices"
	"strings"
)

// page returns the text of results/chans.md.
func page(f *figures, made string) string {
	var b strings.Builder
	b.WriteString("# Queues\n\nNanoseconds per item, put in and taken out: Go's channels, the queues of xsync v4, and those of\n" +
		"`chans/catalogue`. What its columns are called: `alone`, one goroutine does both; `P = 4`, four producers and, for\n" +
		"MPMC, as many consumers, else one; `x 64`, in batches of 64. `+wait` sleeps when it has to, as channels do; the\n" +
		"others are tried again after other goroutines ran; `+place` goes through the calls for batches with one item, which\n" +
		"copy it once. Figures are medians. Where both ends run at the same time they\n" +
		"depend on how the machine happens to schedule them: chans.txt has all runs, for benchstat.\n\n")
	b.WriteString(made + "\n\n")
	writeGoal(&b, f)
	for _, group := range groups(f) {
		writeGroup(&b, f, group)
	}
	writeRest(&b, f)
	return b.String()
}

// group is one table: queues down, loads across.
type group struct {
	shape string
	size  int
}

func groups(f *figures) (all []group) {
	for _, k := range f.order {
		if g := (group{k.shape, k.size}); k.shape != "" && !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	return all
}

// load is a column of a table.
type load struct{ producers, batch int }

func (l load) String() string {
	s := "alone"
	if l.producers > 0 {
		s = fmt.Sprintf("P = %d", l.producers)
	}
	if l.batch > 1 {
		s += fmt.Sprintf(" x %d", l.batch)
	}
	return s
}

func loads(f *figures, g group) (all []load) {
	for _, k := range f.order {
		if l := (load{k.producers, k.batch}); k.shape == g.shape && k.size == g.size && !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	slices.SortStableFunc(all, func(a, b load) int {
		if a.batch != b.batch {
			return a.batch - b.batch
		}
		return a.producers - b.producers
	})
	return all
}

func writeGroup(b *strings.Builder, f *figures, g group) {
	fmt.Fprintf(b, "## %s, items of %d bytes\n\n| queue |", g.shape, g.size)
	columns := loads(f, g)
	for _, l := range columns {
		fmt.Fprintf(b, " %s |", l)
	}
	b.WriteString("\n| --- |" + strings.Repeat(" ---: |", len(columns)) + "\n")
	var queues []string
	for _, k := range f.order {
		if k.shape == g.shape && k.size == g.size && !slices.Contains(queues, k.queue) {
			queues = append(queues, k.queue)
		}
	}
	for _, q := range queues {
		fmt.Fprintf(b, "| %s |", q)
		for _, l := range columns {
			v, ok := f.median(keyOf(f, g, l, q))
			fmt.Fprintf(b, " %s |", cell(v, ok))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func keyOf(f *figures, g group, l load, queue string) key {
	for _, k := range f.order {
		if k.shape == g.shape && k.size == g.size && k.producers == l.producers && k.batch == l.batch && k.queue == queue {
			return k
		}
	}
	return key{}
}

func cell(v float64, ok bool) string {
	switch {
	case !ok:
		return ""
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

// writeGoal sets the best of the catalogue beside the best rival under every
// load. A rival has no batches: the one it offers is an item at a time.
func writeGoal(b *strings.Builder, f *figures) {
	b.WriteString("## The best of each\n\n" +
		"| shape | bytes | load | best rival | catalogue, item by item | | catalogue, in batches | |\n" +
		"| --- | ---: | --- | --- | --- | ---: | --- | ---: |\n")
	for _, g := range groups(f) {
		for _, l := range loads(f, g) {
			if l.batch > 1 {
				continue
			}
			fits := func(whose family, batched bool) func(key) bool {
				return func(k key) bool {
					return k.shape == g.shape && k.size == g.size && k.producers == l.producers && k.family() == whose && (k.batch > 1) == batched
				}
			}
			r, rv, ok := f.best(fits(rival, false))
			if !ok {
				continue
			}
			fmt.Fprintf(b, "| %s | %d | %s | %s %s |", g.shape, g.size, l, r.queue, cell(rv, true))
			for _, batched := range []bool{false, true} {
				if c, v, ok := f.best(fits(catalogue, batched)); ok {
					fmt.Fprintf(b, " %s %s | %s |", c.queue, cell(v, true), ratio(rv, v))
				} else {
					b.WriteString(" | |")
				}
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n")
}

// ratio says how many times as fast as the rival.
func ratio(rival, own float64) string { return fmt.Sprintf("%.2f x", rival/own) }

// writeRest has what has no shape: single items, and making queues.
func writeRest(b *strings.Builder, f *figures) {
	b.WriteString("## One item, and making a queue\n\n| what | queue | ns | allocations |\n| --- | --- | ---: | ---: |\n")
	for _, k := range f.order {
		if k.shape != "" {
			continue
		}
		what := "make one of 1024 items"
		if k.bench == "Single" {
			what = fmt.Sprintf("hand over %d bytes", k.size)
		}
		v, ok := f.median(k)
		fmt.Fprintf(b, "| %s | %s | %s | %.0f |\n", what, k.queue, cell(v, ok), slices.Max(append(f.allot[k], 0)))
	}
}
