package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"treecast/report/figure"
	"treecast/run"
)

// none stands for a figure that there is not.
const none = "-"

// Summary writes what a run came to: the verdicts, the figures that people
// compare, and everything that was wrong, with its evidence. dir is where the
// run's files are.
func Summary(w io.Writer, r *run.Results, dir string) error {
	t := table.NewWriter()
	t.SetStyle(table.Style{Box: table.StyleBoxLight, Options: table.OptionsNoBordersAndSeparators})
	section := func(title string) { t.AppendRow(table.Row{"", ""}); t.AppendRow(table.Row{title}) }

	t.AppendRow(table.Row{"valid?", r.Valid.String() + " (Maelstrom's verdict)"})
	t.AppendRow(table.Row{r.StrictName() + "?", r.Strict.Valid.String() + " (ours)"})
	for _, c := range r.Challenges {
		t.AppendRow(table.Row{c.Name, challenge(c)})
	}
	for _, remark := range r.Remarks {
		t.AppendRow(table.Row{"note", run.Visible(remark)})
	}
	section("As Maelstrom measures")
	t.AppendRow(table.Row{"operations", operations(&r.Stats)})
	fraction := none
	if r.Began() {
		fraction = strconv.FormatFloat(float64(r.Availability.OKFraction), 'f', 4, 32)
	}
	t.AppendRow(table.Row{"ok-fraction", fraction})
	t.AppendRow(table.Row{"msgs-per-op", fmt.Sprintf("servers %s   all %s", perOp(r, r.Net.Servers), perOp(r, r.Net.All))})
	if s := r.Workload.SetFull; s != nil {
		t.AppendRow(table.Row{"stable-latencies, ms", quantiles(s.StableLatencies, true)})
		t.AppendRow(table.Row{"values", fmt.Sprintf("%d stable   %d lost   %d stale   %d never read", s.StableCount, s.LostCount, s.StaleCount, s.NeverReadCount)})
	}
	for _, f := range r.Workload.Figures {
		if text, ok := figureText(f.Value); ok && f.Key != "valid?" {
			t.AppendRow(table.Row{f.Key, text})
		}
	}
	if r.Traffic != nil {
		section("As treecast measures")
		ours(t, r)
	}
	if r.Traffic != nil && len(r.Traffic.ByType) > 0 {
		section("Messages by type")
		for _, s := range r.Traffic.ByType {
			t.AppendRow(table.Row{run.Visible(s.Name), fmt.Sprintf("%d   %.1f %%   %.1f kB", s.Messages, 100*s.MessageShare, float64(s.Bytes)/1000)})
		}
	}
	t.AppendRow(table.Row{"", ""})
	if program := program(&r.Settings); program != "" {
		t.AppendRow(table.Row{"program", run.Visible(program)})
	}
	t.AppendRow(table.Row{"files", run.Visible(dir)})
	if len(r.Command) > 0 {
		t.AppendRow(table.Row{"run it again", run.Visible(strings.Join(r.Command, " "))})
	}

	var b strings.Builder
	if r.Error != "" { // before all that may follow from it
		for i, line := range strings.Split(r.Error, "\n") {
			b.WriteString([]string{"The run could not be made as asked: ", "  and "}[min(i, 1)] + run.Visible(line) + "\n")
		}
		b.WriteString("\n")
	}
	for line := range strings.Lines(t.Render() + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	wrong(&b, r, dir)
	_, err := io.WriteString(w, run.VisibleLines(b.String()))
	return err
}

// program is what was run as a node, with its arguments; empty where nothing says
// so, as in a results.edn.
func program(s *run.Spec) string {
	words := []string{s.Bin}
	switch {
	case s.Driver == "virtual":
		words[0] = "treecast itself, in virtual time"
	case s.Bin == "":
		return ""
	}
	if s.Args != "" {
		words = append(words, string(s.Args))
	}
	return strings.Join(words, " ")
}

// figureBytes are how long a figure may be to stand in a summary: what is longer
// is evidence.
const figureBytes = 100

// figureText spells a figure of the workload's for a table; false if it is too long.
func figureText(value any) (string, bool) {
	text, err := run.Figures{{Key: "", Value: value}}.MarshalJSON()
	if err != nil || len(text) > figureBytes {
		return "", false
	}
	return run.Visible(string(text[len(`{"":`) : len(text)-1])), true
}

// ours appends the figures that Maelstrom does not have.
func ours(t table.Writer, r *run.Results) {
	latency := none
	if r.NoDelivery != "" {
		latency += "   (" + run.Visible(r.NoDelivery) + ")"
	}
	if d := r.Delivery; d != nil {
		latency = quantiles(d.Latencies, false)
		if missing := d.ValueCount - d.FullCount; missing > 0 {
			what := "values not handed to every node"
			if d.Inside {
				what = "entries, of clients and of nodes, not known to every node in the end"
			}
			latency += fmt.Sprintf("   (%d of %d %s)", missing, d.ValueCount, what)
		}
	}
	each := ""
	if r.Spreads() || r.Delivery != nil && r.Delivery.Latencies != nil {
		t.AppendRow(table.Row{"true delivery, ms", latency})
	}
	if r.Spreads() {
		each = fmt.Sprintf("   %.2f per broadcast", r.Traffic.MessagesPerBroadcast)
	}
	t.AppendRow(table.Row{"server messages", fmt.Sprintf("%d%s   %.1f kB", r.Traffic.Messages, each, float64(r.Traffic.Bytes)/1000)})
	var shares []string
	for _, s := range r.Traffic.ByKind {
		shares = append(shares, fmt.Sprintf("%s %.1f %%", s.Name, 100*s.MessageShare))
	}
	if len(shares) > 0 {
		t.AppendRow(table.Row{"of these", strings.Join(shares, "   ")})
	}
}

// wrong lists what went wrong, if anything.
func wrong(b *strings.Builder, r *run.Results, dir string) {
	if r.Interrupted {
		b.WriteString("\nThe run was interrupted; the figures cover what was done.\n")
	}
	const shown = 5
	if trouble, more := figure.Overwhelmed(r.Overwhelmed, shown); len(trouble) > 0 {
		b.WriteString("\nOverwhelmed:\n  " + strings.Join(trouble, "\n  ") + "\n")
		if more > 0 {
			fmt.Fprintf(b, "  %d more are in results.json\n", more)
		}
	}
	if len(r.Strict.Findings) > 0 {
		b.WriteString("\nFindings:\n")
		for _, f := range r.Strict.Findings {
			fmt.Fprintf(b, "  %-9s  %s\n", f.Kind, run.Visible(f.Text))
		}
	}
	lastWords(b, r.Nodes, r.Error != "", dir)
}

// Of how many nodes the last words are shown, and how many lines. Where many
// nodes fail, they mostly fail alike, and their logs are in the run's files.
const (
	wordyNodes   = 3
	lastLines    = 10
	maxLineBytes = 300
)

// lastWords shows what nodes that failed wrote to stderr at last. Where that made
// the run fail, it is said if it was nothing.
func lastWords(b *strings.Builder, nodes []run.NodeNote, failed bool, dir string) {
	shown, others := 0, 0
	var silent []string
	for _, n := range nodes {
		if len(n.Stderr) == 0 {
			silent = append(silent, n.Node)
			continue
		}
		if shown == wordyNodes {
			others++
			continue
		}
		shown++
		fmt.Fprintf(b, "\nLast lines of %s's stderr:\n", n.Node)
		for _, line := range n.Stderr[max(0, len(n.Stderr)-lastLines):] {
			if len(line) > maxLineBytes {
				line = strings.ToValidUTF8(line[:maxLineBytes], "") + "..."
			}
			fmt.Fprintf(b, "  %s\n", run.Visible(line))
		}
	}
	if failed && len(nodes) > 0 && len(silent) == len(nodes) {
		who := strings.Join(silent[:min(len(silent), wordyNodes)], ", ")
		if more := len(silent) - wordyNodes; more > 0 {
			who += fmt.Sprintf(" and %d more", more)
		}
		fmt.Fprintf(b, "\nNothing was written to stderr by %s.\n", who)
	}
	if others > 0 {
		fmt.Fprintf(b, "\nThe stderr of %d more is in %s.\n", others, filepath.Join(dir, "node-logs"))
	}
}

// challenge says whether a challenge was met, and which bounds were not.
func challenge(c run.Challenge) string {
	if c.Passed {
		return "PASS"
	}
	var missed []string
	for _, check := range c.Checks {
		if !check.Passed {
			missed = append(missed, fmt.Sprintf("%s %s, target %s", check.What, check.Got, check.Target))
		}
	}
	return "FAIL   " + strings.Join(missed, "; ")
}

func operations(s *run.Stats) string {
	return fmt.Sprintf("%d   ok %d   fail %d   info %d", s.Count, s.OKCount, s.FailCount, s.InfoCount)
}

// perOp is a figure of messages per operation and the division that it comes of.
func perOp(r *run.Results, n run.NetCounts) string {
	if n.MsgsPerOp == nil {
		return none
	}
	return fmt.Sprintf("%s (%d / %d)", strconv.FormatFloat(float64(*n.MsgsPerOp), 'f', 3, 32), n.MsgCount, r.Availability.InvokeCount)
}

// quantiles spells a distribution, in whole milliseconds as Maelstrom's are or
// to a tenth.
func quantiles(q *run.Quantiles, whole bool) string {
	if q == nil {
		return none
	}
	ms := func(m run.Millis) string {
		if whole {
			return strconv.FormatInt(m.Whole(), 10)
		}
		return strconv.FormatFloat(m.Duration().Seconds()*1000, 'f', 1, 64)
	}
	return fmt.Sprintf("median %s   p95 %s   p99 %s   max %s", ms(q.Median), ms(q.P95), ms(q.P99), ms(q.Max))
}
