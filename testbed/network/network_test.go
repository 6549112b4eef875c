package network

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

const ms = time.Millisecond

// log collects what an observer is told.
type log struct{ lines []string }

func (l *log) Sent(m run.Message) {
	l.lines = append(l.lines, fmt.Sprintf("sent %d %s>%s", m.ID, m.Src, m.Dest))
}
func (l *log) Delivered(m run.Message) {
	l.lines = append(l.lines, fmt.Sprintf("delivered %d at %v", m.ID, m.Delivered))
}
func (l *log) Dropped(m run.Message, at time.Duration) {
	l.lines = append(l.lines, fmt.Sprintf("dropped %d at %v", m.ID, at))
}

func newSource(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 2)) }

func build(latency Latency, o Observer, nodes ...string) *Network {
	n := New(latency, rand.New(rand.NewPCG(1, 2)), o)
	for _, name := range nodes {
		if IsClient(name) {
			n.AddClient(name)
		} else {
			n.AddNode(name)
		}
	}
	return n
}

func send(t require.TestingT, n *Network, now time.Duration, src, dest string) int64 {
	id, err := n.Send(now, Packet{Src: src, Dest: dest, Type: "t", Body: []byte(`{"type":"t"}`)})
	require.NoError(t, err)
	return id
}

// drain steps from event to event until nothing is held, and returns the ids
// delivered with the times at which they were.
func drain(n *Network) (got []string) {
	for at, more := n.Next(); more; at, more = n.Next() {
		for _, m := range n.Advance(at) {
			got = append(got, fmt.Sprintf("%d@%v", m.ID, m.Delivered))
		}
	}
	return got
}

func TestAMessageBetweenServersTakesTheLatency(t *testing.T) {
	n := build(Latency{Mean: 100 * ms}, nil, "n0", "n1")
	send(t, n, 5*ms, "n0", "n1")
	require.Empty(t, n.Advance(104*ms))
	got := n.Advance(105 * ms)
	require.Len(t, got, 1)
	require.Equal(t, run.Message{
		ID: 0, Src: "n0", Dest: "n1", Type: "t", Bytes: 12,
		Sent: 5 * ms, Delivered: 105 * ms, Body: []byte(`{"type":"t"}`),
	}, got[0])
	_, more := n.Next()
	require.False(t, more)
}

func TestAClientsMessageTravelsAtOnceToAnIdleNode(t *testing.T) {
	n := build(Latency{Mean: 100 * ms}, nil, "n0", "c0")
	send(t, n, 5*ms, "c0", "n0")
	require.Equal(t, []string{"0@5ms"}, drain(n))
}

func TestAClientsMessageWaitsBehindTheOneThatIsHeld(t *testing.T) {
	n := build(Latency{Mean: 100 * ms}, nil, "n0", "n1", "c0")
	send(t, n, 0, "n0", "n1")
	n.Advance(30 * ms)
	send(t, n, 30*ms, "c0", "n1")
	require.Equal(t, []string{"0@100ms", "1@100ms"}, drain(n))
}

func TestTheQueueIsOrderedByDeadlineNotByArrival(t *testing.T) {
	n := build(Latency{Mean: 100 * ms}, nil, "n0", "n1", "c0")
	send(t, n, 0, "n0", "n1")     // held until 100 ms
	send(t, n, 10*ms, "n0", "n1") // due at 110 ms
	send(t, n, 20*ms, "c0", "n1") // due at 20 ms, but the receiver is asleep
	require.Equal(t, []string{"0@100ms", "2@100ms", "1@110ms"}, drain(n))
}

func TestTheSleepIsCutToWholeMilliseconds(t *testing.T) {
	n := build(Latency{Mean: 100 * ms}, nil, "n0", "n1")
	send(t, n, 0, "n0", "n1")
	send(t, n, 900*time.Microsecond, "n0", "n1")
	send(t, n, 1900*time.Microsecond, "n0", "n1")
	require.Equal(t, []string{"0@100ms", "1@100ms", "2@101ms"}, drain(n),
		"0.9 ms of rest is no sleep, 1.9 ms is a sleep of 1 ms")
}

func TestALateCallerDoesNotDelayWhatFollows(t *testing.T) {
	n := build(Latency{Mean: 100 * ms}, nil, "n0", "n1")
	send(t, n, 0, "n0", "n1")
	send(t, n, 10*ms, "n0", "n1")
	n.Advance(107 * ms)
	at, _ := n.Next()
	require.Equal(t, 110*ms, at)
}

func TestTiesGoByMessageID(t *testing.T) {
	n := build(Latency{Mean: 10 * ms}, nil, "n0", "n1", "n2")
	send(t, n, 0, "n0", "n2")
	send(t, n, 0, "n0", "n1")
	send(t, n, 0, "n1", "n2")
	require.Equal(t, []string{"0@10ms", "1@10ms", "2@10ms"}, drain(n))
}

