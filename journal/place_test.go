package journal

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// home has this process, and its children, look for journals in fresh places. The
// home is there once somebody makes it.
func home(t *testing.T) (temporary, home string) {
	root := t.TempDir()
	temporary, home = filepath.Join(root, "tmp"), filepath.Join(root, "home")
	require.NoError(t, os.Mkdir(temporary, 0o777))
	t.Setenv("TMPDIR", temporary)
	t.Setenv("HOME", home)
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("XDG_CACHE_HOME", filepath.Join(root, "cache"))
	return temporary, home
}

// A journal is private and gone with its directories after a clean end.
func TestPlace_cleanEndRemovesDirectories(t *testing.T) {
	temporary, _ := home(t)
	f := files("", "")
	open(t, f, 0)
	for path := filepath.Dir(f.Where()); path != temporary; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), path)
	}
	info, err := os.Stat(f.Where())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, f.Close(true))
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, left)
}

// What others have put in our place is not used, and not followed.
func TestPlace_plantedDirectoryIsNotUsed(t *testing.T) {
	for about, plant := range map[string]func(path, elsewhere string) error{
		"a link": func(path, elsewhere string) error { return os.Symlink(elsewhere, path) },
		"a file": func(path, _ string) error { return os.WriteFile(path, nil, 0o600) },
		"open to all": func(path, _ string) error {
			if err := os.Mkdir(path, 0o700); err != nil {
				return err
			}
			return os.Chmod(path, 0o777)
		},
	} {
		t.Run(about, func(t *testing.T) {
			temporary, _ := home(t)
			elsewhere := t.TempDir()
			first, second := places("")[0].path, places("")[1].path
			require.Equal(t, temporary, filepath.Dir(first), "there is no home")
			require.NoError(t, plant(first, elsewhere))
			f := files("", "run")
			open(t, f, 0)
			require.Equal(t, second, filepath.Dir(filepath.Dir(f.Where())), "the second place is")
			drop(f)
			left, err := os.ReadDir(elsewhere)
			require.NoError(t, err)
			require.Empty(t, left)
			require.True(t, open(t, files("", "run"), 0).Former)
		})
	}
}

// Where a incarnation has been is where the next one looks.
func TestPlace_nextIncarnationLooksThere(t *testing.T) {
	temporary, _ := home(t)
	block := places("")[0].path
	require.NoError(t, os.WriteFile(block, nil, 0o600))
	f := files("", "run")
	open(t, f, 0)
	path := f.Where()
	drop(f)
	require.NoError(t, os.Remove(block)) // the first place can be used by now
	f = files("", "run")
	require.True(t, open(t, f, 0).Former)
	require.Equal(t, path, f.Where())
	require.NoError(t, RemoveRun("", "run"))
	require.NoFileExists(t, path)
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, left)
}

// Without any place it is said why.
func TestPlace_noneIsExplained(t *testing.T) {
	home(t)
	for _, p := range places("") {
		require.NoError(t, os.MkdirAll(filepath.Dir(p.path), 0o700))
		require.NoError(t, os.WriteFile(p.path, nil, 0o600))
	}
	_, err := files("", "run").Open(Start{Node: "n0"})
	require.ErrorContains(t, err, "no directory can be used")
	require.ErrorContains(t, err, "it is no directory")
}

// Cleaners of temporary files leave a home alone.
func TestPlace_isInTheHome(t *testing.T) {
	temporary, home := home(t)
	state := filepath.Join(t.TempDir(), "state")
	for _, c := range []struct {
		about, state string
		make         func() error
		want         string
	}{
		{"no home", "", func() error { return nil }, temporary},
		{"a file for a home", "", func() error { return os.WriteFile(home, nil, 0o600) }, temporary},
		{"a home", "", func() error { return errors.Join(os.Remove(home), os.Mkdir(home, 0o700)) }, filepath.Join(home, ".local", "state")},
		{"a place for state", state, func() error { return nil }, state},
		{"one that is none", "not/absolute", func() error { return nil }, filepath.Join(home, ".local", "state")},
	} {
		require.NoError(t, c.make())
		t.Setenv("XDG_STATE_HOME", c.state)
		f := files("", "run")
		open(t, f, 0)
		require.Equal(t, c.want, filepath.Dir(filepath.Dir(filepath.Dir(f.Where()))), c.about)
		require.NoError(t, f.Close(true))
		left, err := os.ReadDir(c.want)
		require.NoError(t, err)
		require.Empty(t, left, c.about)
	}
}

// A run in which only some of the nodes got their journals into the first place
// is one run.
func TestPlace_anyIsSearched(t *testing.T) {
	_, home := home(t)
	f := files("", "run")
	open(t, f, 0)
	path := f.Where()
	require.NoError(t, f.Append(batchOf(id(1), own(1, "1")...)))
	drop(f)
	better := filepath.Join(home, ".local", "state", "treecast", "run-run")
	require.NoError(t, os.MkdirAll(better, 0o700))
	other := files("", "run")
	_, err := other.Open(Start{Node: "n1", Nodes: 2, Log: "l", Incarnation: 1})
	require.NoError(t, err)
	require.Equal(t, better, filepath.Dir(other.Where()))
	f = files("", "run")
	require.Equal(t, own(1, "1"), entriesOf(open(t, f, 9).Each))
	require.Equal(t, path, f.Where())
}

