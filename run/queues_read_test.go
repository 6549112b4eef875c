package run

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatNodesSaidIsReadBack(t *testing.T) {
	var queues, health bytes.Buffer
	l := NewHealthLog(&queues, &health)
	q := QueueRecord{
		At: 3 * time.Second, Node: "n1",
		Name: "gossip", Depth: 7, Preferred: 8192, Capacity: 16384, HighWater: 40, In: 90, Out: 83, Rejected: 2, Lost: 1,
		OldestMS: 12, WaitMS: 34, DepletionPerSecond: 20.5, UnhealthyMS: 1500,
	}
	h := HealthRecord{
		At: 3 * time.Second, Node: "n1",
		UnhealthyMS: 1500, Worst: "gossip", Permits: 5, Revoked: 2, InUse: 1, Available: 3, PermitsRefused: 4,
		RefusedByGate: 6, RefusedByWait: 7, RefusedFull: 8, Crashes: 9, Entries: 10,
	}
	l.Queue(&q)
	l.Health(&h)
	require.NoError(t, l.Close())
	for cut := range 4 { // of the last line: what is cut off there is left out
		gotQ, err := ReadQueues(strings.NewReader(queues.String() + "4000,n1"[:cut]))
		require.NoError(t, err)
		require.Equal(t, []QueueRecord{q}, gotQ)
		gotH, err := ReadHealth(strings.NewReader(health.String() + `"4000,n1`[:cut]))
		require.NoError(t, err)
		require.Equal(t, []HealthRecord{h}, gotH)
	}
}

func TestColumnsOfTheHealthAreKnownByTheirNames(t *testing.T) {
	got, err := ReadQueues(strings.NewReader("queue,new,preferred,depth,node,time_ms\nintake,x,5,6,n2,1000\n"))
	require.NoError(t, err)
	require.Equal(t, []QueueRecord{{At: time.Second, Node: "n2", Name: "intake", Depth: 6, Preferred: 5}}, got)
}

func TestWhatIsNoRecordOfTheHealthIsTold(t *testing.T) {
	const head = "time_ms,node,unhealthy_ms\n"
	for text, want := range map[string]string{
		"":                           `there is no column "time_ms"`,
		"a,b\n":                      `there is no column "time_ms"`,
		head + "1,n1,-5\n1,n1,0\n":   `line 2: unhealthy_ms is "-5"`,
		head + "1,n1\n1,n1,0\n":      "line 2: wrong number of fields",
		head + "1e17,n1,0\n1,n1,0\n": `line 2: time_ms is "1e17"`,
		head + "1e15,n1,0\n1,n1,0\n": "line 2: time_ms is",
		head + "x\"y,n1,0\n1,n1,0\n": "line 2",
	} {
		_, err := ReadHealth(strings.NewReader(text))
		require.ErrorIs(t, err, ErrHealth, text)
		require.ErrorContains(t, err, want, text)
	}
}
