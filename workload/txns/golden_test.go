package txns

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"olympos.io/encoding/edn"

	"treecast/checker/txn"
	"treecast/run"
	"treecast/workload"
)

const recorded = "../../checker/txn/testdata/maelstrom"

func unzip(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	text, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	return text
}

// recordedRun is a run of real Maelstrom: its workload, its history, the models
// that were expected, and its results.edn.
func recordedRun(t testing.TB, name string) (workload.Workload, run.History, workload.Options, []byte) {
	command, err := os.ReadFile(filepath.Join(recorded, name, "command"))
	require.NoError(t, err)
	w := Lists
	if strings.Contains(string(command), Registers.Name) {
		w = Registers
	}
	var o workload.Options
	if _, after, ok := strings.Cut(string(command), "--consistency-models "); ok {
		o.ConsistencyModel = strings.Fields(after)[:1]
	}
	h, err := run.ReadHistoryEDN(bytes.NewReader(unzip(t, filepath.Join(recorded, name, "history.edn.gz"))))
	require.NoError(t, err)
	return w, h, o, unzip(t, filepath.Join(recorded, name, "results.edn.gz"))
}

func recordedNames(t testing.TB) []string {
	dirs, err := filepath.Glob(recorded + "/*")
	require.NoError(t, err)
	require.Len(t, dirs, 12)
	for i := range dirs {
		dirs[i] = filepath.Base(dirs[i])
	}
	return dirs
}

func workloadOf(t testing.TB, results []byte) map[any]any {
	t.Helper()
	var all map[any]any
	require.NoError(t, edn.Unmarshal(results, &all))
	return all[edn.Keyword("workload")].(map[any]any)
}

// items are the anomalies of a type as texts, in order of these.
func items(figures map[any]any, name string) (texts []string) {
	anomalies, _ := figures[edn.Keyword("anomalies")].(map[any]any)
	all, _ := anomalies[edn.Keyword(name)].([]any)
	for _, item := range all {
		if name == "incompatible-order" { // any two of the orders that do not fit will do
			item = item.(map[any]any)[edn.Keyword("key")]
		}
		texts = append(texts, fmt.Sprint(item))
	}
	slices.Sort(texts)
	return texts
}

// What is written under :workload is what Maelstrom wrote, but for cycles: which
// of them are shown is a matter of choice.
func TestCheck_recordedRuns(t *testing.T) {
	for _, name := range recordedNames(t) {
		t.Run(name, func(t *testing.T) {
			w, h, o, results := recordedRun(t, name)
			v := w.Check(h, workload.Input{Options: o})
			var written bytes.Buffer
			require.NoError(t, (&run.Results{Workload: v.Maelstrom}).WriteEDN(&written))
			want, got := workloadOf(t, results), workloadOf(t, written.Bytes())
			for _, key := range []edn.Keyword{"valid?", "not", "also-not"} {
				require.Equal(t, want[key], got[key], key)
			}
			require.Equal(t, v.Maelstrom.Valid == run.Invalid, v.Why != "" && v.Count > 0)
			require.NotContains(t, v.Why, "\n")
			for _, kind := range []string{"G1a", "G1b", "internal", "dirty-update", "duplicate-elements", "incompatible-order", "lost-update"} {
				require.Equal(t, items(want, kind), items(got, kind), kind)
			}
			if !strings.Contains(string(results), "cycle-search-timeout") {
				require.Equal(t, len(want), len(got))
				require.Equal(t, want[edn.Keyword("anomaly-types")], got[edn.Keyword("anomaly-types")])
			}
			require.Equal(t, "what each node holds in the end was not asked", v.Unasked)
			require.Equal(t, slices.Contains([]string{"txn-rw-internal", "txn-rw-skew"}, name), len(v.Findings) > 0)
		})
	}
}

// A cycle is spelled as Elle spells it.
func TestFigures_cycles(t *testing.T) {
	w, h, o, results := recordedRun(t, "txn-append-dup")
	got := w.Check(h, workload.Input{Options: o}).Maelstrom.Figures
	cycle := got.Get("anomalies").(run.Figures).Get("G-single-item").(run.Vector)[0].(run.Figures)
	ops := cycle.Get("cycle").(run.Vector)
	require.Equal(t, ops[0], ops[len(ops)-1])
	require.Equal(t, run.Keyword("G-single-item"), cycle.Get("type"))

	anomalies := workloadOf(t, results)[edn.Keyword("anomalies")].(map[any]any)
	theirs := anomalies[edn.Keyword("G-single-item")].([]any)[0].(map[any]any)[edn.Keyword("steps")].([]any)
	keys := map[string]bool{}
	for _, step := range theirs {
		for key := range step.(map[any]any) {
			keys[string(key.(edn.Keyword))] = true
		}
	}
	for _, step := range cycle.Get("steps").(run.List) {
		for _, figure := range step.(run.Figures) {
			require.True(t, keys[figure.Key], figure.Key)
		}
	}
}

func TestViews_recordedRuns(t *testing.T) {
	pictures := 0
	for _, name := range recordedNames(t) {
		w, h, o, _ := recordedRun(t, name)
		in := workload.Input{Options: o}
		v := w.Check(h, in)
		all := w.Views(h, v, in)
		require.Equal(t, v.Maelstrom.Valid == run.Invalid, slices.ContainsFunc(all, func(view run.View) bool {
			return len(view.Rows) > 0 && slices.ContainsFunc(view.Rows, func(r []string) bool { return r[len(r)-1] == "yes" })
		}), name)
		for _, view := range all {
			require.NotEmpty(t, view.Title)
			for _, row := range view.Rows {
				require.Len(t, row, len(view.Columns))
			}
			g := view.Graph
			if g == nil {
				continue
			}
			pictures++
			require.Len(t, g.Edges, len(g.Vertices))
			for i, e := range g.Edges {
				require.Equal(t, i, e.From)
				require.Equal(t, (i+1)%len(g.Vertices), e.To)
				require.Less(t, e.FromLine, len(g.Vertices[e.From].Lines))
				require.Less(t, e.ToLine, len(g.Vertices[e.To].Lines))
				require.Contains(t, e.Text, g.Vertices[e.From].Name+" comes before "+g.Vertices[e.To].Name)
				require.Equal(t, run.OK, h[g.Vertices[i].Op].Type)
			}
		}
	}
	require.Greater(t, pictures, 10)
	require.Equal(t, txn.Lists, read(txn.Lists, nil).kind)
}
