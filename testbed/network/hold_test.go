package network

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

func TestANodeThatIsHeldKeepsTenMessagesAndGetsThemWhenItIsReleased(t *testing.T) {
	l := &log{}
	n := build(Latency{Mean: 100 * ms}, l, "n0", "n1", "c0")
	n.Hold(0, "n1", false)
	for i := range 15 {
		send(t, n, time.Duration(i)*ms, "c0", "n1")
	}
	require.Empty(t, drain(n))
	for i := 10; i < 15; i++ {
		require.Contains(t, l.lines, fmt.Sprintf("dropped %d at %v", i, time.Duration(i)*ms))
	}
	n.Release(time.Second, "n1")
	var want []string
	for i := range HeldMessages {
		want = append(want, fmt.Sprintf("%d@1s", i))
	}
	require.Equal(t, want, drain(n))
	send(t, n, time.Second, "n0", "n1")
	require.Equal(t, []string{"15@1.1s"}, drain(n))
}

func TestOfWhatWaitsAlreadyTheFirstTenAreKept(t *testing.T) {
	for _, gone := range []bool{false, true} {
		l := &log{}
		n := build(Latency{Mean: 100 * ms}, l, "n0", "n1")
		for i := range 15 {
			send(t, n, time.Duration(i)*ms, "n0", "n1")
		}
		n.Hold(20*ms, "n1", gone)
		var got []string
		if gone {
			require.Contains(t, l.lines, "dropped 0 at 20ms", "it was being written to a process that is no more")
		} else {
			require.Equal(t, []string{"0@100ms"}, drain(n), "it is written, and read when the process goes on")
		}
		n.Release(time.Second, "n1")
		got = drain(n)
		require.Len(t, got, HeldMessages)
		require.Equal(t, "1@1s", got[0])
		for i := 1 + HeldMessages; i < 15; i++ {
			require.Contains(t, l.lines, fmt.Sprintf("dropped %d at 20ms", i))
		}
	}
}

func TestTheFirstMessageOvertakesWhatWaitsAndFindsRoom(t *testing.T) {
	n := build(Latency{}, nil, "n0", "n1", "c0")
	n.Hold(0, "n1", true)
	for range 12 {
		send(t, n, 0, "n0", "n1")
	}
	id, err := n.SendFirst(sec, Packet{Src: "c0", Dest: "n1"})
	require.NoError(t, err)
	n.Release(sec, "n1")
	got := drain(n)
	require.Len(t, got, 1+HeldMessages)
	require.Equal(t, fmt.Sprintf("%d@1s", id), got[0])
	_, err = n.SendFirst(sec, Packet{Src: "c0", Dest: "n9"})
	require.ErrorIs(t, err, ErrUnknownNode)
}

func TestAKilledReceiversDeadlineIsNotItsSuccessors(t *testing.T) {
	n := build(Latency{Mean: 100 * ms}, nil, "n0", "n1")
	n.SetFaults(Faults{Duplicate: 1}, newSource(1))
	send(t, n, 0, "n0", "n1") // and its copy, with the same id
	n.Hold(10*ms, "n1", true)
	n.Release(20*ms, "n1")
	require.Equal(t, []string{"0@100ms"}, drain(n), "the copy, once")
}

func TestHoldingWhatIsNotThereDoesNothing(t *testing.T) {
	n := build(Latency{}, nil, "n0")
	n.Hold(0, "n1", true)
	n.Release(0, "n1")
	n.Release(0, "n0")
	require.False(t, n.Has("n1"))
}

const sec = time.Second

// fates counts what becomes of so many messages from n0 to n1, one each
// millisecond, and of as many from a client.
func fates(t require.TestingT, latency Latency, f Faults, count int) (lost, copies, servers, clients int, order []int64, latencies []time.Duration) {
	w := &watch{delivered: func(m run.Message) {
		switch {
		case m.Src == "c0":
			clients++
		case m.Copy:
			copies++
		default:
			servers++
			order = append(order, m.ID)
			latencies = append(latencies, m.Delivered-m.Sent)
		}
	}, dropped: func(run.Message) { lost++ }}
	n := build(latency, w, "n0", "n1", "n2", "c0")
	n.SetFaults(f, newSource(7))
	for i := range count {
		now := time.Duration(i) * ms
		n.Advance(now)
		send(t, n, now, "n0", "n1")
		send(t, n, now, "c0", "n2")
	}
	drain(n)
	return
}

