package main

import (
	"fmt"
	"math"
	"strconv"

	"treecast/run"
)

// of is a figure by its name in package run.
func of(name string) func(*run.Results) (float64, bool) {
	return func(r *run.Results) (float64, bool) {
		row := run.RowOf(r)
		v, ok := row.Figures[name]
		return v, ok
	}
}

// cell spells the median of a figure.
func (r *row) cell(f func(*run.Results) (float64, bool), decimals int) string {
	v, ok := r.median(f)
	if !ok {
		return "-"
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// worst spells the median of a figure and its largest value.
func (r *row) worst(f func(*run.Results) (float64, bool)) string {
	largest := math.Inf(-1)
	for _, result := range r.results {
		if v, ok := f(result); ok {
			largest = max(largest, v)
		}
	}
	if math.IsInf(largest, -1) {
		return "-"
	}
	return fmt.Sprintf("%s (%.0f)", r.cell(f, 0), largest)
}

func figure(r *run.Results, f func(*run.Results) (float64, bool), decimals int) string {
	v, ok := f(r)
	if !ok {
		return ""
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}
