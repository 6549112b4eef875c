package chans

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// capacities are sizes around every boundary: one slot, odd ones, more than
// the first allocation, and more than what an emptied ring keeps.
var capacities = []int{1, 2, 3, 7, 10, 1000}

func newQueue[T any](t require.TestingT, capacity int) *Queue[T] {
	q, err := New[T](Options{Name: "q", Preferred: capacity, Capacity: capacity})
	require.NoError(t, err)
	return q
}

func newQueueAndInbox[T any](t require.TestingT, capacity int) (*Queue[T], *Inbox[T]) {
	q, inbox, err := Make[T](NewBroker(), Options{Name: "q", Preferred: capacity, Capacity: capacity})
	require.NoError(t, err)
	return q, inbox
}

// fill offers the items from, from+1, ... to-1, each at as many seconds.
func fill(t require.TestingT, q *Queue[int], from, to int) {
	for i := from; i < to; i++ {
		require.True(t, q.Offer(time.Duration(i)*time.Second, i))
	}
}

// hasToken receives the token of a Ready channel if there is one.
func hasToken(ready <-chan struct{}) bool {
	select {
	case <-ready:
		return true
	default:
		return false
	}
}

// next takes the next item as a service does, which sleeps until there is a token;
// false once the queue is drained or ctx has ended.
func next[T any](ctx context.Context, q *Queue[T], inbox *Inbox[T]) (item T, ok bool) {
	for {
		if item, ok = inbox.TryNext(); ok || inbox.Drained() {
			return item, ok
		}
		select {
		case <-q.Ready():
		case <-ctx.Done():
			return item, false
		}
	}
}

// take takes and handles up to n items.
func take[T any](inbox *Inbox[T], n int) (items []T) {
	for range n {
		if item, ok := inbox.TryNext(); ok {
			items = append(items, item)
		}
	}
	inbox.Done()
	return items
}
