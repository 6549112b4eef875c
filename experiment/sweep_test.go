package experiment

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// small is a sweep of three settings and two seeds, of a second each.
func small(dir string) SweepPlan {
	p := SweepPlan{Dir: dir, FirstSeed: 3, Seeds: 2, Jobs: 2, Record: run.Sweep{Name: "small", Version: "v1", Command: []string{"treecast", "sweep", "small"}}}
	for _, nodes := range []int{2, 3, 5} {
		plan := inVirtualTime()
		plan.NodeCount, plan.TimeLimit, plan.Quiet = nodes, run.Millis(time.Second), run.Millis(time.Second)
		p.Plans = append(p.Plans, plan)
	}
	return p
}

func read(t *testing.T, elem ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elem...))
	require.NoError(t, err)
	return string(text)
}

func TestASweepHasARowForEveryRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results", "small")
	p := small(dir)
	var progress []SweepProgress
	p.Progress = func(now SweepProgress) { progress = append(progress, now) }
	rows, record, err := Sweep(t.Context(), p)
	require.NoError(t, err)
	require.Len(t, rows, 6)
	for i, row := range rows {
		require.Equal(t, []int{2, 2, 3, 3, 5, 5}[i], row.NodeCount)
		require.Equal(t, uint64(3+i%2), row.Seed)
		require.Equal(t, run.Valid, row.Strict)
		require.Positive(t, row.Figures[run.MsgsPerOp])
	}
	require.Len(t, progress, 7)
	for i, now := range progress {
		require.Equal(t, SweepProgress{Total: 6, Done: i}, now)
	}
	kept, err := run.ReadRunsCSV(strings.NewReader(read(t, dir, run.RunsFile)))
	require.NoError(t, err)
	require.Equal(t, rows, kept)
	require.NotNil(t, record.Finished)
	require.Len(t, record.Settings, 3)
	onDisk, err := run.ReadSweepRecord(filepath.Join(dir, run.SweepFile))
	require.NoError(t, err)
	require.Equal(t, record.Settings, onDisk.Settings)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing else is left")
}

func TestASweepIsTheSameHoweverManyRunsGoOnAtATime(t *testing.T) {
	one, many := small(t.TempDir()), small(t.TempDir())
	one.Jobs, many.Jobs = 1, 8
	_, _, err := Sweep(t.Context(), one)
	require.NoError(t, err)
	_, _, err = Sweep(t.Context(), many)
	require.NoError(t, err)
	require.Equal(t, read(t, one.Dir, run.RunsFile), read(t, many.Dir, run.RunsFile), "byte by byte")
}

func TestASweepThatIsStoppedGoesOnToTheSameEnd(t *testing.T) {
	whole := small(t.TempDir())
	_, _, err := Sweep(t.Context(), whole)
	require.NoError(t, err)
	for _, after := range []int{0, 1, 3, 5} {
		ctx, cancel := context.WithCancel(t.Context())
		p := small(t.TempDir())
		p.Jobs = 1 // else a second run may be done at that very moment
		p.Progress = func(now SweepProgress) {
			if now.Done == after {
				cancel()
			}
		}
		rows, record, err := Sweep(ctx, p)
		require.ErrorIs(t, err, context.Canceled)
		require.GreaterOrEqual(t, len(rows), after)
		require.Less(t, len(rows), 6)
		require.Nil(t, record.Finished)

		made := 0
		p.Resume = true
		p.Progress = func(now SweepProgress) { require.Equal(t, len(rows), now.Kept); made = now.Done - now.Kept }
		all, record, err := Sweep(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, 6-len(rows), made, "what was done is not done again")
		require.Len(t, all, 6)
		require.NotNil(t, record.Finished)
		require.Equal(t, read(t, whole.Dir, run.RunsFile), read(t, p.Dir, run.RunsFile))
	}
}

