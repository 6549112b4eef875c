package nemesis

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneWay_cutsInOneDirectionAndHeals(t *testing.T) {
	deaf, mute := 0, 0
	for seed := range uint64(50) {
		n := New(Config{Faults: []Fault{OneWay}, Interval: time.Second}, names(5), source(seed))
		n.Begin(0)
		step := n.Step(0)
		require.Equal(t, "start-one-way", step.F)
		refuses := map[[2]string]bool{}
		for _, r := range step.Cut {
			for _, other := range r.Refuses {
				refuses[[2]string{r.Node, other}] = true
			}
		}
		require.NotEmpty(t, refuses)
		for pair := range refuses {
			require.False(t, refuses[[2]string{pair[1], pair[0]}], "the other way is open")
		}
		if string(step.Value) == `"not-hearing"` {
			deaf++
		} else {
			mute++
		}
		at, ok := n.Next(0)
		require.True(t, ok)
		stop := n.Step(at)
		require.Equal(t, "stop-one-way", stop.F)
		require.True(t, stop.Heal)
	}
	require.Greater(t, deaf, 10)
	require.Greater(t, mute, 10)
}

func TestOneWay_takesTurnsWithPartitions(t *testing.T) {
	n := New(Config{Faults: []Fault{OneWay, Partition}, Interval: time.Second}, names(5), source(1))
	n.Begin(0)
	seen := map[string]int{}
	for now, open := time.Duration(0), ""; now < time.Minute; {
		step := n.Step(now)
		seen[step.F]++
		if kind, begins := strings.CutPrefix(step.F, "start-"); begins {
			require.Empty(t, open, "one at a time")
			open = kind
		} else {
			require.Equal(t, "stop-"+open, step.F)
			open = ""
		}
		now, _ = n.Next(now)
	}
	require.Len(t, seen, 4)
}

func TestOneWay_standsInPlans(t *testing.T) {
	plan, err := ParsePlan("1s one-way n0,n1>n2-n3; 2s heal")
	require.NoError(t, err)
	require.Equal(t, "1s:one-way:n0,n1>n2-n3;2s:heal", plan.String())
	require.NoError(t, plan.Check(names(5), time.Minute))
	require.NoError(t, plan.CheckEffect(names(5)))
	n := New(Config{Plan: plan}, names(5), source(1))
	n.Begin(0)
	step := n.Step(time.Second)
	require.Equal(t, Grudge{
		{"n0", []string{}}, {"n1", []string{}}, {"n2", []string{"n0", "n1"}}, {"n3", []string{"n0", "n1"}}, {"n4", []string{}},
	}, step.Cut)
	require.JSONEq(t, `["one-way",["n0","n1"],["n2","n3"]]`, string(step.Value))
	for text, why := range map[string]string{"1s one-way n0": "from n0>n1", "1s one-way n0>n9": "no node is called", "1s one-way": "needs"} {
		plan, err := ParsePlan(text)
		if err == nil {
			err = plan.Check(names(5), time.Minute)
		}
		require.ErrorContains(t, err, why, text)
	}
	plan, err = ParsePlan("1s one-way n0>n0")
	require.NoError(t, err)
	require.ErrorContains(t, plan.CheckEffect(names(5)), "no effect")
}
