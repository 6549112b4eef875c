package report

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

var update = flag.Bool("update", false, "rewrite the golden files with what is printed now")

// golden compares a text with a file of testdata, or rewrites that.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o777))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o666))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to make it")
	require.Equal(t, string(want), got)
}

func summary(t *testing.T, r *run.Results) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Summary(&out, r, "store/broadcast/20261120T111500.123+0000"))
	return out.String()
}

func ms(v float64) run.Millis { return run.Millis(v * float64(time.Millisecond)) }

func perOperation(v float32) *float32 { return &v }

// validRun is a run of challenge 3d in which all went well.
func validRun() *run.Results {
	return &run.Results{
		Command: []string{"treecast", "test", "-w", "broadcast", "--node-count", "25", "--seed", "7", "--", "--log-level", "'de bug'"},
		Stats:   run.Stats{Counts: run.Counts{Count: 2043, OKCount: 2043}},
		Availability: run.Availability{
			OKFraction: 1, InvokeCount: 2043,
		},
		Net: run.Net{
			All:     run.NetCounts{MsgCount: 8558, MsgsPerOp: perOperation(4.189)},
			Servers: run.NetCounts{MsgCount: 4391, MsgsPerOp: perOperation(2.1495)},
		},
		Workload: run.Workload{SetFull: &run.SetFull{
			AttemptCount: 1001, StableCount: 1001, StaleCount: 998,
			StableLatencies: &run.Quantiles{Min: 0, Median: ms(308), P95: ms(411), P99: ms(440), Max: ms(456)},
		}},
		Delivery: &run.Delivery{
			NodeCount: 25, ValueCount: 1001, FullCount: 1001,
			Latencies: &run.Quantiles{Min: ms(101.25), Median: ms(351.04), P95: ms(467.96), P99: ms(488.5), Max: ms(502.125)},
		},
		Traffic: &run.Traffic{
			Messages: 4391, Bytes: 1234567, MessagesPerBroadcast: 4.3866,
			ByKind: []run.Share{{Name: run.KindData, MessageShare: 0.8712}, {Name: run.KindAck, MessageShare: 0.1288}},
			ByType: []run.Share{{Name: "gossip", Messages: 4300, Bytes: 1230000, MessageShare: 0.979}, {Name: "propose", Messages: 91, Bytes: 4567, MessageShare: 0.021}},
		},
		Challenges: []run.Challenge{{Name: "3d", Passed: true}, {Name: "3e", Passed: true}},
	}
}

// failingRun is one in which everything went wrong that can.
func failingRun() *run.Results {
	r := validRun()
	r.Valid, r.Strict.Valid, r.Workload.Valid = run.Invalid, run.Invalid, run.Invalid
	r.Stats.Counts = run.Counts{Count: 100, OKCount: 61, FailCount: 30, InfoCount: 9}
	r.Availability.OKFraction = 0.61
	r.Workload.SetFull = &run.SetFull{StableCount: 40, LostCount: 3, StaleCount: 12, NeverReadCount: 1}
	r.Delivery.FullCount = 40
	r.Delivery.ValueCount = 44
	r.Traffic.ByKind, r.Traffic.ByType = nil, nil
	r.Error = "node n4 could not be set up"
	r.Challenges = []run.Challenge{{Name: "3d", Checks: []run.ChallengeCheck{
		{What: "valid", Target: "true", Got: "false"},
		{What: "server messages per operation", Target: "< 30", Got: "2.15", Passed: true},
		{What: "median stable latency", Target: "< 400 ms", Got: "-"},
	}}}
	r.Strict.Findings = []run.Finding{
		{Kind: run.FindingCrash, Count: 1, Text: "n0 ended by itself at 0.320 s: exit status 3"},
		{Kind: run.FindingDuplicate, Count: 2, Text: "2 reads show a value more than once"},
		{Kind: run.FindingMaelstrom, Count: 3, Text: "Maelstrom's own verdict is false: 3 values lost"},
	}
	for node := range 6 {
		note := run.NodeNote{Node: fmt.Sprintf("n%d", node), Kind: "crash"}
		if node != 1 { // which died without a word
			for line := range 20 {
				note.Stderr = append(note.Stderr, fmt.Sprintf("line %d of node %d", line, node))
			}
			note.Stderr = append(note.Stderr, "a long one: "+strings.Repeat("ä", 1000))
		}
		r.Nodes = append(r.Nodes, note)
	}
	return r
}

func TestAValidRunIsSummedUp(t *testing.T) { golden(t, "valid", summary(t, validRun())) }

func TestAFailingRunIsSummedUpWithItsEvidence(t *testing.T) {
	text := summary(t, failingRun())
	golden(t, "failing", text)
	for line := range strings.Lines(text) {
		require.Less(t, len(line), 400, "no line floods the terminal")
	}
}

