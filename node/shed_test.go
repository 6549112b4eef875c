package node

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What is shed, in which order, and what never is. Refusals by a full intake and
// by a closed gate are in overload_test.go, deltas at hard capacity in
// gossiper_test.go; acks, probes and vectors without a permit in package gossip.

// behind is a node whose record is busy, and slow.
func behind(t *testing.T, change ...func(*Config)) *Rig {
	r := StartedRig(t, IDs(2), change...)
	for i := range 400 {
		r.AdmitLines(0, BroadcastLine("n0", i, fmt.Sprint(i)))
	}
	r.Poll(0)
	for now := 100 * time.Millisecond; now <= 300*time.Millisecond; now += 100 * time.Millisecond {
		for range 10 {
			j, ok := r.intakeInbox.TryNext()
			require.True(t, ok)
			r.store.handle(now, &j)
		}
		r.Poll(now)
	}
	r.Write(300 * time.Millisecond)
	return r
}

// A broadcast whose answer would take too long is refused first and alone.
func TestShed_longWaitRefusesBroadcastsOnly(t *testing.T) {
	r := behind(t)
	require.InDelta(t, 3.7, r.wait().Seconds(), 0.4, "370 items at some 100 per second")
	r.AdmitLines(300*time.Millisecond, BroadcastLine("n0", 900, "900"), Say("c1", "n0", `{"type":"topology","msg_id":901}`),
		Say("c1", "n0", `{"type":"health","msg_id":902}`), Say("c1", "n0", `{"type":"echo","echo":1,"msg_id":903}`))
	out := r.Write(300 * time.Millisecond)
	require.Len(t, out, 4)
	require.Equal(t, Say("n0", "c1", `{"type":"error","in_reply_to":900,"code":11,"text":"overloaded: an answer would take longer than 500ms; try again"}`), out[0])
	require.Contains(t, out[1], "topology_ok")
	require.Contains(t, out[2], `"refused_by_wait":1`)
	require.Contains(t, out[3], "echo_ok")

	depth := r.intakeQueue.Depth()
	r.AdmitLines(300*time.Millisecond, ReadLine("n0", 904))
	require.Equal(t, depth+1, r.intakeQueue.Depth(), "a read waits")
	require.Equal(t, uint64(1), r.counters.refusedByWait.Load())

	// A hundred and a few may wait however long that seems to take.
	for r.intakeQueue.Depth() > fewWaiting {
		j, _ := r.intakeInbox.TryNext()
		r.store.handle(time.Second, &j)
	}
	r.intakeInbox.Done()
	r.Write(time.Second)
	r.AdmitLines(time.Second, BroadcastLine("n0", 905, "905"))
	require.Empty(t, r.Write(time.Second), "it is taken")
}

// No wait is too long where that is switched off.
func TestShed_canBeSwitchedOff(t *testing.T) {
	r := behind(t, func(c *Config) { c.MaxWait = Never })
	r.AdmitLines(300*time.Millisecond, BroadcastLine("n0", 900, "900"))
	require.Empty(t, r.Write(300*time.Millisecond))
}

// The reader takes no more than stdout is expected to take.
func TestShed_readerWaitsForStdout(t *testing.T) {
	r := StartedRig(t, IDs(1))
	for i := range 300 {
		r.AdmitLines(0, Say("c1", "n0", fmt.Sprintf(`{"type":"echo","echo":1,"msg_id":%d}`, i)))
	}
	require.True(t, r.Admits(), "nothing is known of stdout yet")
	r.Poll(0)
	handle := func(now time.Duration, n int) {
		for range n {
			item, ok := r.outputInbox.TryNext()
			require.True(t, ok)
			require.NoError(t, r.output.handle(now, &item))
		}
		r.outputInbox.Done()
	}
	handle(100*time.Millisecond, 50)
	r.Poll(100 * time.Millisecond)
	require.False(t, r.Admits(), "250 at 500 per second")
	handle(200*time.Millisecond, 122)
	require.True(t, r.Admits(), "128 may wait however long")
	handle(200*time.Millisecond, 128)
	require.True(t, r.Admits(), "stdout has nothing to do")
}