func TestAKilledSweepGoesOnFromItsLastWholeLine(t *testing.T) {
	p := small(t.TempDir())
	_, _, err := Sweep(t.Context(), p)
	require.NoError(t, err)
	text := read(t, p.Dir, run.RunsFile)
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, run.RunsFile), []byte(text[:len(text)-20]), 0o666))
	p.Resume = true
	var first SweepProgress
	p.Progress = func(now SweepProgress) {
		if first.Total == 0 {
			first = now
		}
	}
	_, _, err = Sweep(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, SweepProgress{Total: 6, Done: 5, Kept: 5}, first)
	require.Equal(t, text, read(t, p.Dir, run.RunsFile))

	require.NoError(t, os.Remove(filepath.Join(p.Dir, run.RunsFile)))
	_, _, err = Sweep(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, text, read(t, p.Dir, run.RunsFile))
}

func TestASweepOnlyGoesOnWithItself(t *testing.T) {
	p := small(t.TempDir())
	p.Resume = true
	_, _, err := Sweep(t.Context(), p)
	require.ErrorContains(t, err, "to go on with; leave --resume out to begin one")
	p.Resume = false
	_, _, err = Sweep(t.Context(), p)
	require.NoError(t, err)
	before := read(t, p.Dir, run.RunsFile)
	_, _, err = Sweep(t.Context(), p)
	require.ErrorContains(t, err, "has a sweep already; go on with it by --resume, or give another name")

	p.Resume = true
	other := p
	other.Seeds = 3
	_, _, err = Sweep(t.Context(), other)
	require.ErrorContains(t, err, "is another one: it has 2 seeds from 3 on, asked for are 3 from 3 on; give another name, or what it was begun with:\n  treecast sweep small")
	other = p
	other.Plans = p.Plans[1:]
	_, _, err = Sweep(t.Context(), other)
	require.ErrorContains(t, err, "its setting is not asked for: test -w broadcast --virtual --node-count 2")
	other = p
	other.Record.Version = "v2"
	_, _, err = Sweep(t.Context(), other)
	require.ErrorContains(t, err, "made with treecast v1, this is v2")
	require.Equal(t, before, read(t, p.Dir, run.RunsFile), "nothing was touched")

	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, run.RunsFile), []byte(before+strings.Replace(strings.Split(before, "\n")[1], ",3,true", ",9,true", 1)+"\n"), 0o666))
	_, _, err = Sweep(t.Context(), p)
	require.ErrorContains(t, err, "has a run that is none of this sweep: treecast test -w broadcast --virtual --node-count 2")
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, run.RunsFile), []byte("{}\n"), 0o666))
	_, _, err = Sweep(t.Context(), p)
	require.ErrorContains(t, err, "delete the file to make its runs again")
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, run.SweepFile), []byte("{"), 0o666))
	_, _, err = Sweep(t.Context(), p)
	require.ErrorContains(t, err, "cannot be read")
}

func TestARunThatCannotBeMadeIsARowAndIsTriedAgain(t *testing.T) {
	p := small(t.TempDir())
	p.Plans[1].Node.NumChildren = -1
	rows, _, err := Sweep(t.Context(), p)
	require.NoError(t, err)
	require.Len(t, rows, 6)
	for i, row := range rows {
		require.Equal(t, i == 2 || i == 3, row.Error != "", row.Error)
		require.Equal(t, i != 2 && i != 3, row.Valid == run.Valid)
	}
	require.NotContains(t, rows[2].Error, "\n")

	p.Resume, p.Plans[1].Node.NumChildren = true, 24
	rows, _, err = Sweep(t.Context(), p)
	require.NoError(t, err)
	for _, row := range rows {
		require.Empty(t, row.Error)
	}
}

func TestAnInvalidRunIsARow(t *testing.T) {
	p := small(t.TempDir())
	p.Plans[0].Rate = 0 // nothing succeeds
	var last SweepProgress
	p.Progress = func(now SweepProgress) { last = now }
	rows, _, err := Sweep(t.Context(), p)
	require.NoError(t, err)
	require.Len(t, rows, 6)
	require.NotEqual(t, run.Valid, rows[0].Valid)
	require.Equal(t, 2, last.Bad)
}

