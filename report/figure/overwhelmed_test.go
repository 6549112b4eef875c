package figure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestOverwhelmed_saysWhichComponentWhen(t *testing.T) {
	second := func(n float64) run.Millis { return run.Millis(time.Duration(n * float64(time.Second))) }
	all := []run.Overwhelmed{
		{Node: "n2", Queue: "output", From: second(3), To: second(4), Deepest: 9, Unhealthy: second(0.5)},
		{Node: "n0", Queue: "intake", From: second(1.26), To: second(12), Deepest: 1000, Refused: 70000},
	}
	sentences, more := Overwhelmed(all, 5)
	require.Equal(t, []string{
		"the store service of n0, from 1.3 s to 12.0 s: its queue (intake) was up to 1000 deep; 70000 requests were refused meanwhile",
		"the output service of n2, from 3.0 s to 4.0 s: its queue (output) was up to 9 deep, unhealthy for 0.5 s",
	}, sentences)
	require.Zero(t, more)
	require.Equal(t, "n2", all[0].Node, "the record keeps its order")

	sentences, more = Overwhelmed(make([]run.Overwhelmed, 7), 5)
	require.Len(t, sentences, 5)
	require.Equal(t, 2, more)
	sentences, _ = Overwhelmed(nil, 5)
	require.Empty(t, sentences)
}
