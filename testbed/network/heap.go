package network

import "time"

// item is anything that waits for a time. Ties are broken by message id, so
// that the order of a run depends on nothing but its inputs.
type item[T any] struct {
	at    time.Duration
	id    int64
	value T
}

func (a *item[T]) before(b *item[T]) bool {
	return a.at < b.at || a.at == b.at && a.id < b.id
}

// heap is a binary min-heap of items by (at, id). container/heap would box
// every element; with millions of messages that is the larger part of the cost.
type heap[T any] []item[T]

func (h *heap[T]) push(x item[T]) {
	s := append(*h, x)
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !s[i].before(&s[parent]) {
			break
		}
		s[i], s[parent] = s[parent], s[i]
		i = parent
	}
	*h = s
}

// pop takes the first item; the heap must not be empty.
func (h *heap[T]) pop() item[T] {
	s := *h
	first := s[0]
	last := len(s) - 1
	s[0] = s[last]
	s[last] = item[T]{} // a taken message must not be kept alive by the array
	s = s[:last]
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && s[child+1].before(&s[child]) {
			child++
		}
		if !s[child].before(&s[i]) {
			break
		}
		s[i], s[child] = s[child], s[i]
		i = child
	}
	*h = s
	return first
}
