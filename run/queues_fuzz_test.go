package run

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzReadQueues checks that what could be read of a queues.csv is read again
// as it was after it was written, whatever the names of nodes and queues.
func FuzzReadQueues(f *testing.F) {
	f.Add([]byte(string(queuesTable.header()) + "3000,n1,gossip,7,8192,16384,40,90,83,2,1,12,34,20.5,1500\n4000,n1"))
	f.Add([]byte(string(queuesTable.header()) + "1e3,\"n,1\",\"a\r\nb\",1e15,9007199254740992,,,,,,,,,0x1p-2,\n"))
	f.Add([]byte("queue,new,preferred,depth,node,time_ms\nintake,x,5,6,n2,1000\n\n"))
	f.Add([]byte("time_ms,node,queue,depth,preferred,depth\n1,n1,q,1,2,3\n1,n1,\"q"))
	f.Fuzz(func(t *testing.T, text []byte) {
		records, err := ReadQueues(bytes.NewReader(text))
		if err != nil {
			require.ErrorContains(t, err, "run: ")
			return
		}
		var out, none bytes.Buffer
		l := NewHealthLog(&out, &none)
		for i := range records {
			l.Queue(&records[i])
		}
		require.NoError(t, l.Close())
		again, err := ReadQueues(bytes.NewReader(out.Bytes()))
		require.NoError(t, err, "%s", out.Bytes())
		for i := range records {
			records[i].Node, records[i].Name = inCSV(records[i].Node), inCSV(records[i].Name)
		}
		require.Equal(t, records, again)
	})
}

// inCSV is a text as it comes back from CSV.
func inCSV(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// FuzzReadHealth is the same for a health.csv.
func FuzzReadHealth(f *testing.F) {
	f.Add([]byte(string(healthTable.header()) + "3000,n1,1500,gossip,5,2,1,3,4,6,7,8,9,10\n4000,n1"))
	f.Add([]byte(string(healthTable.header()) + "1e3,\"n,1\",0.5,\"a\r\nb\",9007199254740992,,,,,,,,,\n"))
	f.Add([]byte("unhealthy_ms,node,time_ms\n0,n2,1000\n5,,\n"))
	f.Add([]byte("unhealthy_ms,node,time_ms\n-1,n2,1000\n5,,\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		records, err := ReadHealth(bytes.NewReader(text))
		if err != nil {
			require.ErrorContains(t, err, "run: ")
			return
		}
		var out, none bytes.Buffer
		l := NewHealthLog(&none, &out)
		for i := range records {
			l.Health(&records[i])
		}
		require.NoError(t, l.Close())
		again, err := ReadHealth(bytes.NewReader(out.Bytes()))
		require.NoError(t, err, "%s", out.Bytes())
		for i := range records {
			records[i].Node, records[i].Worst = inCSV(records[i].Node), inCSV(records[i].Worst)
		}
		require.Equal(t, records, again)
	})
}

// FuzzHealthLog checks that whatever a node says of itself, a foreign one too,
// leaves records that can be read.
func FuzzHealthLog(f *testing.F) {
	f.Add(int64(3e9), "n1", "gossip", int64(7), uint64(90), 20.5)
	f.Add(int64(-1), "n\"1", "a,b\r\n", int64(-1), uint64(1<<64-1), -1e300)
	f.Fuzz(func(t *testing.T, at int64, node, queue string, n int64, count uint64, rate float64) {
		now := max(0, time.Duration(at)) % maxRun
		q := QueueRecord{At: now, Node: node, Name: queue, Depth: int(n), Preferred: int(n), Capacity: int(n), HighWater: int(n),
			In: count, Out: count, Rejected: count, Lost: count, OldestMS: n, WaitMS: n, DepletionPerSecond: rate, UnhealthyMS: n}
		h := HealthRecord{At: now, Node: node, UnhealthyMS: n, Worst: queue, Permits: int(n), Revoked: int(n), InUse: int(n), Available: int(n),
			PermitsRefused: count, RefusedByGate: count, RefusedByWait: count, RefusedFull: count, Crashes: count, Entries: count}
		var queues, health bytes.Buffer
		l := NewHealthLog(&queues, &health)
		for range 2 { // of a last line everything is forgiven
			l.Queue(&q)
			l.Health(&h)
		}
		require.NoError(t, l.Close())
		gotQ, err := ReadQueues(bytes.NewReader(queues.Bytes()))
		require.NoError(t, err, "%s", queues.Bytes())
		require.Len(t, gotQ, 2)
		require.Equal(t, inCSV(queue), gotQ[0].Name)
		gotH, err := ReadHealth(bytes.NewReader(health.Bytes()))
		require.NoError(t, err, "%s", health.Bytes())
		require.Len(t, gotH, 2)
		require.Equal(t, inCSV(node), gotH[0].Node)
	})
}
