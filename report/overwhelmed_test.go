package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestTheSummarySaysWhichComponentWasOverwhelmedWhen(t *testing.T) {
	second := func(n float64) run.Millis { return run.Millis(time.Duration(n * float64(time.Second))) }
	all := []run.Overwhelmed{
		{Node: "n2", Queue: "output", From: second(3), To: second(4), Deepest: 9, Unhealthy: second(0.5)},
		{Node: "n0", Queue: "intake", From: second(1.26), To: second(12), Deepest: 1000, Refused: 70000},
	}
	var b strings.Builder
	overwhelmed(&b, all)
	require.Equal(t, `
Overwhelmed:
  the store service of n0, from 1.3 s to 12.0 s: its queue (intake) was up to 1000 deep; 70000 requests were refused meanwhile
  the output service of n2, from 3.0 s to 4.0 s: its queue (output) was up to 9 deep, unhealthy for 0.5 s
`, b.String())
	require.Equal(t, "n2", all[0].Node, "the record keeps its order")

	b.Reset()
	overwhelmed(&b, make([]run.Overwhelmed, 7))
	require.Equal(t, 5, strings.Count(b.String(), "service of"))
	require.Contains(t, b.String(), "  2 more are in results.json\n")
	b.Reset()
	overwhelmed(&b, nil)
	require.Empty(t, b.String())
}
