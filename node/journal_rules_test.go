package node

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/wire"
)

// What waits for the disk is written together, and let out together.
func TestJournal_commitsInGroups(t *testing.T) {
	r := StartedRig(t, IDs(2), KeptBy(Memory()))
	for i := range 100 {
		r.AdmitLines(0, BroadcastLine("n0", i, fmt.Sprint(i)))
	}
	r.WorkStore(0)
	require.True(t, r.journaler.step(0))
	require.EqualValues(t, 1, r.journaler.figures.appends.Load())
	require.Equal(t, 100, strings.Count(strings.Join(r.Write(0), ""), "broadcast_ok"))
	require.False(t, r.journaler.step(0))
}

// A value's way is a straight line: what a service has let out does not come back to
// it.
func TestJournal_nothingComesBackToTheStore(t *testing.T) {
	r := StartedRig(t, IDs(2), KeptBy(Memory()))
	r.AdmitLines(0, BroadcastLine("n0", 1, "1"))
	j := deliveryOf(3, entry(1, "10"))
	r.WorkStore(0)
	r.store.handle(0, &j)
	steps := r.intakeQueue.Figures(0).Out
	require.True(t, r.journaler.step(0))
	require.Equal(t, Never, r.store.Next(0))
	require.Equal(t, steps, r.intakeQueue.Figures(0).Out)
	require.Zero(t, r.intakeQueue.Depth())
	require.Equal(t, 2, r.state.log.Len())
	require.Len(t, r.storedSignal.take(nil), 1)
}

// The store never waits for the journal: where that has no room, what would have to
// go there is refused or dropped, and all else goes on.
func TestJournal_aFullQueueKeepsNobodyWaiting(t *testing.T) {
	r := StartedRig(t, IDs(2), KeptBy(Memory()), func(c *Config) { c.Queues = map[string]QueueSizes{"journal": {1, 2}} })
	r.AdmitLines(0, BroadcastLine("n0", 1, "1"), BroadcastLine("n0", 2, "2"), BroadcastLine("n0", 3, "3"), ReadLine("n0", 4))
	r.WorkStore(0)
	said := r.Write(0)
	require.Len(t, said, 2)
	require.Contains(t, said[0], `"in_reply_to":3,"code":11`)
	require.Contains(t, said[1], `"messages":[]`)
	j := deliveryOf(3, entry(1, "10"))
	require.True(t, r.intakeBytes.take(5))
	j.bytes = 5
	r.store.handle(0, &j)
	require.EqualValues(t, 1, r.counters.droppedDeliveries.Load(), "it is not acked, so it comes again")

	require.Equal(t, 2, strings.Count(strings.Join(r.Settle(0), ""), "broadcast_ok"))
	require.Contains(t, r.Ask(0, BroadcastLine("n0", 5, "5"))[0], "broadcast_ok")
	require.EqualValues(t, 3, r.state.log.At(2).Counter, "a refusal takes no counter")
	require.Zero(t, r.intakeBytes.used.Load())
}

// A write that hangs keeps back what is to be durable, and nothing else.
func TestJournal_aWriteThatHangsHoldsUpNoOtherAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{Memory: Memory()}
		r := RunNode(t, KeptBy(d))
		free := true
		d.during = func() {
			if free = r.state.mu.TryLock(); !free {
				d.hang = 0 // or nothing here would ever end
				return
			}
			r.state.mu.Unlock()
		}
		said := r.Collect()
		r.Send(InitLine(0, "n0", "n0", "n1"))
		Pass(time.Second)
		require.Equal(t, []string{"broadcast_ok"}, r.Ask(said, BroadcastLine("n0", 1, "1")))
		Pass(2 * time.Second)
		d.hang = 10 * time.Second
		require.Empty(t, r.Ask(said, BroadcastLine("n0", 2, "2")), "it is to be written")
		require.True(t, free, "the state is not locked for as long as a write takes")
		for i := range 9 {
			begin := time.Now()
			for _, line := range []string{
				ReadLine("n0", 10+i), Say("c1", "n0", `{"type":"health","msg_id":3}`), Say("c1", "n0", `{"type":"topology","msg_id":3}`),
				Say("c1", "n0", `{"type":"echo","echo":1,"msg_id":3}`), Say("c1", "n0", `{"type":"broadcast","msg_id":3}`), Say("c1", "n0", `{"type":"what","msg_id":3}`),
			} {
				require.Len(t, r.Ask(said, line), 1, line)
			}
			require.NotNil(t, r.Health())
			require.Less(t, time.Since(begin), 50*time.Millisecond)
			if i > 3 {
				require.Equal(t, []string{"error"}, r.Ask(said, BroadcastLine("n0", 100+i, "3")), "the node is unhealthy, and says so at once")
			}
			Pass(900 * time.Millisecond)
		}
		Pass(2 * time.Second)
		require.Equal(t, []string{"broadcast_ok"}, r.Ask(said, BroadcastLine("n0", 5, "5")))
		r.Send(ReadLine("n0", 6))
		synctest.Wait()
		last := said.Take()
		require.Equal(t, []string{"1", "2", "5"}, last[len(last)-1].Messages())
		require.NoError(t, r.Stdin.Close())
		require.NoError(t, Soon(t, r.Ended))
	})
}

