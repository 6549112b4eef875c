package catalogue

import (
	"runtime"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"
)

// item is large enough not to share its memory with others.
type item [64]byte

// newItem makes an item whose only reference on the way is the one put in.
//
//go:noinline
func newItem(put func(*item) bool) (weak.Pointer[item], bool) {
	p := new(item)
	return weak.Make(p), put(p)
}

// requireCollectable waits for nothing: a collection of garbage is complete
// when it returns.
func requireCollectable(t *testing.T, gone []weak.Pointer[item]) {
	runtime.GC()
	for i, w := range gone {
		require.Nil(t, w.Value(), "item %d is kept alive", i)
	}
}

func TestCollect_takenAndRefusedItemsAreFreed(t *testing.T) {
	for _, k := range kindsOf[*item]() {
		t.Run(k.name, func(t *testing.T) {
			q := k.make()
			var taken, refused []weak.Pointer[item]
			room := k.capacity
			if room == 0 {
				room = 5
			}
			buf := make([]*item, 1)
			for range 2*room + 1 { // positions come round
				w, ok := newItem(q.TryPut)
				require.True(t, ok)
				taken = append(taken, w)
				require.Equal(t, 1, q.TryTakeBatch(buf))
			}
			for range room {
				w, _ := newItem(q.TryPut)
				taken = append(taken, w)
			}
			for range room {
				_, ok := q.TryTake()
				require.True(t, ok)
			}
			buf[0] = nil
			requireCollectable(t, taken)

			// Full, and then closed.
			for range k.capacity {
				require.True(t, q.TryPut(nil))
			}
			if k.capacity > 0 {
				w, ok := newItem(q.TryPut)
				require.False(t, ok)
				refused = append(refused, w)
				q.TryTake()
			}
			q.Close()
			w, ok := newItem(q.TryPut)
			require.False(t, ok)
			refused = append(refused, w)
			w, ok = newItem(func(p *item) bool { return q.TryPutBatch([]*item{p}) == 1 })
			require.False(t, ok)
			requireCollectable(t, append(refused, w))
			runtime.KeepAlive(q)
		})
	}
}

// Who keeps a node it got does not keep those that came after it.
func TestCollect_takenNodeHoldsNoOther(t *testing.T) {
	q := NewIntrusive[*item]()
	var gone []weak.Pointer[item]
	put := func(p *item) bool { return q.TryPut(&Node[*item]{Item: p}) }
	for range 3 {
		w, _ := newItem(put)
		gone = append(gone, w)
	}
	first, ok := q.TryTake()
	require.True(t, ok)
	for range 2 {
		_, ok := q.TryTake()
		require.True(t, ok)
	}
	requireCollectable(t, gone[1:])
	require.NotNil(t, gone[0].Value())
	runtime.KeepAlive(first)
	runtime.KeepAlive(q)
}

// The stub, out of the list while there are nodes, does not keep the first of
// them alive.
func TestCollect_stubHoldsNoNode(t *testing.T) {
	q := NewIntrusive[*item]()
	put := func(p *item) bool { return q.TryPut(&Node[*item]{Item: p}) }
	first, _ := newItem(put)
	second, _ := newItem(put)
	_, ok := q.TryTake()
	require.True(t, ok)
	requireCollectable(t, []weak.Pointer[item]{first})
	require.NotNil(t, second.Value())
	runtime.KeepAlive(q)
}
