package hop

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
		require.Positive(t, r.house.dropped, "one neighbour's messages hold up no other's")
		require.LessOrEqual(t, r.flights.order[len(r.flights.order)-1].number, uint64(5000))
		for range 20 {
			r.step(ms)
		}
		require.Zero(t, r.house.bytes)
		require.Positive(t, r.house.log.Len())
	})
}

// A link child that does nothing, is killed again and again, or says more than it may costs its
// own peer's messages alone: the others' are heard as they come.
func TestLinks_oneThatGoesWrongHoldsUpNoOther(t *testing.T) {
	for _, how := range []string{"stuck", "killed", "floods"} {
		t.Run(how, func(t *testing.T) {
			r := newRig(t, Links, "n1", "n2")
			r.message("n1", 1)
			r.message("n2", 1)
			r.step(ms)
			for i := range 600 {
				r.message("n1", i+2)
				r.message("n2", i+2)
				r.now += 10 * ms
				wrong := r.children.last("link n1")
				switch {
				case wrong == nil:
				case how == "killed" && i%50 == 0:
					wrong.ended = "signal: killed"
				case how == "floods" && i%50 == 0:
					for range unaskedAtOnce + strikes {
						wrong.say(frame.Message{Type: TypeBeat, Payload: frame.Append(nil, &Beat{})})
					}
					wrong.arrive()
				}
				r.Step(r.now, false)
				for _, c := range r.children.all {
					if c.ended != "" || how == "stuck" && c == wrong {
						continue
					}
					for c.work(r.now) {
					}
					if i%40 == 0 {
						c.say(frame.Message{Type: TypeBeat, Payload: frame.Append(nil, &Beat{})})
					}
					c.arrive()
				}
				r.Step(r.now, false)
				for c := r.children.last("gossip"); c.work(r.now); {
				}
				r.children.last("gossip").arrive()
				r.Step(r.now, false)
				require.Equal(t, i+2, held(r, "n2"), "the other's are heard at once")
			}
			require.True(t, how != "stuck" || held(r, "n1") < 595)
			for _, f := range r.Figures() {
				if f.Name == "link n1" {
					require.Positive(t, f.Restarts[Silent]+f.Restarts[Stuck]+f.Restarts[Crashed]+f.Restarts[Flooding])
				} else {
					require.Zero(t, f.Lost, f.Name)
					require.EqualValues(t, 1, f.Generation, f.Name)
				}
			}
		})
	}
}

// held is how many entries of a node the house holds.
func held(r *rig, node string) (n int) {
	for i := range r.house.log.Len() {
		if r.house.log.At(i).Origin.Value().Node == node {
			n++
		}
	}
	return n
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