func TestAnEchoRunHasNoLatencies(t *testing.T) {
	r := validRun()
	r.Workload = run.Workload{Figures: run.Figures{{Key: "valid?", Value: run.Valid}, {Key: "errors", Value: run.List{}}}}
	r.Challenges = nil
	r.Delivery = &run.Delivery{NodeCount: 25}
	r.Traffic = &run.Traffic{}
	r.Net.Servers.MsgsPerOp = perOperation(0)
	golden(t, "echo", summary(t, r))
}

func TestAnInterruptedRunSaysSo(t *testing.T) {
	r := validRun()
	r.Interrupted, r.Valid, r.Strict.Valid = true, run.Unknown, run.Unknown
	r.Challenges = nil
	golden(t, "interrupted", summary(t, r))
}

func TestARunWithoutFiguresHasDashes(t *testing.T) {
	golden(t, "no-figures", summary(t, &run.Results{Valid: run.Unknown, Workload: run.Workload{SetFull: &run.SetFull{}}}))
}

func TestASummaryIsPure(t *testing.T) {
	r, again := failingRun(), failingRun()
	require.Equal(t, summary(t, r), summary(t, r))
	require.Equal(t, again, r, "the record is left as it was")
}

func TestLinesEndWithTheirText(t *testing.T) {
	for name, r := range map[string]*run.Results{"valid": validRun(), "failing": failingRun()} {
		for line := range strings.Lines(summary(t, r)) {
			require.Equal(t, strings.TrimRight(line, " \n")+"\n", line, name)
		}
	}
}

func TestAWriterThatFailsIsReported(t *testing.T) {
	full := errors.New("disk full")
	require.ErrorIs(t, Summary(failingWriter{full}, validRun(), "store"), full)
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestSummary_showsRemarksBesideTheVerdicts(t *testing.T) {
	r := validRun()
	r.Remarks = []string{"no operation was under way while the network was cut"}
	require.Regexp(t, `(?s)strict\? .*\n *note +no operation was under way while the network was cut\n.*As Maelstrom measures`, summary(t, r))
}

func TestSummary_hasNoFractionOfARunThatNeverBegan(t *testing.T) {
	r := &run.Results{Error: "node n0 could not be set up", Valid: run.Unknown, Availability: run.Availability{OKFraction: 1}}
	require.Regexp(t, `(?m)^ *ok-fraction +-$`, summary(t, r))
}

func TestSummary_namesTheProgramAndObeysNoEscapes(t *testing.T) {
	r := validRun()
	r.Settings.Bin, r.Settings.Args, r.Settings.Driver = "/bin/my \x1bnode", run.WordsOf("a b", "\x1b[2J"), "process"
	r.Remarks = []string{"a \x1b[31mremark"}
	r.Error = "it said \x1b]0;title\a\nand more"
	r.Strict.Findings = []run.Finding{{Kind: run.FindingCrash, Text: "n0 \x1b[1A"}}
	r.Nodes = []run.NodeNote{{Node: "n0", Kind: "crash", Stderr: []string{"\x1b[2Jgone", "caf\xe9"}}}
	got := summary(t, r)
	require.NotContains(t, got, "\x1b")
	for _, want := range []string{
		`program                /bin/my \x1bnode 'a b' '\x1b[2J'`, `note                   a \x1b[31mremark`, `  \x1b[2Jgone`, `  caf\xe9`, `n0 \x1b[1A`,
	} {
		require.Contains(t, got, want)
	}
	require.True(t, strings.HasPrefix(got, "The run could not be made as asked: it said \\x1b]0;title\\a\n  and and more\n\n"), got)

	r = validRun()
	r.Settings.Driver = "virtual"
	require.Contains(t, summary(t, r), "treecast itself, in virtual time")
}

func TestSummary_saysThatNothingWasWrittenToStderr(t *testing.T) {
	r := validRun()
	r.Nodes = []run.NodeNote{{Node: "n0", Kind: "setup"}, {Node: "n1", Kind: "setup"}}
	require.NotContains(t, summary(t, r), "stderr")
	r.Error = "node n0 could not be set up"
	require.Contains(t, summary(t, r), "Nothing was written to stderr by n0, n1.")
	r.Nodes[1].Stderr = []string{"why"}
	require.NotContains(t, summary(t, r), "Nothing was written")
	require.Contains(t, summary(t, r), "Last lines of n1's stderr:\n  why\n")
}

// Where strict would be false and exact is true, that must not be called strict.
func TestAnExactVerdictIsCalledThat(t *testing.T) {
	for name, change := range map[string]func(r *run.Results){
		"strict": func(*run.Results) {},
		"exact":  func(r *run.Results) { r.Tables = []run.Table{{Name: "health"}, {Name: run.ExactTable}} },
		"exact ": func(r *run.Results) { r.Strict.Findings = []run.Finding{{Kind: run.FindingInvariant}} },
	} {
		r := validRun()
		change(r)
		require.Contains(t, summary(t, r), fmt.Sprintf(" %-22s true (ours)\n", strings.TrimSpace(name)+"?"))
	}
}
