package process

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWorkDir_goesWithItsBedOrWithTheNext(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	dir, remove, err := makeWorkDir()
	require.NoError(t, err)
	require.DirExists(t, dir)

	// A bed that was killed has its directory still, and nobody its lock.
	left := filepath.Join(temp, bedPrefix+"1")
	require.NoError(t, os.MkdirAll(filepath.Join(left, nodesName, "below"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(left, lockName), nil, 0o600))
	half := filepath.Join(temp, bedPrefix+"2")
	require.NoError(t, os.Mkdir(half, 0o700))
	young, old := filepath.Join(temp, youngPrefix+"3"), filepath.Join(temp, youngPrefix+"4")
	require.NoError(t, os.Mkdir(young, 0o700))
	require.NoError(t, os.Mkdir(old, 0o700))
	long := time.Now().Add(-2 * youth)
	require.NoError(t, os.Chtimes(old, long, long))
	other := filepath.Join(temp, "treecast-0")
	require.NoError(t, os.Mkdir(other, 0o700))

	second, removeSecond, err := makeWorkDir()
	require.NoError(t, err)
	for _, gone := range []string{left, half, old} {
		require.NoDirExists(t, gone)
	}
	for _, there := range []string{dir, second, young, other} {
		require.DirExists(t, there)
	}
	remove()
	removeSecond()
	require.NoDirExists(t, filepath.Dir(dir))
	require.NoDirExists(t, filepath.Dir(second))
}
