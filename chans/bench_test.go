package chans

import (
	"context"
	"runtime"
	"sync"
	"testing"
)

// What the queue costs beside a native channel of the same capacity, with and
// without somebody on the other side. One operation is one item put in and taken
// out.
//
//	go test ./chans -bench . -benchmem

const (
	benchCapacity = 1024
	benchBatch    = 64
)

// BenchmarkAlone has one goroutine put in and take out: the cost without
// anybody to wait for or to contend with.
func BenchmarkAlone(b *testing.B) {
	b.Run("channel", func(b *testing.B) {
		c := make(chan int, benchCapacity)
		for i := range b.N {
			c <- i
			<-c
		}
	})
	b.Run("inbox", func(b *testing.B) {
		q, inbox := newQueueAndInbox[int](b, benchCapacity)
		b.ReportAllocs()
		for i := range b.N {
			if q.Offer(0, i); i%benchBatch == benchBatch-1 {
				for range benchBatch {
					inbox.TryNext()
				}
			}
		}
	})
}

// BenchmarkOneToOne and BenchmarkFourToOne have producers that try until there is
// room and a consumer that waits for items, under a context, as services do.
func BenchmarkOneToOne(b *testing.B)  { benchmarkToOne(b, 1) }
func BenchmarkFourToOne(b *testing.B) { benchmarkToOne(b, 4) }

func benchmarkToOne(b *testing.B, producers int) {
	b.Run("channel", func(b *testing.B) {
		c := make(chan int, benchCapacity)
		transfer(b, producers, func(_ context.Context, item int) { c <- item }, func(context.Context) int {
			<-c
			return 1
		})
	})
	b.Run("channel/select", func(b *testing.B) {
		c := make(chan int, benchCapacity)
		transfer(b, producers, func(ctx context.Context, item int) {
			select {
			case c <- item:
			case <-ctx.Done():
			}
		}, func(ctx context.Context) int {
			select {
			case <-c:
			case <-ctx.Done():
			}
			return 1
		})
	})
	b.Run("inbox", func(b *testing.B) {
		q, inbox := newQueueAndInbox[int](b, benchCapacity)
		transfer(b, producers, putInto(q), func(ctx context.Context) int {
			next(ctx, q, inbox)
			return 1
		})
	})
}

func putInto(q *Queue[int]) func(context.Context, int) {
	return func(_ context.Context, item int) {
		for !q.Offer(0, item) {
			runtime.Gosched()
		}
	}
}

// transfer moves b.N items from the producers to the calling goroutine.
func transfer(b *testing.B, producers int, put func(context.Context, int), take func(context.Context) int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.ReportAllocs()
	b.ResetTimer()
	var running sync.WaitGroup
	for p := range producers {
		share := b.N / producers
		if p == 0 {
			share += b.N % producers
		}
		running.Go(func() {
			for i := range share {
				put(ctx, i)
			}
		})
	}
	for taken := 0; taken < b.N; {
		taken += take(ctx)
	}
	running.Wait()
}

// BenchmarkDepth is a poll of the health monitor.
func BenchmarkDepth(b *testing.B) {
	q := newQueue[int](b, benchCapacity)
	q.Offer(0, 1)
	sum := 0
	for range b.N {
		sum += q.Depth()
	}
	if sum != b.N {
		b.Fatal("depth changed by being read")
	}
}
