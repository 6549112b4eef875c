package virtual

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/node"
	"treecast/testbed/nemesis"
)

// The service of a virtual node is started again, as that of a process is.
func TestCrash_isSurvivedByANodeWhicheverServiceItIsOf(t *testing.T) {
	for _, service := range node.ServiceNames() {
		var outs []Outcome
		for range 2 {
			cfg := struck(t, 5, nemesis.Kill) // so that nodes have journals
			cfg.Node.Faults = fault(t, service+":panic-every=500ms@1s+9s")
			cfg.Session.Latency.Mean = 10 * ms
			cfg.PollHealth = true
			outs = append(outs, carryOut(t, cfg, Observers{}))
		}
		crashes := 0
		for i, n := range outs[0].Nodes {
			require.True(t, bytes.Equal(n.Log, outs[1].Nodes[i].Log), "the same in every run, stacks and all")
			crashes += strings.Count(string(n.Log), fmt.Sprintf(`msg="service crashed" service=%s panic="injected: at random, in %s"`, service, service))
		}
		require.Greater(t, crashes, 4, service)
		requireAcknowledged(t, outs[0].History)
	}
}

func TestCrash_endsTheNodeWhenThereAreTooMany(t *testing.T) {
	for _, service := range node.ServiceNames() {
		cfg := config(t, 3)
		plan, err := nemesis.ParsePlan("1s kill n2; 2s start n2") // so that nodes have journals
		require.NoError(t, err)
		cfg.Session.Nemesis.Plan = plan
		cfg.Node.MaxCrashes = 2
		cfg.Node.Faults = fault(t, "n1/"+service+":panic-every=1ns@2s")
		out, err := Run(t.Context(), cfg, Observers{})
		require.NoError(t, err)
		require.True(t, out.Notes[1].Exited, service)
		require.Equal(t, fmt.Sprintf("node: service %q crashed 3 times within 10s, last with: injected: at random, in %s", service, service), out.Notes[1].Status)
		require.False(t, out.Notes[0].Bad())
		require.False(t, out.Notes[2].Bad())
	}
}

// A service that no node of ours has costs what others cost, and can be slow.
func TestService_aSixthIsDriven(t *testing.T) {
	cfg := config(t, 2)
	clocks := map[*clockwork]bool{}
	cfg.Node.More = []node.NewService{func(*node.Node) (node.Service, error) {
		s := &clockwork{}
		clocks[s] = true
		return s, nil
	}}
	out := carryOut(t, cfg, Observers{})
	require.Len(t, clocks, 2)
	for s := range clocks {
		require.InDelta(t, (out.LoadEnded - out.LoadStarted + 5*sec).Seconds(), s.steps, 3)
	}
}
