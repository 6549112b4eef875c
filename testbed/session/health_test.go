package session

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALargeClusterIsAskedForItsHealthInTurns(t *testing.T) {
	for nodes, perPoll := range map[int]int{7: 7, pollNodes: pollNodes, pollNodes + 1: pollNodes, 2003: 401} {
		cfg := config(nodes)
		cfg.OnHealth = func(time.Duration, string, json.RawMessage) {}
		s, err := New(cfg)
		require.NoError(t, err)
		s.Begin(0)
		s.Advance(startWithin) // all are started by then
		for i := range s.nodes {
			s.nodes[i].ready = true
		}
		asked := map[string]int{}
		for range pollTurns {
			out := s.PollHealth(startWithin + time.Second)
			require.Len(t, out, perPoll)
			for _, o := range out {
				asked[o.Node]++
			}
		}
		require.Len(t, asked, nodes, "within some turns everybody is asked")
	}
}
