package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"treecast/run"
)

var update = flag.Bool("update", false, "write the golden files of this package anew")

// sameAs compares a text with a file in testdata.
func sameAs(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o666))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// Every flag of every command, as the parser knows it: what people type, and what
// it means if they do not.
func TestFlags_golden(t *testing.T) {
	var b strings.Builder
	var list func(n *kong.Node)
	list = func(n *kong.Node) {
		fmt.Fprintf(&b, "\n%s\n", n.FullPath())
		for _, p := range n.Positional {
			fmt.Fprintf(&b, "  %s: %s\n", p.Summary(), p.Help)
		}
		for _, f := range n.Flags {
			group := ""
			if f.Group != nil {
				group = f.Group.Key
			}
			short := ""
			if f.Short != 0 {
				short = " -" + string(f.Short)
			}
			fmt.Fprintf(&b, "  %s%s default=%q enum=%q env=%q placeholder=%q group=%s\n", f.Name, short, f.Default, f.Enum, f.Envs, f.PlaceHolder, group)
			if f.Help != "" {
				fmt.Fprintf(&b, "    %s\n", f.Help)
			}
		}
		for _, c := range n.Children {
			list(c)
		}
	}
	list(newParser(&commands{}).Model.Node)
	sameAs(t, "flags.golden", b.String())
}

// eachLine has every command line of a file of testdata carried out in an empty folder,
// and compares what is made of them with the golden file of that name. A ~ in a line is
// a blank within a word.
func eachLine(t *testing.T, name string, do func(out *strings.Builder, args []string)) {
	lines, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	require.NoError(t, err)
	here, err := os.Getwd()
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	var out strings.Builder
	for line := range strings.Lines(string(lines)) {
		args := strings.Split(strings.TrimSpace(line), " ")
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "~", " ")
		}
		fmt.Fprintf(&out, "\n$ %s", line)
		do(&out, args)
	}
	t.Chdir(here)
	sameAs(t, name+".golden", out.String())
}

// What is typed and what a run's record makes of it: the settings in results.json,
// the columns of runs.csv, and both commands that make the run again; or what is
// said of a mistake.
func TestSettings_golden(t *testing.T) {
	eachLine(t, "settings", func(b *strings.Builder, args []string) {
		require.NoError(t, os.WriteFile("names", []byte("x1\nx2\n"), 0o666))
		full := append([]string{"test", "--virtual", "--seed=7", "--no-report", "--health=off"}, args...)
		var said bytes.Buffer
		code := Run(context.Background(), full, strings.NewReader(""), io.Discard, &said)
		if code >= ExitBadArgs {
			fmt.Fprintf(b, "%d %s", code, said.String())
			return
		}
		text, err := os.ReadFile(filepath.Join("store", "latest", "results.json"))
		require.NoError(t, err)
		var record struct {
			Settings, Gossip map[string]any // the order of keys says nothing
			Command          []string
		}
		require.NoError(t, json.Unmarshal(text, &record))
		settings, err := json.Marshal(record.Settings)
		require.NoError(t, err)
		gossip, err := json.Marshal(record.Gossip)
		require.NoError(t, err)
		fmt.Fprintf(b, "settings %s\ngossip %s\nagain %s\n", settings, gossip, strings.Join(record.Command, " "))
		results, err := run.ReadResultsJSON(bytes.NewReader(text))
		require.NoError(t, err)
		row := run.RowOf(results)
		fmt.Fprintf(b, "command %s\nlabel %s\n", row.Command(row.Seed), row.Label())
		plan, _, err := planOf(newCommandLine(run.Words(row.Command(row.Seed)).Split()[1:], nil, false))
		require.NoError(t, err)
		require.Equal(t, row.Spec, settingsOf(t, plan).Setting(), "the command asks for the same")
		var table bytes.Buffer
		require.NoError(t, run.WriteRunsCSV(&table, true, row))
		names, rest, _ := strings.Cut(table.String(), ",seed,")
		fmt.Fprintf(b, "columns %s\n", names)
		_, cells, _ := strings.Cut(rest, "\n")
		cells, _, _ = strings.Cut(cells, ",7,true")
		cells, _, _ = strings.Cut(cells, ",7,false")
		cells, _, _ = strings.Cut(cells, ",7,unknown")
		fmt.Fprintf(b, "row %s\n", cells)
		back, err := run.ReadRunsCSV(&table)
		require.NoError(t, err)
		require.Equal(t, row.Spec, back[0].Spec, "what a row says is read back")
	})
}

// What a sweep's settings come to, and what is said of its mistakes.
func TestSweepSettings_golden(t *testing.T) {
	eachLine(t, "sweeps", func(b *strings.Builder, args []string) {
		var said bytes.Buffer
		code := Run(context.Background(), append([]string{"sweep", "s", "--out=out", "--seeds=1", "--time-limit=0.1", "--quiet-time=1"}, args...), strings.NewReader(""), io.Discard, &said)
		text, err := os.ReadFile(filepath.Join("out", "s", "sweep.json"))
		if code >= ExitBadArgs || err != nil {
			fmt.Fprintf(b, "%d %s", code, said.String())
			return
		}
		var record run.Sweep
		require.NoError(t, json.Unmarshal(text, &record))
		fmt.Fprintf(b, "%s\n", strings.Join(append([]string{strings.Join(record.Command, " ")}, record.Settings...), "\n"))
		rows, err := os.ReadFile(filepath.Join("out", "s", "runs.csv"))
		require.NoError(t, err)
		for row := range strings.Lines(string(rows)) {
			row, _, _ = strings.Cut(row, ",true,")
			row, _, _ = strings.Cut(row, ",unknown,")
			fmt.Fprintf(b, "%s\n", row)
		}
		require.NoError(t, os.RemoveAll("out"))
	})
}
