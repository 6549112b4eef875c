package harness_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// catching is what it came to that a node made up for a history that it missed.
type catching struct {
	took        time.Duration
	messages    int // to it
	longestLine int // bytes
	waits       []time.Duration
}

// link is what is between two nodes, and what clients feel meanwhile.
type link struct {
	mu    sync.Mutex
	cut   bool
	asked map[string]time.Time // requests of the timed clients, by node and id, without a reply
	held  int                  // values of the second node, by its newest health
	bad   error
	catching
}

// The clients beside the flood: one is timed, one asks for the second node's health.
const timed, asking = "t1", "h1"

func (l *link) passes(_, to string, line []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	if to == "n1" {
		l.messages++
	}
	l.longestLine = max(l.longestLine, len(line))
	return true
}

func (l *link) heard(node string, line []byte) bool {
	now := time.Now()
	var m struct {
		Dest string
		Body struct {
			Type, Text string
			InReplyTo  int `json:"in_reply_to"`
			Values     int
		}
	}
	if dest := string(harness.Between(line, `"dest":"`, '"')); dest != timed && dest != asking {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err := json.Unmarshal(line, &m)
	if err == nil && m.Body.Type == "error" {
		err = fmt.Errorf("%s answers: %s", node, m.Body.Text)
	}
	l.bad = errors.Join(l.bad, err)
	if m.Dest == asking {
		l.held = m.Body.Values
		return true
	}
	key := fmt.Sprint(node, " ", m.Body.InReplyTo)
	if at, ok := l.asked[key]; ok {
		l.waits = append(l.waits, now.Sub(at))
		delete(l.asked, key)
	}
	return true
}

// catchUp has one of two nodes miss values, as it is dead or cut off, and returns how
// soon it has them, with so many requests a second of clients to each node.
func catchUp(tb testing.TB, values, rate int, cut bool) catching {
	flood := harness.NewFlood("n0")
	l := &link{cut: true, asked: map[string]time.Time{}}
	c := harness.NewCluster(harness.Setup{
		Nodes: 2, Command: []string{program(tb, "treecast")}, Dir: tb.TempDir(), Env: []string{"XDG_STATE_HOME=" + tb.TempDir()}, Passes: l.passes,
		Heard: func(node string, line []byte) bool { return flood.Heard(line) || l.heard(node, line) },
	})
	defer c.Kill()
	require.NoError(tb, c.Begin("n0"))
	if cut {
		require.NoError(tb, c.Begin("n1"))
	}
	require.NoError(tb, flood.Run(tb.Context(), c.Node("n0"), values))
	if cut {
		// Let it find out that nobody answers, as after any cut that lasts.
		require.NoError(tb, harness.Pause(tb.Context(), 3*time.Second))
	}
	l.mu.Lock()
	l.cut = false
	l.mu.Unlock()
	began := time.Now()
	if !cut {
		require.NoError(tb, c.Begin("n1"))
	}
	ctx, cancel := context.WithTimeout(tb.Context(), 5*time.Minute)
	defer cancel()
	for i := 0; ; i++ {
		require.NoError(tb, harness.Pause(ctx, time.Second/time.Duration(rate)))
		for _, name := range c.Names {
			body := fmt.Sprintf(`"type":"echo","echo":%d`, i)
			if i%2 == 0 {
				body = fmt.Sprintf(`"type":"broadcast","message":"%s %d"`, name, i)
			}
			l.mu.Lock()
			l.asked[fmt.Sprint(name, " ", i)] = time.Now()
			l.mu.Unlock()
			c.Node(name).Write(fmt.Appendf(nil, `{"src":"%s","dest":"%s","body":{%s,"msg_id":%d}}`+"\n", timed, name, body, i))
		}
		if i%(1+rate/50) == 0 {
			c.Node("n1").Write(fmt.Appendf(nil, `{"src":"%s","dest":"n1","body":{"type":"health","msg_id":%d}}`+"\n", asking, i))
		}
		l.mu.Lock()
		held, bad := l.held, l.bad
		l.mu.Unlock()
		require.NoError(tb, bad)
		if held >= values {
			break
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = time.Since(began)
	for _, at := range l.asked {
		l.waits = append(l.waits, time.Since(at)) // at least
	}
	return l.catching
}

// quantile is the smallest of the times that a part q of them do not exceed; it sorts
// them.
func quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[max(0, min(len(times)-1, int(q*float64(len(times))+0.999999)-1))]
}

// BenchmarkCatchUp is how soon a node has a million values that it missed, and how
// long clients wait for replies meanwhile, 200 requests a second at each node.
func BenchmarkCatchUp(b *testing.B) {
	for _, cut := range []bool{false, true} {
		name := map[bool]string{false: "began-blank", true: "was-cut-off"}[cut]
		b.Run("neighbour="+name, func(b *testing.B) {
			var f catching
			for range b.N {
				f = catchUp(b, 1_000_000, 200, cut)
			}
			ms := func(q float64) float64 { return float64(quantile(f.waits, q)) / 1e6 }
			b.ReportMetric(f.took.Seconds(), "s-to-all")
			b.ReportMetric(float64(f.messages), "messages")
			b.ReportMetric(float64(f.longestLine)/1024, "longest-KiB")
			b.ReportMetric(ms(0.5), "client-p50-ms")
			b.ReportMetric(ms(0.99), "client-p99-ms")
			b.ReportMetric(ms(1), "client-max-ms")
		})
	}
}

func TestCatchUp_endsWithAllValues(t *testing.T) {
	t.Parallel()
	f := catchUp(t, 20_000, 200, false)
	require.Positive(t, f.messages)
	require.LessOrEqual(t, f.longestLine, 48<<10+64)
	require.NotEmpty(t, f.waits)
}

func TestQuantile_isOfTheTimes(t *testing.T) {
	require.Zero(t, quantile(nil, 0.99))
	var times []time.Duration
	for i := 100; i > 0; i-- {
		times = append(times, time.Duration(i))
	}
	require.Equal(t, time.Duration(50), quantile(times, 0.5))
	require.Equal(t, time.Duration(99), quantile(times, 0.99))
	require.Equal(t, time.Duration(100), quantile(times, 1))
	require.Equal(t, time.Duration(7), quantile([]time.Duration{7}, 0.5))
}
