package catalogue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// stamped is an item that says who put it in, and as its how manieth.
type stamped struct{ producer, number int }

const stressItems = 1200 // per producer

// produce puts the items of one producer in, somehow, until all are in or the
// queue is closed, and returns how many are.
func produce(t *testing.T, w *Waiting[stamped], producer int) int {
	random := rand.New(rand.NewPCG(1, uint64(producer)))
	batch := make([]stamped, 0, 10)
	for put := 0; put < stressItems; {
		batch = batch[:0]
		for i := range min(1+random.IntN(cap(batch)), stressItems-put) {
			batch = append(batch, stamped{producer, put + i})
		}
		n := 0
		var err error
		switch random.IntN(5) {
		case 0:
			if w.queue.TryPut(batch[0]) {
				w.items.wake()
				n = 1
			}
		case 1:
			n, err = w.PutBatch(t.Context(), batch)
		case 2:
			if err = w.Put(t.Context(), batch[0]); err == nil {
				n = 1
			}
		case 3:
			ctx, cancel := context.WithCancel(t.Context())
			go cancel()
			n, err = w.PutBatch(ctx, batch)
		default:
			ctx, cancel := context.WithCancel(t.Context())
			go cancel()
			if err = w.Put(ctx, batch[0]); err == nil {
				n = 1
			}
		}
		put += n
		if errors.Is(err, ErrClosed) {
			return put
		}
	}
	return stressItems
}

// consume takes until the queue is drained.
func consume(t *testing.T, w *Waiting[stamped], consumer int) (got []stamped) {
	random := rand.New(rand.NewPCG(2, uint64(consumer)))
	buf := make([]stamped, 64)
	for {
		ctx, cancel := context.WithCancel(t.Context())
		if random.IntN(3) == 0 {
			go cancel()
		}
		n := 0
		var err error
		if random.IntN(2) == 0 {
			n, err = w.TakeBatch(ctx, buf[:1+random.IntN(len(buf))])
		} else if buf[0], err = w.Take(ctx); err == nil {
			n = 1
		}
		cancel()
		got = append(got, buf[:n]...)
		if errors.Is(err, ErrClosed) {
			return got
		}
	}
}

// stress has everybody work, and finish called once the producers have begun.
// It returns what the producers say they put in, and what the consumers got.
func stress(t *testing.T, k kind[stamped], finish func(w *Waiting[stamped], producers *sync.WaitGroup)) ([]int, [][]stamped) {
	w := NewWaiting(k.make())
	put, got := make([]int, k.producers), make([][]stamped, k.consumers)
	var producers, consumers sync.WaitGroup
	for p := range put {
		producers.Go(func() { put[p] = produce(t, w, p) })
	}
	for c := range got {
		consumers.Go(func() { got[c] = consume(t, w, c) })
	}
	finish(w, &producers)
	producers.Wait()
	consumers.Wait()
	return put, got
}

func TestStress_eachItemOnceInItsProducersOrder(t *testing.T) {
	for _, k := range kindsOf[stamped]() {
		t.Run(fmt.Sprint(k.name, k.capacity), func(t *testing.T) {
			put, got := stress(t, k, func(w *Waiting[stamped], producers *sync.WaitGroup) {
				producers.Wait()
				w.Close()
			})
			for _, n := range put {
				require.Equal(t, stressItems, n)
			}
			requireExactly(t, put, got)
		})
	}
}

// Close comes while everybody works: what a producer says is in, is taken;
// what it says is not, is not.
func TestStress_putBesideCloseHasHappenedOrNot(t *testing.T) {
	for _, k := range kindsOf[stamped]() {
		if k.baseline {
			continue
		}
		t.Run(fmt.Sprint(k.name, k.capacity), func(t *testing.T) {
			for round := range 5 {
				put, got := stress(t, k, func(w *Waiting[stamped], _ *sync.WaitGroup) {
					for range 20 * round {
						runtime.Gosched()
					}
					w.Close()
				})
				requireExactly(t, put, got)
			}
		})
	}
}

// requireExactly checks that the consumers got the first items of each
// producer, as many as it put in, each once, and each consumer in order.
func requireExactly(t *testing.T, put []int, got [][]stamped) {
	seen := make([]int, len(put))
	for _, items := range got {
		last := make([]int, len(put))
		for i := range last {
			last[i] = -1
		}
		for _, item := range items {
			require.Greater(t, item.number, last[item.producer], "out of order")
			require.Less(t, item.number, put[item.producer], "was not put in")
			last[item.producer] = item.number
			seen[item.producer]++
		}
	}
	if len(got) > 1 {
		all := map[stamped]bool{}
		for _, items := range got {
			for _, item := range items {
				require.False(t, all[item], "%v came twice", item)
				all[item] = true
			}
		}
	}
	require.Equal(t, put, seen)
}

// An observer beside the two sides sees no length that cannot be.
func TestStress_lengthIsInRange(t *testing.T) {
	for _, k := range kindsOf[stamped]() {
		q, ok := k.make().(Bounded[stamped])
		if !ok {
			continue
		}
		k.make = func() Queue[stamped] { return q }
		t.Run(fmt.Sprint(k.name, k.capacity), func(t *testing.T) {
			stress(t, k, func(w *Waiting[stamped], producers *sync.WaitGroup) {
				for !q.Closed() {
					n := q.Len()
					if n < 0 || n > q.Cap() {
						w.Close()
						require.Fail(t, "impossible length", "%d of %d", n, q.Cap())
					}
					if k.baseline {
						producers.Wait()
					} else {
						runtime.Gosched()
					}
					if rand.IntN(500) == 0 {
						producers.Wait()
						w.Close()
					}
				}
			})
			require.Zero(t, q.Len())
		})
	}
}
