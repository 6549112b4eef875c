package report

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/analysis"
	"treecast/run"
)

// aSweep is one of two fan-outs and two periods, five seeds each, with whatever
// a row needs to pass or not.
func aSweep() (*run.Sweep, []run.Row) {
	record := &run.Sweep{
		Name: "fanout", Version: "v1.2.3", Command: []string{"treecast", "sweep", "fanout"},
		Machine: run.Machine{OS: "linux", Arch: "amd64", Cores: 2, Go: "go1.26"},
		Started: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), FirstSeed: 1, SeedCount: 5,
	}
	var rows []run.Row
	for _, k := range []int{5, 24} {
		for _, period := range []float64{260, 470} {
			setting := run.Spec{
				Workload: "broadcast", Driver: "virtual", NodeCount: 25, NumChildren: strconv.Itoa(k), Rounds: "locked", SyncPeriod: ms(period),
				Rate: 100, Concurrency: "25", TimeLimit: ms(20000), Quiet: ms(10000), Latency: ms(100), LatencyDist: "constant", Topology: "grid",
			}
			record.Settings = append(record.Settings, setting.Label())
			for seed := range 5 {
				latency := period + 200 + 10*float64(seed)
				if k == 5 {
					latency += 200
				}
				row := run.Row{Spec: setting, Seed: uint64(seed + 1), Passed: "3d 3e", Figures: map[string]float64{
					run.MsgsPerOp: 400/period - float64(k+seed)/1000, run.BusiestNode: float64(40 * k),
					run.StableMedian: period / 2, run.StableMax: latency - 100, run.DeliveryMedian: period, run.DeliveryMax: latency,
				}}
				if latency > 850 {
					row.Passed, row.Missed = "3e", "3d"
				}
				rows = append(rows, row)
			}
		}
	}
	return record, rows
}

func sweepText(t *testing.T, record *run.Sweep, rows []run.Row, accept ...time.Duration) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Sweep(&out, record, rows, accept))
	return out.String()
}

func TestASweepAsAPage(t *testing.T) {
	record, rows := aSweep()
	golden(t, "sweep", sweepText(t, record, rows))
}

func TestASweepOnATerminal(t *testing.T) {
	record, rows := aSweep()
	rows[0].Strict, rows[0].Findings = run.Invalid, "missing:3"
	var out bytes.Buffer
	require.NoError(t, SweepChoice(&out, record, rows, []time.Duration{400 * time.Millisecond, 1500 * time.Microsecond, time.Second}))
	golden(t, "sweep-choice", out.String())
}

// Kafka is chosen by its lag. Where there is no latency all settings are shown instead
// of a choice, and no chart that would be empty.
func TestSweep_ofOtherWorkloads(t *testing.T) {
	record, rows := aSweep()
	for i := range rows {
		f := rows[i].Figures
		rows[i].Passed, rows[i].Missed = "", ""
		rows[i].Figures = map[string]float64{run.MsgsPerOp: f[run.MsgsPerOp], run.RealtimeLag: f[run.DeliveryMax]}
	}
	var out bytes.Buffer
	require.NoError(t, SweepChoice(&out, record, rows, nil))
	require.Regexp(t, `the worst realtime lag of the worst run\.\n\n everywhere within +choose +msgs/op +worst realtime lag\n 500 ms +locked, k = 24, P = 260 ms +1\.\d+ .* 500\n`, out.String())
	require.Contains(t, sweepText(t, record, rows), "![latency by sync period]")

	for i := range rows {
		delete(rows[i].Figures, run.RealtimeLag)
	}
	out.Reset()
	require.NoError(t, SweepChoice(&out, record, rows, nil))
	require.Contains(t, out.String(), "no figure of latency")
	require.Regexp(t, ` locked, k = 5, P = 260 ms +5, 5 of 5 +1\.\d+`, out.String())
	text := sweepText(t, record, rows)
	require.NotContains(t, text, "![latency")
	require.NotContains(t, text, "## Messages against latency")
	require.Contains(t, text, "![messages by sync period]")
}

func TestWhatFailedIsShownAndNeverChosen(t *testing.T) {
	record, rows := aSweep()
	for i := 15; i < 20; i++ { // what would be best
		rows[i].Valid, rows[i].Figures = run.Unknown, map[string]float64{}
		rows[i].Error = "no <b>program</b> | `x`"
	}
	rows = rows[:19]
	text := sweepText(t, record, rows)
	golden(t, "sweep-failing", text)
	require.NotContains(t, text, "<b>")
}

func TestASweepOfNothingIsAPage(t *testing.T) {
	record, _ := aSweep()
	require.Contains(t, sweepText(t, record, nil), "0 runs of 20; the sweep is not complete")
}