func TestFaultsStrikeAsOftenAsTheirRatesSayAndSpareClients(t *testing.T) {
	const count = 10000
	rates := Faults{Loss: 0.3, Duplicate: 0.2}
	lost, copies, servers, clients, _, _ := fates(t, Latency{}, rates, count)
	require.InDelta(t, 0.3*count, lost, 150)
	require.Equal(t, count, servers+lost)
	require.InDelta(t, 0.2*0.7*count, copies, 120)
	require.Equal(t, count, clients)
}

func TestReorderedMessagesOvertakeOthersAndTheMeanLatencyStays(t *testing.T) {
	for _, mean := range []time.Duration{0, 40 * ms} {
		_, _, servers, _, order, latencies := fates(t, Latency{Mean: mean}, Faults{Reorder: 0.5}, 5000)
		require.Equal(t, 5000, servers)
		require.False(t, slices.IsSorted(order))
		require.Less(t, slices.Max(latencies), 2*max(mean, leastReorder)+mean+ms)
	}
	_, _, _, _, order, _ := fates(t, Latency{Mean: 40 * ms}, Faults{}, 1000)
	require.True(t, slices.IsSorted(order))
}

func TestDelayedMessagesTakeLonger(t *testing.T) {
	_, _, _, _, _, latencies := fates(t, Latency{Mean: 10 * ms}, Faults{Delay: 1, DelayMean: 300 * ms}, 1)
	require.Greater(t, latencies[0], 10*ms)
	_, _, servers, _, _, latencies := fates(t, Latency{Mean: 10 * ms}, Faults{Delay: 0.1, DelayMean: 300 * ms}, 5000)
	require.Equal(t, 5000, servers)
	require.Greater(t, slices.Max(latencies), 600*ms)
}

func TestADelayedMessageHoldsUpNobody(t *testing.T) {
	n := build(Latency{Mean: 10 * ms}, nil, "n0", "n1", "c0")
	n.SetFaults(Faults{Delay: 1, DelayMean: time.Hour}, newSource(1))
	send(t, n, 0, "n0", "n1")
	n.SetFaults(Faults{}, nil)
	send(t, n, 0, "n0", "n1")
	send(t, n, 20*ms, "c0", "n1")
	got := drain(n)
	require.Equal(t, []string{"1@10ms", "2@20ms"}, got[:2])
	require.Len(t, got, 3)
}

func TestFaultsDoNotChangeTheLatenciesOfOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		latency := Latency{Mean: 50 * ms, Dist: Exponential}
		n := rapid.IntRange(1, 50).Draw(t, "messages")
		when := func(f Faults) map[int64]time.Duration {
			out := map[int64]time.Duration{}
			net := build(latency, &watch{delivered: func(m run.Message) {
				if !m.Copy {
					out[m.ID] = m.Delivered
				}
			}, dropped: func(run.Message) {}}, "n0", "n1")
			net.SetFaults(f, newSource(3))
			for i := range n {
				now := time.Duration(i) * sec
				net.Advance(now)
				send(t, net, now, "n0", "n1")
				drain(net)
			}
			return out
		}
		plain, lossy := when(Faults{}), when(Faults{Loss: 0.5})
		for id, at := range lossy {
			require.Equal(t, plain[id], at)
		}
	})
}

// watch is an observer made of functions.
type watch struct{ delivered, dropped func(run.Message) }

func (w *watch) Sent(run.Message)                       {}
func (w *watch) Delivered(m run.Message)                { w.delivered(m) }
func (w *watch) Dropped(m run.Message, _ time.Duration) { w.dropped(m) }
