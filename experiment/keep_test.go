package experiment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestKeepFiles_goesOnAndNamesAFullDiskFirst(t *testing.T) {
	full := fmt.Errorf("run: cannot write history.edn: %w", syscall.ENOSPC)
	other := errors.New("another mishap")
	var done []int
	step := func(n int, err error) func() error {
		return func() error {
			done = append(done, n)
			return err
		}
	}
	r := run.Results{Error: "node n0 could not be set up"}
	err := keepFiles(&r, step(1, nil), step(2, other), step(3, full), step(4, full), step(5, nil))
	require.Equal(t, []int{1, 2, 3, 4, 5}, done)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Equal(t, "run: cannot write history.edn: no space left on device; another mishap\nnode n0 could not be set up", r.Error)

	r = run.Results{}
	require.NoError(t, keepFiles(&r, step(6, nil)))
	require.Empty(t, r.Error)
}

// A disk that is full when the history comes keeps what the run came to.
func TestKeepFiles_ofAFullDiskKeepsTheResults(t *testing.T) {
	store, err := run.CreateStore(t.TempDir(), "broadcast", time.Now())
	require.NoError(t, err)
	for _, name := range []string{"history.edn", "history.txt"} {
		require.NoError(t, os.Symlink("/dev/full", store.Path(name+".part")))
	}
	r := run.Results{}
	err = keepFiles(&r, func() error { return store.WriteResults(&r) }, func() error { return store.WriteHistory(run.History{{F: "read"}}) }, store.LinkLatest)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Contains(t, r.Error, "cannot write history.edn")
	require.Contains(t, r.Error, "free some space, old runs can be deleted")
	require.FileExists(t, store.Path("results.json"))
	require.FileExists(t, store.Path("results.edn"))
	require.FileExists(t, filepath.Join(filepath.Dir(store.Dir()), "latest", "results.json"))
}
