package run

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func saying(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestWriteTo_followsLinksAndKeepsPermissions(t *testing.T) {
	dir := t.TempDir()
	real, link, dangling := filepath.Join(dir, "real"), filepath.Join(dir, "link"), filepath.Join(dir, "dangling")
	require.NoError(t, os.WriteFile(real, []byte("old"), 0o640))
	require.NoError(t, os.Symlink("real", link))
	require.NoError(t, os.Symlink(filepath.Join("below", "new"), dangling))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "below"), 0o700))

	require.NoError(t, WriteTo(link, "", saying("new")))
	require.NoError(t, WriteTo(dangling, "", saying("newer")))
	for path, want := range map[string]string{real: "new", filepath.Join(dir, "below", "new"): "newer"} {
		info, err := os.Lstat(path)
		require.NoError(t, err)
		require.True(t, info.Mode().IsRegular())
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
	for _, path := range []string{link, dangling} {
		info, err := os.Lstat(path)
		require.NoError(t, err)
		require.NotZero(t, info.Mode()&os.ModeSymlink, "%s is a link still", path)
	}
	info, err := os.Stat(real)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode().Perm())

	loop := filepath.Join(dir, "loop")
	require.NoError(t, os.Symlink("loop", loop))
	require.Error(t, WriteTo(loop, "", saying("x")))
}

func TestWriteTo_writesIntoWhatIsNoRegularFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	got := make(chan string)
	go func() {
		text, err := os.ReadFile(pipe)
		if err != nil {
			text = []byte(err.Error())
		}
		got <- string(text)
	}()
	require.NoError(t, WriteTo(pipe, "", saying("a page")))
	require.Equal(t, "a page", <-got)
	info, err := os.Lstat(pipe)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeNamedPipe, "it is a pipe still")

	require.NoError(t, WriteTo(os.DevNull, "", saying("x")))
	require.ErrorIs(t, WriteTo("/dev/full", "", saying("x")), syscall.ENOSPC)
	require.ErrorContains(t, WriteTo(dir, "", saying("x")), "is a directory; name a file in it")
	broken := errors.New("broken")
	require.ErrorIs(t, WriteTo(os.DevNull, "", func(io.Writer) error { return broken }), broken)
}

func TestWriteTo_refusesTheRunsOwnFiles(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "node-logs"), 0o700))
	for _, name := range []string{"results.json", "history.edn", "messages.csv", "node-logs/n0.log", "runs.csv"} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte("record"), 0o600))
		alias := filepath.Join(t.TempDir(), "alias")
		require.NoError(t, os.Link(path, alias))
		link := filepath.Join(t.TempDir(), "link")
		require.NoError(t, os.Symlink(path, link))
		for _, to := range []string{path, alias, link} {
			require.ErrorContains(t, WriteTo(to, dir, saying("page")), "is "+name+", a part of the run's own record", to)
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "record", string(text))
	}
	require.ErrorContains(t, WriteTo(filepath.Join(dir, "health.csv"), dir, saying("page")), "own record", "though this run has none")
	require.NoError(t, WriteTo(filepath.Join(dir, "report.html"), dir, saying("page")))
	require.NoError(t, WriteTo(filepath.Join(dir, "mine.html"), dir, saying("page")))
}

func TestAbandon_removesWhatIsNotWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	begun, abandoned := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- WriteFile(path, func(w io.Writer) error {
			close(begun)
			<-abandoned
			return nil
		})
	}()
	<-begun
	require.FileExists(t, path+".part")
	Abandon()
	require.NoFileExists(t, path+".part")
	close(abandoned)
	require.Error(t, <-done)
	require.NoFileExists(t, path)
}
