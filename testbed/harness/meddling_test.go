package harness_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// meddling is what can be done to a node's journal while the node is at work.
var meddling = []struct {
	name string
	all  bool // it is done to all nodes
	do   func(c *mortals, path string) error
}{
	{"removed", false, func(_ *mortals, path string) error { return os.Remove(path) }},
	{"moved away", false, func(c *mortals, path string) error { return os.Rename(path, filepath.Join(c.Dir, "elsewhere")) }},
	{"moved beside itself", false, func(_ *mortals, path string) error { return os.Rename(path, path+".old") }},
	{"replaced by an older copy", false, func(_ *mortals, path string) error {
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path+".copy", data[:len(data)/2], 0o600)
		}
		return errors.Join(err, os.Rename(path+".copy", path))
	}},
	{"truncated", false, func(_ *mortals, path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		return os.Truncate(path, rand.Int64N(info.Size()))
	}},
	{"emptied", false, func(_ *mortals, path string) error { return os.Truncate(path, 0) }},
	{"its directory removed", true, func(_ *mortals, path string) error { return removeAll(filepath.Dir(path)) }},
	{"its directory moved", true, func(c *mortals, path string) error {
		return os.Rename(filepath.Dir(path), filepath.Join(c.Dir, fmt.Sprint("moved-", rand.Uint32())))
	}},
	{"all directories removed", true, func(_ *mortals, path string) error { return removeAll(filepath.Dir(filepath.Dir(path))) }},
}

// removeAll removes a directory, though a node may be making a file in it.
func removeAll(dir string) (err error) {
	for range 20 {
		if err = os.RemoveAll(dir); err == nil {
			break
		}
	}
	return err
}

// meddle does to the journals of a cluster under load what cleaners and people do,
// and has nodes killed as soon as they say that all is well again.
func meddle(dir string, rounds, size int, within time.Duration, command ...string) (f killed, err error) {
	f.mortals = newMortals(dir, 3, command...)
	if err := f.begin(f.Names...); err != nil {
		return f, err
	}
	defer f.Kill()
	if err := f.grow("n0", size); err != nil {
		return f, err
	}
	for n := range rounds {
		what := meddling[n%len(meddling)]
		if err := f.meddleOnce(what.all, what.do, within); err != nil {
			return f, fmt.Errorf("round %d, %s: %w", n+1, what.name, err)
		}
	}
	lost, err := f.count(f.Names)
	if f.missing += lost; err == nil && f.missing > 0 {
		err = fmt.Errorf("%d %w", f.missing, errLost)
	}
	return f, err
}

func (f *killed) meddleOnce(toAll bool, do func(*mortals, string) error, within time.Duration) error {
	victims := f.Names
	if !toAll {
		victims = []string{f.Names[rand.IntN(len(f.Names))]}
	}
	load := f.load(8, 200)
	<-time.After(rand.N(50 * time.Millisecond))
	files := f.journals(victims[0])
	if len(files) == 0 {
		return errors.Join(fmt.Errorf("%s has no journal", victims[0]), load())
	}
	before, err := f.rewritten(victims)
	at := time.Now()
	if err == nil {
		err = do(f.mortals, files[0])
	}
	if err == nil {
		err = f.mended(victims, before, at.Add(within))
	}
	if err != nil {
		return errors.Join(err, load())
	}
	f.took = append(f.took, time.Since(at))
	f.kill(victims...)
	if err := f.begin(victims...); err != nil {
		return errors.Join(err, load())
	}
	lost, err := f.count(victims)
	f.missing += lost
	return errors.Join(err, load())
}

// mended waits until nodes have written their journals again.
func (c *mortals) mended(names []string, before map[string]int, deadline time.Time) error {
	for time.Now().Before(deadline) {
		well := true
		for _, name := range names {
			failing, rewritten, err := c.health(name)
			if err != nil {
				return err
			}
			well = well && !failing && rewritten > before[name]
		}
		if well {
			return nil
		}
		<-time.After(5 * time.Millisecond)
	}
	return errors.New("the journal has not been written again in time")
}

// rewritten is how often nodes have written their journals again so far.
func (c *mortals) rewritten(names []string) (map[string]int, error) {
	out := map[string]int{}
	for _, name := range names {
		_, n, err := c.health(name)
		if err != nil {
			return nil, err
		}
		out[name] = n
	}
	return out, nil
}

func TestMeddle_isMended(t *testing.T) {
	t.Parallel()
	f, err := meddle(t.TempDir(), len(meddling), 0, harness.Patience, program(t, "treecast"))
	require.NoError(t, err)
	require.Len(t, f.took, len(meddling))
}
