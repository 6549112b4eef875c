package analysis

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// reachRecord is a cluster of three: 7 is broadcast to n1 and comes to all, 8 to
// n2, which n1 never gets and n0 twice, after it was killed.
const reachRecord = `event,id,time_us,from,to,type,kind,bytes,values
value,0,,,,,,,7
value,1,,,,,,,8
sent,1,10000,c1,n1,broadcast,data,40,0
received,1,11000,,,,,,
sent,2,20000,n1,n0,gossip,data,90,0
received,2,120000,,,,,,
sent,3,130000,n0,n2,gossip,data,90,0
sent,4,140000,c2,n2,broadcast,data,40,1
received,4,140000,,,,,,
received,3,230000,,,,,,
sent,5,240000,n2,n0,gossip,data,90,0-1
received,5,340000,,,,,,
sent,6,350000,n0,n1,gossip,data,90,1
lost,6,350000,,,,,,
sent,7,400000,c1,n1,broadcast,data,40,0
received,7,400000,,,,,,
sent,8,500000,n2,n0,gossip,data,90,0-1
received,8,600000,,,,,,
end,9,700000,,,,,,
`

func TestReachesAreReadOffARecord(t *testing.T) {
	m, err := run.ReadMessages(strings.NewReader(reachRecord))
	require.NoError(t, err)
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	all := []string{"n0", "n1", "n2"}
	for name, c := range map[string]struct {
		query ReachQuery
		want  []Reach
	}{
		"everywhere":       {ReachQuery{Nodes: all}, []Reach{{0, ms(10), ms(230), 0}, {1, ms(140), ms(340), 1}}},
		"among two":        {ReachQuery{Nodes: []string{"n0", "n2"}}, []Reach{{0, ms(10), ms(230), 0}, {1, ms(140), ms(340), 0}}},
		"sent later":       {ReachQuery{Nodes: all, From: ms(11)}, []Reach{{1, ms(140), ms(340), 1}}},
		"sent earlier":     {ReachQuery{Nodes: all, Until: ms(140)}, []Reach{{0, ms(10), ms(230), 0}}},
		"broadcast to n2":  {ReachQuery{Nodes: all, At: []string{"n2"}}, []Reach{{1, ms(140), ms(340), 1}}},
		"in a second life": {ReachQuery{Nodes: []string{"n0"}, Since: ms(450)}, []Reach{{0, ms(10), ms(600), 0}, {1, ms(140), ms(600), 0}}},
		"never again":      {ReachQuery{Nodes: []string{"n0"}, Since: ms(601)}, []Reach{{0, ms(10), ms(10), 1}, {1, ms(140), ms(140), 1}}},
	} {
		if c.query.Until == 0 {
			c.query.Until = math.MaxInt64
		}
		require.Equal(t, c.want, Reaches(m, c.query), name)
	}
}
