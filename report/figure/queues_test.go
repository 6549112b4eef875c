package figure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func said(at int, node, queue string, depth int, rejected uint64, unhealthy int64) run.QueueRecord {
	return run.QueueRecord{At: ms(at), Node: node,
		Name: queue, Depth: depth, Preferred: 10, Capacity: 20, Rejected: rejected, UnhealthyMS: unhealthy,
	}
}

func TestTheDeepestQueueOfAllNodesCounts(t *testing.T) {
	got := Queues([]run.QueueRecord{
		said(1000, "n0", "intake", 0, 0, 0), said(1000, "n0", "gossip", 5, 0, 0), said(1000, "n1", "gossip", 3, 2, 0),
		said(2000, "n0", "gossip", 1, 0, 0), said(2000, "n1", "gossip", 15, 6, 700),
		said(3000, "n1", "gossip", 2, 1, 0), // it began anew
	})
	require.Equal(t, []Queue{
		{Name: "intake", Preferred: 10, Capacity: 20, Points: []QueuePoint{{ms(1000), ms(2000), 0, "n0", 0}}, Deepest: QueuePoint{ms(1000), ms(2000), 0, "n0", 0}},
		{
			Name: "gossip", Preferred: 10, Capacity: 20, Rejected: 7, Unhealthy: ms(700), Deepest: QueuePoint{ms(2000), ms(3000), 15, "n1", 4},
			Points: []QueuePoint{{ms(1000), ms(2000), 5, "n0", 2}, {ms(2000), ms(3000), 15, "n1", 4}, {ms(3000), ms(4000), 2, "n1", 1}},
		},
	}, got)
	require.Empty(t, Queues(nil))
}

func TestHealthIsThatOfTheWorstNodeAndPermitsOfAll(t *testing.T) {
	told := func(at int, node string, unhealthy int64, worst string, available int, refused uint64) run.HealthRecord {
		return run.HealthRecord{At: ms(at), Node: node,
			UnhealthyMS: unhealthy, Worst: worst, Permits: 4, InUse: 1, Available: available, RefusedByGate: refused, RefusedFull: 1,
		}
	}
	require.Equal(t, []Health{
		{From: ms(1000), To: ms(2000), Permits: 8, Available: 8, Refused: 2},
		{From: ms(2000), To: ms(3000), Unhealthy: ms(900), Node: "n1", Queue: "gossip", Permits: 8, Available: 6, Refused: 5},
		{From: ms(4000), To: ms(5000), Permits: 8, Available: 8, Refused: 1},
	}, HealthOverTime([]run.HealthRecord{
		told(1000, "n0", 0, "", 3, 0), told(1000, "n1", 0, "", 3, 0),
		told(2000, "n0", 400, "intake", 3, 0), told(2000, "n1", 900, "gossip", 1, 5),
		told(4000, "n1", 0, "", 3, 0),
	}))
	require.Empty(t, HealthOverTime(nil))
}

func TestALongRecordOfHealthIsBounded(t *testing.T) {
	var queues []run.QueueRecord
	var health []run.HealthRecord
	for s := range 5000 {
		queues = append(queues, said(s*1000, "n0", "intake", s%7, 0, 0))
		health = append(health, run.HealthRecord{At: time.Duration(s) * time.Second, Node: "n0"})
	}
	require.LessOrEqual(t, len(Queues(queues)[0].Points), maxHealthPoints+1)
	require.LessOrEqual(t, len(HealthOverTime(health)), maxHealthPoints+1)
}
