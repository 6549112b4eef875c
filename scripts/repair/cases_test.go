package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestAFigureBeyondItsBoundStandsOut(t *testing.T) {
	for want, f := range map[string]figure{
		"4000 ms":     {value: 4000, bound: 4000, unit: "ms"},
		"**4001 ms**": {value: 4001, bound: 4000, unit: "ms"},
		"**never**":   {value: math.Inf(1), bound: 4000, unit: "ms"},
		"never":       {value: math.Inf(1), unit: "ms"},
		"1.25 x":      {value: 1.25, unit: "x"},
	} {
		require.Equal(t, want, f.String())
	}
	require.Equal(t, "1.30 x", figure{bound: 1.3, unit: "x"}.boundText())
	require.Empty(t, figure{unit: "ms"}.boundText())
}

func TestEveryCaseCanBeRunAndIsNamedOnce(t *testing.T) {
	for _, tree := range trees {
		seen := map[string]bool{}
		for i, c := range tree.cases() {
			require.Equal(t, i == 0, c.name == healthyCase, "the others are compared with it")
			require.False(t, seen[c.name], c.name)
			seen[c.name] = true
			require.NotNil(t, c.judge)
			require.Contains(t, strings.Join(words(tree, c, 3), " "), "--seed 3")
		}
	}
}

func TestTimesAreReadOffTheHistory(t *testing.T) {
	op := func(process int, kind run.OpType, f string, at time.Duration, final bool) run.Op {
		return run.Op{Process: process, Type: kind, F: f, Time: at * time.Second, Final: final}
	}
	f := &run.Folder{History: run.History{
		op(0, run.Invoke, "broadcast", 1, false),
		op(run.NemesisProcess, run.Info, "start-partition", 2, false),
		op(run.NemesisProcess, run.Info, "start-partition", 3, false),
		op(run.NemesisProcess, run.Info, "stop-partition", 7, false),
		op(run.NemesisProcess, run.Info, "stop-partition", 8, false),
		op(0, run.OK, "broadcast", 9, false),
		op(0, run.Invoke, "read", 20, true),
	}}
	require.Equal(t, 3*time.Second, done(f, "start-partition"))
	require.Equal(t, 8*time.Second, done(f, "stop-partition"))
	require.Greater(t, done(f, "kill"), time.Hour)
	require.Equal(t, time.Second, loadEnd(f))
	require.Equal(t, 5*time.Second, longestCut(f))
	require.Len(t, without("n0,n24"), nodeCount-2)
}
