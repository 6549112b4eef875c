package node

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
)

// another is a further life of a node: it draws other random numbers.
func another(life uint64) func(*Config) {
	return func(c *Config) { c.Random, c.Incarnation = rand.New(rand.NewPCG(life, 2)), life<<12 }
}

// restartedRig is a node that is started again in the same run.
func restartedRig(t require.TestingT, id int, nodes []string, change ...func(*Config)) *Rig {
	r := NewRig(t, change...)
	r.AdmitLines(0, InitLine(id, nodes[0], nodes...))
	require.Equal(t, []string{Say(nodes[0], "c0", `{"type":"init_ok","in_reply_to":1}`)}, r.Settle(0))
	return r
}

// A value is in the journal before it is shown or told or answered.
func TestJournal_valueIsDurableBeforeAnythingElse(t *testing.T) {
	r := StartedRig(t, IDs(2), KeptBy(Memory()))
	r.AdmitLines(time.Second, BroadcastLine("n0", 1, "7"))
	require.True(t, r.WorkStore(time.Second))
	require.Empty(t, r.Write(time.Second))
	require.Zero(t, r.state.log.Len(), "gossip cannot see it")
	require.Zero(t, r.state.shown.Load())

	require.True(t, r.journaler.step(time.Second))
	require.Contains(t, r.Write(time.Second)[0], "broadcast_ok")
	require.False(t, r.WorkStore(time.Second), "nothing comes back")
	require.Equal(t, 1, r.state.log.Len())
	require.Equal(t, "[7]", r.Values(time.Second))
	require.Zero(t, r.intakeBytes.used.Load())
}

// A delivery is in the journal before it is acked.
func TestJournal_deliveryIsDurableBeforeItsAck(t *testing.T) {
	r := StartedRig(t, IDs(2), KeptBy(Memory()))
	j := deliveryOf(3, entry(1, "1"), entry(2, "2"))
	r.store.handle(0, &j)
	again := deliveryOf(4, entry(2, "2"))
	r.store.handle(0, &again)
	require.Empty(t, r.storedSignal.take(nil))
	require.True(t, r.journaler.step(0))
	require.EqualValues(t, 1, r.journaler.figures.appends.Load())
	require.Equal(t, []gossip.Ticket{j.delivery().Ticket, again.delivery().Ticket}, r.storedSignal.take(nil))
	require.Equal(t, "[1,2]", r.Values(0))

	r.store.handle(0, &again)
	require.True(t, r.journaler.step(0))
	require.Len(t, r.storedSignal.take(nil), 1)
	require.EqualValues(t, 1, r.journaler.figures.appends.Load(), "what is durable is not written again")
}

// Init waits for the journal and everything else for init.
func TestJournal_initWaitsForIt(t *testing.T) {
	r := NewRig(t, KeptBy(Memory()))
	require.True(t, r.Admits())
	r.AdmitLines(0, InitLine(0, "n0", IDs(2)...))
	require.False(t, r.Admits())
	require.Empty(t, r.Write(0))
	for _, s := range []Service{r.store, r.journaler} {
		require.Zero(t, s.Next(0))
		_, err := s.Step(0)
		require.NoError(t, err)
	}
	require.True(t, r.Admits())
	require.Contains(t, r.Write(0)[0], "init_ok")
}

// A killed node goes on in its next incarnation.
func TestJournal_killedNodeGoesOn(t *testing.T) {
	m := Memory()
	first := StartedRig(t, IDs(3), KeptBy(m), another(1))
	for i, v := range []string{"1", `"two"`, "1"} {
		require.Contains(t, first.Ask(time.Second, BroadcastLine("n0", i, v))[0], "broadcast_ok")
	}
	j := deliveryOf(3, entry(1, "10"), entry(2, "1"))
	first.store.handle(0, &j)
	first.Work(0)
	first.AdmitLines(time.Second, BroadcastLine("n0", 9, "99"))
	first.WorkStore(time.Second) // killed before the journal had it

	second := restartedRig(t, 50, IDs(3), KeptBy(m), another(2))
	require.EqualValues(t, 5, second.journaler.figures.recovered.Load())
	require.Equal(t, `[1,"two",10]`, second.Values(0))
	require.Equal(t, 5, second.state.log.Len())
	require.NotEqual(t, first.store.origin, second.store.origin, "a log is of one life")
	require.Contains(t, second.Logs.String(), "a former life of this node has left a journal")
	second.Ask(0, BroadcastLine("n0", 1, "5"))
	last := second.state.log.At(5)
	require.Equal(t, second.store.origin, last.Origin)
	require.EqualValues(t, 1, last.Counter)

	// It owes what it holds, and asks for what it lacks, after a second.
	said := second.Settle(2 * time.Second)
	require.NotEmpty(t, said)
	require.Contains(t, strings.Join(said, ""), `"w":true`)
	require.NotContains(t, strings.Join(said, ""), `"two"`, "nothing is sent before it is known to be missing")

	h, _ := second.askHealth(3 * time.Second)
	require.EqualValues(t, 5, h.Journal.Recovered)
	require.EqualValues(t, 1, h.Journal.Kept)
	require.EqualValues(t, 1, h.Journal.Entries)
	require.False(t, h.Journal.Failing)
}

