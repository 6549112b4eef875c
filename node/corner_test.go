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

	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/node/stdin"
	"treecast/wire"
)

func TestViewsAreReadWhileTheListGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		go func() {
			r.write(initLine(0, "n0", "n0"))
			for i := range 500 {
				r.write(broadcastLine("n0", 2*i, fmt.Sprint(i)), readLine("n0", 2*i+1))
			}
			_ = r.stdin.Close()
		}()
		_, err := r.rest(r.speech())
		require.NoError(t, err)
	})
}

func TestGossipThatIsDueIsNotPutOffForAnHour(t *testing.T) {
	r := startedRig(t, ids(2))
	now := 10 * time.Second
	// A peer that means a former life of ours: we owe it our vector at once.
	r.admit(now, say("n1", "n0", `{"type":"gossip","e":5,"f":0,"w":true,"p":true,"b":1}`))
	m, _ := r.gossipInbox.TryNext()
	r.gossiper.service.Step(&service.In{Now: now, Message: &service.Message{From: m.from, Body: m.body}}) // there is no room
	r.gossipInbox.Done()
	require.NotZero(t, r.outbox.room())
	// What serve sets its timer to, if the room came back between step
	// and next.
	wait := min(max(r.gossiper.next(now)-now, 0), time.Hour)
	require.Zero(t, wait)
}

func TestAValueThatIsStoredBeforeGossipBeginsIsToldAllTheSame(t *testing.T) {
	c := &cluster{t: t, names: ids(2), rigs: map[string]*rig{}, latency: 10 * time.Millisecond}
	for i := range 2 {
		c.boot(i, i)
	}
	late := newRig(t)
	late.admit(0, initLine(0, "n0", ids(2)...), broadcastLine("n0", 1, "7"))
	late.workRecord(0) // the gossip service has not run yet
	c.rigs["n0"] = late
	c.settle()
	c.run(time.Minute)
	c.requireValues("7")
}

func TestTheSmallestOutputQueueStillServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t, func(c *Config) { c.Queues = map[string]QueueSizes{"output": {Preferred: 1, Capacity: 4}} })
		said := r.collect()
		go r.write(initLine(0, "n0", "n0"))
		pass(time.Minute)
		require.Len(t, said.take(), 1, "init_ok")
	})
}

func TestTheIntakeCountsTheBytesThatItKeepsAlive(t *testing.T) {
	r := startedRig(t, ids(1))
	r.admit(0, say("c1", "n0", `{"type":"broadcast","message":1,"msg_id":1,"pad":"`+strings.Repeat("x", 1<<20)+`"}`))
	j, ok := r.intakeInbox.TryNext()
	for ; ok && j.kind != workBroadcast; j, ok = r.intakeInbox.TryNext() {
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

func TestRepliesThatWaitAreBoundedInBytes(t *testing.T) {
	r := startedRig(t, ids(1))
	r.outbox.replies.limit = 1 << 20
	echo := say("c1", "n0", `{"type":"echo","msg_id":1,"echo":"`+strings.Repeat("x", 1<<16)+`"}`)
	for range 100 { // stdout stands still
		r.admit(0, echo)
	}
	require.LessOrEqual(t, r.outbox.replies.used.Load(), int64(1<<20))
	require.Equal(t, uint64(85), r.counters.droppedReplies.Load())
	require.Len(t, r.write(0), 15)
	require.Zero(t, r.outbox.replies.used.Load(), "what is written waits no more")
}

func TestALateEchoIsNotWritten(t *testing.T) {
	r := startedRig(t, ids(1))
	r.admit(0, say("c1", "n0", `{"type":"echo","echo":1,"msg_id":1}`))
	require.Empty(t, r.settle(10*time.Second))
}

func TestWhatWaitedDuringAStopIsNotAnsweredWithAnErrorEither(t *testing.T) {
	r := startedRig(t, ids(1))
	deep := strings.Repeat("[", wire.MaxValueDepth+1) + strings.Repeat("]", wire.MaxValueDepth+1)
	r.feed(0, stdin.MaybeGone, broadcastLine("n0", 1, deep))
	require.Empty(t, r.settle(0), "too deep")
	r.feed(0, stdin.MaybeGone, say("c1", "n0", `{"type":"broadcast","msg_id":1}`))
	require.Empty(t, r.settle(0), "no message")
	r.feed(0, stdin.MaybeGone, broadcastLine("n0", 1, `"`+strings.Repeat("x", r.cfg.MaxLineBytes-4096)+`"`))
	require.Empty(t, r.settle(0), "too large")
	r.feed(0, stdin.MaybeGone, say("c1", "n0", `{"type":"echo","echo":1,"msg_id":1}`))
	require.Empty(t, r.settle(0), "an echo is as fatal as a broadcast_ok")
}

func TestTheRecordDoesNotSpinWhenTheOutputHasFailed(t *testing.T) {
	r := newReaderRig(t)
	for r.outputQueue.Offer(0, outgoing{kind: replyRead}) {
	}
	r.intakeQueue.Offer(0, workItem{kind: workRead})
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

func TestOneRoundOfGossipStaysWithinTheOutputsBytes(t *testing.T) {
	r := startedRig(t, ids(200), func(c *Config) { c.NumChildren = 199 })
	value := `"` + strings.Repeat("x", 40_000) + `"`
	for i := range 30 {
		r.admit(0, broadcastLine("n0", i, strings.Replace(value, "x", string(rune('a'+i)), 1)))
	}
	r.work(0)
	r.write(0)
	r.work(10 * time.Second)
	require.LessOrEqual(t, r.outbox.gossip.used.Load(), int64(maxOutputBytes+gossip.MaxLineBytes))
}

func TestHealthTellsTheGossipOfNowAndNotOfTheLastMessage(t *testing.T) {
	c := newCluster(t, 2)
	c.client(broadcastLine("n0", 1, "1"))
	c.run(time.Hour)
	require.Equal(t, 1, c.rigs["n1"].state.log.Len())
	c.rigs["n0"].admit(c.now, say("c1", "n0", `{"type":"health","msg_id":5}`))
	out := c.rigs["n0"].write(c.now)
	require.Contains(t, out[0], `"unacked_links":0`)
}

func TestAReportThatIsStaleKeepsNoGateClosed(t *testing.T) {
	r := tinyRig(t)
	r.admit(0, readLine("n0", 1), readLine("n0", 2), readLine("n0", 3))
	r.beat(100*time.Millisecond, 2*time.Second)
	r.settle(2 * time.Second)
	now := 2*time.Second + r.monitor.Stale() + time.Millisecond // no poll since: the process was stopped
	for range 3 {
		out := r.ask(now, broadcastLine("n0", 1, "1"))
		require.Contains(t, out[0], "broadcast_ok")
		now += time.Millisecond
	}
}

func TestALoggerWithAttributesKeepsTheQuota(t *testing.T) {
	var out strings.Builder
	l := newQuota(testLogger(&out), 3, time.Hour).With("a", 1).WithGroup("g")
	for range 10 {
		l.Warn("x")
	}
	require.Equal(t, 3, strings.Count(out.String(), "\n"))
}

// MAELSTROM.md: after a restart, too.
func TestAfterARestartWhatWaitedOnStdinIsStoredAndNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		go func() {
			r.write(initLine(500, "n0", "n0"), broadcastLine("n0", 1, "1"), readLine("n0", 2)) // in one piece
			_ = r.stdin.Close()
		}()
		replies, err := r.rest(r.speech())
		require.NoError(t, err)
		for _, reply := range replies {
			require.NotEqual(t, "broadcast_ok", reply.Body.Type)
		}
	})
}

