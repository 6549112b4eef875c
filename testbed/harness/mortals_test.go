package harness_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"treecast/testbed/harness"
)

// mortals is a cluster whose nodes are killed, and what they have acknowledged.
type mortals struct {
	*harness.Cluster
	mu      sync.Mutex
	values  int                     // broadcast so far; they count from 0
	acked   map[string]map[int]bool // by the node that acknowledged them
	refused map[int]int             // errors, by code
	silent  int                     // requests that were not answered
	ready   map[string]*atomic.Bool // it is initialised: clients may speak to it
}

// newMortals makes a cluster that keeps its journals below dir.
func newMortals(dir string, nodes int, command ...string) *mortals {
	c := &mortals{
		Cluster: harness.NewCluster(harness.Setup{Nodes: nodes, Command: append(command, "--log-level", "error"), Env: []string{"XDG_STATE_HOME=" + dir, "TMPDIR=" + dir}, Dir: dir}),
		acked:   map[string]map[int]bool{}, refused: map[int]int{}, ready: map[string]*atomic.Bool{},
	}
	for _, name := range c.Names {
		c.acked[name], c.ready[name] = map[int]bool{}, &atomic.Bool{}
	}
	return c
}

// begin starts nodes and has them initialised.
func (c *mortals) begin(names ...string) error {
	if err := c.Begin(names...); err != nil {
		return err
	}
	for _, name := range names {
		c.ready[name].Store(true)
	}
	return nil
}

// kill kills nodes, and does not wait for them.
func (c *mortals) kill(names ...string) {
	for _, name := range names {
		c.ready[name].Store(false)
		c.Node(name).Kill()
	}
}

// call is Cluster.Call that counts what is not answered.
func (c *mortals) call(name, body string) (harness.Reply, error) {
	r, err := c.Call(name, body)
	if errors.Is(err, harness.ErrSilent) {
		c.mu.Lock()
		c.silent++
		c.mu.Unlock()
	}
	return r, err
}

// broadcast sends a value of so many bytes, and notes that it was acknowledged if
// it was.
func (c *mortals) broadcast(name string, padding int) error {
	c.mu.Lock()
	value := c.values
	c.values++
	c.mu.Unlock()
	r, err := c.call(name, fmt.Sprintf(`"type":"broadcast","message":"%d:%s"`, value, strings.Repeat("x", padding)))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Type == "broadcast_ok" {
		c.acked[name][value] = true
	} else {
		c.refused[r.Code]++
	}
	return nil
}

// shown reads all values: which of those that were sent the node shows. The error is
// about what nobody sent, or what came twice.
func (c *mortals) shown(name string) ([]bool, error) {
	r, err := c.call(name, `"type":"read"`)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	sent := c.values
	c.mu.Unlock()
	shown := make([]bool, sent)
	_, rest, ok := bytes.Cut(r.Line, []byte(`"messages":[`))
	if !ok {
		return nil, fmt.Errorf("%s answers a read with %.200s", name, r.Line)
	}
	for len(rest) > 0 && rest[0] == '"' {
		text, after, _ := bytes.Cut(rest[1:], []byte(`"`))
		digits, _, _ := bytes.Cut(text, []byte(":"))
		n, err := strconv.Atoi(string(digits))
		if err != nil || n < 0 || n >= sent || shown[n] {
			return nil, fmt.Errorf("%s shows %.40s, which nobody sent, or twice", name, text)
		}
		shown[n] = true
		rest = bytes.TrimPrefix(after, []byte(","))
	}
	return shown, nil
}

// count reads from nodes, and returns how many of the values are missing that they
// have acknowledged.
func (c *mortals) count(names []string) (missing int, err error) {
	for _, name := range names {
		acked := c.ackedBy(name)
		shown, err := c.shown(name)
		if errors.Is(err, harness.ErrSilent) {
			continue
		}
		if err != nil {
			return 0, err
		}
		c.mu.Lock()
		for v := range acked {
			if !shown[v] {
				missing++
				delete(c.acked[name], v) // it is counted once
			}
		}
		c.mu.Unlock()
	}
	return missing, nil
}

// ackedBy is what a node has acknowledged so far.
func (c *mortals) ackedBy(name string) map[int]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.acked[name])
}

// allAcked is how many values were acknowledged and are not missing.
func (c *mortals) allAcked() (n int) {
	for _, acked := range c.acked {
		n += len(acked)
	}
	return n
}

// health is what a node says of its journal.
func (c *mortals) health(name string) (failing bool, rewritten int, err error) {
	r, err := c.call(name, `"type":"health"`)
	if err != nil {
		return false, 0, err
	}
	var h struct {
		Body struct {
			Journal struct {
				Failing   bool
				Rewritten int
			}
		}
	}
	err = json.Unmarshal(r.Line, &h)
	return h.Body.Journal.Failing, h.Body.Journal.Rewritten, err
}

// journals lists the node's files that a later life would look at.
func (c *mortals) journals(name string) []string {
	var out []string
	for _, pattern := range []string{"treecast", "treecast-*"} {
		found, _ := filepath.Glob(filepath.Join(c.Dir, pattern, "*", name+"~*.journal"))
		out = append(out, found...)
	}
	return out
}

// rss is how much memory a node's process takes, in bytes; 0 where it has ended.
func (c *mortals) rss(name string) int {
	resident, _, err := c.Node(name).Memory()
	if err != nil {
		return 0
	}
	return int(resident)
}

// grow has a node's process grow to a size.
func (c *mortals) grow(name string, target int) error {
	for c.rss(name) < target {
		var all sync.WaitGroup
		errs := make([]error, 16)
		for i := range errs {
			all.Go(func() { errs[i] = c.broadcast(name, 64<<10) })
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
func (c *mortals) load(clients, padding int) (stop func() error) {
	var over atomic.Bool
	var all sync.WaitGroup
	errs := make([]error, clients*len(c.Names))
	for i := range errs {
		name := c.Names[i%len(c.Names)]
		all.Go(func() {
			for !over.Load() {
				err := harness.ErrDead
				if c.ready[name].Load() {
					err = c.broadcast(name, rand.IntN(padding))
				}
				if err != nil && !errors.Is(err, harness.ErrDead) && !errors.Is(err, harness.ErrSilent) {
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

// some is who is killed next: one node, or all of them, when nobody can tell them
// what they have forgotten.
func (c *mortals) some() []string {
	if rand.IntN(3) == 0 {
		return c.Names
	}
	return []string{c.Names[rand.IntN(len(c.Names))]}
}

// paths lists all below a directory.
func paths(dir string) (out []string) {
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != dir {
			out = append(out, strings.TrimPrefix(path, dir))
		}
		return nil
	})
	return out
}

// openFiles counts the files that this process has open.
func openFiles() int {
	entries, _ := os.ReadDir("/dev/fd")
	return len(entries)
}

// seconds reports a median and the longest of times.
func seconds(b *testing.B, what string, times []time.Duration) {
	if len(times) > 0 {
		b.ReportMetric(quantile(times, 0.5).Seconds(), what+"-median-s")
		b.ReportMetric(slices.Max(times).Seconds(), what+"-max-s")
	}
}

// report reports what was sent, acknowledged and lost.
func (c *mortals) report(b *testing.B, missing int) {
	b.ReportMetric(float64(c.values), "sent")
	b.ReportMetric(float64(c.allAcked()+missing), "acked")
	b.ReportMetric(float64(missing), "lost")
}
