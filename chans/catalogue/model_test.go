package catalogue

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// model is a queue as one would write it with a plain slice. The calls of a
// single goroutine must not be able to tell the two apart.
type model struct {
	capacity int // 0: unbounded
	items    []int
	closed   bool
}

func (m *model) put(items []int) int {
	if m.closed {
		return 0
	}
	n := len(items)
	if m.capacity > 0 {
		n = min(n, m.capacity-len(m.items))
	}
	m.items = append(m.items, items[:n]...)
	return n
}

func (m *model) take(n int) []int {
	n = min(n, len(m.items))
	taken := append([]int{}, m.items[:n]...)
	m.items = m.items[n:]
	return taken
}

func (m *model) drained() bool { return m.closed && len(m.items) == 0 }

func TestQueues_behaveLikeASlice(t *testing.T) {
	// A done context makes the calls that wait return where they would.
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for _, k := range kindsOf[int]() {
		t.Run(fmt.Sprint(k.name, k.capacity), rapid.MakeCheck(func(t *rapid.T) {
			q := k.make()
			w := NewWaiting(q)
			m := &model{capacity: k.capacity}
			counter := 0
			fresh := func(n int) []int {
				items := make([]int, n)
				for i := range items {
					counter++
					items[i] = counter
				}
				return items
			}
			most := rapid.IntRange(0, max(k.capacity, 4)+1)
			t.Repeat(map[string]func(*rapid.T){
				"TryPut": func(t *rapid.T) {
					for range most.Draw(t, "n") {
						item := fresh(1)
						require.Equal(t, m.put(item) == 1, q.TryPut(item[0]))
					}
				},
				"TryPutBatch": func(t *rapid.T) {
					items := fresh(most.Draw(t, "n"))
					require.Equal(t, m.put(items), q.TryPutBatch(items))
				},
				"Put": func(t *rapid.T) {
					item := fresh(1)
					err := w.Put(done, item[0])
					requireError(t, m.put(item) == 1, m.closed, err)
				},
				"PutBatch": func(t *rapid.T) {
					items := fresh(most.Draw(t, "n"))
					n, err := w.PutBatch(done, items)
					require.Equal(t, m.put(items), n)
					requireError(t, n == len(items), m.closed, err)
				},
				"TryTake": func(t *rapid.T) {
					for range most.Draw(t, "n") {
						want := append(m.take(1), 0)
						item, ok := q.TryTake()
						require.Equal(t, len(want) == 2, ok)
						require.Equal(t, want[0], item)
					}
				},
				"TryTakeBatch": func(t *rapid.T) {
					buf := make([]int, most.Draw(t, "n"))
					want := m.take(len(buf))
					n := q.TryTakeBatch(buf)
					require.Equal(t, want, buf[:n:n])
				},
				"Take": func(t *rapid.T) {
					want := append(m.take(1), 0)
					item, err := w.Take(done)
					require.Equal(t, want[0], item)
					requireError(t, len(want) == 2, m.drained(), err)
				},
				"TakeBatch": func(t *rapid.T) {
					buf := make([]int, most.Draw(t, "n"))
					want := m.take(len(buf))
					n, err := w.TakeBatch(done, buf)
					require.Equal(t, want, buf[:n:n])
					requireError(t, n > 0 || len(buf) == 0, m.drained(), err)
				},
				"Close": func(t *rapid.T) {
					if rapid.IntRange(0, 9).Draw(t, "really") == 0 {
						m.closed = true
						w.Close()
					}
				},
				"Reopen": func(t *rapid.T) {
					if q, ok := q.(*TwoLock[int]); ok {
						require.Equal(t, m.closed, q.Reopen())
						m.closed = false
					}
				},
				"": func(t *rapid.T) {
					require.Equal(t, m.closed, q.Closed())
					require.Equal(t, m.drained(), q.Drained())
					if q, ok := q.(Bounded[int]); ok {
						require.Equal(t, len(m.items), q.Len())
						require.Equal(t, k.capacity, q.Cap())
					}
				},
			})
		}))
	}
}

func requireError(t require.TestingT, succeeds, over bool, err error) {
	switch {
	case succeeds:
		require.NoError(t, err)
	case over:
		require.ErrorIs(t, err, ErrClosed)
	default:
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestQueues_impossibleCapacityPanics(t *testing.T) {
	for _, capacity := range []int{-1, 0, math.MaxInt} {
		for _, build := range []func(){
			func() { NewRing[int](capacity) },
			func() { NewPooled[int](capacity) },
			func() { NewTwoLock[int](capacity) },
			func() { NewSlotted[int](capacity) },
			func() { NewSlottedSingle[int](capacity) },
			func() { NewLocked[int](capacity) },
			func() { NewNative[int](capacity) },
		} {
			require.Panics(t, build)
		}
	}
}

func TestPointerCell_takesNoNil(t *testing.T) {
	require.Panics(t, func() { NewPointerCell[int]().TryPut(nil) })
}

// All pointers to values without a size may be equal; the mark for the end of
// a cell is not one of them.
func TestPointerCell_carriesPointersToNothing(t *testing.T) {
	q := NewPointerCell[struct{}]()
	item := &struct{}{}
	require.True(t, q.TryPut(item))
	q.Close()
	require.False(t, q.Drained())
	got, ok := q.TryTake()
	require.True(t, ok)
	require.Same(t, item, got)
	require.True(t, q.Drained())
}

// Close finds the cell full, so that only the take after it could mark the end.
func TestPointerCell_closedWhileFullTakesNoMore(t *testing.T) {
	q := NewPointerCell[int]()
	require.True(t, q.TryPut(new(int)))
	q.Close()
	_, ok := q.TryTake()
	require.True(t, ok)
	require.False(t, q.TryPut(new(int)))
	require.True(t, q.Drained())
}
