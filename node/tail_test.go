package node

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// identity is the name of an entry.
type identity struct {
	log     gossip.OriginID
	counter uint64
}

// Wherever a journal was cut, at every frame and at every byte between two, the
// next life shows what is whole in what is left, and gives no counter of a former
// one to another value.
func TestTail_cutAnywhereNoCounterIsGivenTwice(t *testing.T) {
	m := Memory()
	r := StartedRig(t, IDs(2), KeptBy(m), another(1))
	first := m.Bytes() // the header, and what the life begins with
	shown := map[int]string{first: r.Values(0)}
	for i := range 10 {
		if i%3 == 2 {
			j := deliveryOf(uint64(i), entry(uint64(i), fmt.Sprint(i)))
			r.store.handle(0, &j)
			r.Work(0)
		} else {
			r.Ask(0, BroadcastLine("n0", i, fmt.Sprint(i)))
		}
		shown[m.Bytes()] = r.Values(0)
	}
	require.Len(t, shown, 11, "each has a frame of its own")
	told := map[identity]string{}
	for i := range r.state.log.Len() {
		e := r.state.log.At(i)
		told[identity{e.Origin, e.Counter}] = e.Value
	}

	want := ""
	for cut := first; cut <= m.Bytes(); cut++ {
		if s, ok := shown[cut]; ok {
			want = s
		}
		left := m.Clone()
		left.Cut(cut)
		next := restartedRig(t, 10_000, IDs(2), KeptBy(left), another(2))
		require.Equal(t, want, next.Values(0), "cut at %d", cut)
		require.Contains(t, next.Ask(time.Second, BroadcastLine("n0", 50, "50"))[0], "broadcast_ok")
		for i := range next.state.log.Len() {
			e := next.state.log.At(i)
			if value, ok := told[identity{e.Origin, e.Counter}]; ok {
				require.Equal(t, value, e.Value, "cut at %d, %s %d", cut, e.Origin.Value(), e.Counter)
			}
		}
	}
}
