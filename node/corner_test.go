package node

// Corners that were once cut. They use the helpers of the suite beside them.

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/app"
	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/node/stdin"
	"treecast/wire"
)

// Views are read while the list grows.
func TestState_viewsAreReadWhileItGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := RunNode(t)
		go func() {
			r.Send(InitLine(0, "n0", "n0"))
			for i := range 500 {
				r.Send(BroadcastLine("n0", 2*i, fmt.Sprint(i)), ReadLine("n0", 2*i+1))
			}
			_ = r.Stdin.Close()
		}()
		_, err := r.Rest(r.Speech())
		require.NoError(t, err)
	})
}

// Gossip that is due is not put off for an hour.
func TestGossiper_isDueOnTime(t *testing.T) {
	r := StartedRig(t, IDs(2))
	now := 10 * time.Second
	// A peer that means a former life of ours: we owe it our vector at once.
	r.AdmitLines(now, Say("n1", "n0", `{"type":"gossip","e":5,"f":0,"w":true,"p":true,"b":1}`))
	m, _ := r.gossipInbox.TryNext()
	r.gossiper.service.Step(&service.In{Now: now, Message: &service.Message{From: m.from, Body: m.body}}) // there is no room
	r.gossipInbox.Done()
	require.NotZero(t, r.outbox.room())
	// What serve sets its timer to, if the room came back between step
	// and next.
	wait := min(max(r.gossiper.next(now)-now, 0), time.Hour)
	require.Zero(t, wait)
}

// A value that is stored before gossip begins is told anyway.
func TestGossiper_sendsValuesStoredBeforeItBegan(t *testing.T) {
	c := &Cluster{t: t, Names: IDs(2), Rigs: map[string]*Rig{}, Latency: 10 * time.Millisecond}
	for i := range 2 {
		c.Boot(i, i)
	}
	late := NewRig(t)
	late.AdmitLines(0, InitLine(0, "n0", IDs(2)...), BroadcastLine("n0", 1, "7"))
	late.WorkStore(0) // the gossip service has not run yet
	c.Rigs["n0"] = late
	c.Settle()
	c.Run(time.Minute)
	c.RequireValues("7")
}

// The smallest output queue still serves.
func TestOutput_servesWithTheSmallestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := RunNode(t, func(c *Config) { c.Queues = map[string]QueueSizes{"output": {Preferred: 1, Capacity: 4}} })
		said := r.Collect()
		go r.Send(InitLine(0, "n0", "n0"))
		Pass(time.Minute)
		require.Len(t, said.Take(), 1, "init_ok")
	})
}

