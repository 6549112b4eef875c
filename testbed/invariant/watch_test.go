package invariant

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/run"
)

// fake is a node that knows what the test says.
type fake struct {
	log  *gossip.Log
	core *gossip.Core
}

func (f *fake) Log() *gossip.Log { return f.log }

func (f *fake) Gossip() (gossip.View, bool) {
	if f.core == nil {
		return gossip.View{}, false
	}
	return f.core.View(), true
}

// rig is a watch over three such nodes.
type rig struct {
	*Watch
	t     *testing.T
	nodes []*fake
	now   time.Duration
}

func newRig(t *testing.T) *rig {
	r := &rig{Watch: New([]string{"n0", "n1", "n2"}, "broadcast", "message"), t: t, nodes: make([]*fake, 3)}
	for i := range r.nodes {
		r.start(i)
	}
	return r
}

func (r *rig) start(node int) {
	r.nodes[node] = &fake{log: gossip.NewLog()}
	r.Born(r.now, node, r.nodes[node])
}

// begin gives a node a gossip core.
func (r *rig) begin(node int, epoch uint64, parent string, children ...string) {
	cfg := gossip.Config{Incarnation: epoch, Period: time.Second, GreetAt: gossip.Never, Fresh: true}
	if parent != "" {
		cfg.Neighbours = append(cfg.Neighbours, gossip.Neighbour{Name: parent, Role: gossip.Parent})
	}
	for _, c := range children {
		cfg.Neighbours = append(cfg.Neighbours, gossip.Neighbour{Name: c, Role: gossip.Child})
	}
	core, err := gossip.New(r.now, cfg, r.nodes[node].log)
	require.NoError(r.t, err)
	r.nodes[node].core = core
	r.Look(r.now, node)
}

func entryOf(origin int, counter uint64, value string) gossip.Entry {
	return gossip.Entry{Origin: gossip.NewOriginID(fmt.Sprint("n", origin), "x"), Counter: counter, Value: value}
}

// knows has a node come to know an entry.
func (r *rig) knows(node int, e gossip.Entry) {
	r.now += time.Millisecond
	r.nodes[node].log.Append(e)
	r.Look(r.now, node)
}

// ask has a client ask a node to broadcast a value.
func (r *rig) ask(node int, value string, msgID int) {
	r.Delivered(run.Message{
		Src: "c1", Dest: fmt.Sprint("n", node), Type: "broadcast",
		Body: fmt.Appendf(nil, `{"type":"broadcast","message":%s,"msg_id":%d}`, value, msgID),
	})
}

func (r *rig) answers(node int, msgID int) {
	r.Sent(run.Message{
		Src: fmt.Sprint("n", node), Dest: "c1", Type: "broadcast_ok", Sent: r.now,
		Body: fmt.Appendf(nil, `{"type":"broadcast_ok","in_reply_to":%d}`, msgID),
	})
}

func (r *rig) sound() { require.Nil(r.t, r.Violated()) }

func (r *rig) violated(text string) {
	require.NotNil(r.t, r.Violated())
	require.Contains(r.t, r.Violated().Error(), text)
}

func TestWhatGoesWellIsNoViolation(t *testing.T) {
	r := newRig(t)
	r.ask(0, "7", 1)
	r.knows(0, entryOf(0, 1, "7"))
	r.answers(0, 1)
	require.Equal(t, 2, r.Missing())
	r.knows(1, entryOf(0, 1, "7"))
	r.knows(2, entryOf(0, 1, "7"))
	require.Zero(t, r.Missing())
	require.Equal(t, 3*time.Millisecond, r.Learnt())
	require.Equal(t, []string{"7"}, r.Alive())
	r.sound()
}

func TestAnInventedValueIsOne(t *testing.T) {
	r := newRig(t)
	r.knows(0, entryOf(0, 1, "7"))
	r.violated("at 0.001000 s: n0 knows the value 7 of n0, which nobody had broadcast there")

	r = newRig(t)
	r.ask(0, "7", 1)
	r.knows(1, entryOf(0, 1, "7"))
	r.violated("n1 knows the value 7 of n0")

	r = newRig(t)
	r.ask(0, "7", 1)
	r.knows(0, entryOf(0, 1, "7"))
	r.knows(0, entryOf(0, 2, "7"))
	r.violated("which nobody had broadcast there")
}

func TestAChangedOrRepeatedEntryIsOne(t *testing.T) {
	r := newRig(t)
	r.ask(0, "7", 1)
	r.knows(0, entryOf(0, 1, "7"))
	r.knows(1, entryOf(0, 1, "8"))
	r.violated("n1 knows the value 8 as entry 1 of n0, which is 7")

	r = newRig(t)
	r.ask(0, "7", 1)
	r.knows(0, entryOf(0, 1, "7"))
	r.knows(0, entryOf(0, 1, "7"))
	r.violated("n0 has the entry 1 of n0 twice")
}

func TestAnAckOfWhatIsNotKnownIsOne(t *testing.T) {
	r := newRig(t)
	r.ask(0, "7", 1)
	r.answers(0, 1)
	r.violated("n0 acknowledges the value 7 and does not know it")

	r = newRig(t)
	r.answers(0, 1)
	r.violated("that it was never asked for")
}

