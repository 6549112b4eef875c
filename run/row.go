package run

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Row is a run as a line of runs.csv: what it was asked to do and what came of
// it, flat. Many runs are compared by their rows.
type Row struct {
	Spec // as Spec.Setting has it
	Seed uint64

	Valid  Verdict // Maelstrom's
	Strict Verdict // ours; Unknown where nobody looked
	// Passed and Missed are the names of the challenges whose settings these
	// are, by whether the run kept their bounds; separated by blanks.
	Passed, Missed string
	Findings       string // kinds of what is wrong with their counts: "missing:3 deaf:1"
	Error          string // why the run could not be made, or not as asked

	// Figures by the names of FigureColumns. One that a run does not have is
	// not there.
	Figures map[string]float64
}

// Names of figures that code asks for.
const (
	MsgsPerOp        = "msgs_per_op"
	MsgsPerBroadcast = "msgs_per_broadcast"
	StableMedian     = "stable_median_ms"
	StableP95        = "stable_p95_ms"
	StableP99        = "stable_p99_ms"
	StableMax        = "stable_max_ms"
	DeliveryMedian   = "delivery_median_ms"
	DeliveryP95      = "delivery_p95_ms"
	DeliveryP99      = "delivery_p99_ms"
	DeliveryMax      = "delivery_max_ms"
	BusiestNode      = "busiest_node_messages"
	RealtimeLag      = "realtime_lag_ms"
)

// FigureColumn is a column of runs.csv and what it means.
type FigureColumn struct{ Name, Meaning string }

// FigureColumns are the figures of a row, in the order of runs.csv. Latencies
// are in milliseconds.
func FigureColumns() []FigureColumn { return slices.Clone(figures) }

var figures = []FigureColumn{
	{"operations", "client operations begun"},
	{"ok_fraction", "of these, the fraction that succeeded"},
	{MsgsPerOp, "messages between nodes per client operation, Maelstrom's :servers :msgs-per-op"},
	{MsgsPerBroadcast, "messages between nodes per broadcast"},
	{"server_messages", "messages between nodes"},
	{"server_bytes", "bytes of their bodies"},
	{"data_messages", "of the messages between nodes, those that carry values"},
	{"ack_messages", "those that carry none"},
	{"resend_messages", "those that carry values again"},
	{BusiestNode, "messages sent and received by the node that has most to do, clients' not counted"},
	{StableMedian, "Maelstrom's stable latency: median"},
	{StableP95, "its 95th percentile"},
	{StableP99, "its 99th percentile"},
	{StableMax, "its maximum"},
	{DeliveryMedian, "true delivery latency, from the broadcast until the last node has the value: median"},
	{DeliveryP95, "its 95th percentile"},
	{DeliveryP99, "its 99th percentile"},
	{DeliveryMax, "its maximum"},
	{"values", "values broadcast"},
	{"lost_values", "of these, those that were lost"},
	{"stale_values", "those that some read lacked after they were known"},
	{"undelivered_values", "those that were not handed to every node"},
	{RealtimeLag, "kafka: by how much a client's reading lagged at most behind what was known to exist"},
	{"worst_unhealthy_ms", "the longest that a node called itself unhealthy"},
}

// RowOf flattens a run's results.
func RowOf(r *Results) Row {
	out := Row{
		Spec: r.Settings.Setting(), Seed: r.Settings.Seed,
		Valid: r.Valid, Strict: r.Strict.Valid, Error: strings.ReplaceAll(r.Error, "\n", "; "),
		Figures: map[string]float64{},
	}
	var passed, missed, findings []string
	for _, c := range r.Challenges {
		if c.Passed {
			passed = append(passed, c.Name)
		} else {
			missed = append(missed, c.Name)
		}
	}
	for _, f := range r.Strict.Findings {
		findings = append(findings, fmt.Sprintf("%s:%d", f.Kind, f.Count))
	}
	out.Passed, out.Missed, out.Findings = strings.Join(passed, " "), strings.Join(missed, " "), strings.Join(findings, " ")
	out.fill(r)
	return out
}

func (out *Row) fill(r *Results) {
	f := out.Figures
	f["operations"] = float64(r.Stats.Count)
	if r.Began() {
		f["ok_fraction"] = single(r.Availability.OKFraction)
	}
	f["server_messages"] = float64(r.Net.Servers.MsgCount)
	if v := r.Net.Servers.MsgsPerOp; v != nil {
		f[MsgsPerOp] = single(*v)
	}
	if n := r.FollowedCount(); n > 0 {
		f[MsgsPerBroadcast] = math.Round(float64(r.Net.Servers.MsgCount)/float64(n)*1e6) / 1e6
	}
	if t := r.Traffic; t != nil {
		f["server_bytes"] = float64(t.Bytes)
		f["data_messages"], f["ack_messages"], f["resend_messages"] = 0, 0, 0
		for _, s := range t.ByKind {
			if s.Name != KindOther {
				f[s.Name+"_messages"] = float64(s.Messages)
			}
		}
		f[BusiestNode] = 0
		for _, n := range t.Nodes {
			f[BusiestNode] = max(f[BusiestNode], float64(n.SentMessages+n.ReceivedMessages))
		}
	}
	if s := r.Workload.SetFull; s != nil {
		f["values"], f["lost_values"], f["stale_values"] = float64(s.AttemptCount), float64(s.LostCount), float64(s.StaleCount)
		quantileFigures(f, s.StableLatencies, StableMedian, StableP95, StableP99, StableMax)
	}
	if d := r.Delivery; d != nil {
		f["undelivered_values"] = float64(d.ValueCount - d.FullCount)
		quantileFigures(f, d.Latencies, DeliveryMedian, DeliveryP95, DeliveryP99, DeliveryMax)
	}
	if lag, ok := r.Workload.Figures.Get("worst-realtime-lag").(Figures); ok {
		if seconds, ok := lag.Get("lag").(float64); ok {
			f[RealtimeLag] = math.Round(seconds*1e6) / 1e3
		}
	}
	if v, ok := worstUnhealthy(r.Tables); ok {
		f["worst_unhealthy_ms"] = v
	}
}

func quantileFigures(f map[string]float64, q *Quantiles, median, p95, p99, largest string) {
	if q == nil {
		return
	}
	for name, v := range map[string]Millis{median: q.Median, p95: q.P95, p99: q.P99, largest: q.Max} {
		f[name] = math.Round(float64(v)/1e3) / 1e3 // to the microsecond
	}
}

// single is a figure that was divided in single precision, with the digits that
// it has and no others.
func single(v float32) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	if err != nil {
		return math.NaN()
	}
	return out
}

// worstUnhealthy looks into what nodes said of their health, if they were asked.
func worstUnhealthy(tables []Table) (worst float64, ok bool) {
	for _, t := range tables {
		if t.Name != "health" {
			continue
		}
		for at, column := range t.Columns {
			if column != "worst_unhealthy_ms" {
				continue
			}
			for _, row := range t.Rows {
				if at >= len(row) {
					continue
				}
				if v, is := Number(row[at]); is {
					worst, ok = max(worst, v), true
				}
			}
		}
	}
	return worst, ok
}

// Number reads a cell of a Table, which is an integer as it was put there, or any
// number as JSON has it; false if it is none.
func Number(cell any) (float64, bool) {
	switch v := cell.(type) {
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
