package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"treecast/analysis"
	"treecast/run"
)

// card is a figure of the verdict strip.
type card struct {
	Label, Value, Note string
	Tone               string // "good", "bad", "unsure", or "" for a figure that judges nothing
}

// setting is a name and a value.
type setting struct{ Name, Value string }

// verdict is the first part of a page.
type verdict struct {
	Headline, Tone string
	Cards          []card
	Remarks        []string
	Findings       []run.Finding
	Error          string
	Command        string
	Settings       []setting
}

// none stands for a figure that there is not.
const none = "-"

func newVerdict(f *run.Folder) verdict {
	r := f.Results
	v := verdict{Remarks: r.Remarks, Findings: r.Strict.Findings, Error: r.Error, Command: strings.Join(r.Command, " "), Settings: settings(f)}
	both := run.MergeVerdicts(r.Valid, r.Strict.Valid)
	v.Tone = tone(both)
	switch {
	case r.Interrupted:
		v.Headline = "Interrupted: the figures cover what was done"
	case r.Error != "":
		v.Headline, v.Tone = "The run could not be made as asked", "bad"
	case both == run.Valid:
		v.Headline = "Valid, by Maelstrom's verdict and by the stricter one"
		if r.StrictName() == "exact" {
			v.Headline = "Valid, by Maelstrom's verdict and by the exact one"
		}
	case r.Valid == run.Valid && r.Strict.Valid == run.Invalid:
		v.Headline = "Valid for Maelstrom, but not strictly: see the findings"
	case both == run.Invalid:
		v.Headline = "Not valid: see the findings"
	default:
		v.Headline = "Unknown: too little happened to tell"
	}
	name, strict := r.StrictName(), "ours: what Maelstrom lets pass counts, too"
	switch {
	case name == "exact":
		strict = "ours: what nodes that lived on must have is there, nothing unsent, no duplicate"
	case r.Spreads():
		strict = "no duplicate, nothing unsent, nothing missing on any node"
	}
	v.Cards = append(v.Cards,
		card{"valid?", r.Valid.String(), "Maelstrom's verdict", tone(r.Valid)},
		card{name + "?", r.Strict.Valid.String(), strict, tone(r.Strict.Valid)},
	)
	for _, c := range r.Challenges {
		v.Cards = append(v.Cards, challengeCard(c))
	}
	v.Cards = append(v.Cards, messageCards(r)...)
	v.Cards = append(v.Cards, latencyCards(r)...)
	v.Cards = append(v.Cards, valueCards(r)...)
	return v
}

func tone(v run.Verdict) string {
	return map[run.Verdict]string{run.Valid: "good", run.Invalid: "bad", run.Unknown: "unsure"}[v]
}

func toneIf(ok bool) string {
	if ok {
		return "good"
	}
	return "bad"
}

func challengeCard(c run.Challenge) card {
	out := card{Label: "challenge " + c.Name, Value: "PASS", Tone: "good", Note: "all bounds kept"}
	if c.Passed {
		return out
	}
	var missed []string
	for _, check := range c.Checks {
		if !check.Passed {
			missed = append(missed, fmt.Sprintf("%s %s, target %s", check.What, check.Got, check.Target))
		}
	}
	out.Value, out.Tone, out.Note = "FAIL", "bad", strings.Join(missed, "; ")
	return out
}

// messageCards compare the messages with the fewest that the load needs.
func messageCards(r *run.Results) []card {
	perOp := card{Label: "messages per operation", Value: none, Note: "between nodes, Maelstrom's :servers :msgs-per-op"}
	if m := r.Net.Servers.MsgsPerOp; m != nil {
		perOp.Value = strconv.FormatFloat(float64(*m), 'f', 3, 32)
		if least := leastPerOperation(r); least > 0 {
			perOp.Note = fmt.Sprintf("%.2f times the least possible for this load and period, %.3f", float64(*m)/least, least)
		}
	}
	out := []card{perOp}
	switch t := r.Traffic; {
	case t == nil:
	case r.Spreads():
		out = append(out, card{
			Label: "messages per broadcast", Value: strconv.FormatFloat(t.MessagesPerBroadcast, 'f', 2, 64),
			Note: count(t.Messages) + " messages, " + size(t.Bytes),
		})
	default:
		out = append(out, card{Label: "messages between nodes", Value: count(t.Messages), Note: size(t.Bytes)})
	}
	return out
}

// leastPerOperation is the theoretical minimum of messages between nodes per
// operation for the broadcasts that were made and the period that was set; 0 if
// there is none to name.
func leastPerOperation(r *run.Results) float64 {
	g, limit := r.Gossip, r.Settings.TimeLimit.Duration()
	if g == nil || g.Rounds != "locked" || g.LatencyTarget != 0 || r.Interrupted || limit <= 0 || r.Stats.Count == 0 {
		return 0
	}
	broadcasts := float64(r.FollowedCount()) / limit.Seconds()
	least := analysis.LeastMessagesPerSecond(r.Settings.NodeCount, g.NumChildren, g.SyncPeriod.Duration().Seconds(), broadcasts)
	return least * limit.Seconds() / float64(r.Stats.Count)
}

