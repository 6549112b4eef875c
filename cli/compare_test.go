package cli

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// maelstrom is the path of a record of real Maelstrom.
func maelstrom(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "checker", "testdata", "maelstrom", name, "results.edn"))
	require.NoError(t, err)
	require.FileExists(t, path)
	return path
}

func TestAnyMixIsCompared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := treecast(t, dir, "test", "--virtual", "--node-count", "5", "--time-limit", "1", "--quiet-time", "1", "--rate", "100", "--latency", "100", "--seed", "1", "--test-count", "4")
	require.Equal(t, 0, got.code, got.stderr)
	require.Equal(t, 0, treecast(t, dir, sweeping("--node-count", "5", "--sync-period", "100ms,450ms", "--seeds", "5")...).code)

	// The sweep's setting of 450 ms is the default's.
	got = treecast(t, dir, "compare", "--format", "json", "results/small", "store/broadcast", "store/latest", filepath.Join("store", "latest", "results.edn"), maelstrom(t, "3d-valid"))
	require.Equal(t, 0, got.code, got.stderr)
	var out struct {
		Lines []struct {
			Name, Base string
			Runs       int
			Figures    map[string]struct {
				Median      float64
				Ratio       *float64
				Significant *bool
			}
		}
		Notes []string
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &out))
	var names []string
	for _, l := range out.Lines {
		names = append(names, l.Name)
	}
	require.Equal(t, []string{
		"results/small: locked, k = auto, P = 100 ms", "results/small: locked, k = auto, P = 450 ms",
		"store/broadcast", "store/latest", filepath.Join("store", "latest", "results.edn"), maelstrom(t, "3d-valid"),
	}, names)
	require.Equal(t, 4, out.Lines[2].Runs, "latest leads to one of them")
	require.True(t, *out.Lines[1].Figures[run.MsgsPerOp].Significant)
	require.Nil(t, out.Lines[3].Figures[run.MsgsPerOp].Significant, "one run")
	require.Equal(t, out.Lines[3].Figures[run.StableMax], out.Lines[4].Figures[run.StableMax], "EDN says the same as JSON")
	require.Equal(t, 1.0084872, out.Lines[5].Figures[run.MsgsPerOp].Median)
	require.Equal(t, 514.0, out.Lines[5].Figures[run.StableMax].Median)
	require.Len(t, out.Notes, 2+0)

	got = treecast(t, dir, "compare", maelstrom(t, "3d-valid"), maelstrom(t, "partition-lossy-invalid"))
	require.Equal(t, 0, got.code, got.stderr)
	require.Contains(t, got.stdout, " 1.008 ")
	require.Regexp(t, `partition-lossy-invalid/results.edn +1  false  `, got.stdout, "Maelstrom has no strict verdict")
	require.True(t, strings.HasPrefix(treecast(t, dir, "compare", "--format", "markdown", "results/small").stdout, "|  | runs | valid |"))
	require.True(t, strings.HasPrefix(treecast(t, dir, "compare", "--format", "csv", "results/small").stdout, "name,base,runs,"))
}

// bad are files that are nothing to compare, and what is said of them.
func bad(t *testing.T, dir string) map[string]string {
	t.Helper()
	whole := text(t, "..", "run", "testdata", "results.json")
	for name, content := range map[string]string{
		"cut.json": whole[:len(whole)/2], "empty.json": "", "other.json": `{"schema": 99}`, "foreign.edn": "{:name \"x\", :valid? true}",
		"cut.edn": text(t, maelstrom(t, "3d-valid"))[:5000], "words.txt": "hello there",
		filepath.Join("sweep", "runs.csv"): "setting,run\n", filepath.Join("nothing", "here.txt"): "x",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o666))
	}
	return map[string]string{
		"missing.json": "there is no missing.json; give a results.json",
		"cut.json":     "cut.json is cut off after",
		"empty.json":   "empty.json is empty: the run has not ended",
		"other.json":   "another schema: 99, this treecast reads 1; run the test again with this version",
		"foreign.edn":  "foreign.edn: run: no results.edn of Maelstrom: it has no :net; give the results.edn in the folder",
		"cut.edn":      "cut.edn is cut off, or no EDN",
		"words.txt":    "words.txt",
		"nothing":      "nothing has no results of",
	}
}

func TestWhatCannotBeComparedIsExplained(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cases := bad(t, dir)
	cases["sweep"] = `this is no runs.csv of a sweep: there is no column "workload"`
	for path, want := range cases {
		got := treecast(t, dir, "compare", maelstrom(t, "3d-valid"), path)
		require.Equal(t, 254, got.code, "%s: %s", path, got.stderr)
		require.Contains(t, got.stderr, want)
		require.NotContains(t, got.stderr, "--help", "flags have nothing to do with it")
		require.Empty(t, got.stdout)
	}
	got := treecast(t, dir, "compare", "missing.json", "empty.json")
	require.Contains(t, got.stderr, "missing.json")
	require.Contains(t, got.stderr, "empty.json", "all of it is told at once")
	require.Equal(t, 254, treecast(t, dir, "compare").code)
	require.Equal(t, 254, treecast(t, dir, "compare", "--format", "xml", maelstrom(t, "3d-valid")).code)
}

func TestWhatCannotBeJudgedIsExplained(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cases := bad(t, dir)
	cases["sweep"] = "it is a sweep: see its summary.md, or 'treecast compare'"
	for path, want := range cases {
		got := treecast(t, dir, "summary", path)
		require.Equal(t, 254, got.code, "%s: %s", path, got.stderr)
		require.Contains(t, got.stderr, want)
		require.Empty(t, got.stdout)
	}
}

