package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"treecast/analysis"
	"treecast/report/figure"
	"treecast/run"
)

// sweepView is the view of a sweep in Markdown and on a terminal.
type sweepView struct {
	figure.Sweep
	record *run.Sweep
}

// SweepChoice writes what a sweep recommends, as a table for a terminal.
// accept are latencies that people ask for; without any, round ones.
func SweepChoice(w io.Writer, record *run.Sweep, rows []run.Row, accept []time.Duration) error {
	v := sweepView{figure.SweepOf(rows), record}
	const shown = 6
	choice := v.howChosen() + "\n\n" + plain(v.choice(accept))
	if v.Latency == "" {
		choice = noLatency + "\n\n" + plain(v.table(v.all()))
	}
	_, err := fmt.Fprintf(w, "%s\n%s%s", v.tally(), choice, v.trouble("\nNot valid:\n\n", shown))
	return err
}

// Sweep writes a sweep as a page of Markdown, summary.md: what to choose, the
// frontier, every setting, and every run that was not valid. accept is as for
// SweepChoice.
func Sweep(w io.Writer, record *run.Sweep, rows []run.Row, accept []time.Duration) error {
	v := sweepView{figure.SweepOf(rows), record}
	for i, label := range v.Labels {
		v.Labels[i] = markdownCell(label)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nMade by %s with treecast %s on %s, %s. %s\n\n", markdownText(record.Name), markdownCode(strings.Join(record.Command, " ")),
		markdownText(record.Version), record.Started.UTC().Format(time.DateOnly), record.Machine, v.tally())
	if len(v.Groups) > 0 {
		first := v.Rows[0]
		fmt.Fprintf(&b, "One run of the first setting, again: %s. The others differ in what their names say. The runs one by one are in runs.csv, what was asked for is in sweep.json.\n\n", markdownCode(first.Command(first.Seed)))
	}
	fmt.Fprintf(&b, "Figures are medians of a setting's runs, messages with a confidence interval%s; `worst` is the largest value of any run, in milliseconds.\n\n", v.level())
	if v.Latency == "" {
		fmt.Fprintf(&b, "## What to choose\n\n%s\n\n", noLatency)
	} else {
		fmt.Fprintf(&b, "## What to choose\n\n%s\n\n%s\n\n", v.howChosen(), markdown(v.choice(accept)))
		fmt.Fprintf(&b, "## Messages against latency\n\nNo setting has both fewer messages and less latency than one of these.\n\n![messages against latency](%s)\n\n%s\n\n",
			figure.FrontierChart, markdown(v.table(analysis.Frontier(v.Groups, v.Latency))))
	}
	if byPeriod, _ := v.Periods(); len(byPeriod) > 0 {
		fmt.Fprintf(&b, "![messages by sync period](%s)\n\n", figure.MessagesChart)
		if v.Latency != "" {
			fmt.Fprintf(&b, "![latency by sync period](%s)\n\n", figure.LatencyChart)
		}
	}
	fmt.Fprintf(&b, "## All settings\n\n`least` is what locked rounds need for the load itself; acks, the start and the quiet end come on top. `busiest node` is what the node with most to do sends and receives, per second of load.\n\n%s\n", markdown(v.table(v.all())))
	b.WriteString(v.trouble("\n## Not valid\n\n", math.MaxInt))
	_, err := io.WriteString(w, b.String())
	return err
}

// noLatency stands where settings are else chosen by their latency.
const noLatency = "These runs have no figure of latency to choose by: fewer messages cost what the help of the nodes' --sync-period says."

// all are the indexes of all settings.
func (v *sweepView) all() []int {
	all := make([]int, len(v.Groups))
	for i := range all {
		all[i] = i
	}
	return all
}

// tally says how many runs there are.
func (v *sweepView) tally() string {
	total, bad := len(v.record.Settings)*v.record.SeedCount, len(v.Bad())
	out := fmt.Sprintf("%d settings, seeds %d to %d: %d runs", len(v.record.Settings), v.record.FirstSeed, v.record.FirstSeed+uint64(v.record.SeedCount)-1, len(v.Rows))
	if len(v.Rows) < total {
		out += fmt.Sprintf(" of %d; the sweep is not complete", total)
	}
	if bad > 0 {
		return out + fmt.Sprintf("; %d not valid.", bad)
	}
	return out + ", all valid."
}

func (v *sweepView) howChosen() string {
	text := fmt.Sprintf("The fewest messages per operation among the settings whose every run is valid and keeps the bound: the worst %s of the worst run", v.LatencyName())
	if v.Challenges() != nil {
		text += ", or the bounds of the challenge"
	}
	return text + "."
}

// level is the confidence of the intervals, if there are any.
func (v *sweepView) level() string {
	for i := range v.Groups {
		if values := v.Groups[i].Values(run.MsgsPerOp); len(values) > 0 {
			if e := analysis.EstimateOf(values); e.Bounded() {
				return fmt.Sprintf(" (%s %% with %d runs)", strconv.FormatFloat(e.Confidence*100, 'f', -1, 64), e.N)
			}
		}
	}
	return ", given five runs or more"
}

// choice is the table of recommendations.
func (v *sweepView) choice(accept []time.Duration) table.Writer {
	t := newTable("everywhere within", "choose", "msgs/op", "worst "+v.LatencyName())
	for _, c := range v.Choices(accept) {
		if c.Group < 0 {
			t.AppendRow(table.Row{markdownCell(c.Bound), "no setting of this sweep", none, none})
			continue
		}
		t.AppendRow(table.Row{markdownCell(c.Bound), v.Labels[c.Group], v.Messages(c.Group), v.Worst(c.Group)})
	}
	return t
}

// table shows settings, by their indexes.
func (v *sweepView) table(which []int) table.Writer {
	columns := v.Columns()
	for i := range columns {
		columns[i] = markdownCell(columns[i])
	}
	t := newTable(columns...)
	for _, at := range which {
		row := table.Row{}
		for _, cell := range v.Row(at) {
			row = append(row, cell)
		}
		t.AppendRow(row)
	}
	return t
}

// trouble lists what was not valid under a title, so many runs at most, with the
// commands that show it again; nothing if all was.
func (v *sweepView) trouble(title string, most int) string {
	bad := v.Bad()
	if len(bad) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(title)
	for _, r := range bad[:min(len(bad), most)] {
		what := []string{"valid " + r.Valid.String(), "strict " + r.Strict.String()}
		for _, more := range []string{r.Findings, r.Error} {
			if more != "" {
				what = append(what, markdownText(more))
			}
		}
		fmt.Fprintf(&b, "- %s: %s\n", strings.Join(what, ", "), markdownCode(r.Command(r.Seed)))
	}
	if len(bad) > most {
		fmt.Fprintf(&b, "- and %d more\n", len(bad)-most)
	}
	return b.String()
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