func latencyCards(r *run.Results) []card {
	var out []card
	if s := r.Workload.SetFull; s != nil {
		out = append(out, card{Label: "stable latency", Value: none, Note: "Maelstrom's measure, sampled by reads"})
		if q := s.StableLatencies; q != nil {
			out[0].Value = fmt.Sprintf("%d ms", q.Median.Whole())
			out[0].Note = fmt.Sprintf("median; p95 %d, p99 %d, max %d ms; Maelstrom's measure", q.P95.Whole(), q.P99.Whole(), q.Max.Whole())
		}
	}
	if d := r.Delivery; d != nil && d.ValueCount > 0 {
		c := card{Label: "true delivery", Value: none, Note: "until the last node is handed the value"}
		if q := d.Latencies; q != nil {
			c.Value = millis(q.Median.Duration())
			c.Note = fmt.Sprintf("median until the last node has it; p95 %s, p99 %s, max %s", millis(q.P95.Duration()), millis(q.P99.Duration()), millis(q.Max.Duration()))
		}
		out = append(out, c)
	}
	return out
}

func valueCards(r *run.Results) []card {
	var out []card
	if s := r.Workload.SetFull; s != nil {
		out = append(out, card{
			Label: "lost values", Value: count(int64(s.LostCount)), Tone: toneIf(s.LostCount == 0),
			Note: fmt.Sprintf("of %s broadcast; %s stable, %s never read", count(int64(s.AttemptCount)), count(int64(s.StableCount)), count(int64(s.NeverReadCount))),
		}, card{
			Label: "stale values", Value: count(int64(s.StaleCount)), Note: "lacking in a read that began after they were known; no fault of an eventually consistent set",
		}, card{
			Label: "duplicates", Value: count(int64(duplicates(r))), Tone: toneIf(duplicates(r) == 0), Note: "reads that show a value twice",
		})
	}
	a := r.Availability
	fraction := none
	if r.Began() {
		fraction = percent(float64(a.OKFraction))
	}
	return append(out, card{
		Label: "availability", Value: fraction, Tone: tone(a.Valid),
		Note: fmt.Sprintf("%s ok, %s fail, %s info of %s", count(int64(r.Stats.OKCount)), count(int64(r.Stats.FailCount)),
			count(int64(r.Stats.InfoCount)), plural(int64(r.Stats.Count), "operation", "operations")),
	})
}

func duplicates(r *run.Results) int {
	for _, f := range r.Strict.Findings {
		if f.Kind == run.FindingDuplicate {
			return f.Count
		}
	}
	return 0
}

// settings lists what the run was asked to do.
func settings(f *run.Folder) []setting {
	r := f.Results
	s := r.Settings
	seconds := func(m run.Millis) string {
		return strconv.FormatFloat(m.Duration().Seconds(), 'f', -1, 64) + " s"
	}
	faults := none
	if s.Nemesis != "" {
		faults = strings.Join(s.Nemesis.Split(), ", ") + ", every " + seconds(s.NemesisInterval) + " on average"
	}
	if s.NemesisPlan != "" {
		faults = strings.ReplaceAll(s.NemesisPlan, ";", "; ")
	}
	out := []setting{
		{"workload", s.Workload}, {"driver", s.Driver}, {"seed", strconv.FormatUint(s.Seed, 10)},
		{"nodes", count(int64(s.NodeCount))}, {"clients", string(s.Concurrency)},
		{"rate", strconv.FormatFloat(s.Rate, 'f', -1, 64) + " operations/s"},
		{"time limit", seconds(s.TimeLimit) + ", then " + seconds(s.Quiet) + " of quiet"},
		{"latency", fmt.Sprintf("%d ms, %s", s.Latency.Whole(), s.LatencyDist)},
		{"faults", faults},
	}
	if s.Bin != "" {
		out = append(out, setting{"program", s.Bin})
	}
	if s.Args != "" {
		out = append(out, setting{"nodes' arguments", strings.Join(s.Args.Split(), " ")})
	}
	if g := r.Gossip; g != nil {
		period := "sync period " + g.SyncPeriod.String()
		if g.LatencyTarget != 0 {
			period = "latency target " + g.LatencyTarget.String()
		}
		out = append(out, setting{"gossip", fmt.Sprintf("%s rounds, fan-out %d, %s", g.Rounds, g.NumChildren, period)})
	}
	return append(out,
		setting{"begun", r.Started.UTC().Format(time.DateTime) + " UTC"},
		setting{"made by", "treecast " + r.Version},
	)
}