// The intake counts the bytes that it keeps alive.
func TestIntake_countsBytesItKeepsAlive(t *testing.T) {
	r := StartedRig(t, IDs(1))
	r.AdmitLines(0, Say("c1", "n0", `{"type":"broadcast","message":1,"msg_id":1,"pad":"`+strings.Repeat("x", 1<<20)+`"}`))
	j, ok := r.intakeInbox.TryNext()
	for ; ok && j.kind != workRequest; j, ok = r.intakeInbox.TryNext() {
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	runtime.KeepAlive(&j)
	j = workItem{}
	runtime.GC()
	runtime.ReadMemStats(&after)
	freed := int64(before.HeapAlloc) - int64(after.HeapAlloc)
	require.Less(t, freed, int64(1<<19), "a value of one byte keeps its whole body alive, which the budget takes for one byte")
}

// Replies that wait are bounded in bytes.
func TestOutbox_boundsBytesOfReplies(t *testing.T) {
	r := StartedRig(t, IDs(1))
	r.outbox.replies.limit = 1 << 20
	echo := Say("c1", "n0", `{"type":"echo","msg_id":1,"echo":"`+strings.Repeat("x", 1<<16)+`"}`)
	for range 100 { // stdout stands still
		r.AdmitLines(0, echo)
	}
	require.LessOrEqual(t, r.outbox.replies.used.Load(), int64(1<<20))
	require.Equal(t, uint64(85), r.counters.droppedReplies.Load())
	require.Len(t, r.Write(0), 15)
	require.Zero(t, r.outbox.replies.used.Load(), "what is written waits no more")
}

// A late echo is not written.
func TestOutput_dropsALateEcho(t *testing.T) {
	r := StartedRig(t, IDs(1))
	r.AdmitLines(0, Say("c1", "n0", `{"type":"echo","echo":1,"msg_id":1}`))
	require.Empty(t, r.Settle(10*time.Second))
}

// What waited during a stop is not answered with an error either.
func TestIntake_noErrorAfterAStop(t *testing.T) {
	r := StartedRig(t, IDs(1))
	deep := strings.Repeat("[", wire.MaxValueDepth+1) + strings.Repeat("]", wire.MaxValueDepth+1)
	r.Feed(0, stdin.MaybeGone, BroadcastLine("n0", 1, deep))
	require.Empty(t, r.Settle(0), "too deep")
	r.Feed(0, stdin.MaybeGone, Say("c1", "n0", `{"type":"broadcast","msg_id":1}`))
	require.Empty(t, r.Settle(0), "no message")
	r.Feed(0, stdin.MaybeGone, BroadcastLine("n0", 1, `"`+strings.Repeat("x", r.cfg.MaxLineBytes-4096)+`"`))
	require.Empty(t, r.Settle(0), "too large")
	r.Feed(0, stdin.MaybeGone, Say("c1", "n0", `{"type":"echo","echo":1,"msg_id":1}`))
	require.Empty(t, r.Settle(0), "an echo is as fatal as a broadcast_ok")
}

// The store does not spin when the output has failed.
func TestStore_doesNotSpinWithoutOutput(t *testing.T) {
	r := newReaderRig(t)
	for r.outputQueue.Offer(0, outgoing{kind: replyError, refusal: &refusal{}}) {
	}
	r.intakeQueue.Offer(0, workItem{kind: workRequest, call: app.Call{Class: app.Read}})
	asked := 0
	r.driver.now = func() time.Duration {
		if asked++; asked > 100_000 {
			runtime.Goexit()
		}
		return time.Minute
	}
	r.output.writing.Store(int64(time.Minute)) // the item that failed
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.serve(ctx, r.store)
	}()
	<-done
	require.Less(t, asked, 1000, "it waits without waiting for a second")
}

// One round of gossip stays within the output's bytes.
func TestGossiper_roundStaysWithinOutputBytes(t *testing.T) {
	r := StartedRig(t, IDs(200), func(c *Config) { c.NumChildren = 199 })
	value := `"` + strings.Repeat("x", 40_000) + `"`
	for i := range 30 {
		r.AdmitLines(0, BroadcastLine("n0", i, strings.Replace(value, "x", string(rune('a'+i)), 1)))
	}
	r.Work(0)
	r.Write(0)
	r.Work(10 * time.Second)
	require.LessOrEqual(t, r.outbox.gossip.used.Load(), int64(maxOutputBytes+gossip.MaxLineBytes))
}

// Health tells the gossip of now and not of the last message.
func TestHealth_gossipIsUpToDate(t *testing.T) {
	c := NewCluster(t, 2)
	c.Client(BroadcastLine("n0", 1, "1"))
	c.Run(time.Hour)
	require.Equal(t, 1, c.Rigs["n1"].state.log.Len())
	c.Rigs["n0"].AdmitLines(c.Now, Say("c1", "n0", `{"type":"health","msg_id":5}`))
	out := c.Rigs["n0"].Write(c.Now)
	require.Contains(t, out[0], `"unacked_links":0`)
}

// A report that is stale keeps no gate closed.
func TestGates_openWhenReportsAreStale(t *testing.T) {
	r := tinyRig(t)
	r.AdmitLines(0, ReadLine("n0", 1), ReadLine("n0", 2), ReadLine("n0", 3))
	r.beat(100*time.Millisecond, 2*time.Second)
	r.Settle(2 * time.Second)
	now := 2*time.Second + r.monitor.Stale() + time.Millisecond // no poll since: the process was stopped
	for range 3 {
		out := r.Ask(now, BroadcastLine("n0", 1, "1"))
		require.Contains(t, out[0], "broadcast_ok")
		now += time.Millisecond
	}
}

// A logger with attributes keeps the quota.
func TestQuota_holdsWithAttributes(t *testing.T) {
	var out strings.Builder
	l := newQuota(testLogger(&out), 3, time.Hour).With("a", 1).WithGroup("g")
	for range 10 {
		l.Warn("x")
	}
	require.Equal(t, 3, strings.Count(out.String(), "\n"))
}

