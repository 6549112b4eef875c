package nemesis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlan_withoutEffectIsRefused(t *testing.T) {
	for text, why := range map[string]string{
		"1s start n0":                           "none of them was killed before",
		"1s kill n0; 2s start n1":               "none of them was killed before",
		"1s kill all; 2s kill n3":               "they have been killed already",
		"1s kill n0; 2s pause n0":               "they are paused or killed already",
		"1s pause n0; 2s pause n0":              "they are paused or killed already",
		"1s resume all":                         "none of them was paused before",
		"1s pause n0; 2s kill n0; 3s resume n0": "none of them was paused before",
		"1s pause n0; 2s stall n0 1s":           "they are paused or killed already",
		"1s partition all":                      "all nodes are in one group",
		"1s partition n0-n9":                    "all nodes are in one group",
		"1s heal":                               "nothing was cut before",
		"1s ring; 2s heal; 3s heal":             "nothing was cut before",
		"1s loss 0":                             "there is none to end",
		"1s loss 0.1; 2s loss 0; 3s loss 0":     "there is none to end",
		"1s loss 0.1; 2s delay 0":               "there is none to end",
	} {
		require.ErrorContains(t, parsed(t, text).CheckEffect(ten), "it has no effect, as "+why, text)
	}
	for _, text := range []string{
		"", "1s kill n0,n1; 2s kill n1-n3; 3s start all", "1s pause n0; 2s resume all; 3s partition n0; 4s ring; 5s heal",
		"1s loss 0.1; 2s loss 0.2; 3s loss 0; 4s duplicate 1", "1s kill n0; 2s start n0; 3s kill n0", "1s kill n0; 2s stall n0,n1 1s",
	} {
		require.NoError(t, parsed(t, text).CheckEffect(ten), text)
	}
}

func TestPlan_ofFewNodesWithoutEffectIsRefused(t *testing.T) {
	for text, nodes := range map[string]int{"1s ring": 2, "1s partition n0": 1, "1s loss 0.5": 1, "1s reorder 1": 1} {
		plan, err := ParsePlan(text)
		require.NoError(t, err)
		require.NoError(t, plan.Check(ten[:nodes], time.Minute))
		require.ErrorContains(t, plan.CheckEffect(ten[:nodes]), "has no effect", text)
		require.NoError(t, plan.CheckEffect(ten[:3]), text)
	}
}

func TestConfig_withoutEffectIsRefused(t *testing.T) {
	for _, c := range []struct {
		Config
		nodes int
		why   string
	}{
		{Config{Targets: []Target{OneNode}}, 5, "they are for the faults [\"kill\" \"pause\" \"clock\""},
		{Config{Targets: []Target{OneNode}, Faults: []Fault{Partition, Loss}}, 5, "they are for the faults [\"kill\" \"pause\" \"clock\""},
		{Config{Targets: []Target{FewNodes}, Faults: []Fault{Kill}}, 3, "of 3 nodes it is none"},
		{Config{Targets: []Target{MinorityNodes}, Faults: []Fault{Pause}}, 1, "of 1 nodes it is none"},
		{Config{Faults: []Fault{Kill, Reorder}}, 1, "there is one node"},
		{Config{Faults: []Fault{OneWay}}, 1, "a single node has no other"},
		{Config{Faults: []Fault{Loss, Delay}, Rates: Messages{Delay: 0.5, DelayMean: 1}}, 5, "loss has no effect: its rate is 0"},
	} {
		require.ErrorContains(t, c.CheckEffect(c.nodes), c.why)
	}
	for _, c := range []Config{
		{}, {Faults: []Fault{Partition, Loss}}, {Faults: []Fault{Clock}, Targets: []Target{AllNodes, FewNodes}}, {Faults: []Fault{Kill}},
	} {
		require.NoError(t, c.CheckEffect(4))
	}
}

func TestConfig_onlyMessageFaultsLastThroughout(t *testing.T) {
	require.True(t, (&Config{Faults: []Fault{Loss, Delay}}).Throughout())
	require.False(t, (&Config{Faults: []Fault{Loss, Delay}, Phased: true}).Throughout())
	require.False(t, (&Config{Faults: []Fault{Loss, Kill}}).Throughout())
}