func TestPartitionsAreLookedUpWhenAMessageIsTaken(t *testing.T) {
	l := &log{}
	n := build(Latency{Mean: 100 * ms}, l, "n0", "n1", "n2")
	send(t, n, 0, "n0", "n1")     // taken at once, held
	send(t, n, 10*ms, "n0", "n1") // waits in the queue
	n.Cut("n1", "n0")
	require.True(t, n.Partitioned())
	send(t, n, 20*ms, "n1", "n0") // the other way is open
	send(t, n, 20*ms, "n2", "n1") // another sender too
	drain(n)
	require.Equal(t, []string{
		"sent 0 n0>n1", "sent 1 n0>n1", "sent 2 n1>n0", "sent 3 n2>n1",
		"delivered 0 at 100ms", "dropped 1 at 100ms", "delivered 2 at 120ms", "delivered 3 at 120ms",
	}, l.lines)

	l.lines = nil
	n.Heal()
	require.False(t, n.Partitioned())
	send(t, n, 200*ms, "n0", "n1")
	drain(n)
	require.Equal(t, []string{"sent 4 n0>n1", "delivered 4 at 300ms"}, l.lines)
}

func TestAPartitionThatHealedBeforeTheTakeDropsNothing(t *testing.T) {
	n := build(Latency{Mean: 100 * ms}, nil, "n0", "n1")
	send(t, n, 0, "n0", "n1")
	n.Cut("n1", "n0")
	send(t, n, 10*ms, "n0", "n1")
	n.Advance(50 * ms)
	n.Heal()
	require.Equal(t, []string{"0@100ms", "1@110ms"}, drain(n))
}

func TestCutsSurviveANodeThatComesBack(t *testing.T) {
	n := build(Latency{}, nil, "n0", "n1")
	n.Cut("n1", "n0")
	n.RemoveNode("n1")
	n.AddNode("n1")
	send(t, n, 0, "n0", "n1")
	require.Empty(t, drain(n))
}

func TestUnknownNamesAreTheSendersError(t *testing.T) {
	n := build(Latency{}, nil, "n0", "n1")
	for _, p := range []Packet{{Src: "n0", Dest: "n9"}, {Src: "n9", Dest: "n0"}, {Src: "n0", Dest: ""}} {
		_, err := n.Send(0, p)
		require.ErrorIs(t, err, ErrUnknownNode)
	}
	n.RemoveNode("n1")
	_, err := n.Send(0, Packet{Src: "n0", Dest: "n1"})
	require.ErrorContains(t, err, `"n1"`)
	require.Zero(t, n.Messages(), "a message that is refused has no id")
}

func TestWhatWaitedForARemovedNodeIsNeverDelivered(t *testing.T) {
	n := build(Latency{Mean: 10 * ms}, nil, "n0", "n1")
	send(t, n, 0, "n0", "n1")
	send(t, n, 0, "n0", "n1")
	n.RemoveNode("n1")
	n.AddNode("n1")
	send(t, n, 5*ms, "n0", "n1")
	require.Equal(t, []string{"2@15ms"}, drain(n))
}

func TestAClientTakesOneMessageForEachAwait(t *testing.T) {
	n := build(Latency{Mean: 100 * ms}, nil, "n0", "c0")
	send(t, n, 0, "n0", "c0")
	send(t, n, 0, "n0", "c0")
	require.Empty(t, n.Advance(10*ms), "nobody awaits")
	n.Await(10*ms, "c0")
	require.Equal(t, []string{"0@10ms"}, drain(n))
	n.Await(20*ms, "c0")
	require.Equal(t, []string{"1@20ms"}, drain(n))
	n.Await(30*ms, "c0")
	n.Cease("c0")
	send(t, n, 40*ms, "n0", "c0")
	require.Empty(t, drain(n))
}

func TestLatencyDraws(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, c := range []struct {
		l        Latency
		min, max time.Duration
		mean     float64 // of the draws, in ms
	}{
		{Latency{}, 0, 0, 0},
		{Latency{Dist: Exponential}, 0, 0, 0},
		{Latency{Mean: 100 * ms}, 100 * ms, 100 * ms, 100},
		{Latency{Mean: 100 * ms, Dist: Constant}, 100 * ms, 100 * ms, 100},
		{Latency{Mean: 100 * ms, Dist: Uniform}, 0, 199 * ms, 99.5},
		{Latency{Mean: 100 * ms, Dist: Exponential}, 0, time.Hour, 99.5},
	} {
		require.NoError(t, c.l.Validate())
		var sum time.Duration
		const draws = 100_000
		for range draws {
			d := c.l.draw(rng)
			require.GreaterOrEqual(t, d, c.min)
			require.LessOrEqual(t, d, c.max)
			require.Zero(t, d%ms)
			sum += d
		}
		require.InDelta(t, c.mean, float64(sum/draws)/float64(ms), 1.5, "%+v", c.l)
	}
	require.Error(t, Latency{Mean: -ms}.Validate())
	require.Error(t, Latency{Mean: ms / 2}.Validate())
	require.ErrorContains(t, Latency{Dist: "normal"}.Validate(), "constant, uniform, exponential")
}