// compared is a comparison of a sweep, repeated runs and a record of Maelstrom.
func compared() analysis.Comparison {
	_, rows := aSweep()
	maelstrom := run.Row{Valid: run.Valid, Strict: run.Unknown, Figures: map[string]float64{run.MsgsPerOp: 1.0084872, run.StableMax: 514}}
	return analysis.CompareEntries([]analysis.Entry{
		{Name: "results/fanout", Version: "v1", Rows: rows[:10]},
		{Name: "store/broadcast", Version: "v2", Rows: rows[5:9]},
		{Name: "results.edn", Rows: []run.Row{maelstrom}, Note: "it has no settings"},
	})
}

func TestAComparisonInEveryFormat(t *testing.T) {
	for _, format := range []string{Text, Markdown, CSV, JSON} {
		var out bytes.Buffer
		require.NoError(t, Comparison(&out, compared(), format))
		golden(t, "comparison-"+format, out.String())
	}
	require.ErrorContains(t, Comparison(&bytes.Buffer{}, compared(), "xml"), `there is no format "xml"; choose text, markdown, csv or json`)
}

func TestAComparisonOfSingleRunsClaimsNothing(t *testing.T) {
	_, rows := aSweep()
	var out bytes.Buffer
	require.NoError(t, Comparison(&out, analysis.CompareEntries([]analysis.Entry{{Name: "a", Rows: rows[:1]}, {Name: "b", Rows: rows[5:6]}}), Text))
	require.Contains(t, out.String(), "There are too few runs to tell differences from chance")
	require.NotContains(t, out.String(), "*")
	require.NotContains(t, out.String(), "~")
	out.Reset()
	require.NoError(t, Comparison(&out, analysis.CompareEntries([]analysis.Entry{{Name: "a", Rows: rows[:1]}}), Text))
	require.NotContains(t, out.String(), "too few")
}

func TestChallengesAreShownBoundByBound(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Challenges(&out, []run.Challenge{
		{Name: "3d", Checks: []run.ChallengeCheck{{What: "valid", Target: "true", Got: "true", Passed: true}, {What: "median stable latency", Target: "< 400 ms", Got: "910 ms"}}},
		{Name: "3e", Passed: true, Checks: []run.ChallengeCheck{{What: "valid", Target: "true", Got: "true", Passed: true}}},
	}))
	golden(t, "challenges", out.String())
}

func TestMarkdown_takesNoMarkupFromOutside(t *testing.T) {
	for text, want := range map[string]string{
		"a|b":             `a\|b`,
		"<b>&":            "&lt;b&gt;&amp;",
		"`x` *y* _z_ [q]": "\\`x\\` \\*y\\* \\_z\\_ \\[q\\]",
		"two\nlines\r\n":  "two lines",
		"\x1b[31m":        `\\x1b\[31m`,
	} {
		require.Equal(t, want, markdownText(text))
	}
	require.Equal(t, "a|b", markdownCell("a|b"), "the table does it")
	for text, want := range map[string]string{"x": "`x`", "a`b": "``a`b``", "``": "``` `` ```", "a\nb": "`a b`", "": "``"} {
		require.Equal(t, want, markdownCode(text))
	}
}

func TestSweep_ofNodesWithOddArgumentsIsATableStill(t *testing.T) {
	record := &run.Sweep{Name: "odd|<i>", Settings: []string{"x"}, SeedCount: 1, Command: []string{"treecast", "sweep", "`odd`\n# title"}}
	row := run.Row{Spec: run.Spec{Workload: "broadcast", Args: "--x '|`<b>\n| y'"}, Valid: run.Valid, Strict: run.Valid}
	var out strings.Builder
	require.NoError(t, Sweep(&out, record, []run.Row{row}, nil))
	require.NotContains(t, strings.ReplaceAll(out.String(), "``treecast test -w broadcast --time-limit 0 --rate 0 --quiet-time 0 --seed 0 -- --x '|`<b> | y'``", ""), "<b>", "but as code")
	require.NotContains(t, out.String(), "\n# title")
	columns := 0
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		if n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); strings.HasPrefix(line, "| setting") {
			columns = n
		} else if columns > 0 {
			require.Equal(t, columns, n, line)
		}
	}
	require.Positive(t, columns)
}

func TestComparison_withZeroHasNoRatio(t *testing.T) {
	row := func(stable float64) run.Row {
		return run.Row{Valid: run.Valid, Strict: run.Valid, Figures: map[string]float64{run.MsgsPerOp: 2, run.StableMax: stable}}
	}
	for _, base := range []float64{0, 4} {
		c := analysis.CompareEntries([]analysis.Entry{{Name: "a", Rows: []run.Row{row(base)}}, {Name: "b", Rows: []run.Row{row(8)}}, {Name: "c", Rows: []run.Row{row(0)}}})
		for _, format := range []string{Text, Markdown, CSV, JSON} {
			var out bytes.Buffer
			require.NoError(t, Comparison(&out, c, format))
			for _, word := range []string{"infinite", "Inf", "NaN"} {
				require.NotContains(t, out.String(), word, format)
			}
			if format == Text {
				require.Equal(t, base == 4, strings.Contains(out.String(), "8 x2.00"), out.String())
			}
		}
	}
}
