package page

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// smallSweep is a sweep of two fan-outs and two periods.
func smallSweep() *run.SweepFolder {
	f := &run.SweepFolder{Dir: "results/small", Record: &run.Sweep{
		Name: "small", Version: "v1.2.3", Command: []string{"treecast", "sweep", "small"}, Started: time.Date(2026, 11, 20, 11, 15, 0, 0, time.UTC),
		Machine: run.Machine{OS: "linux", Arch: "amd64", CPU: "CPU", Cores: 2, Go: "go1.26"},
	}}
	for i, k := range []string{"3", "24"} {
		for j, period := range []int{400, 800} {
			row := run.Row{
				Spec: run.Spec{
					Workload: "broadcast", Driver: "virtual", NodeCount: 25, Rate: 100, Latency: ms(100), LatencyDist: "constant",
					NumChildren: k, SyncPeriod: ms(period), Rounds: "locked",
				},
				Seed: 1, Passed: "3e",
				Figures: map[string]float64{
					run.MsgsPerOp: 1.2/float64(j+1) - float64(i)/10, run.StableMax: float64(period+200) - float64(100*i), run.StableMedian: 300,
					run.DeliveryMax: float64(period + 300), run.DeliveryMedian: 420, run.BusiestNode: 900, "values": 1000, "operations": 2000,
				},
			}
			if i == 0 && j == 1 {
				row.Strict, row.Passed, row.Missed = run.Invalid, "", "3e"
			}
			f.Rows = append(f.Rows, row)
		}
	}
	return f
}

func drawSweep(t testing.TB, f *run.SweepFolder) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, WriteSweep(&out, f))
	return out.String()
}

func TestThePageOfASmallSweep(t *testing.T) {
	got := drawSweep(t, smallSweep())
	for _, asset := range []string{style, script} {
		require.Equal(t, 1, strings.Count(got, asset))
		got = strings.ReplaceAll(got, asset, "...")
	}
	got = regexp.MustCompile(`sha256-.*?&#39;`).ReplaceAllString(got, "...")
	path := filepath.Join("testdata", "sweep.golden.html")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o666))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to make it")
	require.Equal(t, string(want), got, "look at the page, then run the test with -update")
}

func TestASweepWithNothingInItHasAPage(t *testing.T) {
	page := drawSweep(t, &run.SweepFolder{Dir: "x/empty", Missing: []string{"sweep.json is not there"}})
	for _, id := range []string{"verdict", "pareto", "maps", "settings", "about"} {
		has(t, page, `<section id="`+id+`"`)
	}
	has(t, page, "No run yet")
	has(t, page, "sweep.json is not there")
}

func TestHostileTextsOfASweepStayTexts(t *testing.T) {
	f := smallSweep()
	f.Missing = []string{hostile}
	f.Record.Name, f.Record.Command, f.Record.Version, f.Record.Machine.CPU = hostile, []string{hostile}, hostile, hostile
	for i := range f.Rows {
		f.Rows[i].Args, f.Rows[i].Passed, f.Rows[i].NumChildren = hostile, "<img>", f.Rows[i].NumChildren+hostile
	}
	page := drawSweep(t, f)
	hasNot(t, page, "<img")
	require.Equal(t, 2, strings.Count(page, "</script"))
	require.Equal(t, 1, strings.Count(page, "</style"))
	has(t, page, "&lt;/script&gt;&lt;/style&gt;&lt;img src=x")
}
