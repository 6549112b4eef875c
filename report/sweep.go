package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"treecast/analysis"
	"treecast/run"
)

// Files that Sweep's text shows, beside it.
const (
	FrontierChart = "frontier.svg"
	MessagesChart = "messages.svg"
	LatencyChart  = "latency.svg"
)

// sweepView is a sweep with what is drawn from its runs.
type sweepView struct {
	record  *run.Sweep
	rows    []run.Row
	groups  []analysis.Group
	labels  []string
	latency string // the figure by which settings are chosen
}

func viewOf(record *run.Sweep, rows []run.Row) sweepView {
	v := sweepView{record: record, rows: rows, groups: analysis.Groups(rows)}
	v.labels, v.latency = analysis.Labels(v.groups), analysis.LatencyFigure(v.groups)
	return v
}

// latencyName is what people call the figure.
func (v *sweepView) latencyName() string {
	if v.latency == run.DeliveryMax {
		return "true delivery"
	}
	return "stable latency"
}

// SweepChoice writes what a sweep recommends, as a table for a terminal.
// accept are latencies that people ask for; without any, round ones.
func SweepChoice(w io.Writer, record *run.Sweep, rows []run.Row, accept []time.Duration) error {
	v := viewOf(record, rows)
	const shown = 6
	_, err := fmt.Fprintf(w, "%s\n%s\n\n%s%s", v.tally(), v.howChosen(), plain(v.choice(accept)), v.trouble("\nNot valid:\n\n", shown))
	return err
}

// Sweep writes a sweep as a page of Markdown, summary.md: what to choose, the
// frontier, every setting, and every run that was not valid. accept is as for
// SweepChoice.
func Sweep(w io.Writer, record *run.Sweep, rows []run.Row, accept []time.Duration) error {
	v := viewOf(record, rows)
	for i, label := range v.labels {
		v.labels[i] = markdownCell(label)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nMade by %s with treecast %s on %s, %s. %s\n\n", markdownText(record.Name), markdownCode(strings.Join(record.Command, " ")),
		markdownText(record.Version), record.Started.UTC().Format(time.DateOnly), record.Machine, v.tally())
	if len(v.groups) > 0 {
		first := v.rows[0]
		fmt.Fprintf(&b, "One run of the first setting, again: %s. The others differ in what their names say. The runs one by one are in runs.csv, what was asked for is in sweep.json.\n\n", markdownCode(first.Command(first.Seed)))
	}
	fmt.Fprintf(&b, "Figures are medians of a setting's runs, messages with a confidence interval%s; `worst` is the largest value of any run, in milliseconds.\n\n", v.level())
	fmt.Fprintf(&b, "## What to choose\n\n%s\n\n%s\n\n", v.howChosen(), markdown(v.choice(accept)))
	fmt.Fprintf(&b, "## Messages against latency\n\nNo setting has both fewer messages and less latency than one of these.\n\n![messages against latency](%s)\n\n%s\n\n", FrontierChart, markdown(v.frontier()))
	if len(v.periods()) > 1 {
		fmt.Fprintf(&b, "![messages by sync period](%s)\n\n![latency by sync period](%s)\n\n", MessagesChart, LatencyChart)
	}
	all := make([]int, len(v.groups))
	for i := range all {
		all[i] = i
	}
	fmt.Fprintf(&b, "## All settings\n\n`least` is what locked rounds need for the load itself; acks, the start and the quiet end come on top. `busiest node` is what the node with most to do sends and receives, per second of load.\n\n%s\n", markdown(v.table(all)))
	b.WriteString(v.trouble("\n## Not valid\n\n", math.MaxInt))
	_, err := io.WriteString(w, b.String())
	return err
}