// Without evidence a node begins with nothing and says so.
func TestJournal_withoutEvidenceBeginsBlank(t *testing.T) {
	m := Memory()
	first := StartedRig(t, IDs(3), KeptBy(m), another(1))
	first.Ask(time.Second, BroadcastLine("n0", 1, "1"))
	next := restartedRig(t, 2, IDs(3), KeptBy(m), another(2))
	require.Equal(t, "[]", next.Values(0))
	require.Contains(t, next.Logs.String(), "of another run were left out")

	lost := restartedRig(t, 500, IDs(3), KeptBy(Memory()), another(3))
	require.Equal(t, "[]", lost.Values(0))
	require.Contains(t, lost.Logs.String(), "it begins with nothing")
}

// The journal notes the highest that was seen.
func TestJournal_notesTheHighestIDs(t *testing.T) {
	m := Memory()
	first := StartedRig(t, IDs(2), KeptBy(m), another(1))
	first.Ask(0, `{"id":70,"src":"c9","dest":"n0","body":{"type":"broadcast","message":1,"msg_id":1}}`)
	first.Ask(0, `{"id":60,"src":"c3","dest":"n0","body":{"type":"broadcast","message":2,"msg_id":1}}`)
	require.Zero(t, restartedRig(t, 70, IDs(2), KeptBy(m.Clone()), another(2)).state.log.Len())
	require.Equal(t, 2, restartedRig(t, 71, IDs(2), KeptBy(m), another(2)).state.log.Len())
}

// A driver's steps serve a journal too.
func TestJournal_worksByStepsAlone(t *testing.T) {
	r := NewRig(t, KeptBy(Memory()))
	r.Admit(0, Item(t, InitLine(0, "n0", IDs(1)...)))
	said := ""
	for i := range 100 {
		now := time.Duration(i) * time.Millisecond
		r.Admit(now, Item(t, BroadcastLine("n0", i, fmt.Sprint(i))))
		for again := true; again; {
			again = false
			for _, s := range r.Services() {
				for s.Next(now) <= now {
					_, err := s.Step(now)
					require.NoError(t, err)
					again = true
				}
			}
		}
		said = r.Stdout.String()
	}
	require.Equal(t, 100, strings.Count(said, "broadcast_ok"))
	require.Equal(t, 1, strings.Count(said, "init_ok"))
}

// What a incarnation acknowledges the next ones show.
func TestJournal_acknowledgedIsShownByLaterIncarnations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &disk{Memory: Memory()}
		acked, sent := map[string]bool{}, map[string]bool{}
		known := map[gossip.OriginID]map[uint64]string{} // all that any life has told
		id, values := 10, 0
		r := restartedRig(t, 0, IDs(2), KeptBy(d), another(1))
		now := time.Duration(0)
		listen := func(lines []string) {
			for _, line := range lines {
				if _, value, ok := strings.Cut(line, `"broadcast_ok","in_reply_to":`); ok {
					acked[strings.TrimRight(value, "}")] = true
				}
			}
			for i := range r.state.log.Len() {
				e := r.state.log.At(i)
				if known[e.Origin] == nil {
					known[e.Origin] = map[uint64]string{}
				}
				if before, ok := known[e.Origin][e.Counter]; ok {
					require.Equal(t, before, e.Value, "one identity, one value, for ever")
				}
				known[e.Origin][e.Counter] = e.Value
			}
		}
		for life := uint64(2); life < 6; life++ {
			for range rapid.IntRange(0, 12).Draw(t, "steps") {
				now += rapid.SampledFrom([]time.Duration{0, time.Millisecond, 2 * time.Second}).Draw(t, "passes")
				switch rapid.IntRange(0, 6).Draw(t, "step") {
				case 0, 1:
					value := fmt.Sprint(values)
					sent[value] = true
					r.AdmitLines(now, BroadcastLine("n0", values, value))
					values++
				case 2:
					r.WorkStore(now)
				case 3:
					r.journaler.step(now)
				case 4:
					d.append = nil
					if rapid.Bool().Draw(t, "full") {
						d.append = errDisk
					}
				default:
					listen(r.Settle(now))
				}
			}
			listen(r.Write(now))
			id += values + 10
			r = restartedRig(t, id, IDs(2), KeptBy(d), another(life))
			now = 0
			text := strings.Trim(r.Values(0), "[]")
			shown := map[string]bool{}
			for v := range strings.SplitSeq(text, ",") {
				if v != "" {
					require.True(t, sent[v], "nobody sent %s", v)
					shown[v] = true
				}
			}
			for v := range acked {
				require.True(t, shown[v], "%s was acknowledged", v)
			}
			listen(nil)
		}
	})
}