// Work that the node starts by itself is put off while it is unhealthy.
func TestShed_ownWorkIsPutOff(t *testing.T) {
	var logs bytes.Buffer
	r := StartedRig(t, IDs(2), Tiny, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.OwnThreshold = 2 * time.Second
	})
	log := r.cfg.Log.With("a", 1).WithGroup("g")
	r.AdmitLines(0, ReadLine("n0", 1), ReadLine("n0", 2), ReadLine("n0", 3)) // one more than preferred
	r.beat(100*time.Millisecond, 1500*time.Millisecond)
	require.False(t, r.gates.clients.Open(1500*time.Millisecond), "clients are refused no later")
	require.True(t, r.gates.own.Open(1500*time.Millisecond))
	log.Debug("one")
	r.beat(1600*time.Millisecond, 2100*time.Millisecond)
	require.False(t, r.gates.own.Open(2100*time.Millisecond))
	log.Debug("two")
	log.Info("three")
	require.False(t, log.Enabled(context.Background(), slog.LevelDebug))
	r.Settle(2150 * time.Millisecond)
	r.beat(2200*time.Millisecond, 2200*time.Millisecond)
	require.True(t, r.gates.own.Open(2200*time.Millisecond))
	log.Debug("four")
	require.Contains(t, logs.String(), "msg=one")
	require.NotContains(t, logs.String(), "msg=two")
	require.Contains(t, logs.String(), "msg=three")
	require.Contains(t, logs.String(), "msg=four")
}

// Bytes that wait make the node unhealthy as items do.
func TestShed_bytesMakeUnhealthyToo(t *testing.T) {
	r := StartedRig(t, IDs(2))
	r.intakeBytes.limit = 1000
	r.AdmitLines(0, BroadcastLine("n0", 1, `"`+strings.Repeat("x", 600)+`"`))
	report, _ := r.Poll(100 * time.Millisecond)
	require.Equal(t, "intake bytes", report.Worst)
	r.Settle(100 * time.Millisecond)
	report, _ = r.Poll(200 * time.Millisecond)
	require.Zero(t, report.Unhealthy)
}

// With fewer permits the same values go in fewer and larger deltas, though a permit that
// comes back goes to the next link at once.
func TestShed_deltasMergeAsPermitsGo(t *testing.T) {
	deltas := func(permits int) (messages, entries int) {
		c := NewCluster(t, 5, func(cfg *Config) {
			cfg.NumChildren = 4
			cfg.Permits.Total = permits
			cfg.Permits.Grace, cfg.Permits.RevokePerSecond, cfg.Permits.ReturnPerSecond = time.Second, 5, 1
			cfg.Permits.MinimumHealthy, cfg.Permits.Timeout = 1, 5*time.Second
		})
		c.Run(2 * time.Second)
		var want []string
		for i := range 100 {
			c.Client(BroadcastLine("n0", i, fmt.Sprint(i)))
			want = append(want, fmt.Sprint(i))
			c.Run(c.Now + 50*time.Millisecond)
		}
		c.Run(c.Now + 20*time.Second)
		c.RequireValues(want...)
		for _, p := range c.Between {
			if n := GossipOf(t, p.Line).Entries(); p.From == "n0" && n > 0 {
				messages++
				entries += n
			}
		}
		return messages, entries
	}
	many, all := deltas(4)
	few, same := deltas(1)
	require.Equal(t, 400, all)
	require.Equal(t, 400, same, "nothing is lost, nothing goes twice")
	require.Less(t, 3*few, 2*many)
}

// Nothing touches a healthy node.
func TestShed_healthyNodeIsUntouched(t *testing.T) {
	r := StartedRig(t, IDs(2))
	for now := time.Duration(0); now < time.Minute; now += 100 * time.Millisecond {
		r.Ask(now, BroadcastLine("n0", int(now), fmt.Sprint(int(now))))
		r.storedSignal.clear() // what the store has said
		report, publish := r.Poll(now)
		require.Zero(t, report.Unhealthy)
		require.Equal(t, now%time.Second == 0, publish, "once a second, and only then")
		require.False(t, r.storedSignal.pending.Load(), "gossip is not woken for it")
	}
	require.True(t, r.gates.clients.Figures(time.Minute).Open)
	require.Zero(t, r.gates.clients.Figures(time.Minute).Closings)
	for _, f := range r.counters.figures() {
		require.Zero(t, f.count, f.name)
	}
}