// model is the network as its documentation words it, without heaps: for the
// property test below.
type model struct {
	queues map[string][]run.Message // Delivered stands for the deadline
	held   map[string]*run.Message
	cut    map[[2]string]bool
}

func (m *model) take(dest string, now time.Duration) {
	for m.held[dest] == nil && len(m.queues[dest]) > 0 {
		best := 0
		for i, x := range m.queues[dest] {
			if b := m.queues[dest][best]; x.Delivered < b.Delivered || x.Delivered == b.Delivered && x.ID < b.ID {
				best = i
			}
		}
		x := m.queues[dest][best]
		m.queues[dest] = append(m.queues[dest][:best:best], m.queues[dest][best+1:]...)
		if m.cut[[2]string{dest, x.Src}] {
			continue
		}
		x.Delivered = now + max(0, x.Delivered-now).Truncate(ms)
		m.held[dest] = &x
	}
}

func TestTheNetworkBehavesAsItsDocumentationSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"n0", "n1", "n2", "n3"}
		latency := 3 * ms
		n := build(Latency{Mean: latency}, nil, names...)
		n.AddClient("c0")
		m := model{queues: map[string][]run.Message{}, held: map[string]*run.Message{}, cut: map[[2]string]bool{}}
		now := time.Duration(0)
		name := rapid.SampledFrom(names)
		var want, got []string
		step := func(until time.Duration) {
			for { // the model delivers one message at a time, the earliest first
				var first *run.Message
				for _, dest := range names {
					if h := m.held[dest]; h != nil && h.Delivered <= until &&
						(first == nil || h.Delivered < first.Delivered || h.Delivered == first.Delivered && h.ID < first.ID) {
						first = h
					}
				}
				if first == nil {
					break
				}
				want = append(want, fmt.Sprintf("%d@%v", first.ID, first.Delivered))
				m.held[first.Dest] = nil
				m.take(first.Dest, first.Delivered)
			}
			for at, more := n.Next(); more && at <= until; at, more = n.Next() {
				for _, x := range n.Advance(at) {
					got = append(got, fmt.Sprintf("%d@%v", x.ID, x.Delivered))
				}
			}
			require.Equal(t, want, got)
		}
		t.Repeat(map[string]func(*rapid.T){
			"send": func(t *rapid.T) {
				src := rapid.SampledFrom(append([]string{"c0"}, names...)).Draw(t, "src")
				dest := name.Draw(t, "dest")
				deadline := now + latency
				if src == "c0" {
					deadline = now
				}
				id := send(t, n, now, src, dest)
				m.queues[dest] = append(m.queues[dest], run.Message{ID: id, Src: src, Dest: dest, Delivered: deadline})
				m.take(dest, now)
			},
			"wait": func(t *rapid.T) {
				now += time.Duration(rapid.IntRange(0, 4000).Draw(t, "us")) * time.Microsecond
				step(now)
			},
			"cut": func(t *rapid.T) {
				r, s := name.Draw(t, "receiver"), name.Draw(t, "sender")
				n.Cut(r, s)
				m.cut[[2]string{r, s}] = true
			},
			"heal": func(*rapid.T) {
				n.Heal()
				clear(m.cut)
			},
		})
		step(now + time.Hour)
	})
}

func TestTheSameSeedGivesTheSameRun(t *testing.T) {
	trace := func(seed uint64) []string {
		n := New(Latency{Mean: 20 * ms, Dist: Exponential}, rand.New(rand.NewPCG(seed, 0)), nil)
		for i := range 20 {
			n.AddNode(fmt.Sprint("n", i))
		}
		for i := range 400 {
			now := time.Duration(i) * ms / 3
			n.Advance(now)
			send(t, n, now, fmt.Sprint("n", i%20), fmt.Sprint("n", i*7%20))
		}
		return drain(n)
	}
	require.Equal(t, trace(1), trace(1))
	require.NotEqual(t, trace(1), trace(2))
}

func BenchmarkSendAndDeliver(b *testing.B) {
	const nodes = 1000
	n := New(Latency{Mean: 100 * ms}, rand.New(rand.NewPCG(1, 1)), nil)
	var names [nodes]string
	for i := range names {
		names[i] = fmt.Sprint("n", i)
		n.AddNode(names[i])
	}
	body := []byte(`{"type":"gossip"}`)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now := time.Duration(i) * 10 * time.Microsecond
		n.Advance(now)
		if _, err := n.Send(now, Packet{Src: names[i%nodes], Dest: names[i*31%nodes], Type: "gossip", Body: body}); err != nil {
			b.Fatal(err)
		}
	}
}