// MAELSTROM.md: after a restart, too.
func TestReader_restartStoresAndDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := RunNode(t)
		go func() {
			r.Send(InitLine(500, "n0", "n0"), BroadcastLine("n0", 1, "1"), ReadLine("n0", 2)) // in one piece
			_ = r.Stdin.Close()
		}()
		replies, err := r.Rest(r.Speech())
		require.NoError(t, err)
		for _, reply := range replies {
			require.NotEqual(t, "broadcast_ok", reply.Body.Type)
		}
	})
}

// A stdout that moves slowly is not one that stands still.
func TestReader_waitsForASlowStdout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Stalled(t)
		s := r.Speech()
		r.Pour(InitLine(0, "n0", "n0") + "\n" + ManyBroadcasts(20_000))
		for range 20_001 {
			s.Next(t)
		}
		// A reply of 110 KB, and more requests behind it; stdout takes 80 KB a
		// second, a piece every 50 ms.
		r.Pour(ReadLine("n0", 1) + "\n" + ManyBroadcasts(500))
		s.Lines.Reset(Chunked{r.Stdout, 4096, func() { <-time.After(50 * time.Millisecond) }})
		for range 501 {
			s.Next(t)
			require.Zero(t, r.counters.droppedReplies.Load(), "stdout moves twenty times a second")
		}
	})
}

// A request before the end of stdin is not refused because of it.
func TestIntake_lastRequestIsNotRefused(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			r := RunNode(t)
			go func() {
				r.Send(InitLine(0, "n0", "n0"), ReadLine("n0", 1))
				_ = r.Stdin.Close()
			}()
			replies, err := r.Rest(r.Speech())
			require.NoError(t, err)
			require.Len(t, replies, 2)
			require.Equal(t, "read_ok", replies[1].Body.Type, replies[1].Line)
		})
	}
}

// What is taken from a peer can be told to another.
func TestGossiper_canPassOnWhatItAccepts(t *testing.T) {
	m, err := codec.NewDecoder(nil).Message([]byte(`{"type":"gossip","e":5,"b":1,"runs":[{"o":"n1","l":"x","c":9223372036854775807,"v":[1,2]}]}`))
	if err != nil {
		return // refused: just as well
	}
	held := gossip.NewDigest()
	for i := range m.Runs[0].Values {
		held.Add(m.Runs[0].Origin, m.Runs[0].First+uint64(i))
	}
	part := gossip.DigestPart{Exchange: 1, Parts: 1, Lines: held.Lines()}
	_, err = codec.NewDecoder(nil).Message(codec.Append(nil, &gossip.Message{Incarnation: 1, Digest: &part}))
	require.NoError(t, err, "our vector must be readable, or it is sent for ever")
}

// What a client sends is not quoted at any length.
func TestIntake_quotesAreShort(t *testing.T) {
	r := StartedRig(t, IDs(1))
	out := r.Ask(0, Say("c1", "n0", `{"type":"`+strings.Repeat("x", 1<<20)+`","msg_id":1}`))
	require.Less(t, len(out[0]), 4096)
	r.Ask(0, Say("c1", "n7", `{"type":"`+strings.Repeat("x", 1<<20)+`","msg_id":1}`))
	require.Less(t, r.Logs.Len(), 8192)
}

// Settings that gossip refuses are reported when the node is made.
func TestConfig_refusesWhatGossipRefuses(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"ack delay": func(c *Config) { c.AckDelay = -1 },
		"rounds":    func(c *Config) { c.Rounds = 9 },
		"target":    func(c *Config) { c.LatencyTarget = -1 },
	} {
		cfg := goodConfig()
		change(&cfg)
		_, err := New(cfg, io.Discard)
		require.Error(t, err, "%s: the node would run without gossip", name)
	}
}

// A short line limit leaves room for values.
func TestConfig_shortLinesLeaveRoomForValues(t *testing.T) {
	r := StartedRig(t, IDs(1), func(c *Config) { c.MaxLineBytes = 4096 })
	require.Contains(t, r.Ask(0, BroadcastLine("n0", 1, "1"))[0], "broadcast_ok")
}

// A refusal is counted even if it is not told.
func TestIntake_countsRefusalsWithoutReply(t *testing.T) {
	r := tinyRig(t)
	for i := range 5 {
		r.Feed(0, stdin.MaybeGone, BroadcastLine("n0", i, fmt.Sprint(i)))
	}
	require.Equal(t, uint64(1), r.counters.refusedFull.Load())
}

func testLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
