package catalogue

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A producer stops between the two steps of its put. What was put before it is
// taken, what came after it is hidden until it goes on, and then everything
// comes in the order of the first steps.
func TestIntrusive_stoppedPutHidesLaterOnes(t *testing.T) {
	t.Run("Intrusive", func(t *testing.T) {
		q := NewIntrusive[int]()
		nodes := []Node[int]{{Item: 0}, {Item: 1}, {Item: 2}}
		require.True(t, q.TryPut(&nodes[0]))
		before := q.last.Swap(&nodes[1])
		require.True(t, q.TryPut(&nodes[2]))
		_, ok := q.TryTake()
		require.False(t, ok, "what follows the first cannot be seen yet, and it could not be taken as the last")
		q.Close()
		require.False(t, q.Drained())
		before.next.Store(&nodes[1])
		for i := range nodes {
			n, ok := q.TryTake()
			require.True(t, ok)
			require.Same(t, &nodes[i], n)
		}
		require.True(t, q.Drained())
	})
	t.Run("Pooled", func(t *testing.T) {
		q := NewPooled[int](3)
		require.True(t, q.TryPut(0))
		stopped := q.pop()
		q.nodes[stopped].item = 1
		before := q.last.Swap(stopped)
		require.True(t, q.TryPut(2))
		item, ok := q.TryTake()
		require.True(t, ok)
		require.Zero(t, item)
		_, ok = q.TryTake()
		require.False(t, ok)
		require.Equal(t, 2, q.Len())
		q.Close()
		require.False(t, q.Drained(), "a put that has begun is waited for")
		q.nodes[before].next.Store(stopped)
		buf := make([]int, 3)
		require.Equal(t, []int{1, 2}, buf[:q.TryTakeBatch(buf)])
		require.True(t, q.Drained())
	})
}

func TestIntrusive_takenNodeIsItsOwners(t *testing.T) {
	a, b := NewIntrusive[int](), NewIntrusive[int]()
	nodes := []*Node[int]{{Item: 1}, {Item: 2}}
	for range 10 {
		require.Equal(t, 2, a.TryPutBatch(nodes))
		for _, want := range nodes {
			n, ok := a.TryTake()
			require.True(t, ok)
			require.Same(t, want, n)
			require.True(t, b.TryPut(n), "in another queue, at once")
		}
		buf := make([]*Node[int], 3)
		require.Equal(t, nodes, buf[:b.TryTakeBatch(buf)])
	}
}

// A pop that was overtaken by a pop and a push of the same node must not
// believe that nothing happened: what is under that node is another one now.
func TestPool_returnedNodeIsTold(t *testing.T) {
	q := NewPooled[int](3)
	word := q.free.Load()
	under := q.nodes[word&poolTop].under.Load()
	first, second := q.pop(), q.pop()
	require.EqualValues(t, under, second)
	q.push(first, first)
	require.Equal(t, word&poolTop, q.free.Load()&poolTop, "the same node is on top")
	require.False(t, q.free.CompareAndSwap(word, (word+poolPut)&^poolTop|uint64(under)))
}

func TestPool_countOfPutsMayOverflow(t *testing.T) {
	q := NewPooled[int](3)
	q.free.Or(putsMask << 33)
	q.taken.Store(putsMask)
	require.Zero(t, q.Len())
	for i := range 10 {
		require.True(t, q.TryPut(i))
		require.True(t, q.TryPut(-i))
		require.Equal(t, 2, q.Len())
		require.False(t, q.Closed())
		for _, want := range []int{i, -i} {
			item, ok := q.TryTake()
			require.True(t, ok)
			require.Equal(t, want, item)
		}
		require.Zero(t, q.Len())
	}
}

func TestIntrusive_refusedNodesAreNotLinked(t *testing.T) {
	q := NewIntrusive[int]()
	q.Close()
	nodes := []*Node[int]{{Item: 1}, {Item: 2}}
	require.Zero(t, q.TryPutBatch(nodes))
	for _, n := range nodes {
		require.Nil(t, n.next.Load())
	}
}
