package harness_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// BenchmarkChaos strikes at nodes whose gossip runs in processes of its own, and fails
// where something acknowledged is lost or anything is left behind. A node that was stopped
// answers nothing that had come before, as its clients have given up. An iteration is a
// strike, a second or two:
//
//	go test ./testbed/harness -run '^$' -bench Chaos -benchtime 300x -timeout 1h
func BenchmarkChaos(b *testing.B) {
	for _, mode := range []string{"gossip", "links"} {
		b.Run("isolate="+mode, func(b *testing.B) {
			c, err := chaos(b.TempDir(), b.N, commandOf(b, "treecast", "--isolate "+mode)...)
			require.NoError(b, err)
			c.report(b, 0)
			for _, what := range strikes {
				b.ReportMetric(float64(c.struck[what]), strings.ReplaceAll(what, " ", "-"))
			}
		})
	}
}

func TestChaos_losesNothingAndLeavesNothing(t *testing.T) {
	for _, mode := range []string{"gossip", "links"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c, err := chaos(t.TempDir(), 5, commandOf(t, "treecast", "--isolate "+mode)...)
			require.NoError(t, err)
			require.Positive(t, c.allAcked())
		})
	}
}

// The ways to strike.
var strikes = []string{"kill a child", "stop a child", "stop a node", "kill a node", "kill all nodes"}

// chaotic is a cluster that is struck at.
type chaotic struct {
	*mortals
	struck   map[string]int
	children map[int]bool // that there have been
}

// chaos strikes at three nodes at random while clients broadcast.
func chaos(dir string, count int, command ...string) (*chaotic, error) {
	c := &chaotic{mortals: newMortals(dir, 3, command...), struck: map[string]int{}, children: map[int]bool{}}
	if err := c.begin(c.Names...); err != nil {
		return c, err
	}
	defer c.Kill()
	load := c.load(4, 100)
	for n := range count {
		if err := c.strike(strikes[(n+rand.IntN(2))%len(strikes)]); err != nil {
			return c, errors.Join(fmt.Errorf("strike %d: %w", n+1, err), load())
		}
		<-time.After(rand.N(time.Second))
	}
	if err := load(); err != nil {
		return c, err
	}
	if err := c.converge(); err != nil {
		return c, err
	}
	if err := c.Stop(); err != nil {
		return c, err
	}
	if left := paths(dir); len(left) > 0 {
		return c, fmt.Errorf("after its end the cluster has left %v", left)
	}
	return c, c.noneLeft()
}

// strike strikes at a random node, or one of its children.
func (c *chaotic) strike(what string) error {
	c.struck[what]++
	name := c.Names[rand.IntN(len(c.Names))]
	pids, err := c.pids(name)
	if err != nil {
		return err
	}
	node := c.Node(name)
	switch what {
	case "kill a child":
		if len(pids) > 0 {
			_ = syscall.Kill(pids[rand.IntN(len(pids))], syscall.SIGKILL)
		}
	case "stop a child": // and it goes on, or is ended as it is silent
		if len(pids) > 0 {
			pid := pids[rand.IntN(len(pids))]
			_ = syscall.Kill(pid, syscall.SIGSTOP)
			<-time.After(rand.N(4 * time.Second))
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	case "stop a node": // longer than a child may be silent
		node.Signal(syscall.SIGSTOP)
		<-time.After(rand.N(4 * time.Second))
		node.Signal(syscall.SIGCONT)
	case "kill a node":
		c.kill(name)
		return c.begin(name)
	default:
		c.kill(c.Names...)
		return c.begin(c.Names...)
	}
	return nil
}

// pids are a node's children.
func (c *chaotic) pids(name string) (pids []int, err error) {
	var h struct {
		Body struct {
			Isolation struct{ Children []struct{ PID int } }
		}
	}
	if err := c.ask(name, &h); err != nil {
		return nil, err
	}
	for _, child := range h.Body.Isolation.Children {
		if child.PID > 0 {
			pids = append(pids, child.PID)
			c.children[child.PID] = true
		}
	}
	return pids, nil
}

// ask asks a node for its health.
func (c *mortals) ask(name string, health any) error {
	r, err := c.call(name, `"type":"health"`)
	if err != nil {
		return err
	}
	return json.Unmarshal(r.Line, health)
}

// converge waits until every node shows all that any has acknowledged.
func (c *chaotic) converge() error {
	deadline := time.Now().Add(2 * harness.Patience)
	for {
		missing := 0
		for _, name := range c.Names {
			shown, err := c.shown(name)
			if err != nil {
				return err
			}
			for _, other := range c.Names {
				for v := range c.ackedBy(other) {
					if !shown[v] {
						missing++
					}
				}
			}
		}
		if missing == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d %w", missing, errLost)
		}
		<-time.After(100 * time.Millisecond)
	}
}

// noneLeft looks for children that live on, or were not waited for.
func (c *chaotic) noneLeft() error {
	deadline := time.Now().Add(time.Second)
	for pid := range c.children {
		for isChild(pid) {
			if time.Now().After(deadline) {
				return fmt.Errorf("child %d lives on", pid)
			}
			<-time.After(time.Millisecond)
		}
	}
	return nil
}

// isChild reports whether a process is a child of a node of ours, dead or alive. On
// systems without /proc it is any process of that number.
func isChild(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err == nil {
		return strings.Contains(string(text), "isolated-child")
	}
	if _, err := os.Stat("/proc/self"); err == nil {
		return false
	}
	return syscall.Kill(pid, 0) == nil
}
