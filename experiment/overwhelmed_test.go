package experiment

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// tell has a node say how its queues are.
func tell(h *healthWatch, at time.Duration, node, worst string, intakeMS, depth, gossipMS, refused int) {
	h.take(at, node, json.RawMessage(fmt.Sprintf(`{"unhealthy_ms":%d,"worst":%q,"queues":[
		{"name":"intake","depth":%d,"unhealthy_ms":%d},{"name":"gossip","depth":1,"unhealthy_ms":%d}],"counters":{"refused_by_wait":%d}}`,
		max(intakeMS, gossipMS), worst, depth, intakeMS, gossipMS, refused)))
}

func TestWhichComponentWasOverwhelmedWhen(t *testing.T) {
	h := newHealthWatch(nil)
	second := func(n float64) run.Millis { return run.Millis(time.Duration(n * float64(time.Second))) }
	tell(h, 1*time.Second, "n0", "", 0, 5, 0, 0)
	tell(h, 2*time.Second, "n0", "intake", 700, 50, 0, 0)
	tell(h, 2*time.Second, "n1", "", 0, 3, 0, 7)
	tell(h, 3*time.Second, "n0", "intake", 1700, 40, 300, 10)
	tell(h, 3*time.Second, "n1", "", 0, 9, 0, 8)
	tell(h, 4*time.Second, "n0", "gossip", 0, 0, 1300, 10)
	tell(h, 4*time.Second, "n1", "", 0, 0, 0, 8)
	require.Equal(t, []run.Overwhelmed{
		{Node: "n0", Queue: "intake", From: second(1.3), To: second(3), Unhealthy: second(1.7), Deepest: 50, Refused: 10},
		{Node: "n0", Queue: "gossip", From: second(2.7), To: second(4), Unhealthy: second(1.3), Deepest: 1, Refused: 10},
		{Node: "n1", Queue: "intake", From: second(0), To: second(3), Deepest: 9, Refused: 8},
	}, h.overwhelmed())
}

func TestAQueueWithTooManyBytesIsOverwhelmedToo(t *testing.T) {
	h := newHealthWatch(nil)
	h.take(time.Second, "n0", json.RawMessage(`{"unhealthy_ms":500,"worst":"gossip bytes","queues":[{"name":"intake"},{"name":"gossip","depth":3}]}`))
	require.Equal(t, []run.Overwhelmed{{
		Node: "n0", Queue: "gossip", From: run.Millis(500 * time.Millisecond), To: run.Millis(time.Second),
		Unhealthy: run.Millis(500 * time.Millisecond), Deepest: 3,
	}}, h.overwhelmed())
}

func TestNodesThatKeepUpAreNotMentioned(t *testing.T) {
	h := newHealthWatch(nil)
	tell(h, time.Second, "n0", "", 0, 5, 0, 0)
	tell(h, 2*time.Second, "n0", "", 0, 5, 0, 0)
	require.Empty(t, h.overwhelmed())
}
