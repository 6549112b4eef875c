package journal

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test's own program be other processes.
func TestMain(m *testing.M) {
	switch os.Getenv("JOURNAL_TEST_BE") {
	case "holder": // begins a life and holds on to it until its stdin ends
		f := NewFiles(Config{Dir: os.Getenv("JOURNAL_TEST_DIR"), Run: os.Getenv("JOURNAL_TEST_RUN"), Random: rand.New(rand.NewPCG(1, 2))})
		if _, err := f.Open(Start{Node: "n0", Nodes: 1, Init: id(0), Log: "log", Incarnation: 1}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(f.Where())
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		os.Exit(0)
	case "starter": // says who started it
		o, wrapped := starter()
		fmt.Println(o.pid, wrapped, os.Getppid())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// be runs this program as another process.
func be(what string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "JOURNAL_TEST_BE="+what), env...)
	return cmd
}

// hold has another process hold a journal; release kills it.
func hold(t *testing.T, dir, run string) (path string, release func()) {
	cmd := be("holder", "JOURNAL_TEST_DIR="+dir, "JOURNAL_TEST_RUN="+run)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	killed := false
	release = func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			_ = stdin.Close()
		}
	}
	t.Cleanup(release)
	return strings.TrimSpace(line), release
}

// files is the journal of a node.
func files(dir, run string) *Files {
	return NewFiles(Config{Dir: dir, Run: run, Random: rand.New(rand.NewPCG(rand.Uint64(), 2))})
}

// open begins a life of n0 in a cluster of two.
func open(t *testing.T, f *Files, init int64) *Recovered {
	r, err := f.Open(Start{Node: "n0", Nodes: 2, Init: id(init), Log: fmt.Sprint("fresh", init), Incarnation: 1})
	require.NoError(t, err)
	return r
}

// drop ends a life as a kill does: the lock goes, the file stays.
func drop(f *Files) {
	f.file.Close()
	f.close()
}

// A node finds what it had and a clean end leaves nothing.
func TestFiles_nodeFindsItsJournal(t *testing.T) {
	base := filepath.Join(t.TempDir(), "made", "on the way")
	f := files(base, "")
	require.Empty(t, f.Where())
	require.NoError(t, f.Close(true), "before anything was opened")
	first := open(t, f, 0)
	require.False(t, first.Former)
	require.Empty(t, first.Warnings)
	require.NoError(t, f.Append(batchOf(id(9), entry{Origin{"n0", first.Log}, 1, "7"})))
	require.NoError(t, f.Sync())
	require.FileExists(t, f.Where())
	drop(f)

	f = files(base, "")
	second := open(t, f, 10)
	require.True(t, second.Former)
	require.NotEqual(t, first.Log, second.Log)
	require.Equal(t, []entry{{Origin{"n0", first.Log}, 1, "7"}}, entriesOf(second.Each))
	require.NoError(t, f.Close(true))
	left, err := os.ReadDir(base)
	require.NoError(t, err, "a directory that was given stays")
	require.Empty(t, left)
}

// Another end keeps the file.
func TestFiles_uncleanEndKeepsTheFile(t *testing.T) {
	f := files(t.TempDir(), "a run")
	open(t, f, 0)
	path := f.Where()
	require.NoError(t, f.Close(false))
	require.FileExists(t, path)
	f = files(f.cfg.Dir, "a run")
	require.True(t, open(t, f, 0).Former, "the run's name is evidence enough")
	require.Equal(t, path, f.Where())
}

// A later run under the same parent begins with nothing.
func TestFiles_laterRunBeginsBlank(t *testing.T) {
	dir := t.TempDir()
	for run := range 3 {
		f := files(dir, "")
		r := open(t, f, 1)
		require.False(t, r.Former, "run %d", run)
		require.Equal(t, run > 0, len(r.Warnings) > 0)
		require.NoError(t, f.Append(batchOf(id(100), own(1, fmt.Sprint(run))...)))
		drop(f)
		f = files(dir, "")
		require.Equal(t, own(1, fmt.Sprint(run)), entriesOf(open(t, f, 200).Each), "but a restart in it goes on")
		require.NoError(t, f.Append(batchOf(id(300), own(2, "x")...)))
		drop(f)
		left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
		require.NoError(t, err)
		require.Len(t, left, 1, "no file of a run that is over stays")
	}
}

func patch(t *testing.T, path string, at int, with byte) {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[at] = with
	require.NoError(t, os.WriteFile(path, data, 0o600))
}

// Damage is told and the rest is kept.
func TestFiles_damageIsReported(t *testing.T) {
	f := files(t.TempDir(), "run")
	open(t, f, 0)
	for i := range 4 {
		require.NoError(t, f.Append(batchOf(id(1), entry{Origin{"n0", "fresh0"}, uint64(i + 1), fmt.Sprint(i)})))
	}
	path := f.Where()
	drop(f)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	found, err := scanSegment(data)
	require.NoError(t, err)
	patch(t, path, found.frames[1].from, 0xee)
	require.NoError(t, os.Truncate(path, int64(len(data)-1)))
	f = files(f.cfg.Dir, "run")
	r := open(t, f, 0)
	require.True(t, r.Former)
	require.Len(t, entriesOf(r.Each), 2)
	require.Contains(t, strings.Join(r.Warnings, "; "), "are damaged and were left out")
	require.Contains(t, strings.Join(r.Warnings, "; "), "were cut")
	require.NoError(t, f.Append(batchOf(id(2), entry{Origin{"n0", r.Log}, 1, "after"})))
	drop(f)
	r = open(t, files(f.cfg.Dir, "run"), 0)
	require.Len(t, entriesOf(r.Each), 3)
	require.NotContains(t, strings.Join(r.Warnings, "; "), "were cut")
}

// A directory that cannot be used is an error and can be tried again.
func TestFiles_unusableDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	f := files(dir, "")
	for range 3 {
		_, err := f.Open(Start{Node: "n0", Nodes: 1, Log: "log"})
		require.ErrorContains(t, err, "no directory can be used")
	}
	require.NoError(t, f.Close(true))
	require.NoError(t, os.Remove(dir))
	open(t, f, 0)
	require.NoError(t, f.Append(batchOf(id(1), own(1, "1")...)))
	open(t, f, 3) // as after a crash in between: its own lock is no obstacle
	require.NoError(t, f.Close(true))
}

// Many incarnations leave one file and no open one.
func TestFiles_manyIncarnationsLeaveOneFile(t *testing.T) {
	dir := t.TempDir()
	before := openFiles(t)
	for life := range 200 {
		f := files(dir, "run")
		r := open(t, f, int64(life))
		require.Equal(t, life, len(entriesOf(r.Each)))
		require.NoError(t, f.Append(batchOf(id(1), entry{Origin{"n0", fmt.Sprint("life ", life)}, 1, "1"})))
		drop(f)
	}
	require.LessOrEqual(t, openFiles(t), before) // other tests' may be closed meanwhile
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	require.Len(t, left, 1)
}

// openFiles counts this process's descriptors.
func openFiles(t *testing.T) int {
	entries, err := os.ReadDir("/dev/fd")
	require.NoError(t, err)
	return len(entries)
}
