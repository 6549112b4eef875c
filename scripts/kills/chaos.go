package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The sizes of a node's process between which it is killed, in bytes of memory.
const (
	smallest, largest = 20 << 20, 400 << 20
	mib               = 1 << 20
)

// atOnce has nodes of a cluster killed and started again at the same moment, without
// waiting for the dead process, at growing sizes.
func atOnce(bin string, kills, largest int) error {
	dir, err := os.MkdirTemp("", "kills-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := newCluster(bin, dir, 3)
	if err := c.begin(c.names); err != nil {
		return err
	}
	defer c.stop()
	var times []time.Duration
	var sizes []int
	lossy, missing := 0, 0
	began := time.Now()
	for n := range kills {
		target := smallest + (largest-smallest)*n/max(1, kills-1)
		victims := c.some()
		if err := c.grow(victims[0], target); err != nil {
			return fmt.Errorf("kill %d: %w", n+1, err)
		}
		sizes = append(sizes, c.proc(victims[0]).rss())
		load := c.load(4, 100)
		settle := time.After(rand.N(20 * time.Millisecond))
		<-settle
		killed := time.Now()
		for _, name := range victims {
			c.proc(name).kill()
		}
		if err := c.begin(victims); err != nil {
			return fmt.Errorf("kill %d, at %d MiB: %w", n+1, target/mib, err)
		}
		times = append(times, time.Since(killed))
		lost, err := c.count(victims)
		if err := errors.Join(err, load()); err != nil {
			return fmt.Errorf("kill %d: %w", n+1, err)
		}
		if lost > 0 {
			lossy, missing = lossy+1, missing+lost
		}
	}
	all, err := c.count(c.names)
	if err != nil {
		return err
	}
	missing += all
	left := c.end()
	fmt.Printf("at once: %d kills in %.0f s, of processes of %d to %d MiB; initialised again after %v (median), %v (longest); %d values sent, %d acknowledged, %d of these lost, by %d kills; refused %v, unanswered %d\n",
		kills, time.Since(began).Seconds(), slices.Min(sizes)/mib, slices.Max(sizes)/mib, median(times), slices.Max(times).Round(time.Millisecond), c.values, c.allAcked()+missing, missing, lossy, c.refused, c.silent)
	if missing > 0 {
		return errors.New("acknowledged values are lost")
	}
	if c.silent > 0 {
		return errors.New("requests were not answered")
	}
	if len(left) > 0 {
		return fmt.Errorf("after its end the cluster has left %v", left)
	}
	return nil
}

// meddling is what can be done to a node's journal while the node is at work.
var meddling = []struct {
	name string
	all  bool // it is done to all nodes
	do   func(c *cluster, path string) error
}{
	{"removed", false, func(_ *cluster, path string) error { return os.Remove(path) }},
	{"moved away", false, func(c *cluster, path string) error { return os.Rename(path, filepath.Join(c.dir, "elsewhere")) }},
	{"moved beside itself", false, func(_ *cluster, path string) error { return os.Rename(path, path+".old") }},
	{"replaced by an older copy", false, func(_ *cluster, path string) error {
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path+".copy", data[:len(data)/2], 0o600)
		}
		return errors.Join(err, os.Rename(path+".copy", path))
	}},
	{"truncated", false, func(_ *cluster, path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		return os.Truncate(path, rand.Int64N(info.Size()))
	}},
	{"emptied", false, func(_ *cluster, path string) error { return os.Truncate(path, 0) }},
	{"its directory removed", true, func(_ *cluster, path string) error { return removeAll(filepath.Dir(path)) }},
	{"its directory moved", true, func(c *cluster, path string) error {
		return os.Rename(filepath.Dir(path), filepath.Join(c.dir, fmt.Sprint("moved-", rand.Uint32())))
	}},
	{"all directories removed", true, func(_ *cluster, path string) error { return removeAll(filepath.Dir(filepath.Dir(path))) }},
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
func meddle(bin string, rounds, size int, within time.Duration) error {
	dir, err := os.MkdirTemp("", "kills-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := newCluster(bin, dir, 3)
	if err := c.begin(c.names); err != nil {
		return err
	}
	defer c.stop()
	if err := c.grow(c.names[0], size); err != nil {
		return err
	}
	var mended []time.Duration
	lossy, missing, unmended := 0, 0, 0
	began := time.Now()
	for n := range rounds {
		what := meddling[n%len(meddling)]
		victims := []string{c.names[rand.IntN(len(c.names))]}
		if what.all {
			victims = c.names
		}
		load := c.load(8, 200)
		<-time.After(rand.N(50 * time.Millisecond))
		files := c.journals(victims[0])
		if len(files) == 0 {
			return fmt.Errorf("round %d: %s has no journal", n+1, victims[0])
		}
		before, err := c.rewritten(victims)
		if err != nil {
			return err
		}
		at := time.Now()
		if err := what.do(c, files[0]); err != nil {
			return fmt.Errorf("round %d, %s: %w", n+1, what.name, err)
		}
		took, err := c.mended(victims, before, at, within)
		if errors.Is(err, errNotMended) {
			unmended++
		} else if err != nil {
			return fmt.Errorf("round %d, %s: %w", n+1, what.name, err)
		} else {
			mended = append(mended, took)
		}
		for _, name := range victims {
			c.proc(name).kill()
		}
		if err := c.begin(victims); err != nil {
			return fmt.Errorf("round %d, %s: %w", n+1, what.name, err)
		}
		lost, err := c.count(victims)
		if err := errors.Join(err, load()); err != nil {
			return fmt.Errorf("round %d, %s: %w", n+1, what.name, err)
		}
		if lost > 0 {
			lossy, missing = lossy+1, missing+lost
		}
	}
	all, err := c.count(c.names)
	if err != nil {
		return err
	}
	missing += all
	if len(mended) == 0 {
		mended = []time.Duration{0}
	}
	fmt.Printf("meddling: %d times in %.0f s (%d kinds), with processes of %d to %d MiB; written again after %v (median), %v (longest), never %d times; %d values sent, %d acknowledged, %d of these lost, by %d kills; refused %v, unanswered %d\n",
		rounds, time.Since(began).Seconds(), len(meddling), size/mib, c.proc(c.names[0]).rss()/mib, median(mended), slices.Max(mended).Round(time.Millisecond), unmended, c.values, c.allAcked()+missing, missing, lossy, c.refused, c.silent)
	if missing > 0 || unmended > 0 {
		return errors.New("a journal that was meddled with is not written again")
	}
	return nil
}

// errNotMended says that a node has not written its journal again.
var errNotMended = errors.New("the journal has not been written again in time")

// mended waits until nodes have written their journals again, and returns how long
// after a time that was.
func (c *cluster) mended(names []string, before map[string]int, at time.Time, within time.Duration) (time.Duration, error) {
	for time.Since(at) < within {
		well := true
		for _, name := range names {
			failing, rewritten, err := c.proc(name).health()
			if err != nil {
				return 0, err
			}
			well = well && !failing && rewritten > before[name]
		}
		if well {
			return time.Since(at), nil
		}
		<-time.After(5 * time.Millisecond)
	}
	return 0, errNotMended
}

// rewritten is how often nodes have written their journals again so far.
func (c *cluster) rewritten(names []string) (map[string]int, error) {
	out := map[string]int{}
	for _, name := range names {
		_, n, err := c.proc(name).health()
		if err != nil {
			return nil, err
		}
		out[name] = n
	}
	return out, nil
}

// some is who is killed next: one node, or all of them, when nobody can tell them
// what they have forgotten.
func (c *cluster) some() []string {
	if rand.IntN(3) == 0 {
		return c.names
	}
	return []string{c.names[rand.IntN(len(c.names))]}
}

// grow has a node's process grow to a size.
func (c *cluster) grow(name string, target int) error {
	p := c.proc(name)
	for p.rss() < target {
		var all sync.WaitGroup
		errs := make([]error, 16)
		for i := range errs {
			all.Go(func() { errs[i] = p.broadcast(64 << 10) })
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

// pace is how long a client waits before it sends another value: a history of
// millions of small ones takes longer to read than a test has time for.
const pace = 5 * time.Millisecond

// load broadcasts small values to all nodes from so many clients each, until the
// function that is returned is called. That nodes die meanwhile is no error.
func (c *cluster) load(clients, padding int) (stop func() error) {
	var over atomic.Bool
	var all sync.WaitGroup
	errs := make([]error, clients*len(c.names))
	for i := range errs {
		name := c.names[i%len(c.names)]
		all.Go(func() {
			for !over.Load() {
				p, err := c.proc(name), errDead
				if p.ready.Load() {
					err = p.broadcast(rand.IntN(padding))
				}
				if err != nil && !errors.Is(err, errDead) && !errors.Is(err, errSilent) {
					errs[i] = err
					return
				}
				<-time.After(pace)
			}
		})
	}
	return func() error {
		over.Store(true)
		all.Wait()
		return errors.Join(errs...)
	}
}

// count reads from nodes, and returns how many of the values are missing that they
// have acknowledged.
func (c *cluster) count(names []string) (missing int, err error) {
	for _, name := range names {
		n, err := c.proc(name).check()
		if err != nil && !errors.Is(err, errSilent) {
			return 0, err
		}
		missing += n
	}
	return missing, nil
}

// allAcked is how many values were acknowledged and are not missing.
func (c *cluster) allAcked() (n int) {
	for _, acked := range c.acked {
		n += len(acked)
	}
	return n
}

// stop kills what still runs.
func (c *cluster) stop() {
	for _, name := range c.names {
		if p := c.proc(name); p != nil {
			p.kill()
		}
	}
}

func median(times []time.Duration) time.Duration {
	times = slices.Sorted(slices.Values(times))
	return times[len(times)/2].Round(time.Millisecond)
}
