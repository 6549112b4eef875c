package harness_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// neighbours are three nodes that are no processes: they ack whatever a node gossips
// to them, at once.
type neighbours struct {
	mu    sync.Mutex
	acked map[string]int // entries, by neighbour
	all   int            // entries that all of them are to ack
	full  chan struct{}  // closed when they have
}

// heard takes a message from the node to a neighbour, and returns what the neighbour
// answers; nil if it says nothing. The neighbour's epoch never changes.
func (n *neighbours) heard(line []byte) (reply []byte) {
	var m struct {
		Dest string `json:"dest"`
		Body struct {
			Epoch uint64 `json:"e"`
			Batch uint64 `json:"b"`
			Runs  []struct {
				First  int               `json:"c"`
				Values []json.RawMessage `json:"v"`
			} `json:"runs"`
		} `json:"body"`
	}
	if json.Unmarshal(line, &m) != nil || m.Body.Batch == 0 {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range m.Body.Runs {
		if r.First <= n.acked[m.Dest]+1 { // not beyond a gap, nor twice
			n.acked[m.Dest] = max(n.acked[m.Dest], r.First+len(r.Values)-1)
		}
	}
	if n.acked["n1"] >= n.all && n.acked["n2"] >= n.all && n.acked["n3"] >= n.all {
		select {
		case <-n.full:
		default:
			close(n.full)
		}
	}
	return fmt.Appendf(nil, `{"src":%q,"dest":"n0","body":{"type":"gossip","e":1,"f":%d,"a":[[%d,%d]]}}`+"\n", m.Dest, m.Body.Epoch, m.Body.Batch, m.Body.Batch)
}

// holding is what a node that holds values takes.
type holding struct {
	resident, largest int64         // bytes
	took              time.Duration // until its neighbours had acked all
}

// hold has a node hold n values, all acked by three neighbours, and reads its memory.
func hold(tb testing.TB, n int, value func(i int) uint64) (h holding) {
	flood := harness.NewFlood("n0")
	flood.Value = value
	others := &neighbours{acked: map[string]int{}, all: n, full: make(chan struct{})}
	c := harness.NewCluster(harness.Setup{
		Nodes: 4, Command: commandOf(tb, "treecast", "--journal off"), Dir: tb.TempDir(),
		Heard: func(_ string, line []byte) bool { return flood.Heard(line) },
	})
	c.Passes = func(_, _ string, line []byte) bool {
		if reply := others.heard(line); reply != nil {
			c.Node("n0").Write(reply)
		}
		return false
	}
	require.NoError(tb, c.Begin("n0"))
	defer c.Kill()
	began := time.Now()
	require.NoError(tb, flood.Run(tb.Context(), c.Node("n0"), n))
	if n > 0 {
		select {
		case <-others.full:
		case <-time.After(10 * time.Minute):
			require.Fail(tb, "the node does not gossip all that it holds")
		}
	}
	h.took = time.Since(began)
	var err error
	h.resident, h.largest, err = c.Node("n0").Memory()
	require.NoError(tb, err)
	if n == 0 {
		return h // it does not know of a workload
	}
	r, err := c.Call("n0", `"type":"read"`)
	require.NoError(tb, err)
	shown := string(harness.Between(r.Line, `"messages":[`, ']'))
	require.Equal(tb, n, strings.Count(shown, ",")+1, "a read shows all of them")
	return h
}

// scattered is a permutation of the numbers below 2^62: distinct, and far apart.
func scattered(i int) uint64 { return uint64(i) * 0x9E3779B97F4A7C15 & (1<<62 - 1) }

// BenchmarkHold is what a node takes of memory that holds values which three
// neighbours have acked, beside one that holds none.
func BenchmarkHold(b *testing.B) {
	kinds := []struct {
		name  string
		value func(int) uint64
	}{{"counted", nil}, {"random", scattered}}
	for _, kind := range kinds {
		for _, n := range []int{100_000, 1_000_000, 10_000_000} {
			b.Run(fmt.Sprintf("kind=%s/values=%d", kind.name, n), func(b *testing.B) {
				empty := hold(b, 0, kind.value)
				b.ResetTimer()
				var h holding
				for range b.N {
					h = hold(b, n, kind.value)
				}
				b.ReportMetric(float64(h.resident)/1e6, "MB")
				b.ReportMetric(float64(h.largest)/1e6, "largest-MB")
				b.ReportMetric(float64(h.largest-empty.largest)/float64(n), "bytes/value")
				b.ReportMetric(h.took.Seconds(), "s-to-acked")
			})
		}
	}
}

func TestHold_readsTheMemoryOfAllThatIsAcked(t *testing.T) {
	t.Parallel()
	h := hold(t, 5000, scattered)
	require.Positive(t, h.resident)
	require.GreaterOrEqual(t, h.largest, h.resident)
}

func TestNeighbours_ackWhatTheyAreTold(t *testing.T) {
	n := &neighbours{acked: map[string]int{}, all: 2, full: make(chan struct{})}
	say := func(to string, first int, values string) string {
		return string(n.heard(fmt.Appendf(nil, `{"src":"n0","dest":%q,"body":{"type":"gossip","e":7,"f":0,"b":12,"runs":[{"o":"n0","l":"k","c":%d,"v":[%s]}]}}`, to, first, values)))
	}
	require.Equal(t, `{"src":"n2","dest":"n0","body":{"type":"gossip","e":1,"f":7,"a":[[12,12]]}}`+"\n", say("n2", 1, "5,6"))
	require.Equal(t, map[string]int{"n2": 2}, n.acked)
	say("n1", 2, "6")
	require.Zero(t, n.acked["n1"], "that is beyond a gap")
	say("n1", 1, "5")
	say("n1", 2, "6")
	say("n3", 1, "5,6")
	<-n.full
	require.Nil(t, n.heard([]byte(`{"dest":"n1","body":{"type":"gossip"}}`)))
}

func TestScattered_valuesAreDistinctAndOf62Bits(t *testing.T) {
	seen := map[uint64]bool{}
	for i := range 10_000 {
		v := scattered(i)
		require.Less(t, v, uint64(1)<<62)
		require.False(t, seen[v])
		seen[v] = true
	}
}