func TestSettingsThatComeToTheSameAreRefused(t *testing.T) {
	p := small(t.TempDir())
	p.Plans = append(p.Plans, p.Plans[0])
	_, _, err := Sweep(t.Context(), p)
	require.ErrorContains(t, err, "two settings come to the same: treecast test -w broadcast --virtual --node-count 2")
	_, _, err = Sweep(t.Context(), SweepPlan{})
	require.ErrorContains(t, err, "a sweep needs settings, seeds and jobs, not 0, 0 and 0")
	p = small(t.TempDir())
	p.Plans[2].Topology = "ring"
	_, _, err = Sweep(t.Context(), p)
	require.ErrorContains(t, err, "ring")
}

func TestMeasureIsTestWithoutFiles(t *testing.T) {
	p := inVirtualTime()
	p.TimeLimit = run.Millis(2 * time.Second)
	with, _ := carryOut(t, p, Options{PollHealth: true})
	without, err := Measure(t.Context(), p, Options{PollHealth: true})
	require.NoError(t, err)
	require.Equal(t, run.RowOf(with), run.RowOf(without))
	require.Equal(t, with.Stats, without.Stats)
	_, err = Measure(t.Context(), short("echo", "echo", 2), Options{})
	require.ErrorContains(t, err, "they need a store")
}

func TestTheProcessorsNameIsFound(t *testing.T) {
	require.Equal(t, "Some CPU @ 3 GHz", cpuModel("processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nmodel name\t: Another\n"))
	require.Empty(t, cpuModel("nothing here"))
	require.NotEmpty(t, ThisMachine().OS)
}

func TestSweepFolder_isOfOneSweepAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sweep")
	record := run.Sweep{Name: "x", SeedCount: 1, ProgramSHA256: "aa", Program: "/a/node"}
	first, _, err := openSweepFolder(dir, record, false)
	require.NoError(t, err)
	for _, resume := range []bool{false, true} {
		_, _, err = openSweepFolder(dir, record, resume)
		require.ErrorContains(t, err, "another sweep is under way in "+dir)
	}
	require.NoError(t, first.close(nil, false))

	for want, change := range map[string]func(r *run.Sweep){
		"its nodes' program is /a/node, asked for is /b/node":         func(r *run.Sweep) { r.Program = "/b/node" },
		"its nodes' program is /a/node, asked for is treecast itself": func(r *run.Sweep) { r.Program = "" },
		"or a source file among its arguments, has changed":           func(r *run.Sweep) { r.ProgramSHA256 = "bb" },
	} {
		other := record
		change(&other)
		_, _, err = openSweepFolder(dir, other, true)
		require.ErrorContains(t, err, want)
	}
	again, _, err := openSweepFolder(dir, record, true)
	require.NoError(t, err, "nobody holds it any more")
	require.NoError(t, again.close(nil, false))
}

func TestProgram_isItsPathAndWhatIsInIt(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("node", []byte("one"), 0o700))
	require.NoError(t, os.WriteFile("x.py", []byte("one"), 0o600))
	p := Plan{Spec: run.Spec{Bin: "./node", Args: "x.py -u"}}
	path, first, err := p.Program(true)
	require.NoError(t, err)
	require.Equal(t, "node", filepath.Base(path))
	require.True(t, filepath.IsAbs(path))
	_, same, err := p.Program(true)
	require.NoError(t, err)
	require.Equal(t, first, same)
	require.NoError(t, os.WriteFile("x.py", []byte("two"), 0o600))
	_, second, err := p.Program(true)
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	require.NoError(t, os.WriteFile("node", []byte("two"), 0o700))
	path, third, err := p.Program(false)
	require.NoError(t, err)
	require.Empty(t, path)
	require.NotEqual(t, second, third)
	path, none, err := Plan{Spec: run.Spec{Driver: Virtual}}.Program(true)
	require.NoError(t, err)
	require.Empty(t, path+none)
	_, _, err = Plan{Spec: run.Spec{Bin: "missing"}}.Program(true)
	require.ErrorContains(t, err, "reading the node's program")
}
