package checker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestSettled_countsQuietThatNoFaultInterrupts(t *testing.T) {
	line := func(seconds int, f string) run.Op {
		return run.Op{Time: time.Duration(seconds) * time.Second, Type: run.Info, Process: run.NemesisProcess, F: f}
	}
	h := run.History{
		line(20, "start-partition"), line(20, "start-partition"), line(25, "kill"), line(25, "kill"),
		line(30, "stop-partition"), line(30, "stop-partition"), line(40, "start"), line(41, "start"),
		line(60, "pause"), line(60, "pause"), line(62, "resume"), line(62, "resume"), {Process: 0, Time: time.Hour},
	}
	settled := Settled(h, 10*time.Second)
	for at, want := range map[int]int{5: -1, 10: 0, 15: 5, 20: 10, 35: 10, 45: 10, 51: 41, 58: 48, 60: 50, 65: 50, 72: 62, 100: 90} {
		got := settled(time.Duration(at) * time.Second)
		if want < 0 {
			require.Negative(t, got, at)
		} else {
			require.Equal(t, time.Duration(want)*time.Second, got, at)
		}
	}
}
