package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUsable_tellsWhatCanNeverWork(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	loop := filepath.Join(dir, "loop")
	require.NoError(t, os.Symlink(loop, loop))
	for about, path := range map[string]string{
		"a file": file, "below a file": filepath.Join(file, "journals"), "a device": os.DevNull,
		"a loop": loop, "too long": filepath.Join(dir, strings.Repeat("x", 300)), "no name at all": "a\x00b",
	} {
		require.Error(t, Usable(path), about)
	}
	for about, path := range map[string]string{"there": dir, "not yet there": filepath.Join(dir, "a", "b")} {
		require.NoError(t, Usable(path), about)
		left, err := filepath.Glob(filepath.Join(path, ".*"))
		require.NoError(t, err)
		require.Empty(t, left)
	}
	if os.Geteuid() != 0 { // whom nothing is forbidden
		require.NoError(t, os.Chmod(dir, 0o500))
		require.ErrorIs(t, Usable(filepath.Join(dir, "new")), os.ErrPermission)
		require.NoError(t, os.Chmod(dir, 0o700))
	}
}
