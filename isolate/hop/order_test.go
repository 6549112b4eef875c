package hop

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/gossip/service"
)

// Rule 1: messages of a link are handled in the order of stdin, and those to a peer are
// written as they were made, whatever children take their time.
func TestOrder_messagesOfALinkStayInOrder(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		rapid.Check(t, func(rt *rapid.T) {
			r := newRig(t, mode, "n1", "n2", "n3")
			r.step(ms)
			want := map[string]int{}
			for range rapid.IntRange(1, 40).Draw(rt, "steps") {
				switch rapid.IntRange(0, 4).Draw(rt, "what") {
				case 0, 1:
					from := rapid.SampledFrom([]string{"n1", "n2", "n3"}).Draw(rt, "from")
					want[from]++
					r.message(from, want[from])
				case 2:
					r.children.last(rapid.SampledFrom([]string{"gossip", "link n1", "link n2", "link n3"}).Draw(rt, "child")).work(r.now)
				case 3:
					r.children.last(rapid.SampledFrom([]string{"gossip", "link n1", "link n2", "link n3"}).Draw(rt, "child")).arrive()
				case 4:
					r.now += ms / 10
					r.Step(r.now, false)
				}
			}
			for range 5 {
				r.step(ms)
			}
			got := map[string]int{}
			for i := range r.house.log.Len() {
				e := r.house.log.At(i)
				node := e.Origin.Value().Node
				got[node]++
				require.EqualValues(rt, got[node], e.Counter, "of %s", node)
			}
			require.Equal(rt, want, got)
			require.Zero(rt, r.house.bytes)
			require.True(rt, r.Idle())
		})
	})
}

func TestOrder_packetsLeaveAsTheyWereMade(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1", "n2")
		for i := range 30 {
			r.house.give(fmt.Sprint(i))
			r.step(50 * ms)
		}
		last := map[string]uint64{}
		for _, p := range r.house.sent {
			m, err := codec.NewDecoder(nil).Message(p.Body)
			require.NoError(t, err)
			require.Greater(t, m.Batch, last[p.To])
			last[p.To] = m.Batch
		}
		require.Len(t, last, 2)
	})
}

// Rules 2, 3 and 5: what stands behind an entry is told no sooner than it.
func TestOrder_aTicketComesBehindItsEntriesAndTheyBehindWhatIsNotDurable(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1")
		r.step(ms)
		r.house.notDurable = &service.NotDurable{Lines: []gossip.DigestLine{{Origin: gossip.NewOriginID("n1", "l"), Counters: gossip.Spans{{First: 700, Last: 700}}}}}
		for i := range 2000 { // more than is told at a time
			r.house.log.Append(gossip.Entry{Origin: gossip.NewOriginID("n1", "l"), Counter: uint64(i + 1), Value: "1"})
			r.house.held.Add(gossip.NewOriginID("n1", "l"), uint64(i+1))
		}
		r.house.give("own")
		r.house.tickets = append(r.house.tickets, gossip.Ticket{From: "n1", Batch: 9})
		r.message("n1", 2001)
		r.step(ms)
		told, durable, ticket, message := uint64(0), false, false, false
		for _, in := range r.children.last("gossip").given {
			durable = durable || in.In.NotDurable != nil
			for _, e := range in.In.Appended {
				if e.Origin == r.house.own {
					require.LessOrEqual(t, e.Counter, in.In.OwnLast, "what is given out is told no later")
					continue
				}
				told++
				require.Equal(t, told, e.Counter)
				require.True(t, durable || told < 700)
			}
			for _, s := range in.In.Stored {
				if s.Batch == 9 {
					ticket = true
					require.EqualValues(t, 2000, told)
				}
			}
			message = message || in.In.Message != nil
		}
		require.True(t, ticket && message && durable)
	})
}