// Two places may be one directory.
func TestPlace_twoWaysAreOne(t *testing.T) {
	_, home := home(t)
	t.Setenv("XDG_STATE_HOME", home)
	require.NoError(t, os.Mkdir(home, 0o700))
	for about, cache := range map[string]string{"by its name": home, "by a link": home + "-link"} {
		if cache != home {
			require.NoError(t, os.Symlink(home, cache))
		}
		t.Setenv("XDG_CACHE_HOME", cache)
		f := files("", "run")
		open(t, f, 0)
		require.NoError(t, f.Append(batchOf(id(1), own(1, "1")...)))
		drop(f)
		f = files("", "run")
		require.Equal(t, own(1, "1"), entriesOf(open(t, f, 9).Each), about)
		require.NoError(t, f.Close(true))
	}
}

// ended is a process that is gone.
func ended(t *testing.T) owner {
	cmd := exec.Command("cat")
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	o := processOwner(cmd.Process.Pid)
	require.NoError(t, stdin.Close())
	require.NoError(t, cmd.Wait())
	return o
}

// What dead processes have left is removed and nothing else.
func TestTidy_removesWhatDeadProcessesLeft(t *testing.T) {
	dir := t.TempDir()
	dead := ended(t)
	otherBoot, otherSpace, unknown := dead, dead, dead
	otherBoot.boot = "ffffffff"
	otherSpace.space = "1"
	unknown.start = ""
	alive := self()
	reused := self()
	reused.start = "1"
	inUse := "in-use@" + dead.String()
	gone := []string{
		starterPrefix + dead.String(), runPrefix + "x@" + dead.String(), starterPrefix + reused.String(),
	}
	kept := []string{
		starterPrefix + otherBoot.String(), starterPrefix + otherSpace.String(), starterPrefix + unknown.String(),
		starterPrefix + alive.String(), runPrefix + "x@" + alive.String(), runPrefix + "no-owner", "something-else",
		runPrefix + fileName(inUse),
	}
	for _, name := range append(gone[:len(gone):len(gone)], kept[:len(kept)-1]...) {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, "n0~0.journal"), []byte("x"), 0o600))
	}
	hold(t, dir, inUse)

	f := files(dir, RunName("mine"))
	require.Zero(t, f.Tidy(), "not before it is open")
	open(t, f, 0)
	require.Equal(t, len(gone), f.Tidy())
	for _, name := range gone {
		require.NoDirExists(t, filepath.Join(dir, name))
	}
	for _, name := range kept {
		require.DirExists(t, filepath.Join(dir, name))
	}
	require.FileExists(t, f.Where())
	require.Zero(t, f.Tidy())
}

// What nothing tells the owner of is left for a week, in our own places only.
func TestTidy_removesAfterAWeek(t *testing.T) {
	home(t)
	dead := ended(t)
	dead.boot = "ffffffff"
	alive := self()
	given := t.TempDir()
	long := time.Now().Add(-abandonedAfter - time.Minute)
	plant := func(base, name string, when time.Time) string {
		dir := filepath.Join(base, name)
		require.NoError(t, os.MkdirAll(dir, 0o700))
		for _, path := range []string{filepath.Join(dir, "n0~0.journal"), dir} {
			if path != dir {
				require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
			}
			require.NoError(t, os.Chtimes(path, when, when))
		}
		return dir
	}
	var gone, kept []string
	for _, p := range places("") {
		require.NoError(t, os.MkdirAll(p.path, 0o700))
		gone = append(gone, plant(p.path, starterPrefix+dead.String(), long), plant(p.path, "run-old", long))
		kept = append(kept, plant(p.path, runPrefix+"x@"+alive.String(), long), plant(p.path, "something-else", long))
	}
	kept = append(kept, plant(given, "run-old", long), plant(places("")[0].path, "run-new", time.Now()))
	touched := plant(places("")[0].path, "run-touched", long)
	require.NoError(t, os.WriteFile(filepath.Join(touched, "n0~0.journal"), []byte("y"), 0o600))
	require.NoError(t, os.Chtimes(touched, long, long))
	kept = append(kept, touched)

	f := files(given, "mine")
	open(t, f, 0)
	require.Zero(t, f.Tidy())
	f = files("", "mine")
	open(t, f, 0)
	require.Equal(t, len(gone), f.Tidy())
	for _, dir := range gone {
		require.NoDirExists(t, dir)
	}
	for _, dir := range kept {
		require.DirExists(t, dir)
	}
}

// A run that is over can be removed.
func TestTidy_removeRun(t *testing.T) {
	dir := t.TempDir()
	f, other := files(dir, "over"), files(dir, "under way")
	open(t, f, 0)
	open(t, other, 0)
	drop(f)
	require.NoError(t, RemoveRun(dir, "over"))
	require.NoDirExists(t, filepath.Join(dir, "run-over"))
	require.FileExists(t, other.Where())
	require.NoError(t, RemoveRun(dir, "over"))
	require.NoError(t, RemoveRun(filepath.Join(dir, "none"), "over"))
}
