package hop

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A neighbour whose messages take long, and who sends as many as are taken, holds up another's
// by no more than the window and one of its own.
func TestFair_anExpensiveNeighbourHoldsUpNoOther(t *testing.T) {
	const dear, cheap = 3 * ms, ms / 20
	each(t, func(t *testing.T, mode Mode) {
		r := newRig(t, mode, "n1", "n2")
		r.children.costs = func(from string) time.Duration {
			if from == "n1" {
				return dear
			}
			return cheap
		}
		r.step(ms)
		gossip := r.children.last("gossip")
		sent, counter := map[int]time.Duration{}, 0
		var longest time.Duration
		for i := range 400 { // a piece of work of the gossip child each
			for range 3 {
				counter++
				r.message("n1", counter)
			}
			if i%10 == 0 {
				sent[i] = r.now
				r.message("n2", i+1)
			}
			for _, c := range r.children.all {
				for c != gossip && c.work(r.now) {
				}
				c.arrive()
			}
			r.Step(r.now, false)
			before := len(gossip.given)
			gossip.work(r.now)
			took := time.Duration(0)
			if len(gossip.given) > before {
				if m := gossip.given[before].In.Message; m != nil {
					took = r.children.costs(m.From)
				}
			}
			r.now += took
			gossip.arrive()
			r.Step(r.now, false)
			for _, at := range heardAt(r, sent, "n2") {
				longest = max(longest, at)
			}
		}
		require.Empty(t, sent, "every one was heard")
		require.LessOrEqual(t, longest, maxInHand+2*dear)
		require.Positive(t, longest)
		require.Greater(t, r.house.took["n1"], 50*r.house.took["n2"], "the rest of the time is the other's")
	})
}

// heardAt takes those messages out of sent that are in the log by now, and returns how long
// each took.
func heardAt(r *rig, sent map[int]time.Duration, from string) (took []time.Duration) {
	for i := range r.house.log.Len() {
		e := r.house.log.At(i)
		at, ok := sent[int(e.Counter)-1]
		if e.Origin.Value().Node == from && ok {
			took = append(took, r.now-at)
			delete(sent, int(e.Counter)-1)
		}
	}
	return took
}

// Whoever has something to say all the time gets the same share of the child's time, whatever
// the messages cost, and what one leaves the others have.
func TestFair_sharesTheTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := newFair()
		costs := map[string]time.Duration{}
		for _, name := range []string{"a", "b", "c"} {
			costs[name] = time.Duration(rapid.IntRange(1, 5000).Draw(t, name)) * time.Microsecond
		}
		number, used := uint64(0), map[string]time.Duration{}
		most := slices.Max([]time.Duration{costs["a"], costs["b"], costs["c"]})
		for name := range costs {
			for range 3 {
				number++
				q.add(&flight{number: number, from: name, body: make([]byte, 1000)})
			}
		}
		for range 3000 {
			f := q.take()
			used[f.from] += costs[f.from]
			q.handled(f, costs[f.from])
			number++
			q.add(&flight{number: number, from: f.from, body: make([]byte, 1000)})
		}
		require.Zero(t, q.inHand)
		for _, a := range used {
			for _, b := range used {
				require.LessOrEqual(t, a-b, 2*most)
			}
		}
	})
}

// Where time does not pass, as in virtual time, messages are heard as they came; those of a
// neighbour are so always, and what waited for too long is dropped.
func TestFair_keepsTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := newFair()
		for _, name := range []string{"a", "b", "c"} {
			f := &flight{from: name}
			q.add(f)
			require.Same(t, f, q.take())
			q.handled(f, 0)
			for q.turns[name].perByte >= 0.01 { // it is known that they cost nothing
				q.add(f)
				q.handled(q.take(), 0)
			}
			q.turns[name].perByte = 0
		}
		items, bytes := 0, 0
		for n := range uint64(rapid.IntRange(1, 50).Draw(t, "messages")) {
			f := &flight{number: n, at: time.Duration(n), from: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "from")}
			q.add(f)
			items, bytes = items+1, bytes+f.size()
		}
		require.Equal(t, []int{items, bytes}, []int{q.items, q.bytes})
		for n := range uint64(items) / 2 {
			f := q.take()
			require.Equal(t, n, f.number)
			q.handled(f, 0)
		}
		require.Equal(t, waitingAge+time.Duration(items/2)+1, q.due())
		dropped := items / 2
		q.expire(time.Hour, func(_ time.Duration, f *flight) { dropped++ })
		require.Equal(t, items, dropped)
		require.True(t, q.empty() && q.items == 0 && q.bytes == 0 && q.due() == never)
	})
}

// A link child reads no more of its neighbour than the gossip child gets on with.
func TestFair_whatCannotBeHeardIsNotRead(t *testing.T) {
	r := newRig(t, Links, "n1", "n2")
	r.children.costs = func(string) time.Duration { return ms }
	r.step(ms)
	gossip := r.children.last("gossip")
	for i := range 10_000 {
		r.message("n1", i+1)
		for _, c := range r.children.all {
			for c != gossip && c.work(r.now) {
			}
			c.arrive()
		}
		r.Step(r.now, false)
		require.Less(t, r.ready.bytes, creditBytes+WindowBytes)
	}
	require.Positive(t, r.house.dropped)
	require.Positive(t, r.links["n1"].in.bytes, "as it came")
	require.Zero(t, r.links["n1"].port.Figures().Restarts[Stuck])
}
