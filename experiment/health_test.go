package experiment

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheWorstOfANodesHealthIsKept(t *testing.T) {
	h := newHealthWatch(nil)
	for _, reply := range []string{
		`{"type":"health_ok","unhealthy_ms":0,"queues":[{"name":"intake","high_water":5,"rejected":1}]}`,
		`{"unhealthy_ms":1500,"worst":"gossip","crashes":1,"queues":[{"name":"intake","high_water":3,"rejected":1},
			{"name":"gossip","high_water":900,"rejected":41}],"permits":{"revoked":3,"refused":2},
			"gossip":{"resends":7},"journal":{"p99_us":40,"max_us":50,"recovered":3},"counters":{"malformed":1,"dropped":2}}`,
		`{"unhealthy_ms":200,"worst":"output","crashes":1,"queues":[{"name":"gossip","high_water":10,"rejected":42},
			{"name":"intake","rejected":1},{"name":"output","high_water":8},{"name":"journal","high_water":6}],"permits":{"revoked":1,"refused":4},
			"gossip":{"resends":9,"slots":40,"slots_missed":2,"guard_us":8000},"journal":{"p99_us":30,"max_us":70,"recovered":5},"counters":{"malformed":1,"dropped":4}}`,
	} {
		h.take(time.Second, "n1", json.RawMessage(reply))
	}
	table, ok := h.table([]string{"n0", "n1"})
	require.True(t, ok)
	require.Len(t, table.Rows, 1, "n0 never said a word")
	row := map[string]any{}
	for i, column := range table.Columns {
		row[column] = table.Rows[0][i]
	}
	require.Equal(t, map[string]any{
		"node": "n1", "worst_unhealthy_ms": int64(1500), "worst_queue": "gossip", "rejected": uint64(43),
		"permits_revoked": 3, "syncs_refused": uint64(4), "resends": uint64(9), "service_crashes": uint64(1),
		"unusual_events": uint64(5), "deepest_intake": 5, "deepest_gossip": 900, "deepest_output": 8,
		"deepest_journal": 6, "journal_p99_us": int64(40), "journal_max_us": int64(70), "recovered_entries": uint64(5),
		"slots": uint64(40), "slots_missed": uint64(2), "widest_guard_us": uint64(8000),
	}, row)
}

func TestUnhealthyNodesAreThoseThatLastSaidSo(t *testing.T) {
	h := newHealthWatch(nil)
	require.Zero(t, h.unhealthy())
	h.take(time.Second, "n0", json.RawMessage(`{"unhealthy_ms":100}`))
	h.take(time.Second, "n1", json.RawMessage(`{"unhealthy_ms":1}`))
	h.take(time.Second, "n2", json.RawMessage(`{"unhealthy_ms":0}`))
	require.Equal(t, 2, h.unhealthy())
	h.take(time.Second, "n0", json.RawMessage(`{"unhealthy_ms":0}`))
	require.Equal(t, 1, h.unhealthy())
}

func TestRepliesOfOtherProgramsAreIgnored(t *testing.T) {
	h := newHealthWatch(nil)
	h.take(time.Second, "n0", json.RawMessage(`{"unhealthy_ms":"very"}`))
	h.take(time.Second, "n0", json.RawMessage(`[]`))
	_, ok := h.table([]string{"n0"})
	require.False(t, ok)
	require.Zero(t, h.unhealthy())
}
