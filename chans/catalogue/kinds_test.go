package catalogue

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// capacities are sizes around every boundary: one slot, odd ones, no powers of
// two.
var capacities = []int{1, 2, 3, 7, 10, 1000}

// kind is a queue of the catalogue as the tests of all of them see it.
type kind[T any] struct {
	name      string
	producers int // at the same time in stress tests
	consumers int
	capacity  int // 0: unbounded
	make      func() Queue[T]
	baseline  bool // a Go channel, which must not be closed beside a put
}

// kindsOf returns every queue in every capacity.
func kindsOf[T any]() []kind[T] {
	kinds := []kind[T]{
		{name: "Cell", producers: 1, consumers: 1, capacity: 1, make: func() Queue[T] { return NewCell[T]() }},
		{name: "PointerCell", producers: 1, consumers: 1, capacity: 1,
			make: func() Queue[T] { return byPointer[T]{NewPointerCell[T]()} }},
		{name: "Intrusive", producers: 4, consumers: 1, make: func() Queue[T] { return byNode[T]{NewIntrusive[T]()} }},
	}
	for _, c := range capacities {
		kinds = append(kinds,
			kind[T]{name: "Ring", producers: 1, consumers: 1, capacity: c, make: func() Queue[T] { return NewRing[T](c) }},
			kind[T]{name: "Pooled", producers: 4, consumers: 1, capacity: c, make: func() Queue[T] { return NewPooled[T](c) }},
			kind[T]{name: "SlottedSingle", producers: 4, consumers: 1, capacity: c,
				make: func() Queue[T] { return NewSlottedSingle[T](c) }},
			kind[T]{name: "Slotted", producers: 4, consumers: 3, capacity: c, make: func() Queue[T] { return NewSlotted[T](c) }},
			kind[T]{name: "TwoLock", producers: 4, consumers: 3, capacity: c, make: func() Queue[T] { return NewTwoLock[T](c) }},
			kind[T]{name: "Locked", producers: 4, consumers: 3, capacity: c, make: func() Queue[T] { return NewLocked[T](c) }},
			kind[T]{name: "Native", producers: 4, consumers: 3, capacity: c, baseline: true,
				make: func() Queue[T] { return NewNative[T](c) }},
		)
	}
	return kinds
}

// byPointer makes a PointerCell a queue of values.
type byPointer[T any] struct{ *PointerCell[T] }

func (q byPointer[T]) TryPut(item T) bool { return q.PointerCell.TryPut(&item) }

func (q byPointer[T]) TryPutBatch(items []T) int {
	pointers := make([]*T, len(items))
	for i, item := range items {
		pointers[i] = &item
	}
	return q.PointerCell.TryPutBatch(pointers)
}

func (q byPointer[T]) TryTake() (item T, ok bool) {
	p, ok := q.PointerCell.TryTake()
	if ok {
		item = *p
	}
	return item, ok
}

func (q byPointer[T]) TryTakeBatch(buf []T) int {
	pointers := make([]*T, len(buf))
	n := q.PointerCell.TryTakeBatch(pointers)
	for i, p := range pointers[:n] {
		buf[i] = *p
	}
	return n
}

// byNode makes an Intrusive queue one of values.
type byNode[T any] struct{ *Intrusive[T] }

func (q byNode[T]) TryPut(item T) bool { return q.Intrusive.TryPut(&Node[T]{Item: item}) }

func (q byNode[T]) TryPutBatch(items []T) int {
	nodes := make([]*Node[T], len(items))
	for i := range items {
		nodes[i] = &Node[T]{Item: items[i]}
	}
	return q.Intrusive.TryPutBatch(nodes)
}

func (q byNode[T]) TryTake() (item T, ok bool) {
	n, ok := q.Intrusive.TryTake()
	if ok {
		item = n.Item
	}
	return item, ok
}

func (q byNode[T]) TryTakeBatch(buf []T) int {
	nodes := make([]*Node[T], len(buf))
	n := q.Intrusive.TryTakeBatch(nodes)
	for i, node := range nodes[:n] {
		buf[i] = node.Item
	}
	return n
}
