package chans

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// stamped is an item that says who put it in, and as its how manieth.
type stamped struct{ producer, number int }

const (
	stressProducers = 4
	stressItems     = 1500 // per producer
)

// produce puts everything in, by Put and Offer in turns, and closes q at the
// end. Some calls of Put get a context that is cancelled meanwhile; what they
// say they did not put in is put in again. It returns when that is done.
func produce(t *testing.T, q *Queue[stamped]) {
	var producers sync.WaitGroup
	for p := range stressProducers {
		random := rand.New(rand.NewPCG(1, uint64(p)))
		producers.Go(func() {
			for number := range stressItems {
				for !putSomehow(t, q, random, stamped{p, number}) {
				}
			}
		})
	}
	producers.Wait()
	q.Close()
}

func putSomehow(t *testing.T, q *Queue[stamped], random *rand.Rand, item stamped) bool {
	switch random.IntN(3) {
	case 0:
		if q.Offer(0, item) {
			return true
		}
		fallthrough // a loop of Offers would only burn the time of the consumers
	case 1:
		return q.Put(t.Context(), 0, item) == nil
	default:
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		return q.Put(ctx, 0, item) == nil
	}
}

// requireEveryItemOnce also checks the order within each producer, if each
// consumer saw a part of it.
func requireEveryItemOnce(t *testing.T, consumers [][]stamped) {
	seen := map[stamped]bool{}
	for _, got := range consumers {
		var last [stressProducers]int
		for i := range last {
			last[i] = -1
		}
		for _, item := range got {
			require.Greater(t, item.number, last[item.producer], "out of order")
			last[item.producer] = item.number
			require.False(t, seen[item], "%v came twice", item)
			seen[item] = true
		}
	}
	require.Len(t, seen, stressProducers*stressItems)
}

func TestStressManyTakersWithCancelsGetEveryItemOnceInOrder(t *testing.T) {
	for _, capacity := range capacities {
		q := newQueue[stamped](t, capacity)
		got := make([][]stamped, 3)
		var consumers sync.WaitGroup
		for c := range got {
			random := rand.New(rand.NewPCG(2, uint64(c)))
			consumers.Go(func() {
				buf := make([]stamped, 1+random.IntN(100))
				for !q.Drained() {
					ctx, cancel := context.WithCancel(t.Context())
					if random.IntN(2) == 0 {
						go cancel()
					}
					n, _ := q.Take(ctx, buf)
					got[c] = append(got[c], buf[:n]...)
					cancel()
				}
			})
		}
		produce(t, q)
		consumers.Wait()
		requireEveryItemOnce(t, got)
		requireBooksBalance(t, q)
	}
}

func TestStressASelectingConsumerGetsEveryItemInOrder(t *testing.T) {
	for _, capacity := range capacities {
		q := newQueue[stamped](t, capacity)
		var got []stamped
		var consumer sync.WaitGroup
		consumer.Go(func() {
			buf := make([]stamped, 5)
			for !q.Drained() {
				<-q.Ready()
				got = append(got, buf[:q.Poll(buf)]...)
			}
		})
		produce(t, q)
		consumer.Wait()
		requireEveryItemOnce(t, [][]stamped{got})
		requireBooksBalance(t, q)
	}
}

func TestStressAnInboxThatIsAbandonedNowAndThenHandsOutEveryItemOnceInOrder(t *testing.T) {
	for _, capacity := range capacities {
		q, inbox := newQueueAndInbox[stamped](t, capacity)
		var got []stamped
		var consumer sync.WaitGroup
		consumer.Go(func() {
			random := rand.New(rand.NewPCG(3, 0))
			for {
				item, err := inbox.Next(t.Context())
				if err != nil {
					return
				}
				got = append(got, item)
				if random.IntN(100) == 0 {
					inbox.Abandon()
				}
				q.Figures(0) // read while it changes, for the race detector
			}
		})
		produce(t, q)
		consumer.Wait()
		requireEveryItemOnce(t, [][]stamped{got})
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
