package cli

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readme lists the commands that the README shows, one per line that stands
// four blanks in.
func readme(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	var out []string
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			out = append(out, strings.TrimSpace(command))
		}
	}
	return out
}

// The README's first command as it stands, but for how long it takes.
func TestTheFirstCommandOfTheREADMEWorks(t *testing.T) {
	t.Parallel()
	args, ok := strings.CutPrefix(readme(t)[0], "go run . test ")
	require.True(t, ok, readme(t)[0])
	got := treecast(t, t.TempDir(), slices.Concat([]string{"test"}, strings.Fields(args), times)...)
	require.Equal(t, 0, got.code, got.stdout+got.stderr)
	require.Contains(t, got.stdout, "msgs-per-op            servers ")
}

// The README's commands for real Maelstrom hand flags to the node.
func TestTheNodeFlagsOfTheREADMEAreFlags(t *testing.T) {
	found := 0
	for _, command := range readme(t) {
		_, args, ok := strings.Cut(command, " -- ")
		if !ok {
			continue
		}
		found++
		got := runHere(t, strings.Fields(args)...)
		require.Equal(t, ExitOK, got.code, "%s: %s", command, got.stderr)
	}
	require.Positive(t, found)
}

func TestBED_namesEveryFlagOfTheBed(t *testing.T) {
	bed, err := os.ReadFile("../docs/BED.md")
	require.NoError(t, err)
	faults, err := os.ReadFile("../docs/FAULTS.md")
	require.NoError(t, err)
	text := string(bed) + string(faults)
	for _, f := range flagsOf(t, "test") {
		if f.Name == "workload" {
			require.Contains(t, text, "`-w`")
			continue
		}
		require.Contains(t, text, "`--"+f.Name+"`")
	}
}

// cells are those of every line of a Markdown table, without the ends' blanks.
func cells(t *testing.T, path string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var out [][]string
	for line := range strings.Lines(string(text)) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "| ")
		if !ok {
			continue
		}
		var row []string
		for cell := range strings.SplitSeq(strings.TrimSuffix(line, "|"), " | ") {
			row = append(row, strings.TrimSpace(cell))
		}
		out = append(out, row)
	}
	return out
}

// rounded is a figure of results/ as the README quotes it: the median, to so
// many decimals.
func rounded(t *testing.T, cell string, decimals int) string {
	t.Helper()
	median, _, _ := strings.Cut(cell, " ")
	v, err := strconv.ParseFloat(median, 64)
	require.NoError(t, err)
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// headline are the figures that README and docs/TUNING.md quote, by sync period:
// messages per operation, the least, stable median and maximum, true maximum. They are
// those of results/headline, which scripts/headline.sh makes, and until it has been
// made those of the tables before it.
func headline(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	if _, err := os.Stat("../results/headline"); err != nil {
		for _, name := range []string{"challenges", "rounds"} {
			for _, row := range cells(t, "../results/"+name+".md") {
				if _, period, is := strings.Cut(row[0], "locked, star, P = "); is {
					out[period] = []string{row[2], row[3], row[4], row[5], row[8]}
				}
				if row[0] == "3d: defaults" {
					out["450 ms"] = []string{row[2], row[3], row[4], row[5], row[8]}
				}
			}
		}
		return out
	}
	at := map[string]int{}
	for _, row := range cells(t, "../results/headline/summary.md") {
		if row[0] == "setting" {
			for i, name := range row {
				at[name] = i
			}
		}
		_, period, is := strings.Cut(row[0], "locked, k = 24, P = ")
		if period, _, more := strings.Cut(period, ","); is && more {
			out[period] = nil
			for _, name := range []string{"msgs/op", "least", "stable median", "stable max, worst", "true max, worst"} {
				out[period] = append(out[period], row[at[name]])
			}
		}
	}
	return out
}

func TestTheREADMEQuotesTheFiguresOfResults(t *testing.T) {
	measured := headline(t)
	quoted := 0
	for _, row := range slices.Concat(cells(t, "../README.md"), cells(t, "../docs/TUNING.md")) {
		if strings.HasSuffix(row[0], " ms") && len(row) == 6 {
			m := measured[row[0]]
			require.NotNil(t, m, row[0])
			require.Equal(t, []string{rounded(t, m[0], 2), rounded(t, m[1], 2), rounded(t, m[2], 0), rounded(t, m[3], 0), rounded(t, m[4], 0)}, row[1:], row[0])
			quoted++
		}
		from := map[string]string{"3d": "450 ms", "3e": "1740 ms"}
		name, _, _ := strings.Cut(row[0], ",")
		if m := measured[from[name]]; m != nil {
			require.Equal(t, rounded(t, m[0], 2)+" msgs/op, median "+rounded(t, m[2], 0)+", max "+rounded(t, m[3], 0), row[2], row[0])
			quoted++
		}
	}
	require.Equal(t, 6, quoted)
}
