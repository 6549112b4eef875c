package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/workload/all"
)

func TestDemo_goesThroughWhatTreecastSolves(t *testing.T) {
	got := treecast(t, t.TempDir(), "demo", "--virtual", "--time-limit", "3", "--seed", "1")
	require.Equal(t, 0, got.code, got.stderr)
	for _, name := range all.Names() {
		w, err := all.Named(name)
		require.NoError(t, err)
		if w.Solved {
			require.Regexp(t, name+` +true +true`, got.stdout)
		} else {
			require.NotContains(t, got.stdout, name)
		}
	}
	require.Equal(t, 254, treecast(t, t.TempDir(), "demo", "--nemesis", "rain").code)
}
