package hop

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/isolate/frame"
)

// body is a message of a peer that brings the entry of a counter.
func body(from string, batch int, counter uint64) []byte {
	m := &gossip.Message{Incarnation: 5, Batch: uint64(batch), Runs: []gossip.Run{{Origin: gossip.NewOriginID(from, "l"), First: counter, Values: []string{fmt.Sprint(batch)}}}}
	return codec.Append(nil, m)
}

var modes = []Mode{Gossip, Links}

// each runs a test in both modes.
func each(t *testing.T, test func(t *testing.T, mode Mode)) {
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) { test(t, mode) })
	}
}

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

func TestParent_neverGivesMoreThanTheWindow(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1")
		r.step(ms)
		for i := range 5000 {
			if r.Takes() {
				r.message("n1", i+1)
			}
			r.Step(r.now, i%100 == 0)
		}
		for _, f := range r.Figures() {
			require.LessOrEqual(t, f.Unanswered, WindowItems)
			require.LessOrEqual(t, f.UnansweredBytes, WindowBytes)
		}
		require.Equal(t, mode == Links, r.house.dropped > 0, "one link's messages hold up no other's")
		require.LessOrEqual(t, r.flights.order[len(r.flights.order)-1].number, uint64(5000))
		for range 20 {
			r.step(ms)
		}
		require.Zero(t, r.house.bytes)
		require.Positive(t, r.house.log.Len())
	})
}

// A link child that does nothing, or is gone, costs its own peer's messages alone.
func TestLinks_oneThatIsStuckHoldsUpNoOther(t *testing.T) {
	r := newRig(t, Links, "n1", "n2")
	r.message("n1", 1)
	r.message("n2", 1)
	r.step(ms)
	stuck := r.children.last("link n1")
	for i := range 600 {
		r.message("n1", i+2)
		r.message("n2", i+2)
		r.now += 10 * ms
		r.Step(r.now, false)
		for _, c := range r.children.all {
			if c != stuck {
				for c.work(r.now) {
				}
				if i%40 == 0 {
					c.say(frame.Message{Type: TypeBeat, Payload: frame.Append(nil, &Beat{})})
				}
				c.arrive()
			}
		}
		r.Step(r.now, false)
	}
	for c := r.children.last("gossip"); c.work(r.now); {
	}
	r.children.last("gossip").arrive()
	r.Step(r.now, false)
	held := map[string]int{}
	for i := range r.house.log.Len() {
		held[r.house.log.At(i).Origin.Value().Node]++
	}
	require.Equal(t, 601, held["n2"])
	require.Less(t, held["n1"], 601)
	var restarts uint64
	for _, f := range r.Figures() {
		if f.Name == "link n1" {
			restarts = f.Restarts[Silent] + f.Restarts[Stuck]
		} else {
			require.Zero(t, f.Lost, f.Name)
		}
	}
	require.EqualValues(t, 1, restarts)
}

func TestParent_goesInsideWhenChildrenCrashAgainAndAgain(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1")
		r.children.fails = true
		r.message("n1", 1)
		for range 30 {
			r.step(100 * ms)
		}
		f := r.Figures()[0]
		require.True(t, f.Inside && f.State == "up")
		require.EqualValues(t, MaxFailures, f.Restarts[Unborn])
		for i := range 5 {
			r.message("n1", i+2)
			r.step(300 * ms)
		}
		require.GreaterOrEqual(t, r.house.log.Len(), 5)
		require.NotEmpty(t, r.house.sent)
		require.Zero(t, r.house.bytes)
		r.Stop(r.now, time.Second)
		r.step(ms)
		require.True(t, r.Stopped())
	})
}

// What a child says goes to stdout and into the store, so what is not right ends it.
func TestParent_endsAChildThatSaysWhatNoServiceSays(t *testing.T) {
	entry := gossip.Entry{Origin: gossip.NewOriginID("n1", "l"), Counter: 1, Value: "1"}
	send := func(to, body string) service.Out {
		return service.Out{Send: []service.Packet{{To: to, Body: []byte(body)}}}
	}
	deliver := func(e gossip.Entry) service.Out {
		return service.Out{Deliver: &gossip.Delivery{Entries: []gossip.Entry{e}}}
	}
	own := gossip.NewOriginID("n0", "own")
	for name, out := range map[string]service.Out{
		"a packet for a client":  send("c1", `{"type":"gossip"}`),
		"a packet for itself":    send("n0", `{"type":"gossip"}`),
		"a packet of two lines":  send("n1", "{\"type\":\"gossip\",\n\"a\":1}"),
		"a packet that is cut":   send("n1", `{"type":"gossip"`),
		"a packet of another":    send("n1", `{"type":"broadcast_ok"}`),
		"an entry never given":   deliver(gossip.Entry{Origin: own, Counter: 5, Value: "1"}),
		"an entry of no counter": deliver(gossip.Entry{Origin: own, Value: "1"}),
		"more than it may":       {Send: make([]service.Packet, 1001)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Gossip, "n1")
			r.step(ms)
			sent := len(r.house.sent)
			r.children.last("gossip").say(frame.Message{Type: TypeDue, Payload: frame.Append(nil, &StepOut{Out: out})})
			r.children.last("gossip").arrive()
			r.Step(r.now, false)
			require.EqualValues(t, 0, r.house.log.Len())
			require.Len(t, r.house.sent, sent)
			r.step(ms)
			require.EqualValues(t, 1, r.Figures()[0].Restarts[Garbled])
		})
	}
	r := newRig(t, Gossip, "n1")
	r.step(ms)
	r.children.last("gossip").say(frame.Message{Type: TypeDue, Payload: frame.Append(nil, &StepOut{Out: deliver(entry)})})
	r.step(ms)
	require.Equal(t, 1, r.house.log.Len(), "what is right is taken")
}