// A read keeps its place behind peers' messages that were on stdin before it, and
// waits for no disk.
func TestJournal_aReadShowsWhatPeersMessagesBeforeItBrought(t *testing.T) {
	r := StartedRig(t, IDs(2), KeptBy(Memory()))
	batch := Say("n1", "n0", `{"type":"gossip","e":5,"f":0,"b":1,"runs":[{"o":"n1","l":"x","c":1,"v":[10]}]}`)
	r.AdmitLines(0, batch, ReadLine("n0", 1))
	require.False(t, r.WorkStore(0), "it is behind the message")
	for r.gossiper.step(0) {
	}
	r.WorkStore(0)
	said := r.Write(0)
	require.Contains(t, said[len(said)-1], `"messages":[10]`, "whether or not it is durable here")
	require.Zero(t, r.state.log.Len(), "which it is not")
	require.Empty(t, r.storedSignal.take(nil), "so it is not acked")
	r.Work(0)
	require.Equal(t, "[10]", r.Values(0))
}

// A full disk at the root stops nobody: what the others are told reaches everybody,
// the root included. Only its own clients are refused, and only its acks wait.
func TestJournal_aFullDiskAtTheRootStopsNobody(t *testing.T) {
	disks := map[string]*disk{}
	c := NewCluster(t, 5, func(cfg *Config) {
		d := &disk{Memory: Memory()}
		disks[fmt.Sprint("n", len(disks))] = d
		cfg.Journal = d
	})
	root := disks["n0"]
	c.Client(BroadcastLine("n3", 1, "1"))
	c.Run(5 * time.Second)
	c.RequireValues("1")
	root.append = errDisk
	c.Client(BroadcastLine("n4", 2, "2"))
	c.Run(c.Now + 2*time.Second)
	c.Client(BroadcastLine("n0", 3, "3"))
	values := []string{"1", "2"}
	for i := range 4 {
		values = append(values, fmt.Sprint(10+i))
		c.Client(BroadcastLine(c.Names[1+i], 4+i, values[len(values)-1]))
	}
	c.Run(c.Now + 10*time.Second)
	c.RequireValues(values...)
	require.True(t, slices.ContainsFunc(c.Said, func(line string) bool {
		return strings.Contains(line, fmt.Sprintf(`"in_reply_to":3,"code":%d`, wire.TemporarilyUnavailable))
	}), "its client is refused")
	require.EqualValues(t, 1, root.entries(t), "nothing was written")

	root.append = nil
	c.Run(c.Now + 10*time.Second)
	c.RequireValues(values...)
	require.EqualValues(t, len(values), root.entries(t), "and now all is")
	c.RequireQuiet()
}

// entries is how many entries a next life would find.
func (d *disk) entries(t *testing.T) int {
	return restartedRig(t, 10_000, IDs(5), KeptBy(d.Memory.Clone()), another(77)).state.log.Len()
}

// Whatever the disk does, no counter is given twice, and none is left out once the
// disk is well.
func TestJournal_countersAreGivenOnceWithoutGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &disk{Memory: Memory()}
		r := StartedRig(t, IDs(1), KeptBy(d))
		now, id := time.Duration(0), 0
		answers := map[string]int{}
		settle := func() {
			for _, line := range r.Settle(now) {
				for i := range id {
					if strings.Contains(line, fmt.Sprintf(`"in_reply_to":%d,`, i)) || strings.Contains(line, fmt.Sprintf(`"in_reply_to":%d}`, i)) {
						answers[fmt.Sprint(i)]++
						if strings.Contains(line, `"code":11`) {
							answers[fmt.Sprint("refused ", i)]++
						}
					}
				}
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now += rapid.SampledFrom([]time.Duration{0, time.Millisecond, 2 * time.Second}).Draw(t, "passes")
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0, 1:
				r.AdmitLines(now, BroadcastLine("n0", id, fmt.Sprint(id)))
				id++
			case 2:
				d.append = rapid.SampledFrom([]error{nil, errDisk}).Draw(t, "disk")
			case 3:
				r.WorkStore(now)
			default:
				settle()
			}
		}
		d.append = nil
		now += 2 * time.Second
		settle()
		settle()
		require.False(t, r.journaler.failing)
		shown := 0
		for i := range r.state.log.Len() {
			require.EqualValues(t, i+1, r.state.log.At(i).Counter)
		}
		late := r.counters.lateReplies.Load()
		for i := range id {
			require.LessOrEqual(t, answers[fmt.Sprint(i)], 1)
			if answers[fmt.Sprint(i)] == 0 {
				late--
			}
			if answers[fmt.Sprint("refused ", i)] == 0 {
				shown++
			}
		}
		require.Zero(t, late, "every broadcast is answered once, in time or too late")
		require.GreaterOrEqual(t, shown, r.state.log.Len())
		require.LessOrEqual(t, shown-int(r.counters.lateReplies.Load()), r.state.log.Len(), "who was not refused for certain is there")
	})
}
