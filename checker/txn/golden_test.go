package txn_test

import (
	"bufio"
	"compress/gzip"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/checker/txn"
	"treecast/run"
)

// golden is a run of real Maelstrom, and what its checker said of it.
type golden struct {
	name    string
	kind    txn.Kind
	models  []string
	history []txn.Op

	valid        string
	types        []string
	not, alsoNot []string
}

func goldens(t testing.TB) []golden {
	dirs, err := filepath.Glob("testdata/maelstrom/*")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	var all []golden
	for _, dir := range dirs {
		command, err := os.ReadFile(filepath.Join(dir, "command"))
		require.NoError(t, err)
		g := golden{name: filepath.Base(dir), kind: txn.Lists, models: []string{txn.DefaultModel}}
		if strings.Contains(string(command), "txn-rw-register") {
			g.kind = txn.Registers
		}
		if m := regexp.MustCompile(`--consistency-models (\S+)`).FindSubmatch(command); m != nil {
			g.models, err = txn.ParseModels(string(m[1]))
			require.NoError(t, err)
		}
		g.history = opsOf(t, g.kind, gunzipped(t, filepath.Join(dir, "history.edn.gz")))
		g.readResults(string(gunzipped(t, filepath.Join(dir, "results.edn.gz"))))
		all = append(all, g)
	}
	return all
}

func gunzipped(t testing.TB, path string) []byte {
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(bufio.NewReader(file))
	require.NoError(t, err)
	text, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	return text
}

func opsOf(t testing.TB, kind txn.Kind, edn []byte) []txn.Op {
	history, err := run.ReadHistoryEDN(strings.NewReader(string(edn)))
	require.NoError(t, err)
	var ops []txn.Op
	for _, op := range history {
		if op.Process == run.NemesisProcess {
			continue
		}
		mops, err := txn.Parse(kind, op.Value)
		require.NoError(t, err)
		ops = append(ops, txn.Op{Index: op.Index, Time: op.Time, Type: txn.Type(op.Type), Process: op.Process, Txn: mops})
	}
	return ops
}

// readResults reads what is compared out of the text of results.edn.
func (g *golden) readResults(edn string) {
	workload := edn[strings.Index(edn, ":workload {"):]
	g.valid = regexp.MustCompile(`:valid\? :?(\w+)`).FindStringSubmatch(workload)[1]
	names := func(pattern string) (found []string) {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(workload); m != nil {
			for _, word := range strings.Fields(m[1]) {
				found = append(found, strings.TrimPrefix(word, ":"))
			}
		}
		return found
	}
	g.types = names(`:anomaly-types \(([^)]*)\)`)
	g.not, g.alsoNot = names(`:not #\{([^}]*)\}`), names(`:also-not\s+#\{([^}]*)\}`)
}

func check(kind txn.Kind, history []txn.Op, o txn.Options) txn.Result {
	if kind == txn.Registers {
		return txn.CheckRegisters(history, o).Maelstrom()
	}
	return txn.CheckLists(history, o)
}

// The verdict, the models that are ruled out and the types of anomalies are
// Maelstrom's. Where its own search was cut, it showed any cycle that it found
// in its place; that type must follow from ours.
func TestCheck_recordedRuns(t *testing.T) {
	for _, g := range goldens(t) {
		t.Run(g.name, func(t *testing.T) {
			r := check(g.kind, g.history, txn.Options{Models: g.models})
			require.NoError(t, r.Err)
			require.Equal(t, g.valid, r.Valid.String())
			require.Equal(t, g.not, r.Not)
			require.Equal(t, g.alsoNot, r.AlsoNot)
			if slices.Contains(g.types, "cycle-search-timeout") {
				require.NotContains(t, r.Types, "cycle-search-timeout")
				g.types = slices.DeleteFunc(g.types, func(name string) bool { return name == "cycle-search-timeout" })
				require.Subset(t, txn.Implied(r.Types...), g.types)
			} else {
				require.Equal(t, g.types, r.Types)
			}
			for _, a := range slices.Concat(slices.Collect(maps.Values(r.Anomalies))...) {
				checkEvidence(t, g.kind, a)
			}
		})
	}
}

// checkEvidence holds a cycle against what its transactions say.
func checkEvidence(t require.TestingT, kind txn.Kind, a txn.Anomaly) {
	if a.Cycle == nil {
		return
	}
	last := a.Cycle.Edges[len(a.Cycle.Edges)-1].To
	for _, e := range a.Cycle.Edges {
		require.Same(t, last, e.From)
		last = e.To
		switch e.Kind {
		case txn.Process:
			require.Equal(t, e.From.Process, e.To.Process)
			require.Less(t, e.From.Index, e.To.Index)
			continue
		case txn.Realtime:
			require.Less(t, e.From.Index, e.Invocation.Index)
			require.Equal(t, e.Invocation.Process, e.To.Process)
			continue
		}
		from, to := e.From.Txn[e.FromMop], e.To.Txn[e.ToMop]
		require.Equal(t, e.Key, from.Key)
		require.Equal(t, e.Key, to.Key)
		shown := func(m txn.Mop) txn.Value {
			if m.F == txn.Read && kind == txn.Lists {
				require.Equal(t, e.Initial, len(m.List) == 0)
				return append([]txn.Value{txn.Null}, m.List...)[len(m.List)]
			}
			return m.Value
		}
		require.Equal(t, e.Value, shown(from))
		require.Equal(t, e.Kind == txn.RW, from.F == txn.Read)
		require.Equal(t, e.Kind == txn.WR, to.F == txn.Read)
		if e.Kind == txn.WR {
			require.Equal(t, e.Value, shown(to))
		} else {
			require.Equal(t, e.Next, to.Value)
		}
	}
}