func TestPort_endsAChildThatDoesNotKeepToTheRules(t *testing.T) {
	answer := frame.Append(nil, &StepOut{})
	for cause, said := range map[Cause][]frame.Message{
		Garbled:  {{Type: TypeWork, Payload: answer}},
		Flooding: nil,
		Unborn:   {},
	} {
		r := newRig(t, Gossip, "n1")
		if cause == Unborn {
			r.children.spoil = func(m frame.Message) []frame.Message {
				m.Payload[0] ^= 1 // another program's
				return []frame.Message{m}
			}
			r.Step(r.now, false)
			r.children.last("gossip").arrive()
			r.Step(r.now, false)
		} else {
			r.step(ms)
			for i := 0; cause == Flooding && i < unaskedAtOnce+5; i++ {
				said = append(said, frame.Message{Type: TypeDue, Payload: answer})
			}
			for _, m := range said {
				r.children.last("gossip").say(m)
			}
			r.children.last("gossip").arrive()
			r.Step(r.now, false)
		}
		r.Step(r.now, false)
		require.EqualValues(t, 1, r.Figures()[0].Restarts[cause], cause)
	}
}

func TestParent_stopsItsChildren(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1")
		r.message("n1", 1)
		r.step(ms)
		r.Stop(r.now, time.Second)
		require.False(t, r.Stopped())
		r.step(ms)
		require.True(t, r.Stopped())
		started := len(r.children.all)
		r.step(time.Minute)
		require.Len(t, r.children.all, started)

		r = newRig(t, mode, "n1")
		r.step(ms)
		r.Stop(r.now, time.Second)
		r.now += time.Second
		r.Step(r.now, false) // it does not end by itself
		r.Step(r.now, false)
		require.True(t, r.Stopped())
	})
}

// A crash of the parent's own end leaves nobody knowing what children were given: they
// are ended, and the next ones begin with what the store holds.
func TestParent_goesOnAfterACrashOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1")
		r.message("n1", 1)
		r.step(ms)
		r.message("n1", 2)
		r.Step(r.now, false)
		r.given = nil // half of a step was done
		r.Crash()
		for range 5 {
			r.step(100 * ms)
		}
		r.message("n1", 3)
		r.step(ms)
		require.Equal(t, 2, r.house.log.Len(), "the first and the last")
		require.EqualValues(t, 1, r.Figures()[0].Restarts[Crashed])
	})
}

func TestParent_tellsOfRoomThatIsThereAgain(t *testing.T) {
	r := newRig(t, Gossip, "n1", "n2")
	r.house.room = 0
	r.step(ms)
	r.house.give("1")
	for range 10 {
		r.step(100 * ms)
	}
	require.Empty(t, r.house.sent)
	r.house.room = 10
	for range 3 {
		r.now += 100 * ms
		r.Step(r.now, false) // nobody signals it
		r.step(0)
	}
	require.NotEmpty(t, r.house.sent)
}

func TestHello_ofAnotherProgramIsRefused(t *testing.T) {
	p := AppendHello(nil, &Hello{})
	p[3]++
	_, err := ReadHello(p)
	require.ErrorIs(t, err, errOtherProgram)
	_, err = ReadHello(nil)
	require.ErrorIs(t, err, errOtherProgram)
	require.Error(t, errors.Join(func() error { _, err := ReadHello(AppendHello(nil, &Hello{})[:8]); return err }()))
	mode, err := ParseMode("links")
	require.NoError(t, err)
	require.Equal(t, Links, mode)
	_, err = ParseMode("all")
	require.ErrorContains(t, err, "none of none, gossip and links")
}

// Both codecs read back what the core says, as the same message.
func TestParsed_isTheSameMessage(t *testing.T) {
	r := newRig(t, Gossip, "n1")
	for i := range 20 {
		r.house.give(fmt.Sprintf(`{"a":[%d,"x"]}`, i))
		r.step(50 * ms)
	}
	require.NotEmpty(t, r.house.sent)
	for _, p := range r.house.sent {
		m, err := codec.NewDecoder(nil).Message(p.Body)
		require.NoError(t, err)
		again, err := Parsed{}.Message(Parsed{}.Append(nil, m))
		require.NoError(t, err)
		require.Equal(t, m, again)
		require.Equal(t, p.Body, codec.Append(nil, again))
	}
}
