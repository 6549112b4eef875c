package session

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestInquiry_readsTheNodesThatNoWorkerHasRead(t *testing.T) {
	seen := int64(0)
	cfg := config(3)
	cfg.Concurrency = 1
	nothing := func(run.Message) {}
	cfg.Network = &counting{func(run.Message) { seen++ }, nothing, nothing}
	c := newCluster(t, cfg, naive)
	r := c.run()
	require.Len(t, r.Inquiry, 4)
	asked := map[int]string{}
	for i, op := range r.Inquiry {
		require.Equal(t, i, op.Index)
		require.Equal(t, "read", op.F)
		require.True(t, op.Final)
		if op.Type == run.OK {
			asked[op.Process] = string(op.Value)
		}
	}
	require.Len(t, asked, 2)
	require.Equal(t, asked[1], asked[2], "they are the numbers of the nodes")
	require.NotEqual(t, "[]", asked[1])

	for _, op := range r.History {
		require.True(t, op.Process == 0, "no history has it")
	}
	require.Equal(t, r.Messages, seen, "and no figure")
	require.Equal(t, r.History[len(r.History)-1].Time, r.Ended, "nor is it a part of the run")
	ids := map[string]bool{}
	for _, l := range c.trace {
		if at := strings.Index(l, `"id":`); strings.Contains(l, " < ") && at >= 0 {
			id := l[at : at+strings.IndexByte(l[at:], ',')]
			require.False(t, ids[id], "ids are counted on: %s", l)
			ids[id] = true
		}
	}
	require.Equal(t, 3, len(c.ended))
}

func TestInquiry_isNotNeededWhereAllHaveBeenRead(t *testing.T) {
	for _, workers := range []int{3, 7} {
		cfg := config(3)
		cfg.Concurrency = workers
		require.Empty(t, newCluster(t, cfg, naive).run().Inquiry)
	}
}

func TestInquiry_marksNoNodeForWhatComesAfterTheRun(t *testing.T) {
	cfg := config(2)
	cfg.Concurrency = 1
	var c *cluster
	wrong := func(out func(now time.Duration)) func(string) program {
		return func(name string) program {
			p := naive(name)
			return func(m message) []string {
				if name == "n1" && m.Body.Type == "read" {
					c.at(c.now, func(now time.Duration) []Output { out(now); return nil })
					return []string{"garbage", line("n1", "c0", `{"type":"late"}`)}
				}
				return p(m)
			}
		}
	}
	c = newCluster(t, cfg, nil)
	c.make = wrong(func(now time.Duration) { c.obey(c.s.NodeExited(now, "n1", "exit status 1")) })
	r := c.run()
	require.False(t, r.Notes[1].Bad(), "Maelstrom would have stopped it by then")
	require.Equal(t, run.Fail, r.Inquiry[1].Type)
	require.Less(t, r.Inquiry[1].Time-r.Inquiry[0].Time, sec, "nobody waits for a node that is gone")

	c = newCluster(t, cfg, nil)
	c.make = wrong(func(time.Duration) {})
	r = c.run()
	require.False(t, r.Notes[1].Bad())
	require.Equal(t, DefaultOpTimeout, r.Inquiry[1].Time-r.Inquiry[0].Time)
	require.Equal(t, "net-timeout", r.Inquiry[1].Error.Name)
}
