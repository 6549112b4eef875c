package run

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 20, 11, 15, 0, 123e6, time.UTC)

func TestARunHasADirectoryNamedAsJepsenNamesIt(t *testing.T) {
	base := filepath.Join(t.TempDir(), "store")
	s, err := CreateStore(base, "broadcast", noon)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(base, "broadcast", "20261120T111500.123+0000"), s.Dir())
	require.DirExists(t, s.Dir())
	zone := time.FixedZone("", -3*3600-30*60)
	s, err = CreateStore(base, "echo", noon.In(zone))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(base, "echo", "20261120T074500.123-0330"), s.Dir())
}

func TestRunsAtTheSameMomentHaveTheirOwnDirectories(t *testing.T) {
	base := t.TempDir()
	dirs := make(chan string, 20)
	var group sync.WaitGroup
	for range cap(dirs) {
		group.Go(func() {
			s, err := CreateStore(base, "broadcast", noon)
			if err == nil {
				err = s.LinkLatest()
			}
			if err != nil {
				dirs <- err.Error()
				return
			}
			dirs <- s.Dir()
		})
	}
	group.Wait()
	close(dirs)
	seen := make(map[string]bool)
	for dir := range dirs {
		require.DirExists(t, dir)
		require.False(t, seen[dir], dir)
		seen[dir] = true
	}
	target, err := filepath.EvalSymlinks(filepath.Join(base, "latest"))
	require.NoError(t, err)
	require.DirExists(t, target)
}

func TestLinksLeadToTheRunAndStayRightWhenTheStoreMoves(t *testing.T) {
	base := filepath.Join(t.TempDir(), "store")
	old, err := CreateStore(base, "broadcast", noon.Add(-time.Hour))
	require.NoError(t, err)
	require.NoError(t, old.LinkLatest())
	s, err := CreateStore(base, "broadcast", noon)
	require.NoError(t, err)
	require.NoError(t, s.LinkCurrent())
	stamp := "20261120T111500.123+0000"
	requireLink(t, base, "current", filepath.Join("broadcast", stamp))
	requireLink(t, base, "latest", filepath.Join("broadcast", "20261120T101500.123+0000"))
	require.NoError(t, s.LinkLatest())
	requireLink(t, base, "latest", filepath.Join("broadcast", stamp))
	requireLink(t, base, filepath.Join("broadcast", "latest"), stamp)

	moved := base + "-moved"
	require.NoError(t, os.Rename(base, moved))
	there, err := filepath.EvalSymlinks(filepath.Join(moved, "broadcast", "latest"))
	require.NoError(t, err)
	require.DirExists(t, there)
	entries, err := os.ReadDir(moved)
	require.NoError(t, err)
	require.Len(t, entries, 3, "nothing but broadcast, current and latest")
}

func requireLink(t *testing.T, base, name, want string) {
	t.Helper()
	target, err := os.Readlink(filepath.Join(base, name))
	require.NoError(t, err)
	require.Equal(t, want, target)
}

func TestAStoreHoldsTheFilesOfARun(t *testing.T) {
	s, err := CreateStore(t.TempDir(), "broadcast", noon)
	require.NoError(t, err)
	require.NoError(t, s.WriteHistory(History{{F: "read"}}))
	require.NoError(t, s.WriteResults(sample()))
	log, err := s.Create("node-logs/n0.log")
	require.NoError(t, err)
	require.NoError(t, log.Close())
	for _, name := range []string{"history.edn", "history.txt", "results.edn", "results.json", "node-logs/n0.log"} {
		require.FileExists(t, s.Path(name))
	}
	file, err := os.Open(s.Path("results.json"))
	require.NoError(t, err)
	defer file.Close()
	back, err := ReadResultsJSON(file)
	require.NoError(t, err)
	require.Equal(t, sample(), back)
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	s, err := CreateStore(t.TempDir(), "broadcast", noon)
	require.NoError(t, err)
	require.NoError(t, s.WriteFile("page.html", func(w io.Writer) error {
		_, err := w.Write([]byte("old"))
		return err
	}))
	err = s.WriteFile("page.html", func(w io.Writer) error {
		_, err := w.Write([]byte("half of the ne"))
		require.NoError(t, err)
		return errDisk
	})
	require.ErrorIs(t, err, errDisk)
	content, err := os.ReadFile(s.Path("page.html"))
	require.NoError(t, err)
	require.Equal(t, "old", string(content))
	entries, err := os.ReadDir(s.Dir())
	require.NoError(t, err)
	require.Len(t, entries, 1, "the part is gone")

	require.ErrorContains(t, s.WriteHistory(History{{Value: json.RawMessage(`{`)}}), "history.edn")
	bad := sample()
	bad.Workload.SetFull.Lost = []json.RawMessage{[]byte(`{`)}
	require.ErrorContains(t, s.WriteResults(bad), "results.edn")
}

func TestErrorsOfTheStoreSayWhatToDo(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	require.NoError(t, os.WriteFile(taken, nil, 0o666))

	_, err := CreateStore(taken, "broadcast", noon)
	require.ErrorContains(t, err, "a file stands where a directory is needed")
	_, err = CreateStore(dir, "../escape", noon)
	require.ErrorContains(t, err, "cannot be the name")
	_, err = CreateStore(dir, "", noon)
	require.ErrorContains(t, err, "cannot be the name")

	s, err := CreateStore(dir, "broadcast", noon)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.Path("node-logs"), nil, 0o666))
	_, err = s.Create("node-logs/n0.log")
	require.ErrorContains(t, err, "node-logs/n0.log")
	require.ErrorContains(t, s.WriteFile("node-logs/n0.log", nil), "node-logs/n0.log")
	require.NoError(t, os.Mkdir(s.Path("results.edn"), 0o777))
	_, err = s.Create("results.edn")
	require.ErrorContains(t, err, "create results.edn")
	require.NoError(t, os.Mkdir(s.Path("x.part"), 0o777))
	require.ErrorContains(t, s.WriteFile("x", nil), "create x")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "current"), 0o777))
	require.ErrorContains(t, s.LinkCurrent(), "link")
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "broadcast")))
	require.ErrorContains(t, s.LinkLatest(), "latest")
}

func TestKnownErrorsHaveAdvice(t *testing.T) {
	for cause, advice := range map[error]string{
		syscall.ENOSPC:   "free some space",
		fs.ErrPermission: "that you may write to",
		syscall.EROFS:    "that you may write to",
		syscall.ENOTDIR:  "move it away",
	} {
		err := explainStoreError("write results.edn", fmt.Errorf("open: %w", cause))
		require.ErrorIs(t, err, cause)
		require.ErrorContains(t, err, advice)
		require.ErrorContains(t, err, "cannot write results.edn")
	}
	require.Equal(t, "run: cannot x: "+errDisk.Error(), explainStoreError("x", errDisk).Error())
}
