//go:build !chansdebug

package catalogue_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/puzpuzpuz/xsync/v4"

	"treecast/chans"
	. "treecast/chans/catalogue"
)

// What a queue costs beside Go's channels and the queues of xsync. One
// operation is one item put in and taken out. The names are for benchstat:
//
//	go test ./chans/catalogue -run '^$' -bench . -benchtime 100ms -count 6 | benchstat -col /queue -
//
// A queue whose calls do not wait is tried again after others have run; "+wait"
// is the same under Waiting. results/chans.md has what came of it.

const (
	benchCapacity = 1024
	benchBatch    = 64
)

// subject is a queue as the benchmarks see it.
type subject[T any] struct {
	name      string
	put       func(T) bool
	take      func() (T, bool)
	putBatch  func([]T) int // nil: it has no batches
	takeBatch func([]T) int
}

// The methods of a queue are those of its type, as a rival's are: through the
// interface Queue each call would cost another one.

func ring[T any]() subject[T] {
	q := NewRing[T](benchCapacity)
	return subject[T]{"Ring", q.TryPut, q.TryTake, q.TryPutBatch, q.TryTakeBatch}
}

func pooled[T any]() subject[T] {
	q := NewPooled[T](benchCapacity)
	return subject[T]{"Pooled", q.TryPut, q.TryTake, q.TryPutBatch, q.TryTakeBatch}
}

func slotted[T any]() subject[T] {
	q := NewSlotted[T](benchCapacity)
	return subject[T]{"Slotted", q.TryPut, q.TryTake, q.TryPutBatch, q.TryTakeBatch}
}

func slottedSingle[T any]() subject[T] {
	q := NewSlottedSingle[T](benchCapacity)
	return subject[T]{"SlottedSingle", q.TryPut, q.TryTake, q.TryPutBatch, q.TryTakeBatch}
}

func twoLock[T any]() subject[T] {
	q := NewTwoLock[T](benchCapacity)
	return subject[T]{"TwoLock", q.TryPut, q.TryTake, q.TryPutBatch, q.TryTakeBatch}
}

func locked[T any]() subject[T] {
	q := NewLocked[T](benchCapacity)
	return subject[T]{"Locked", q.TryPut, q.TryTake, q.TryPutBatch, q.TryTakeBatch}
}

func waiting[T any](name string, q Queue[T]) subject[T] {
	w, ctx := NewWaiting(q), context.Background()
	return subject[T]{
		name: name + "+wait",
		put:  func(item T) bool { return w.Put(ctx, item) == nil },
		take: func() (T, bool) { item, err := w.Take(ctx); return item, err == nil },
		putBatch: func(items []T) int {
			n, _ := w.PutBatch(ctx, items)
			return n
		},
		takeBatch: func(buf []T) int {
			n, _ := w.TakeBatch(ctx, buf)
			return n
		},
	}
}

// inPlace is q item by item through its calls for batches, which copy an item
// once, where passing it by value copies it on every call on the way.
func inPlace[T any](s subject[T]) subject[T] {
	s.name, s.put, s.take = s.name+"+place", nil, nil
	return s
}

func channel[T any](capacity int) subject[T] {
	c := make(chan T, capacity)
	return subject[T]{
		name: "channel",
		put:  func(item T) bool { c <- item; return true },
		take: func() (T, bool) { return <-c, true },
	}
}

// inbox is what the node runs on: items offered one by one, and taken through
// an Inbox, which has them from its queue in batches.
func inbox[T any](b *testing.B) subject[T] {
	q, in, err := chans.Make[T](chans.NewBroker(), chans.Options{Name: "q", Preferred: benchCapacity, Capacity: benchCapacity})
	if err != nil {
		b.Fatal(err)
	}
	return subject[T]{
		name: "chans.Inbox",
		put:  func(item T) bool { return q.Offer(time.Duration(0), item) },
		take: in.TryNext,
	}
}

func spsc[T any](*testing.B) []subject[T] {
	x := xsync.NewSPSCQueue[T](benchCapacity)
	return []subject[T]{
		ring[T](),
		inPlace(ring[T]()),
		inPlace(waiting("Ring", NewRing[T](benchCapacity))),
		waiting("Ring", NewRing[T](benchCapacity)),
		channel[T](benchCapacity),
		{name: "xsync.SPSC", put: x.TryEnqueue, take: x.TryDequeue},
	}
}

