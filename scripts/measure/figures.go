package main

import (
	"fmt"
	"math"
	"strconv"

	"treecast/run"
)

func perOp(r *run.Results) (float64, bool) {
	if r.Net.Servers.MsgsPerOp == nil {
		return 0, false
	}
	return float64(*r.Net.Servers.MsgsPerOp), true
}

// The quantiles that are shown.
func q50(q *run.Quantiles) run.Millis  { return q.Median }
func q95(q *run.Quantiles) run.Millis  { return q.P95 }
func q99(q *run.Quantiles) run.Millis  { return q.P99 }
func q100(q *run.Quantiles) run.Millis { return q.Max }

// stable is a quantile of Maelstrom's stable latencies, in ms.
func stable(q func(*run.Quantiles) run.Millis) func(*run.Results) (float64, bool) {
	return func(r *run.Results) (float64, bool) {
		if r.Workload.SetFull == nil || r.Workload.SetFull.StableLatencies == nil {
			return 0, false
		}
		return q(r.Workload.SetFull.StableLatencies).Duration().Seconds() * 1000, true
	}
}

// delivery is a quantile of the true delivery latencies, in ms.
func delivery(q func(*run.Quantiles) run.Millis) func(*run.Results) (float64, bool) {
	return func(r *run.Results) (float64, bool) {
		if r.Delivery == nil || r.Delivery.Latencies == nil {
			return 0, false
		}
		return q(r.Delivery.Latencies).Duration().Seconds() * 1000, true
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