// tally says how many runs there are.
func (v *sweepView) tally() string {
	total, bad := len(v.record.Settings)*v.record.SeedCount, 0
	for i := range v.rows {
		if r := &v.rows[i]; r.Valid != run.Valid || r.Strict != run.Valid || r.Error != "" {
			bad++
		}
	}
	out := fmt.Sprintf("%d settings, seeds %d to %d: %d runs", len(v.record.Settings), v.record.FirstSeed, v.record.FirstSeed+uint64(v.record.SeedCount)-1, len(v.rows))
	if len(v.rows) < total {
		out += fmt.Sprintf(" of %d; the sweep is not complete", total)
	}
	if bad > 0 {
		return out + fmt.Sprintf("; %d not valid.", bad)
	}
	return out + ", all valid."
}

func (v *sweepView) howChosen() string {
	text := fmt.Sprintf("The fewest messages per operation among the settings whose every run is valid and keeps the bound: the worst %s of the worst run", v.latencyName())
	if v.challenges() != nil {
		text += ", or the bounds of the challenge"
	}
	return text + "."
}

// level is the confidence of the intervals, if there are any.
func (v *sweepView) level() string {
	for i := range v.groups {
		if values := v.groups[i].Values(run.MsgsPerOp); len(values) > 0 {
			if e := analysis.EstimateOf(values); e.Bounded() {
				return fmt.Sprintf(" (%s %% with %d runs)", strconv.FormatFloat(e.Confidence*100, 'f', -1, 64), e.N)
			}
		}
	}
	return ", given five runs or more"
}

// challenges are those that some run was an attempt at, of those with bounds.
func (v *sweepView) challenges() []string {
	var out []string
	for _, name := range []string{"3d", "3e"} {
		if slices.ContainsFunc(v.groups, func(g analysis.Group) bool { _, tried := g.Passes(name); return tried > 0 }) {
			out = append(out, name)
		}
	}
	return out
}