func mpsc[T any](b *testing.B) []subject[T] {
	x := xsync.NewMPMCQueue[T](benchCapacity)
	u := xsync.NewUMPSCQueue[T]()
	return []subject[T]{
		pooled[T](),
		slottedSingle[T](),
		waiting("SlottedSingle", NewSlottedSingle[T](benchCapacity)),
		twoLock[T](),
		inPlace(twoLock[T]()),
		inPlace(waiting("TwoLock", NewTwoLock[T](benchCapacity))),
		locked[T](),
		waiting("Pooled", NewPooled[T](benchCapacity)),
		waiting("TwoLock", NewTwoLock[T](benchCapacity)),
		waiting("Locked", NewLocked[T](benchCapacity)),
		inbox[T](b),
		channel[T](benchCapacity),
		{name: "xsync.MPMC", put: x.TryEnqueue, take: x.TryDequeue},
		{name: "xsync.UMPSC", put: func(item T) bool { u.Enqueue(item); return true }, take: func() (T, bool) { return u.Dequeue(), true }},
	}
}

func mpmc[T any](b *testing.B) []subject[T] {
	x := xsync.NewMPMCQueue[T](benchCapacity)
	return []subject[T]{
		slotted[T](),
		waiting("Slotted", NewSlotted[T](benchCapacity)),
		twoLock[T](),
		inPlace(twoLock[T]()),
		inPlace(waiting("TwoLock", NewTwoLock[T](benchCapacity))),
		locked[T](),
		waiting("TwoLock", NewTwoLock[T](benchCapacity)),
		waiting("Locked", NewLocked[T](benchCapacity)),
		channel[T](benchCapacity),
		{name: "xsync.MPMC", put: x.TryEnqueue, take: x.TryDequeue},
	}
}

type large [256]byte

// BenchmarkAlone has one goroutine put in and take out: nobody to wait for or
// to contend with.
func BenchmarkAlone(b *testing.B) {
	alone(b, "SPSC", 8, spsc[uint64])
	alone(b, "SPSC", 256, spsc[large])
	alone(b, "MPSC", 8, mpsc[uint64])
	alone(b, "MPSC", 256, mpsc[large])
	alone(b, "MPMC", 8, mpmc[uint64])
	alone(b, "MPMC", 256, mpmc[large])
}

func alone[T any](b *testing.B, shape string, size int, subjects func(*testing.B) []subject[T]) {
	for i, s := range subjects(b) {
		b.Run(fmt.Sprintf("shape=%s/size=%d/batch=1/queue=%s", shape, size, s.name), func(b *testing.B) {
			s := subjects(b)[i]
			b.ReportAllocs()
			var item T
			if s.put == nil {
				items := []T{item}
				for range b.N {
					s.putBatch(items)
					s.takeBatch(items)
				}
				return
			}
			for range b.N {
				s.put(item)
				item, _ = s.take()
			}
		})
		if s.putBatch == nil || s.put == nil {
			continue
		}
		b.Run(fmt.Sprintf("shape=%s/size=%d/batch=%d/queue=%s", shape, size, benchBatch, s.name), func(b *testing.B) {
			s := subjects(b)[i]
			b.ReportAllocs()
			items := make([]T, benchBatch)
			for done := 0; done < b.N; done += benchBatch {
				s.putBatch(items)
				s.takeBatch(items)
			}
		})
	}
}

// BenchmarkBeside has producers and consumers that wait for each other. The queues
// come in an order that is drawn anew in every process: whoever comes first finds
// the processors asleep.
func BenchmarkBeside(b *testing.B) {
	beside(b, "SPSC", 8, 1, 1, spsc[uint64])
	beside(b, "SPSC", 256, 1, 1, spsc[large])
	for _, producers := range []int{1, 2, 4, 8} {
		beside(b, "MPSC", 8, producers, 1, mpsc[uint64])
		intrusive[uint64](b, 8, producers)
		beside(b, "MPMC", 8, producers, producers, mpmc[uint64])
	}
	for _, producers := range []int{1, 8} {
		beside(b, "MPSC", 256, producers, 1, mpsc[large])
		intrusive[large](b, 256, producers)
		beside(b, "MPMC", 256, producers, producers, mpmc[large])
	}
}

func beside[T any](b *testing.B, shape string, size, producers, consumers int, subjects func(*testing.B) []subject[T]) {
	all := subjects(b)
	for _, i := range rand.Perm(len(all)) {
		s := all[i]
		for _, batch := range []int{1, benchBatch} {
			if batch > 1 && (s.putBatch == nil || s.put == nil) {
				continue
			}
			name := fmt.Sprintf("shape=%s/size=%d/batch=%d/producers=%d/queue=%s", shape, size, batch, producers, s.name)
			b.Run(name, func(b *testing.B) {
				s := subjects(b)[i]
				var running sync.WaitGroup
				b.ReportAllocs()
				b.ResetTimer()
				for p := range producers {
					share := shareOf(b.N, producers, p)
					running.Go(func() { produce(s, share, batch) })
				}
				for c := 1; c < consumers; c++ {
					share := shareOf(b.N, consumers, c)
					running.Go(func() { consume(s, share, batch) })
				}
				consume(s, shareOf(b.N, consumers, 0), batch)
				running.Wait()
			})
		}
	}
}

