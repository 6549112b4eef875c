package journal

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A journal of format 1, of the run called earlier, as a treecast of that time left it when
// it was killed: it cannot be read, so it is refused with a sentence and stays as it is.
func TestEarlier_formatIsRefused(t *testing.T) {
	earlier, err := os.ReadFile("testdata/format1.journal")
	require.NoError(t, err)
	dir := t.TempDir()
	path := filepath.Join(dir, "run-earlier", "n0~0.journal")
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, earlier, 0o600))

	blocked := requireBlocked(t, files(dir, "earlier"), 200)
	require.True(t, blocked.Lasting)
	require.Equal(t, path+": it is of another version of treecast: its format is 1, ours 2", blocked.Error())
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, earlier, kept)

	r, err := begins(files(dir, "earlier"), 200, true)
	require.NoError(t, err)
	require.False(t, r.Former)
	require.Contains(t, r.Warnings[0], "its format is 1", "whoever begins without it is warned")
}
