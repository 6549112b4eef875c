package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// Every setting is run with every plan, and a run that exceeds a bound is named with
// the command that makes it again.
func TestSweep_plansHaveBounds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command := []string{"sweep", "faults", "--node-count", "5", "--rate", "50", "--time-limit", "5", "--seeds", "1", "--sync-period", "100ms,200ms",
		"--nemesis-plan", "1s partition n0|n1-n4; 2s heal", "--nemesis-plan", "1s partition n0|n1-n4; 3s heal"}
	got := treecast(t, dir, append(command, "--bound", "lost_values<=0", "--bound", "delivery_max_ms<=9000")...)
	require.Equal(t, ExitOK, got.code, got.stdout+got.stderr)
	require.NotContains(t, got.stdout, "beyond its bound")
	rows := rowsOf(t, filepath.Join(dir, "results", "faults", "runs.csv"))
	require.Len(t, rows, 4)
	plans := map[string]int{}
	for _, r := range rows {
		plans[r.NemesisPlan]++
	}
	require.Len(t, plans, 2)

	got = treecast(t, t.TempDir(), append(command, "--bound", "delivery_max_ms<=2100")...)
	require.Equal(t, ExitInvalid, got.code)
	require.Equal(t, 2, strings.Count(got.stdout, "beyond its bound  delivery_max_ms is "), got.stdout)
	_, again, _ := strings.Cut(got.stdout, "which may be 2100: treecast test ")
	again, _, _ = strings.Cut(again, "\n")
	require.Contains(t, again, "--nemesis-plan ")
	require.Contains(t, again, "3s")
}

func TestSweep_boundsThatCannotBeAreRefused(t *testing.T) {
	for text, says := range map[string]string{
		"lost_values":     "give FIGURE<=VALUE",
		"lost_values<=no": "give FIGURE<=VALUE",
		"speed<=3":        "there are operations, ok_fraction, msgs_per_op",
	} {
		got := runHere(t, "sweep", "x", "--bound", text)
		require.Equal(t, ExitBadArgs, got.code)
		require.Contains(t, got.stderr, says)
	}
	got := runHere(t, "sweep", "x", "--nemesis-plan", "1s kill n0", "--nemesis-plan", "1s kill n0")
	require.Equal(t, ExitBadArgs, got.code)
	require.Contains(t, got.stderr, "twice")
}

func TestExceeding_wantsTheFigureToBeKnown(t *testing.T) {
	rows := []run.Row{{Figures: map[string]float64{"values": 3}}, {}, {Error: "it could not be made"}}
	got := exceeding(rows, []bound{{"values", 2}})
	require.Len(t, got, 2)
	require.Contains(t, got[0], "values is 3, which may be 2: treecast test")
	require.Contains(t, got[1], "values is not known")
}
