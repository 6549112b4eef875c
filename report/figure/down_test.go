package figure

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestDownsAreTheNodesThatAFaultHit(t *testing.T) {
	fault := func(kind, text string) run.Fault {
		return run.Fault{Kind: kind, From: run.Millis(ms(10)), To: run.Millis(ms(20)), Text: text}
	}
	require.Equal(t, []Down{
		{"n2", "kill", ms(10), ms(20)}, {"n10", "kill", ms(10), ms(20)}, {"n1", "pause", ms(10), ms(20)},
	}, Downs([]run.Fault{
		fault("kill", `majority {"n10":"killed","n2":"killed"}`),
		fault("pause", `one {"n1":"paused","n3":"not-running"} {"n4":"paused"}`),
		fault("partition", `one ["isolated",{"n1":["n2"]}]`),
		fault("kill", "all"), fault("kill", "{"), fault("kill", `{"n1":7}`),
	}))
}
