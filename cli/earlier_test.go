package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// What an earlier version left behind, and what that version made of it.
const earlier = "testdata/earlier"

// inProcess runs a command in this process.
func inProcess(args ...string) (code int, stdout, stderr string) {
	var out, said bytes.Buffer
	code = Run(context.Background(), args, strings.NewReader(""), &out, &said)
	return code, out.String(), said.String()
}

func TestEarlier_comparesAlike(t *testing.T) {
	want, err := os.ReadFile(filepath.Join(earlier, "compare.csv"))
	require.NoError(t, err)
	t.Chdir(earlier)
	code, out, said := inProcess("compare", "--format", "csv", "run", "sweep")
	require.Zero(t, code, said)
	require.Equal(t, string(want), out)
}

func TestEarlier_judgedAlike(t *testing.T) {
	code, out, said := inProcess("analyze", earlier+"/run")
	require.Zero(t, code, said)
	require.Contains(t, out, "The same as in "+earlier+"/run/results.json")
	code, out, said = inProcess("summary", earlier+"/run")
	require.Zero(t, code, out+said)
}

func TestEarlier_drawnWhole(t *testing.T) {
	f, err := run.ReadFolder(earlier + "/run")
	require.NoError(t, err)
	require.Empty(t, f.Missing)
	require.NotEmpty(t, f.History)
	require.NotEmpty(t, f.Messages.Transits)
	require.NotEmpty(t, f.Queues)
	require.NotEmpty(t, f.Health)
	for _, path := range []string{"run", "sweep"} {
		code, out, said := inProcess("report", filepath.Join(earlier, path), "-o", "-")
		require.Zero(t, code, said)
		require.Contains(t, out, "</html>")
	}
}

func TestEarlier_settingsAndCommand(t *testing.T) {
	f, err := run.ReadFolder(earlier + "/run")
	require.NoError(t, err)
	row := run.RowOf(f.Results)
	require.Equal(t, "treecast test -w broadcast --virtual --node-count 3 --time-limit 2 --rate 10 --concurrency 3 --latency 20 --latency-dist constant --topology grid "+
		"--nemesis partition,loss --nemesis-interval 0.5 --quiet-time 10 --loss-rate 0.2 --seed 3 -- --num-children 2 --sync-period 100ms --ack-delay 1s", row.Command(row.Seed))
	sweep, err := run.ReadSweepFolder(earlier + "/sweep")
	require.NoError(t, err)
	require.Empty(t, sweep.Missing)
	require.Len(t, sweep.Rows, 8)
	for i := range sweep.Rows {
		require.Equal(t, sweep.Record.Settings[i/2], strings.Join(sweep.Rows[i].Flags(), " "))
	}
}

// What a version to come may leave behind is refused, not misread.
func TestLater_refusedWithASentence(t *testing.T) {
	for _, file := range []struct{ dir, name, says string }{
		{"run", "results.json", "run the test again with this version"},
		{"sweep", "sweep.json", "make the sweep again with this version"},
	} {
		dir := t.TempDir()
		require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(earlier, file.dir))))
		text, err := os.ReadFile(filepath.Join(dir, file.name))
		require.NoError(t, err)
		text = bytes.Replace(text, []byte(`"schema": 1`), []byte(`"schema": 99`), 1)
		require.NoError(t, run.WriteFile(filepath.Join(dir, file.name), func(w io.Writer) error { _, err := w.Write(text); return err }))
		for _, command := range []string{"report", "compare"} {
			code, _, said := inProcess(command, dir)
			require.NotZero(t, code)
			require.Contains(t, said, file.says)
		}
	}
}
