package journal

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// home has this process, and its children, look for journals in fresh places.
func home(t *testing.T) (temporary, cache string) {
	root := t.TempDir()
	temporary, cache = filepath.Join(root, "tmp"), filepath.Join(root, "home")
	require.NoError(t, os.Mkdir(temporary, 0o777))
	require.NoError(t, os.Mkdir(cache, 0o777))
	t.Setenv("TMPDIR", temporary)
	t.Setenv("HOME", cache)
	t.Setenv("XDG_CACHE_HOME", cache)
	return temporary, cache
}

func TestAJournalIsPrivateAndGoneWithItsDirectoriesAfterACleanEnd(t *testing.T) {
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
func TestAPlantedDirectoryIsNotUsed(t *testing.T) {
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
			_, cache := home(t)
			elsewhere := t.TempDir()
			require.NoError(t, plant(places("")[0].path, elsewhere))
			f := files("", "run")
			open(t, f, 0)
			require.Equal(t, filepath.Join(cache, "treecast"), filepath.Dir(filepath.Dir(f.Where())), "the second place is")
			drop(f)
			left, err := os.ReadDir(elsewhere)
			require.NoError(t, err)
			require.Empty(t, left)
			require.True(t, open(t, files("", "run"), 0).Former)
		})
	}
}

func TestWhereALifeHasBeenIsWhereTheNextOneLooks(t *testing.T) {
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

func TestWithoutAnyPlaceItIsSaidWhy(t *testing.T) {
	_, cache := home(t)
	require.NoError(t, os.WriteFile(places("")[0].path, nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(cache, "treecast"), nil, 0o600))
	_, err := files("", "run").Open(Start{Node: "n0"})
	require.ErrorContains(t, err, "no directory can be used")
	require.ErrorContains(t, err, "it is no directory")
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

func TestWhatDeadProcessesHaveLeftIsRemovedAndNothingElse(t *testing.T) {
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

func TestARunThatIsOverCanBeRemoved(t *testing.T) {
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
