package harness_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// BenchmarkKillChild kills a child of the root of a star every 500 ms while clients broadcast:
// the gossip child and, where there are some, link children, in turns. Each kind is given up in
// the end, and its work goes on inside the node. It fails where a client is refused, not answered
// or answered twice, and where anything is lost or left behind. An iteration is half a second:
//
//	go test ./testbed/harness -run '^$' -bench KillChild -benchtime 60x
func BenchmarkKillChild(b *testing.B) {
	for _, mode := range []string{"gossip", "links"} {
		b.Run("isolate="+mode, func(b *testing.B) {
			c, err := killChildren(b.TempDir(), b.N, commandOf(b, "treecast", "--isolate "+mode)...)
			require.NoError(b, err)
			c.report(b, 0)
			millis := func(d time.Duration) float64 { return d.Seconds() * 1000 }
			b.ReportMetric(millis(quantile(c.answers, 0.5)), "client-p50-ms")
			b.ReportMetric(millis(quantile(c.answers, 0.99)), "client-p99-ms")
			b.ReportMetric(millis(quantile(c.answers, 1)), "client-max-ms")
			b.ReportMetric(millis(quantile(c.back, 0.5)), "back-p50-ms")
			b.ReportMetric(millis(quantile(c.back, 1)), "back-max-ms")
			b.ReportMetric(float64(len(c.back)), "kills")
		})
	}
}

// Killing children again and again costs no client its answer, and no value.
func TestKillChild_everyHalfSecond(t *testing.T) {
	for _, mode := range []string{"gossip", "links"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c, err := killChildren(t.TempDir(), 8, commandOf(t, "treecast", "--isolate "+mode)...)
			require.NoError(t, err)
			require.NotEmpty(t, c.answers)
			require.GreaterOrEqual(t, len(c.back), 5)
			require.True(t, c.inside || mode == "links", "five are enough")
		})
	}
}

// childKills is what such kills came to.
type childKills struct {
	*chaotic
	answers []time.Duration // of clients
	back    []time.Duration // from a kill until the child's work was done again
	inside  bool            // the root's gossip is in the node itself, in the end
}

const killEvery = 500 * time.Millisecond

func killChildren(dir string, ticks int, command ...string) (*childKills, error) {
	c := &childKills{chaotic: &chaotic{mortals: newMortals(dir, 3, append(command, "--num-children", "2")...), children: map[int]bool{}}}
	twice := c.countAnswers()
	if err := c.begin(c.Names...); err != nil {
		return c, err
	}
	defer c.Kill()
	stop := c.measure()
	began := time.Now()
	for i := range ticks {
		<-time.After(time.Until(began.Add(time.Duration(i+1) * killEvery)))
		if err := c.killOne(i); err != nil {
			return c, errors.Join(err, stop())
		}
	}
	if err := errors.Join(stop(), c.converge()); err != nil {
		return c, err
	}
	all, err := c.isolated()
	if err != nil {
		return c, err
	}
	c.inside = all[0].Inside
	switch {
	case len(c.refused) > 0 || c.silent > 0:
		return c, fmt.Errorf("%v were refused, by code, and %d not answered", c.refused, c.silent)
	case twice.Load() > 0:
		return c, fmt.Errorf("%d requests were answered twice", twice.Load())
	}
	if err := c.Stop(); err != nil {
		return c, err
	}
	if left := paths(dir); len(left) > 0 {
		return c, fmt.Errorf("after its end the cluster has left %v", left)
	}
	return c, c.noneLeft()
}

// isolated asks the root for its children.
func (c *childKills) isolated() ([]rootChild, error) {
	var h struct {
		Body struct {
			Isolation struct{ Children []rootChild }
		}
	}
	err := c.ask("n0", &h)
	return h.Body.Isolation.Children, err
}

// rootChild is what the root tells of a child.
type rootChild struct {
	Up, Inside bool
	Started    int
	PID        int
}

// killOne kills one of the root's children that there are, and waits until another does its work.
func (c *childKills) killOne(i int) error {
	all, err := c.isolated()
	if err != nil {
		return err
	}
	for k := range all {
		at := (i + k) % len(all)
		child := all[at]
		if child.PID == 0 {
			continue
		}
		c.children[child.PID] = true
		began := time.Now()
		_ = syscall.Kill(child.PID, syscall.SIGKILL)
		for {
			all, err := c.isolated()
			if err != nil {
				return err
			}
			if is := all[at]; is.Up && (is.Started > child.Started || is.Inside) {
				c.back = append(c.back, time.Since(began))
				return nil
			}
			if time.Since(began) > harness.Patience {
				return fmt.Errorf("child %d, killed at tick %d, has no successor: %+v", at, i, all[at])
			}
			<-time.After(10 * time.Millisecond)
		}
	}
	return nil // all are inside
}

// countAnswers counts the requests that are answered twice.
func (c *childKills) countAnswers() *atomic.Int64 {
	var twice atomic.Int64
	var mu sync.Mutex
	answered := map[string]bool{}
	c.Heard = func(from string, line []byte) bool {
		to := strings.TrimRight(string(harness.Between(line, `"in_reply_to":`, ',')), "}\n")
		mu.Lock()
		defer mu.Unlock()
		if answered[to] {
			twice.Add(1)
		}
		answered[to] = true
		return false
	}
	return &twice
}

// measure has clients broadcast to all nodes, a hundred times a second each, until the
// function that is returned is called.
func (c *childKills) measure() (stop func() error) {
	var over atomic.Bool
	var all sync.WaitGroup
	errs := make([]error, len(c.Names))
	for i, name := range c.Names {
		all.Go(func() {
			for !over.Load() && errs[i] == nil {
				at := time.Now()
				errs[i] = c.broadcast(name, 10)
				took := time.Since(at)
				c.mu.Lock()
				c.answers = append(c.answers, took)
				c.mu.Unlock()
				<-time.After(2 * pace)
			}
		})
	}
	return func() error {
		over.Store(true)
		all.Wait()
		return errors.Join(errs...)
	}
}
