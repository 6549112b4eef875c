//go:build !chansdebug

package catalogue

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// large is an item that would be worth a pointer.
type large [256]byte

func TestAlloc_noneInTheSteadyState(t *testing.T) {
	requireNoAllocations[int](t)
	requireNoAllocations[large](t)
}

func requireNoAllocations[T any](t *testing.T) {
	pointers := NewPointerCell[T]()
	item := new(T)
	requireQueueAllocatesNothing[*T](t, "PointerCell", pointers, item)
	requireQueueAllocatesNothing[*Node[T]](t, "Intrusive", NewIntrusive[T](), &Node[T]{})
	for _, k := range kindsOf[T]() {
		if k.name != "PointerCell" && k.name != "Intrusive" { // whose adapters do
			requireQueueAllocatesNothing(t, fmt.Sprint(k.name, k.capacity), k.make(), *item)
		}
	}
}

func requireQueueAllocatesNothing[T any](t *testing.T, name string, q Queue[T], item T) {
	w := NewWaiting(q)
	batch, buf := []T{item}, make([]T, 10)
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(100, func() {
		q.TryPut(item)
		q.TryTake()
		q.TryPutBatch(batch)
		q.TryTakeBatch(buf)
		_ = w.Put(ctx, item)
		_, _ = w.Take(ctx)
		_, _ = w.PutBatch(ctx, batch)
		_, _ = w.TakeBatch(ctx, buf)
	}), name)
}
