package run

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheRecordsOfHealthHaveTheColumnsTheySay(t *testing.T) {
	var queues, health strings.Builder
	l := NewHealthLog(&queues, &health)
	l.Queue(&QueueRecord{
		At: 1500 * time.Millisecond, Node: "n3", Name: "intake", Depth: 1, Preferred: 2, Capacity: 12, HighWater: 3, In: 4, Out: 5, Rejected: 6, Lost: 7,
		OldestMS: 8, WaitMS: 9, DepletionPerSecond: 10.5, UnhealthyMS: 11,
	})
	l.Health(&HealthRecord{
		At: 2 * time.Second, Node: "n3", UnhealthyMS: 1, Worst: "intake bytes", Permits: 2, Revoked: 3, InUse: 4, Available: 5, PermitsRefused: 6,
		RefusedByGate: 7, RefusedByWait: 8, RefusedFull: 9, Crashes: 10, Entries: 11,
	})
	require.Empty(t, queues.String(), "it is buffered")
	const queuesHeader = "time_ms,node,queue,depth,preferred,capacity,high_water,in,out,rejected,lost,oldest_ms,wait_ms,depletion_per_second,unhealthy_ms\n"
	const healthHeader = "time_ms,node,unhealthy_ms,worst_queue,permits,permits_revoked,permits_in_use,permits_available,permits_refused,refused_by_gate,refused_by_wait,refused_full,service_crashes,entries\n"
	require.NoError(t, l.Close())
	require.Equal(t, queuesHeader+"1500,n3,intake,1,2,12,3,4,5,6,7,8,9,10.5,11\n", queues.String())
	require.Equal(t, healthHeader+"2000,n3,1,intake bytes,2,3,4,5,6,7,8,9,10,11\n", health.String())
	for _, text := range []string{queues.String(), health.String()} {
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 2, "and every line has as many fields as the first")
	}
}

func TestARecordOfHealthThatIsNotKeptCostsNothing(t *testing.T) {
	var l *HealthLog
	l.Queue(&QueueRecord{})
	l.Health(&HealthRecord{})
	require.NoError(t, l.Close())
}

// full is a disk.
type full struct{ left int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAnErrorWhileHealthIsRecordedIsToldAtTheEnd(t *testing.T) {
	var rest strings.Builder
	l := NewHealthLog(&full{left: 100 << 10}, &rest)
	for range 10_000 {
		l.Queue(&QueueRecord{Name: "intake"})
	}
	require.ErrorIs(t, l.Close(), errFull)
	require.LessOrEqual(t, l.queues.Buffered(), logFileBytes, "what cannot be written is not kept")
}
