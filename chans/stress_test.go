package chans

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// stamped is an item with its producer and its number among that producer's items.
type stamped struct{ producer, number int }

const (
	stressProducers = 4
	stressItems     = 1500 // per producer
)

// produce offers everything until it is taken, and closes q at the end. It returns
// when that is done.
func produce(q *Queue[stamped]) {
	var producers sync.WaitGroup
	for p := range stressProducers {
		producers.Go(func() {
			for number := range stressItems {
				for !q.Offer(0, stamped{p, number}) {
					runtime.Gosched() // a loop of Offers would only burn the time of the consumer
				}
			}
		})
	}
	producers.Wait()
	q.Close()
}

// requireEveryItemOnce also checks the order within each producer.
func requireEveryItemOnce(t *testing.T, got []stamped) {
	require.Len(t, got, stressProducers*stressItems)
	var due [stressProducers]int
	for _, item := range got {
		require.Equal(t, due[item.producer], item.number, "out of order, or twice")
		due[item.producer]++
	}
}

// A selecting consumer gets every item in order.
func TestStress_selectingConsumer(t *testing.T) {
	for _, capacity := range capacities {
		q, inbox := newQueueAndInbox[stamped](t, capacity)
		var got []stamped
		var consumer sync.WaitGroup
		consumer.Go(func() {
			for !q.Drained() {
				<-q.Ready()
				got = append(got, take(inbox, 5)...)
			}
		})
		produce(q)
		consumer.Wait()
		requireEveryItemOnce(t, got)
		requireBooksBalance(t, q)
	}
}

// An inbox that is abandoned from time to time hands out every item once in order.
func TestStress_abandonedInbox(t *testing.T) {
	for _, capacity := range capacities {
		q, inbox := newQueueAndInbox[stamped](t, capacity)
		var got []stamped
		var consumer sync.WaitGroup
		consumer.Go(func() {
			random := rand.New(rand.NewPCG(3, 0))
			for {
				item, ok := next(t.Context(), q, inbox)
				if !ok {
					return
				}
				got = append(got, item)
				if random.IntN(100) == 0 {
					inbox.Abandon()
				}
				q.Figures(0) // read while it changes, for the race detector
			}
		})
		produce(q)
		consumer.Wait()
		requireEveryItemOnce(t, got)
		requireBooksBalance(t, q)
		require.Positive(t, inbox.Lost())
	}
}

func requireBooksBalance(t *testing.T, q *Queue[stamped]) {
	f := q.Figures(0)
	require.EqualValues(t, stressProducers*stressItems, f.In)
	require.EqualValues(t, stressProducers*stressItems, f.Out)
	require.Zero(t, f.Depth)
	require.LessOrEqual(t, f.HighWater, f.Capacity)
}
