package journal

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// blows are what can be done to the file of a node at work; want says whether the
// old file or a new one has the place afterwards.
var blows = map[string]func(t *testing.T, path string){
	"removed": func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
	"moved":   func(t *testing.T, path string) { require.NoError(t, os.Rename(path, path+".backup")) },
	"moved to another number": func(t *testing.T, path string) {
		require.NoError(t, os.Rename(path, filepath.Join(filepath.Dir(path), "n0~9.journal")))
	},
	"replaced by a copy": func(t *testing.T, path string) {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path+".copy", data, 0o600))
		require.NoError(t, os.Rename(path+".copy", path))
	},
	"replaced by a directory": func(t *testing.T, path string) {
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Mkdir(path, 0o700))
	},
	"truncated": func(t *testing.T, path string) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(path, info.Size()-1))
	},
	"emptied":               func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 0)) },
	"lengthened":            func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 1<<20)) },
	"its directory removed": func(t *testing.T, path string) { require.NoError(t, os.RemoveAll(filepath.Dir(path))) },
	"its directory moved": func(t *testing.T, path string) {
		require.NoError(t, os.Rename(filepath.Dir(path), filepath.Join(filepath.Dir(filepath.Dir(path)), "elsewhere")))
	},
	"all directories removed": func(t *testing.T, path string) {
		require.NoError(t, os.RemoveAll(filepath.Dir(filepath.Dir(path))))
	},
}

func TestCheck_seesWhatIsDoneToTheFileAndRewriteMendsIt(t *testing.T) {
	for about, blow := range blows {
		for _, always := range []bool{false, true} {
			t.Run(fmt.Sprint(about, always), func(t *testing.T) {
				before := openFiles(t)
				dir := filepath.Join(t.TempDir(), "journals")
				f := NewFiles(Config{Dir: dir, Run: "run", Always: always, Random: rand.New(rand.NewPCG(1, 2))})
				open(t, f, 0)
				require.NoError(t, f.Append(batchOf(id(1), own(1, "1", "2")...)))
				require.NoError(t, f.Check())
				blow(t, f.Where())
				require.ErrorIs(t, f.Check(), ErrGone)
				require.ErrorIs(t, f.Append(batchOf(id(1), own(3, "3")...)), ErrGone)

				for range 2 { // the first is given up
					require.NoError(t, f.Rewrite())
					require.NoError(t, f.Append(batchOf(id(1), own(1, "1")...)))
				}
				require.NoError(t, f.Append(batchOf(id(2), own(2, "2")...)))
				require.NoError(t, f.Publish())
				require.NoError(t, f.Check())
				require.NoError(t, f.Append(batchOf(id(3), own(3, "3")...)))

				other := files(dir, "run")
				require.ErrorIs(t, requireBlocked(t, other, 0), errInUse, "the new file is locked")
				path := f.Where()
				drop(f)
				r := open(t, other, 0)
				require.Equal(t, path, other.Where())
				require.Equal(t, own(1, "1", "2", "3"), entriesOf(r.Each))
				require.Empty(t, r.Warnings)
				drop(other)
				require.LessOrEqual(t, openFiles(t), before)
			})
		}
	}
}

// A file that another node has made under our name, when ours was gone, stays.
func TestRewrite_leavesAnotherNodesFileAlone(t *testing.T) {
	dir := t.TempDir()
	f, other := files(dir, ""), files(dir, "")
	open(t, f, 0)
	require.NoError(t, os.Remove(f.Where()))
	open(t, other, 1)
	require.Equal(t, f.Where(), other.Where())
	require.NoError(t, f.Rewrite())
	require.NoError(t, f.Publish())
	require.NotEqual(t, f.Where(), other.Where())
	require.NoError(t, other.Check())
	require.NoError(t, f.Check())
}

// What a node that is killed in the middle of it leaves is the old file.
func TestRewrite_leavesTheOldFileUntilItIsPublished(t *testing.T) {
	f := files(t.TempDir(), "run")
	open(t, f, 0)
	require.NoError(t, f.Append(batchOf(id(1), own(1, "1")...)))
	require.NoError(t, f.Append(batchOf(id(1), own(2, "2")...)))
	require.NoError(t, os.Truncate(f.Where(), f.open.end-1))
	require.NoError(t, f.Rewrite())
	require.NoError(t, f.Append(batchOf(id(2), own(7, "7")...)))
	f.file.Close()
	f.old.file.Close()
	require.Equal(t, own(1, "1"), entriesOf(open(t, files(f.cfg.Dir, "run"), 0).Each))
}

func TestClose_cleanRemovesOwnFileOnly(t *testing.T) {
	f := files(t.TempDir(), "run")
	open(t, f, 0)
	path := f.Where()
	require.NoError(t, f.Rewrite())
	require.NoError(t, f.Close(true))
	left, err := os.ReadDir(f.cfg.Dir)
	require.NoError(t, err)
	require.Empty(t, left)

	open(t, f, 0)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, f.Close(true))
	require.FileExists(t, path)
}

// BenchmarkAppend is a batch of one value, with the look at the file before it and
// without.
func BenchmarkAppend(b *testing.B) {
	f := files(b.TempDir(), "run")
	_, err := f.Open(Start{Node: "n0", Nodes: 2, Init: id(0), Log: "log", Incarnation: 1})
	require.NoError(b, err)
	batch := batchOf(id(1), own(1, "12345")...)
	b.Run("checked", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, f.Append(batch))
		}
	})
	b.Run("unchecked", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, f.open.append(batch))
		}
	})
}