func TestAStdoutThatMovesSlowlyIsNotOneThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := stalled(t)
		s := r.speech()
		r.pour(initLine(0, "n0", "n0") + "\n" + manyBroadcasts(20_000))
		for range 20_001 {
			s.next(t)
		}
		// A reply of 110 KB, and more requests behind it; stdout takes 80 KB a
		// second, a piece every 50 ms.
		r.pour(readLine("n0", 1) + "\n" + manyBroadcasts(500))
		s.lines.Reset(chunked{r.stdout, 4096, func() { <-time.After(50 * time.Millisecond) }})
		for range 501 {
			s.next(t)
			require.Zero(t, r.counters.droppedReplies.Load(), "stdout moves twenty times a second")
		}
	})
}

func TestARequestBeforeTheEndOfStdinIsNotRefusedBecauseOfIt(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			r := runNode(t)
			go func() {
				r.write(initLine(0, "n0", "n0"), readLine("n0", 1))
				_ = r.stdin.Close()
			}()
			replies, err := r.rest(r.speech())
			require.NoError(t, err)
			require.Len(t, replies, 2)
			require.Equal(t, "read_ok", replies[1].Body.Type, replies[1].line)
		})
	}
}

func TestWhatIsTakenFromAPeerCanBeToldToAnother(t *testing.T) {
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

func TestWhatAClientSendsIsNotQuotedAtAnyLength(t *testing.T) {
	r := startedRig(t, ids(1))
	out := r.ask(0, say("c1", "n0", `{"type":"`+strings.Repeat("x", 1<<20)+`","msg_id":1}`))
	require.Less(t, len(out[0]), 4096)
	r.ask(0, say("c1", "n7", `{"type":"`+strings.Repeat("x", 1<<20)+`","msg_id":1}`))
	require.Less(t, r.logs.Len(), 8192)
}

func TestSettingsThatGossipRefusesAreReportedWhenTheNodeIsMade(t *testing.T) {
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

func TestAShortLineLimitLeavesRoomForValues(t *testing.T) {
	r := startedRig(t, ids(1), func(c *Config) { c.MaxLineBytes = 4096 })
	require.Contains(t, r.ask(0, broadcastLine("n0", 1, "1"))[0], "broadcast_ok")
}

func TestARefusalIsCountedEvenIfItIsNotTold(t *testing.T) {
	r := tinyRig(t)
	for i := range 5 {
		r.feed(0, stdin.MaybeGone, broadcastLine("n0", i, fmt.Sprint(i)))
	}
	require.Equal(t, uint64(1), r.counters.refusedFull.Load())
}

func testLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
