package journal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// begins tries to begin a life of n0 in a cluster of two.
func begins(f *Files, init int64, blank bool) (*Recovered, error) {
	return f.Open(Start{Node: "n0", Nodes: 2, Init: id(init), Log: "another", Incarnation: 1, Blank: blank})
}

// requireBlocked tries to begin a life where something is in the way.
func requireBlocked(t *testing.T, f *Files, init int64) *BlockedError {
	t.Helper()
	r, err := begins(f, init, false)
	require.Nil(t, r)
	var blocked *BlockedError
	require.ErrorAs(t, err, &blocked)
	require.Empty(t, f.Where())
	return blocked
}

func TestOpen_waitsForAFileOfTheRunThatIsInUse(t *testing.T) {
	for about, c := range map[string]struct {
		run  string
		init int64
	}{"named": {"shared", 0}, "by ids": {"", 99}} {
		t.Run(about, func(t *testing.T) {
			dir := t.TempDir()
			first := files(dir, c.run)
			open(t, first, 0)
			theirs := first.Where()
			require.NoError(t, first.Append(batchOf(id(1), own(1, "1")...)))
			f := files(dir, c.run)
			for range 3 {
				blocked := requireBlocked(t, f, c.init)
				require.Equal(t, theirs, blocked.Path)
				require.False(t, blocked.Lasting)
				require.ErrorContains(t, blocked, theirs+": it is in use by another process")
			}
			left, err := os.ReadDir(filepath.Dir(theirs))
			require.NoError(t, err)
			require.Len(t, left, 1, "nothing was begun")
			require.NoError(t, first.Append(batchOf(id(2), own(2, "2")...)), "nor was the file touched")
			drop(first)
			r, err := begins(f, c.init, false)
			require.NoError(t, err)
			require.Equal(t, own(1, "1", "2"), entriesOf(r.Each))
			require.Empty(t, r.Warnings)
			require.Equal(t, theirs, f.Where())
		})
	}
}

// The lock of a process that was killed a moment ago.
func TestOpen_findsWhatAKilledProcessHeld(t *testing.T) {
	dir := t.TempDir()
	theirs, release := hold(t, dir, "shared")
	f := files(dir, "shared")
	require.Equal(t, theirs, requireBlocked(t, f, 0).Path)
	release()
	require.True(t, open(t, f, 0).Former)
}

func TestOpen_goesOnBesideAFileThatIsNotOfTheRun(t *testing.T) {
	dir := t.TempDir()
	first := files(dir, "")
	open(t, first, 0)
	theirs := first.Where()
	f := files(dir, "")
	r := open(t, f, 1)
	require.False(t, r.Former)
	require.Contains(t, strings.Join(r.Warnings, ";"), "in use by another node of this name")
	require.NotEqual(t, theirs, f.Where())
	require.FileExists(t, theirs)
}

func TestOpen_blankMovesAsideWhatIsInUse(t *testing.T) {
	dir := t.TempDir()
	first := files(dir, "shared")
	open(t, first, 0)
	require.NoError(t, first.Append(batchOf(id(1), own(1, "1")...)))
	f := files(dir, "shared")
	requireBlocked(t, f, 0)
	r, err := begins(f, 0, true)
	require.NoError(t, err)
	require.False(t, r.Former)
	require.Contains(t, strings.Join(r.Warnings, ";"), first.Where()+" is not used, as was asked for")
	require.Equal(t, first.Where(), f.Where(), "the name is free")
	require.ErrorIs(t, first.Append(batchOf(id(2), own(2, "2")...)), ErrGone, "who still lives finds out")
	require.NoError(t, f.Append(batchOf(id(2), own(1, "new")...)))
	drop(f)
	require.Equal(t, own(1, "new"), entriesOf(open(t, files(dir, "shared"), 0).Each), "and it is forgotten for good")
}

// flip changes a byte.
func flip(t *testing.T, path string, at int) {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	patch(t, path, at, data[at]^0x55)
}

// damages are ways in which a journal can be unusable, by what is said of it.
var damages = map[string]func(t *testing.T, path string){
	"it is no journal": func(t *testing.T, path string) {
		require.NoError(t, os.WriteFile(path, []byte("something else"), 0o600))
	},
	"its format is":     func(t *testing.T, path string) { flip(t, path, 8) },
	"header is damaged": func(t *testing.T, path string) { flip(t, path, 30) },
	"is a directory": func(t *testing.T, path string) {
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Mkdir(path, 0o700))
	},
	"escapes": func(t *testing.T, path string) {
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Symlink("/etc/passwd", path))
	},
	"there is nothing in it": func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 0)) },
	"one of several": func(t *testing.T, path string) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(strings.Replace(path, "~0", "~7", 1), data, 0o600))
	},
}