// Rule 4: a child begins with all that the store held, and peers take it for a restart.
func TestOrder_aNewChildBeginsWithWhatTheStoreHolds(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1")
		for i := range 3000 {
			r.house.give(fmt.Sprint(i))
		}
		r.house.notDurable = &service.NotDurable{Lines: []gossip.DigestLine{{Origin: r.house.own, Counters: gossip.Spans{{First: 1, Last: 1}}}}}
		r.step(ms)
		first := r.children.last("gossip")
		begun := first.given[len(first.given)-1]
		for _, in := range first.given {
			if in.In.Begin != nil {
				begun = in
			}
		}
		require.EqualValues(t, 7, begun.In.Begin.Epoch)
		require.False(t, begun.In.Begin.Former)
		for life := range uint64(3) {
			r.children.last("gossip").ended = "signal: killed"
			for range 60 {
				r.step(100 * ms)
			}
			c := r.children.last("gossip")
			require.NotNil(t, c)
			known, told := 0, false
			for _, in := range c.given {
				known += len(in.In.Appended)
				told = told || in.In.NotDurable != nil
				if in.In.Begin != nil {
					require.True(t, told, "what is not durable is known, too")
					require.Equal(t, 3000, known)
					require.Equal(t, 8+life, in.In.Begin.Epoch, "no former child's acks count")
					require.True(t, in.In.Begin.Former && in.In.Begin.Greet)
				}
			}
			require.True(t, r.Begun())
		}
		require.EqualValues(t, 3, r.Figures()[0].Restarts[Crashed])
	})
}

// That others stand for an entry is told no sooner than those, and what stood before a
// child began is told to it as it travels.
func TestOrder_whatOthersStandForTravelsAsAMark(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1")
		r.step(ms)
		stand := func(at int) {
			r.house.log.Stand(at)
			r.house.stood = append(r.house.stood, at)
		}
		r.house.give("11")
		r.house.give("22")
		stand(0)
		for range 5 {
			r.step(50 * ms)
		}
		sent := string(r.house.sent[len(r.house.sent)-1].Body)
		require.Contains(t, sent, `"v":[0,22]`)
		r.house.give("33")
		stand(1)
		r.children.last("gossip").ended = "signal: killed"
		for range 10 {
			r.step(100 * ms)
		}
		var values []string
		for _, in := range r.children.last("gossip").given {
			for _, e := range in.In.Appended {
				values = append(values, e.Value)
			}
		}
		require.Equal(t, []string{"0", "0", "33"}, values)
	})
}

// Rule 6: a read shows what the messages before it have brought, unless a child takes too
// long over them.
func TestOrder_aReadFollowsTheMessagesBeforeIt(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1", "n2")
		r.step(ms)
		require.True(t, r.Read(r.now, "a"), "nothing is before it")
		r.message("n1", 1)
		require.False(t, r.Read(r.now, "b"))
		r.step(ms)
		require.Equal(t, []any{"b"}, r.house.read)
		require.Equal(t, 1, r.house.log.Len())

		r.message("n1", 2)
		require.False(t, r.Read(r.now, "c"))
		r.Step(r.now, false)
		require.LessOrEqual(t, r.Next(), r.now+ReadPatience+1)
		r.now += ReadPatience + 1
		r.Step(r.now, false)
		require.Equal(t, []any{"b", "c"}, r.house.read, "the child is too slow")
		require.True(t, r.Read(r.now, "d"), "that is known now")
		require.Equal(t, 1, r.house.log.Len())
	})
}

// Rule 7: nothing of a former child counts.
func TestOrder_nothingOfAFormerChildCounts(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1")
		r.message("n1", 7)
		r.step(ms)
		r.message("n1", 1)
		c := r.children.last("gossip")
		r.Step(r.now, false)
		for r.children.last("link n1").work(r.now) {
		}
		r.children.last("link n1").arrive()
		r.Step(r.now, false)
		for c.work(r.now) {
		}
		c.arrive()
		c.Kill()
		r.Step(r.now, false)
		require.Equal(t, 1, r.house.log.Len(), "it comes again")
		require.Zero(t, r.house.bytes)
		for range 3 {
			r.step(ms)
		}
		require.EqualValues(t, 2, r.child.Generation())
		r.message("n1", 1)
		r.step(ms)
		require.Equal(t, 2, r.house.log.Len())
	})
}
