package analysis

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// times are runs of one fan-out with these messages per operation.
func times(fanOut string, messages ...float64) []run.Row {
	var out []run.Row
	for _, m := range messages {
		out = append(out, valid(fanOut, m, 500))
	}
	return out
}

func TestEntriesAreComparedWithTheFirst(t *testing.T) {
	c := CompareEntries([]Entry{
		{Name: "a", Rows: times("5", 1, 1.1, 1.2, 1.3)},
		{Name: "b", Rows: times("5", 2, 2.1, 2.2, 2.3)},
		{Name: "c", Rows: times("6", 0.5), Note: "half of it"},
	})
	require.Len(t, c.Lines, 3)
	require.Equal(t, []string{"c: half of it"}, c.Notes)
	require.Equal(t, "b", c.Lines[1].Name)
	require.Equal(t, 1.0, c.Lines[0].Differences[run.MsgsPerOp].Ratio)
	require.False(t, c.Lines[0].Differences[run.MsgsPerOp].Significant)
	require.InDelta(t, 2.15/1.15, c.Lines[1].Differences[run.MsgsPerOp].Ratio, 1e-12)
	require.True(t, c.Lines[1].Differences[run.MsgsPerOp].Significant)
	require.False(t, c.Lines[2].Differences[run.MsgsPerOp].Enough)
	require.NotContains(t, c.Lines[1].Differences, run.StableP95, "a figure that nobody has")
}

func TestSweepsAreComparedSettingBySetting(t *testing.T) {
	process := times("6", 5)
	process[0].Driver, process[0].Bin = "process", "treecast"
	c := CompareEntries([]Entry{
		{Name: "old", Rows: append(times("5", 1), times("6", 4)...)},
		{Name: "new", Rows: append(append(times("6", 2), times("5", 2)...), times("7", 3)...)},
		{Name: "real", Rows: process},
	})
	var names []string
	var bases []int
	for _, l := range c.Lines {
		names, bases = append(names, l.Name), append(bases, l.Base)
	}
	require.Equal(t, []string{"old: k = 5", "old: k = 6", "new: k = 6", "new: k = 5", "new: k = 7", "real"}, names)
	require.Equal(t, []int{0, 0, 1, 0, 0, 1}, bases)
	require.Equal(t, 0.5, c.Lines[2].Differences[run.MsgsPerOp].Ratio)
	require.Equal(t, []string{"drivers differ: none, process"}, c.Notes)
}

func TestUnlikeEntriesAreNoted(t *testing.T) {
	other := times("5", 1)
	other[0].NodeCount, other[0].Rate, other[0].Latency, other[0].Nemesis = 5, 10, 3e6, "partition"
	maelstrom := []run.Row{{Valid: run.Valid, Strict: run.Unknown, Figures: map[string]float64{run.MsgsPerOp: 1}}}
	c := CompareEntries([]Entry{{Name: "a", Version: "v1", Rows: times("5", 1)}, {Name: "b", Version: "v2", Rows: other}, {Name: "real", Rows: maelstrom}})
	require.Equal(t, []string{
		"made by different versions of treecast: v1, v2; to compare settings alone, run them again with one",
		"nodes differ: 0, 5", "operations a second differ: 0, 10", "latency between nodes differ: 0s , 3ms ", "faults differ: none, partition",
	}, c.Notes, "a record without settings differs in none")
}
