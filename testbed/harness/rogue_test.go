package harness_test

import (
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// gossipChild is what a node tells of its gossip child.
type gossipChild struct {
	Up       bool
	Inside   bool
	Started  int
	PID      int
	Restarts map[string]int
}

// childOf asks a node for its gossip child.
func childOf(t *testing.T, c *mortals, name string) gossipChild {
	r, err := c.call(name, `"type":"health"`)
	require.NoError(t, err)
	var h struct {
		Body struct {
			Isolation struct{ Children []gossipChild }
		}
	}
	require.NoError(t, json.Unmarshal(r.Line, &h))
	if len(h.Body.Isolation.Children) == 0 {
		return gossipChild{} // it has only just been initialised
	}
	return h.Body.Isolation.Children[0]
}

// whenChild waits until a node's gossip child is as it should be.
func whenChild(t *testing.T, c *mortals, name string, is func(gossipChild) bool) gossipChild {
	deadline := time.Now().Add(2 * harness.Patience)
	for {
		child := childOf(t, c, name)
		if is(child) {
			return child
		}
		require.True(t, time.Now().Before(deadline), "in vain: %+v", child)
		<-time.After(20 * time.Millisecond)
	}
}

// Whatever a child does, the node answers clients, ends the child for the right cause, and
// values get everywhere.
func TestRogue_childrenAreEndedAndClientsAnswered(t *testing.T) {
	for how, cause := range map[string]string{
		"garbage@1s+2s": "garbage", "flood@1s+2s": "flood", "hog@1s+2s": "memory", "spin@1s+2s": "stuck", "silent@1s+2s": "silent", "exit@1s+2s": "crashed",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := newMortals(t.TempDir(), 2, commandOf(t, "treecast", "--journal off --isolate gossip --isolate-memory 128 --inject n0/gossip:"+how)...)
			require.NoError(t, c.begin(c.Names...))
			defer c.Kill()
			load := c.load(2, 10)
			child := whenChild(t, c, "n0", func(g gossipChild) bool { return g.Restarts[cause] > 0 && g.Up })
			require.NoError(t, load())
			require.Empty(t, c.refused)
			require.Zero(t, c.silent)
			for other, n := range child.Restarts {
				require.True(t, n == 0 || other == cause, "%s: %d", other, n)
			}
			require.NoError(t, (&chaotic{mortals: c}).converge())
			require.NoError(t, c.Stop())
		})
	}
}

// A parent that stood still for longer than a child may be silent ends no child, nor is one
// ended that stood still for less.
func TestStopped_parentEndsNoChild(t *testing.T) {
	t.Parallel()
	c := newMortals(t.TempDir(), 2, commandOf(t, "treecast", "--journal off --isolate links")...)
	require.NoError(t, c.begin(c.Names...))
	defer c.Kill()
	before := whenChild(t, c, "n0", func(g gossipChild) bool { return g.Up })
	require.NoError(t, syscall.Kill(before.PID, syscall.SIGSTOP)) // for less than it may be silent
	<-time.After(1500 * time.Millisecond)
	require.NoError(t, syscall.Kill(before.PID, syscall.SIGCONT))
	c.Node("n0").Signal(syscall.SIGSTOP)
	<-time.After(4 * time.Second)
	c.Node("n0").Signal(syscall.SIGCONT)
	<-time.After(time.Second) // what comes now may have waited for it
	for i := range 20 {
		require.NoError(t, c.broadcast("n0", i))
		<-time.After(100 * time.Millisecond)
	}
	after := childOf(t, c, "n0")
	require.Equal(t, before.PID, after.PID)
	require.Equal(t, 1, after.Started)
	require.NoError(t, c.Stop())
}

// A node ends in order when its stdin does, and soon, whatever state its child is in.
func TestStop_isNotHeldUpByAChild(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{0, syscall.SIGSTOP, syscall.SIGKILL} {
		c := newMortals(t.TempDir(), 2, commandOf(t, "treecast", "--journal off --isolate gossip")...)
		require.NoError(t, c.begin(c.Names...))
		require.NoError(t, c.broadcast("n0", 5))
		child := whenChild(t, c, "n0", func(g gossipChild) bool { return g.Up })
		require.NoError(t, syscall.Kill(child.PID, signal))
		require.NoError(t, c.broadcast("n0", 5))
		require.NoError(t, c.Stop())
		left := &chaotic{mortals: c, children: map[int]bool{child.PID: true}}
		require.NoError(t, left.noneLeft(), fmt.Sprint(signal))
	}
}

// However a node ends, no child of it is left a second later.
func TestEnd_leavesNoChild(t *testing.T) {
	t.Parallel()
	for how, end := range map[string]func(*mortals){
		"its stdin ends": func(c *mortals) { c.Node("n0").CloseInput() },
		"terminated":     func(c *mortals) { c.Node("n0").Signal(syscall.SIGTERM) },
		"interrupted":    func(c *mortals) { c.Node("n0").Signal(syscall.SIGINT) },
		"killed":         func(c *mortals) { c.Node("n0").Kill() },
		"a stack":        func(c *mortals) { c.Node("n0").Signal(syscall.SIGQUIT) }, // as of a panic
		"too many crashes": func(c *mortals) {
			for c.broadcast("n0", 1) == nil {
				<-time.After(pace)
			}
		},
	} {
		flags := "--isolate links"
		if how == "too many crashes" {
			flags += " --max-crashes 2 --inject store:panic-every=1ms@300ms"
		}
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := &chaotic{mortals: newMortals(t.TempDir(), 2, commandOf(t, "treecast", flags)...), children: map[int]bool{}}
			require.NoError(t, c.begin(c.Names...))
			defer c.Kill()
			whenChild(t, c.mortals, "n0", func(g gossipChild) bool { return g.Up })
			_, err := c.pids("n0")
			require.NoError(t, err)
			require.NotEmpty(t, c.children)
			end(c.mortals)
			c.Node("n0").Wait()
			require.NoError(t, c.noneLeft())
		})
	}
}

// Twenty-five nodes of a host are in nobody's way, and leave nothing.
func TestMany_nodesOfOneHost(t *testing.T) {
	dir := t.TempDir()
	c := &chaotic{mortals: newMortals(dir, 25, commandOf(t, "treecast", "--isolate gossip")...), children: map[int]bool{}}
	require.NoError(t, c.begin(c.Names...))
	defer c.Kill()
	for i, name := range c.Names {
		require.NoError(t, c.broadcast(name, i))
	}
	require.NoError(t, c.converge())
	for _, name := range c.Names {
		_, err := c.pids(name)
		require.NoError(t, err)
	}
	require.Len(t, c.children, 25)
	require.NoError(t, c.Stop())
	require.Empty(t, paths(dir))
	require.NoError(t, c.noneLeft())
}