// ladder are latencies that people ask for.
var ladder = []time.Duration{
	200 * time.Millisecond, 300 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond, 600 * time.Millisecond, 800 * time.Millisecond,
	time.Second, 1500 * time.Millisecond, 2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// choice is the table of recommendations.
func (v *sweepView) choice(accept []time.Duration) table.Writer {
	t := newTable("everywhere within", "choose", "msgs/op", "worst "+v.latencyName())
	row := func(bound string, at int, ok bool) {
		if !ok {
			t.AppendRow(table.Row{bound, "no setting of this sweep", none, none})
			return
		}
		g := &v.groups[at]
		t.AppendRow(table.Row{bound, v.labels[at], estimate(g, run.MsgsPerOp, 3), worst(g, v.latency)})
	}
	for _, name := range v.challenges() {
		at, ok := analysis.RecommendFor(v.groups, v.latency, name)
		row(name, at, ok)
	}
	asked := len(accept) > 0
	if !asked {
		accept = ladder
	}
	last := -1
	for _, within := range accept {
		at, ok := analysis.Recommend(v.groups, v.latency, float64(within)/1e6)
		if asked || (ok && at != last) {
			row(strconv.FormatFloat(float64(within)/1e6, 'f', -1, 64)+" ms", at, ok)
		}
		if ok {
			last = at
		}
	}
	return t
}

func (v *sweepView) frontier() table.Writer { return v.table(analysis.Frontier(v.groups, v.latency)) }

// table shows settings, by their indexes.
func (v *sweepView) table(which []int) table.Writer {
	challenges := v.challenges()
	t := newTable(append(append([]string{"setting", "valid, strict"}, challenges...),
		"msgs/op", "least", "stable median", "stable max, worst", "true median", "true max, worst", "busiest node/s")...)
	for _, at := range which {
		g := &v.groups[at]
		valid, strict := g.Valid()
		row := table.Row{v.labels[at], fmt.Sprintf("%d, %d of %d", valid, strict, len(g.Rows))}
		for _, name := range challenges {
			row = append(row, mark(g.Passes(name)))
		}
		busiest := none
		if m, ok := g.Median(run.BusiestNode); ok && g.TimeLimit > 0 {
			busiest = strconv.FormatFloat(m/g.TimeLimit.Duration().Seconds(), 'f', 1, 64)
		}
		t.AppendRow(append(row, estimate(g, run.MsgsPerOp, 3), least(g), median(g, run.StableMedian), worst(g, run.StableMax),
			median(g, run.DeliveryMedian), worst(g, run.DeliveryMax), busiest))
	}
	return t
}

// trouble lists what was not valid under a title, so many runs at most, with the
// commands that show it again; nothing if all was.
func (v *sweepView) trouble(title string, most int) string {
	var b strings.Builder
	bad := 0
	for i := range v.rows {
		r := &v.rows[i]
		if r.Valid == run.Valid && r.Strict == run.Valid && r.Error == "" {
			continue
		}
		if bad++; bad == 1 {
			b.WriteString(title)
		}
		if bad > most {
			continue
		}
		what := []string{"valid " + r.Valid.String(), "strict " + r.Strict.String()}
		for _, more := range []string{r.Findings, r.Error} {
			if more != "" {
				what = append(what, markdownText(more))
			}
		}
		fmt.Fprintf(&b, "- %s: %s\n", strings.Join(what, ", "), markdownCode(r.Command(r.Seed)))
	}
	if bad > most {
		fmt.Fprintf(&b, "- and %d more\n", bad-most)
	}
	return b.String()
}

// mark says whether a challenge is passed.
func mark(passed, tried int) string {
	switch {
	case tried == 0:
		return none
	case passed == tried:
		return "PASS"
	case passed == 0:
		return "FAIL"
	default:
		return fmt.Sprintf("FAIL (%d of %d pass)", passed, tried)
	}
}

// least is what the formula says of a setting, if it says anything.
func least(g *analysis.Group) string {
	fanOut, err := strconv.Atoi(g.NumChildren)
	broadcasts := g.Rate / 2 // a broadcast is every other operation
	if err != nil || g.Rate == 0 || g.SyncPeriod == 0 || (g.Rounds != "" && g.Rounds != "locked") {
		return none
	}
	return strconv.FormatFloat(analysis.LeastMessagesPerSecond(g.NodeCount, fanOut, g.SyncPeriod.Duration().Seconds(), broadcasts)/g.Rate, 'f', 3, 64)
}

func median(g *analysis.Group, figure string) string {
	v, ok := g.Median(figure)
	if !ok {
		return none
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

func worst(g *analysis.Group, figure string) string {
	v, ok := g.Worst(figure)
	if !ok {
		return none
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// estimate is a median with its interval.
func estimate(g *analysis.Group, figure string, decimals int) string {
	values := g.Values(figure)
	if len(values) == 0 {
		return none
	}
	e := analysis.EstimateOf(values)
	spell := func(v float64) string { return strconv.FormatFloat(v, 'f', decimals, 64) }
	if !e.Bounded() {
		return spell(e.Median)
	}
	return fmt.Sprintf("%s (%s to %s)", spell(e.Median), spell(e.Low), spell(e.High))
}

func newTable(columns ...string) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.Style{Box: table.StyleBoxLight, Options: table.OptionsNoBordersAndSeparators})
	header := make(table.Row, len(columns))
	for i, c := range columns {
		header[i] = c
	}
	t.AppendHeader(header)
	return t
}

// plain is a table for a terminal.
func plain(t table.Writer) string {
	var b strings.Builder
	for line := range strings.Lines(t.Render() + "\n") {
		b.WriteString(run.Visible(strings.TrimRight(line, " \n")) + "\n")
	}
	return b.String()
}

func markdown(t table.Writer) string { return t.RenderMarkdown() }

// markdownText is a text from outside that shall not be taken for markup.
func markdownText(text string) string { return markup.Replace(run.Visible(oneLine(text))) }

// markdownCell is markdownText for a cell of a table, whose bars are taken care of.
func markdownCell(text string) string {
	return strings.ReplaceAll(markdownText(text), `\|`, "|")
}

var markup = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", "\\|")

func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}

// markdownCode is a text as it is spelt: between more backticks than it has itself
// in a row.
func markdownCode(text string) string {
	text = run.Visible(oneLine(text))
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}