func TestAValueIsRightlyLostOnlyWithAllThatKnewIt(t *testing.T) {
	r := newRig(t)
	r.ask(0, "7", 1)
	r.knows(0, entryOf(0, 1, "7"))
	r.answers(0, 1)
	r.knows(1, entryOf(0, 1, "7"))
	r.Died(r.now, 0, false)
	require.Equal(t, []string{"7"}, r.Alive())
	require.Equal(t, 1, r.Missing(), "n2 lacks it; n0 is no more")
	require.Zero(t, r.Lost())
	r.start(0)
	require.Equal(t, 2, r.Missing())
	r.Died(r.now, 1, false)
	require.Empty(t, r.Alive())
	require.Zero(t, r.Missing())
	require.Equal(t, 1, r.Lost())
	// A message that was under way brings it back.
	r.knows(2, entryOf(0, 1, "7"))
	require.Equal(t, []string{"7"}, r.Alive())
	require.Equal(t, 1, r.Missing(), "n0 lacks it; n1 is dead")
	r.Died(r.now, 1, false)
	require.Equal(t, 1, r.Missing(), "one dies once")
	r.sound()
}

func TestWhatAJournalKeepsIsNotLostAndMustComeBack(t *testing.T) {
	for _, comes := range []bool{true, false} {
		r := newRig(t)
		r.ask(0, "7", 1)
		r.knows(0, entryOf(0, 1, "7"))
		r.answers(0, 1)
		r.Died(r.now, 0, true)
		require.Equal(t, []string{"7"}, r.Alive())
		require.Equal(t, 2, r.Missing())
		r.start(0)
		if comes {
			r.knows(0, entryOf(0, 1, "7"))
		}
		r.begin(0, 5, "")
		if comes {
			r.sound()
			require.Equal(t, 2, r.Missing())
		} else {
			r.violated("n0 was started again and its journal lacks 7, which it had known")
		}
	}
}

func TestWatch_whatAHarmedJournalHasLostIsRightlyLost(t *testing.T) {
	r := newRig(t)
	for i, value := range []string{"7", "8", "9"} {
		r.ask(0, value, i)
		r.knows(0, entryOf(0, uint64(i+1), value))
		r.answers(0, i)
	}
	r.knows(1, entryOf(0, 2, "8"))
	left := func(first uint64, count int) func(func(string, string, uint64, int)) {
		return func(yield func(origin, log string, first uint64, count int)) {
			yield("n0", "x", first, count)
			yield("n0", "another", 1, 9)
		}
	}
	r.Left(r.now, 0, left(1, 1))
	require.Equal(t, []string{"7", "8", "9"}, r.Alive(), "a node at work knows it all the same")
	r.Died(r.now, 0, true)
	require.Equal(t, []string{"7", "8", "9"}, r.Alive())
	require.Equal(t, 3+2, r.Missing(), "n2 lacks all of them, n1 two")
	r.Left(r.now, 0, left(1, 2))
	require.Equal(t, []string{"7", "8"}, r.Alive())
	require.Equal(t, 2+1, r.Missing())
	r.Left(r.now, 0, left(1, 1))
	require.Equal(t, []string{"7", "8"}, r.Alive(), "n1 has it")
	require.Equal(t, 1, r.Lost())
	r.Left(r.now, 0, left(1, 3))
	require.Equal(t, []string{"7", "8"}, r.Alive(), "what is lost does not come back")
	r.start(0)
	r.knows(0, entryOf(0, 1, "7"))
	r.begin(0, 5, "")
	r.sound()

	r.Died(r.now, 0, true)
	r.start(0)
	r.begin(0, 6, "")
	r.violated("its journal lacks 7")
}

func TestWhatALinkCountsAsConfirmedMustBeKnownToThatLife(t *testing.T) {
	for _, known := range []bool{true, false} {
		r := newRig(t)
		r.begin(0, 5, "", "n1")
		r.begin(1, 6, "n0")
		r.ask(0, "7", 1)
		r.knows(0, entryOf(0, 1, "7"))
		r.nodes[0].core.Learn(r.now)
		r.now = r.nodes[0].core.Next()
		out := r.nodes[0].core.Advance(r.now, 10)
		require.Len(t, out, 1)
		r.Look(r.now, 0)
		r.sound()
		if known {
			r.knows(1, entryOf(0, 1, "7"))
		}
		r.nodes[0].core.Receive(r.now, "n1", &gossip.Message{
			Incarnation: 6, For: 5, Acks: []gossip.Span{{First: 1, Last: out[0].Message.Batch}},
		})
		r.Look(r.now, 0)
		if known {
			r.sound()
			r.Died(r.now, 1, false)
			r.start(1)
			r.Look(r.now, 0)
			r.sound() // what it confirmed it knew
		} else {
			r.violated("n0 counts the value 7 as confirmed by n1, which does not know it")
		}
	}
}

func TestParentsInACircleAreOne(t *testing.T) {
	r := newRig(t)
	r.begin(0, 5, "n2")
	r.begin(1, 5, "n0")
	r.sound()
	r.begin(2, 5, "n1")
	r.violated("n2 is among its own ancestors: its parent is n1")

	r = newRig(t)
	r.begin(0, 5, "n2")
	r.begin(1, 5, "n0")
	r.Died(r.now, 1, false)
	r.begin(2, 5, "n1")
	r.sound() // n1 is dead, and has no parent
}