// shareOf divides n among several, so that each knows when it is done.
func shareOf(n, several, which int) int {
	if which < n%several {
		return n/several + 1
	}
	return n / several
}

func produce[T any](s subject[T], items, batch int) {
	if s.put != nil && batch == 1 {
		var item T
		for range items {
			for !s.put(item) {
				runtime.Gosched()
			}
		}
		return
	}
	buf := make([]T, batch)
	for left := items; left > 0; {
		n := s.putBatch(buf[:min(left, batch)])
		if left -= n; n == 0 {
			runtime.Gosched()
		}
	}
}

func consume[T any](s subject[T], items, batch int) {
	if s.take != nil && batch == 1 {
		for range items {
			for {
				if _, ok := s.take(); ok {
					break
				}
				runtime.Gosched()
			}
		}
		return
	}
	buf := make([]T, batch)
	for left := items; left > 0; {
		n := s.takeBatch(buf[:min(left, batch)])
		if left -= n; n == 0 {
			runtime.Gosched()
		}
	}
}

// owned is an item that says whose node it is in.
type owned[T any] struct {
	producer int
	_        T
}

// creditBatch is after how many nodes of a producer the consumer says that
// these are its own again.
const creditBatch = 64

// intrusive has each producer use its own nodes over and over, as soon as the
// consumer is done with them: what an intrusive queue is for.
func intrusive[T any](b *testing.B, size, producers int) {
	name := fmt.Sprintf("shape=MPSC/size=%d/batch=1/producers=%d/queue=Intrusive", size, producers)
	b.Run(name, func(b *testing.B) {
		q := NewIntrusive[owned[T]]()
		credits := make([]struct {
			taken atomic.Int64
			_     [120]byte
		}, producers)
		nodes := make([][]Node[owned[T]], producers)
		for p := range nodes {
			nodes[p] = make([]Node[owned[T]], benchCapacity)
		}
		var running sync.WaitGroup
		b.ReportAllocs()
		b.ResetTimer()
		for p := range producers {
			own, share := nodes[p], shareOf(b.N, producers, p)
			running.Go(func() {
				room, at := len(own), 0
				for put := range share {
					for room == 0 {
						if room = len(own) - put + int(credits[p].taken.Load()); room == 0 {
							runtime.Gosched()
						}
					}
					n := &own[at]
					n.Item.producer = p
					q.TryPut(n)
					room--
					if at++; at == len(own) {
						at = 0
					}
				}
			})
		}
		taken := make([]int, producers)
		for range b.N {
			n, ok := q.TryTake()
			for ; !ok; n, ok = q.TryTake() {
				runtime.Gosched()
			}
			p := n.Item.producer
			if taken[p]++; taken[p]%creditBatch == 0 {
				credits[p].taken.Store(int64(taken[p]))
			}
		}
		running.Wait()
	})
}

// BenchmarkSingle hands over one item at a time.
func BenchmarkSingle(b *testing.B) {
	b.Run("size=8/queue=Cell", func(b *testing.B) {
		c := NewCell[uint64]()
		for i := range b.N {
			c.TryPut(uint64(i))
			c.TryTake()
		}
	})
	b.Run("size=256/queue=Cell", func(b *testing.B) {
		c, item := NewCell[large](), large{}
		for range b.N {
			c.TryPut(item)
			c.TryTake()
		}
	})
	b.Run("size=256/queue=PointerCell", func(b *testing.B) {
		c, item := NewPointerCell[large](), &large{}
		for range b.N {
			c.TryPut(item)
			c.TryTake()
		}
	})
	b.Run("size=8/queue=channel", func(b *testing.B) {
		c := make(chan uint64, 1)
		for i := range b.N {
			c <- uint64(i)
			<-c
		}
	})
	b.Run("size=256/queue=channel", func(b *testing.B) {
		c, item := make(chan large, 1), large{}
		for range b.N {
			c <- item
			<-c
		}
	})
	b.Run("size=256/queue=channel-of-pointers", func(b *testing.B) {
		c, item := make(chan *large, 1), &large{}
		for range b.N {
			c <- item
			<-c
		}
	})
}

// BenchmarkNew makes a queue and drops it again.
func BenchmarkNew(b *testing.B) {
	b.Run("queue=TwoLock", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			NewTwoLock[uint64](benchCapacity).TryPut(1)
		}
	})
	b.Run("queue=TwoLock-cached", func(b *testing.B) {
		var cache Cache[uint64]
		b.ReportAllocs()
		for range b.N {
			q := cache.Get(benchCapacity)
			q.TryPut(1)
			cache.Recycle(q)
		}
	})
	b.Run("queue=channel", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			make(chan uint64, benchCapacity) <- 1
		}
	})
}
