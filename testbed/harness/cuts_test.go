package harness_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/journal"
)

const (
	// spread is how long a value may take until the other nodes have it for sure.
	spread = 2 * time.Second
	// settled is how long a cluster has, once nothing is asked any more, until all of
	// its nodes show the same.
	settled = 10 * time.Second
)

// cut kills nodes of a cluster under load, leaves only a part of their journals, and
// starts them again. What others have must come back, what they acknowledge in
// their new lives must reach the others, and all nodes must come to show the same:
// only what a node acknowledged shortly before its death may be gone. Of four rounds,
// two cut the tail and two anywhere, one of them each between frames; first is the
// number of the first round.
func cut(dir string, first, rounds int, command ...string) (f killed, err error) {
	f.mortals = newMortals(dir, 3, command...)
	if err := f.begin(f.Names...); err != nil {
		return f, err
	}
	defer f.Kill()
	for n := first; n < first+rounds; n++ {
		victim := f.Names[rand.IntN(len(f.Names))]
		keep, whole := rand.Float64(), n%2 == 0
		if n%4 < 2 {
			keep = 0.9 + keep/10
		}
		gone, took, err := f.cutOnce(victim, keep, whole)
		if err != nil {
			return f, fmt.Errorf("round %d, %s left with %.4f of its journal (to a whole frame: %v): %w", n+1, victim, keep, whole, err)
		}
		f.missing, f.took = f.missing+gone, append(f.took, took)
	}
	return f, f.Stop()
}

// cutOnce does so once, and returns how many values are gone that may be, and how
// long after the end of the load all nodes showed the same.
func (c *mortals) cutOnce(victim string, keep float64, whole bool) (gone int, took time.Duration, err error) {
	load := c.load(2, 40)
	defer func() { err = errors.Join(err, load()) }()
	<-time.After(200 * time.Millisecond)
	old := c.ackedBy(victim)
	<-time.After(spread)
	c.kill(victim)
	c.mu.Lock()
	sent := c.values
	c.mu.Unlock()
	mayGo := func(name string, v int) bool { return name == victim && !old[v] && v < sent }
	files := c.journals(victim)
	if len(files) != 1 {
		return 0, 0, fmt.Errorf("there are %d journals", len(files))
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return 0, 0, err
	}
	left := int(keep * float64(len(data)))
	if head := journal.WholeUpTo(data, 0); whole {
		left = journal.WholeUpTo(data, left)
	} else {
		left = max(left, journal.WholeUpTo(data, head+100)) // else the node refuses to begin
	}
	if err := os.Truncate(files[0], int64(left)); err != nil {
		return 0, 0, err
	}
	if err := c.begin(victim); err != nil {
		return 0, 0, err
	}
	<-time.After(300 * time.Millisecond)
	if err := load(); err != nil {
		return 0, 0, err
	}
	stopped := time.Now()
	for {
		missing, err := c.compare(mayGo)
		if err == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, v := range missing {
				delete(c.acked[victim], v)
			}
			return len(missing), time.Since(stopped), nil
		}
		if time.Since(stopped) > settled {
			return 0, 0, err
		}
		<-time.After(20 * time.Millisecond)
	}
}

// compare reads from all nodes, and returns which of the values that may be missing
// are. The error says in which way they do not show the same, or what else is
// missing.
func (c *mortals) compare(mayGo func(name string, v int) bool) (missing []int, err error) {
	var first []bool
	for i, name := range c.Names {
		shown, err := c.shown(name)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = shown
		} else if !slices.Equal(first, shown) {
			return nil, fmt.Errorf("%s and %s do not show the same", c.Names[0], name)
		}
	}
	for _, name := range c.Names {
		for v := range c.ackedBy(name) {
			switch {
			case first[v]:
			case mayGo(name, v):
				missing = append(missing, v)
			default:
				return nil, fmt.Errorf("%d, which %s has acknowledged, is lost", v, name)
			}
		}
	}
	return missing, nil
}

func TestCut_losesOnlyWhatNobodyElseHolds(t *testing.T) {
	for n := range 4 { // side by side, as most of a round is waiting
		t.Run(fmt.Sprint("round ", n), func(t *testing.T) {
			t.Parallel()
			f, err := cut(t.TempDir(), n, 1, program(t, "treecast"))
			require.NoError(t, err)
			require.Len(t, f.took, 1)
		})
	}
}