func TestARunIsJudgedByTheChallengesOfItsSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.Equal(t, 0, treecast(t, dir, virtually("--seed", "1", "--", "--sync-period", "1740ms")...).code)
	for _, path := range []string{"store/latest", "store/latest/results.json"} {
		got := treecast(t, dir, "summary", path)
		require.Equal(t, 0, got.code, got.stderr)
		require.Regexp(t, `(?m)^ 3d +FAIL  figures `, got.stdout)
		require.Regexp(t, `(?m)^ 3e +PASS  figures `, got.stdout)
		require.Regexp(t, `median stable latency +< 400 ms +\d+ ms  missed\n`, got.stdout)
		require.Contains(t, got.stdout, "msgs-per-op ")
		require.NotContains(t, got.stdout, "3a")
	}
	require.Equal(t, 1, treecast(t, dir, "summary", "--challenge", "3d", "store/latest").code)
	require.Equal(t, 0, treecast(t, dir, "summary", "--challenge", "3e", "store/latest").code)
	require.Equal(t, 1, treecast(t, dir, "summary", "--challenge", "3d,3e", "store/latest").code)
	got := treecast(t, dir, "summary", "--challenge", "3f", "store/latest")
	require.Equal(t, 254, got.code)
	require.Contains(t, got.stderr, `there is no challenge "3f"; there are 1, 2, 3a, 3b, 3c, 3d, 3e`)

	require.Equal(t, 0, treecast(t, dir, "test", "--virtual", "--node-count", "3", "--time-limit", "1", "--rate", "50").code)
	got = treecast(t, dir, "summary", "store/latest")
	require.Equal(t, 0, got.code, "of no challenge, but valid")
	require.Contains(t, got.stdout, "These are the settings of no challenge")
}

func TestSummary_passesNoChallengeForOtherWorkloads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kafka := `{:stats {:valid? true, :count 573, :ok-count 573, :fail-count 0, :info-count 0, :by-f {:send {:valid? true, :count 573, :ok-count 573, :fail-count 0, :info-count 0}}},
 :availability {:valid? true, :ok-fraction 1.0}, :net {:servers {:send-count 0, :recv-count 0, :msg-count 0, :msgs-per-op 0.0}, :valid? true}, :workload {:valid? true, :error-types ()}, :valid? true}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kafka.edn"), []byte(kafka), 0o666))
	require.Equal(t, 0, treecast(t, dir, "test", "-w", "echo", "--virtual", "--node-count", "1", "--time-limit", "1", "--rate", "50").code)
	for _, path := range []string{"kafka.edn", "store/latest"} {
		got := treecast(t, dir, "summary", path)
		require.Equal(t, 0, got.code, "it is valid")
		require.NotContains(t, got.stdout, "PASS")
		for _, challenge := range []string{"3a", "3b", "3c", "3d", "3e"} {
			got = treecast(t, dir, "summary", "--challenge", challenge, path)
			require.Equal(t, 1, got.code)
			require.Regexp(t, challenge+` +FAIL +figures +of broadcasts +of (another workload|the workload echo)  missed`, got.stdout)
		}
	}
}

// A record of Maelstrom does not name its workload: what was asked in it tells.
func TestSummary_judgesRecordsOfEveryWorkload(t *testing.T) {
	t.Parallel()
	records := map[string]string{"all": "workload/all", "txn": "checker/txn"}
	for _, test := range []struct {
		name, challenge string
		code            int
		line            string
	}{
		{"all/kafka-valid", "5b", 0, `5b +PASS +workload +kafka +of assign, crash, poll, `},
		{"all/kafka-lose", "5b", 1, `valid +true +false  missed`},
		{"all/unique-ids-valid", "2", 0, `operations that succeed +all +1\n`},
		{"all/g-counter-valid", "4", 0, `4 +PASS +workload +g-counter +of add, read\n`},
		{"all/g-set-valid", "4", 1, `4 +FAIL +workload +g-counter +of add, read  missed`},
		{"txn/txn-rw-valid", "6c", 0, `6c +PASS +workload +txn-rw-register +of txn\n`},
		{"all/kafka-valid", "6c", 1, `6c +FAIL +workload +txn-rw-register +of assign, `},
	} {
		room, name, _ := strings.Cut(test.name, "/")
		packed, err := os.Open(filepath.Join("..", records[room], "testdata", "maelstrom", name, "results.edn.gz"))
		require.NoError(t, err)
		defer packed.Close()
		reader, err := gzip.NewReader(packed)
		require.NoError(t, err)
		text, err := io.ReadAll(reader)
		require.NoError(t, err)
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "results.edn"), text, 0o666))
		got := treecast(t, dir, "summary", "--challenge", test.challenge, "results.edn")
		require.Equal(t, test.code, got.code, "%s as %s: %s", test.name, test.challenge, got.stdout)
		require.Regexp(t, test.line, got.stdout)
	}
}

func TestARecordOfMaelstromIsJudgedByItsVerdictOrByName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"3d-valid": 0, "3c-partition-valid": 0, "partition-lossy-invalid": 1} {
		got := treecast(t, t.TempDir(), "summary", maelstrom(t, name))
		require.Equal(t, want, got.code, name)
		require.Contains(t, got.stdout, "The file does not say what the settings were")
		for _, challenge := range []string{"3a", "3b", "3c", "3d", "3e"} {
			require.Contains(t, got.stdout, "\n "+challenge+" ")
		}
	}
	require.Equal(t, 0, treecast(t, t.TempDir(), "summary", "--challenge", "3d", maelstrom(t, "3d-valid")).code)
	require.Equal(t, 1, treecast(t, t.TempDir(), "summary", "--challenge", "3d", maelstrom(t, "3c-partition-valid")).code)
	require.Equal(t, 1, treecast(t, t.TempDir(), "summary", "--challenge", "3a", maelstrom(t, "partition-lossy-invalid")).code)
}
