package harness_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// BenchmarkKills has nodes killed under load and started again, and fails where
// something acknowledged is lost or something is left behind: one node, each time
// waited for; nodes of three, of 20 to 400 MiB, started again at the moment of the
// kill; three whose journals are removed, moved, replaced and truncated; and three
// whose journals are cut while they are down. They are to find their journals by
// their parent and by the ids of their inits, so no variable names the run. An
// iteration is a kill:
//
//	go test ./testbed/harness -run '^$' -bench Kills/one -benchtime 3000x
//	go test ./testbed/harness -run '^$' -bench Kills/at-once -benchtime 200x -timeout 1h
//	go test ./testbed/harness -run '^$' -bench Kills/meddling -benchtime 90x -timeout 1h
//	go test ./testbed/harness -run '^$' -bench Kills/cuts -benchtime 60x -timeout 1h
func BenchmarkKills(b *testing.B) {
	b.Run("one", func(b *testing.B) {
		c, err := killOne(b.TempDir(), b.N, program(b, "treecast"))
		require.NoError(b, err)
		c.report(b, 0)
	})
	b.Run("at-once", func(b *testing.B) {
		f, err := killAtOnce(b.TempDir(), b.N, largest, program(b, "treecast"))
		require.NoError(b, err)
		f.report(b, f.missing)
		seconds(b, "init", f.took)
	})
	b.Run("meddling", func(b *testing.B) {
		f, err := meddle(b.TempDir(), b.N, largest/2, 3*time.Second, program(b, "treecast"))
		require.NoError(b, err)
		f.report(b, f.missing)
		seconds(b, "written", f.took)
	})
	b.Run("cuts", func(b *testing.B) {
		f, err := cut(b.TempDir(), 0, b.N, program(b, "treecast"))
		require.NoError(b, err)
		f.report(b, f.missing) // with the end of the only journal that held them
		seconds(b, "same", f.took)
	})
}

// killed is what rounds of kills came to.
type killed struct {
	*mortals
	missing int
	took    []time.Duration
}

// killOne kills one node again and again in the midst of broadcasts, and looks for
// values that are lost or invented, and for files and directories other than the
// run's own.
func killOne(dir string, kills int, command ...string) (*mortals, error) {
	c := newMortals(dir, 1, command...)
	files := 0
	for n := range kills {
		err := c.begin("n0")
		if err == nil && n > 0 && n%100 == 0 { // before the first broadcast it knows of no workload
			err = c.whole()
		}
		if err == nil {
			err = c.killUnderLoad()
		}
		if err != nil {
			return c, fmt.Errorf("life %d: %w", n+1, err)
		}
		if n == 0 {
			files = openFiles() // with those that the Go runtime opens for the first child
		}
		if left := paths(dir); len(left) != 3 {
			return c, fmt.Errorf("after %d kills there are %d files and directories, where the node's, the run's and one for all should be: %v", n+1, len(left), left)
		}
	}
	err := c.begin("n0")
	if err == nil {
		err = errors.Join(c.whole(), c.Stop())
	}
	if left := paths(dir); err == nil && len(left) > 0 {
		err = fmt.Errorf("after its end the node has left %v", left)
	}
	if now := openFiles(); err == nil && now > files {
		err = fmt.Errorf("there are %d open files, %d after the first life", now, files)
	}
	return c, err
}

// whole says whether the node shows all that it has acknowledged.
func (c *mortals) whole() error {
	missing, err := c.count(c.Names)
	if err == nil && missing > 0 {
		err = errLost
	}
	return err
}

var errLost = errors.New("acknowledged values are lost")

// killUnderLoad kills the node up to 3 ms after 100 clients have begun to broadcast,
// and reads what it has said until then.
func (c *mortals) killUnderLoad() error {
	p := c.Node("n0")
	kill := time.AfterFunc(rand.N(3*time.Millisecond), func() { p.Signal(os.Kill) })
	defer kill.Stop()
	var all sync.WaitGroup
	errs := make([]error, 100)
	for i := range errs {
		all.Go(func() {
			if err := c.broadcast("n0", 0); !errors.Is(err, harness.ErrDead) {
				errs[i] = err
			}
		})
	}
	all.Wait()
	if code, stderr := p.Wait(); code != -1 {
		return fmt.Errorf("the node was not killed, it ended with %d: %s", code, stderr)
	}
	return errors.Join(errs...)
}

// The sizes of a node's process between which it is killed at once, in bytes.
const smallest, largest = 20 << 20, 400 << 20

// killAtOnce has nodes of a cluster killed and started again at the same moment,
// without waiting for the dead process, at growing sizes.
func killAtOnce(dir string, kills, largest int, command ...string) (f killed, err error) {
	f.mortals = newMortals(dir, 3, command...)
	if err := f.begin(f.Names...); err != nil {
		return f, err
	}
	defer f.Kill()
	for n := range kills {
		victims := f.some()
		if err := f.grow(victims[0], smallest+(largest-smallest)*n/max(1, kills-1)); err != nil {
			return f, fmt.Errorf("kill %d: %w", n+1, err)
		}
		load := f.load(4, 100)
		<-time.After(rand.N(20 * time.Millisecond))
		at := time.Now()
		f.kill(victims...)
		if err := errors.Join(f.begin(victims...)); err != nil {
			return f, errors.Join(fmt.Errorf("kill %d: %w", n+1, err), load())
		}
		f.took = append(f.took, time.Since(at))
		lost, err := f.count(victims)
		if err := errors.Join(err, load()); err != nil {
			return f, fmt.Errorf("kill %d: %w", n+1, err)
		}
		f.missing += lost
	}
	return f, f.settle(dir)
}

// settle reads everything a last time, ends the cluster and says what is wrong.
func (f *killed) settle(dir string) error {
	lost, err := f.count(f.Names)
	f.missing += lost
	if err == nil {
		err = f.Stop()
	}
	switch left := paths(dir); {
	case err != nil:
	case f.missing > 0:
		err = fmt.Errorf("%d %w", f.missing, errLost)
	case f.silent > 0:
		err = fmt.Errorf("%d requests were not answered", f.silent)
	case len(left) > 0:
		err = fmt.Errorf("after its end the cluster has left %v", left)
	}
	return err
}

// forgetful is a node that keeps nothing.
func forgetful(tb testing.TB) []string { return commandOf(tb, "treecast", "--journal off") }

func TestKills_loseNothingAndLeaveNothing(t *testing.T) {
	_, err := killOne(t.TempDir(), 12, program(t, "treecast"))
	require.NoError(t, err)
}

// A node that keeps nothing is caught at the first life.
func TestKills_noticeWhatIsLost(t *testing.T) {
	_, err := killOne(t.TempDir(), 5, forgetful(t)...)
	require.ErrorContains(t, err, "there are 0 files and directories")
}

func TestAtOnce_losesNothing(t *testing.T) {
	t.Parallel()
	_, err := killAtOnce(t.TempDir(), 5, 60<<20, program(t, "treecast"))
	require.NoError(t, err)
}

func TestAtOnce_noticesWhatIsLost(t *testing.T) {
	t.Parallel()
	_, err := killAtOnce(t.TempDir(), 3, 30<<20, forgetful(t)...)
	require.ErrorIs(t, err, errLost)
}