func TestOpen_refusesWhatMayBeOfTheRunAndCannotBeUsed(t *testing.T) {
	for what, damage := range damages {
		for _, run := range []string{"run", ""} {
			t.Run(what+run, func(t *testing.T) {
				f := files(t.TempDir(), run)
				open(t, f, 0)
				require.NoError(t, f.Append(batchOf(id(1), own(1, "1")...)))
				path := f.Where()
				drop(f)
				damage(t, path)
				f = files(f.cfg.Dir, run)
				for range 2 {
					blocked := requireBlocked(t, f, 50)
					require.ErrorContains(t, blocked, what)
					require.True(t, blocked.Lasting)
					require.Equal(t, filepath.Dir(path), filepath.Dir(blocked.Path))
				}
				r, err := begins(f, 50, true)
				require.NoError(t, err)
				require.False(t, r.Former)
				require.Contains(t, strings.Join(r.Warnings, ";"), "is not used, as was asked for")
				require.NoError(t, f.Append(batchOf(id(60), own(1, "2")...)))
				drop(f)
				f = files(f.cfg.Dir, run)
				r = open(t, f, 70)
				require.Empty(t, r.Warnings)
				require.Equal(t, own(1, "2"), entriesOf(r.Each))
			})
		}
	}
}

// The first init of a run has nothing to do with what earlier ones have left.
func TestOpen_movesAsideWhatCannotBeOfTheRun(t *testing.T) {
	for what, damage := range damages {
		if what == "one of several" {
			continue // a copy is of no run
		}
		f := files(t.TempDir(), "")
		open(t, f, 0)
		path := f.Where()
		drop(f)
		damage(t, path)
		f = files(f.cfg.Dir, "")
		r := open(t, f, 1)
		require.False(t, r.Former)
		require.Equal(t, what != "there is nothing in it", strings.Contains(strings.Join(r.Warnings, ";"), "moved aside"), what)
		drop(f)
	}
}

// A cut at any byte is recognised, and what is whole before it is found; where
// not even the header is left it is refused, but never taken for nothing.
func TestOpen_recognisesACutAtAnyByte(t *testing.T) {
	for _, run := range []string{"run", ""} {
		dir := t.TempDir()
		f := files(dir, run)
		open(t, f, 0)
		sizes := []int64{}
		for i := range 4 {
			require.NoError(t, f.Append(batchOf(id(1), entry{Origin{"n0", "fresh0"}, uint64(i + 1), "value"})))
			sizes = append(sizes, f.open.end)
		}
		path := f.Where()
		drop(f)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		header := len(f.head.append(nil))
		life := slices.Index(data[header+frameBytes:], frameIncarnation) // the frame's first byte of payload
		require.Zero(t, life)
		for cut := range data {
			require.NoError(t, os.WriteFile(path, data[:cut], 0o600))
			f := files(dir, run)
			r, err := begins(f, 50, false)
			if err != nil {
				var blocked *BlockedError
				require.ErrorAs(t, err, &blocked)
				require.True(t, blocked.Lasting)
				require.Less(t, int64(cut), sizes[0], "cut at %d", cut)
				continue
			}
			require.True(t, r.Former, "cut at %d", cut)
			whole := 0
			for whole < len(sizes) && sizes[whole] <= int64(cut) {
				whole++
			}
			require.Len(t, entriesOf(r.Each), whole, "cut at %d", cut)
			atFrame := whole > 0 && sizes[whole-1] == int64(cut)
			require.True(t, atFrame || len(r.Warnings) > 0 || whole == 0, "cut at %d: %v", cut, r.Warnings)
			drop(f)
		}
	}
}

// Damage to the first frame costs that frame, not the journal.
func TestOpen_findsWhatFollowsALifeThatIsDamaged(t *testing.T) {
	for _, run := range []string{"run", ""} {
		f := files(t.TempDir(), run)
		open(t, f, 0)
		require.NoError(t, f.Append(batchOf(id(1), own(1, "1")...)))
		path, header := f.Where(), len(f.head.append(nil))
		drop(f)
		flip(t, path, header+frameBytes+1)
		f = files(f.cfg.Dir, run)
		r := open(t, f, 50)
		require.Equal(t, own(1, "1"), entriesOf(r.Each))
		require.Contains(t, strings.Join(r.Warnings, ";"), "its beginning is damaged")
	}
}

// What a place that cannot be read may hold is not known to be nothing.
func TestOpen_refusesARunsDirectoryThatIsNotItsOwnAnyMore(t *testing.T) {
	home(t)
	f := files("", "run")
	open(t, f, 0)
	dir := filepath.Dir(f.Where())
	drop(f)
	require.NoError(t, os.Chmod(dir, 0o777))
	f = files("", "run")
	require.Equal(t, dir, requireBlocked(t, f, 0).Path)
	require.NoError(t, os.Chmod(dir, 0o700))
	require.True(t, open(t, f, 0).Former)
}

func TestOpen_removesWhatWasNeverFinished(t *testing.T) {
	f := files(t.TempDir(), "run")
	open(t, f, 0)
	require.NoError(t, f.Append(batchOf(id(1), own(1, "1")...)))
	require.NoError(t, f.Rewrite())
	left, err := os.ReadDir(filepath.Dir(f.Where()))
	require.NoError(t, err)
	require.Len(t, left, 2)
	f.file.Close() // as a kill would
	f.old.file.Close()
	f = files(f.cfg.Dir, "run")
	require.Equal(t, own(1, "1"), entriesOf(open(t, f, 0).Each))
	left, err = os.ReadDir(filepath.Dir(f.Where()))
	require.NoError(t, err)
	require.Len(t, left, 1)
}
