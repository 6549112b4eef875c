package chans

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// model is a queue with an inbox as one would write it with a plain slice. The
// calls of a single goroutine must not be able to tell them apart.
type model struct {
	capacity int
	held     []int // taken by the inbox, the one in hand first
	inHand   bool
	items    []int
	closed   bool
	in, out  uint64
	rejected uint64
	lost     uint64
	high     int
}

func (m *model) depth() int { return len(m.held) + len(m.items) }

func (m *model) put(item int) bool {
	if m.closed || m.depth() == m.capacity {
		m.rejected++
		return false
	}
	m.items = append(m.items, item)
	m.in++
	m.high = max(m.high, m.depth())
	return true
}

func (m *model) done() {
	if m.inHand {
		m.inHand, m.held = false, m.held[1:]
		m.out++
	}
}

func (m *model) next() (int, bool) {
	m.done()
	if len(m.held) == 0 {
		n := min(batchSize, len(m.items))
		m.held, m.items = m.items[:n:n], m.items[n:]
	}
	if len(m.held) == 0 {
		return 0, false
	}
	m.inHand = true
	return m.held[0], true
}

// oldest returns the next item to be handled.
func (m *model) oldest() (int, bool) {
	if all := append(slices.Clone(m.held), m.items...); len(all) > 0 {
		return all[0], true
	}
	return 0, false
}

// Queue and inbox behave like a slice.
func TestQueue_behavesLikeASlice(t *testing.T) {
	for _, capacity := range capacities {
		rapid.Check(t, func(t *rapid.T) {
			q, inbox := newQueueAndInbox[int](t, capacity)
			m := &model{capacity: capacity}
			counter := 0
			// The item is its time of insertion, so that its age can be told.
			fresh := func() (time.Duration, int) { counter++; return time.Duration(counter), counter }
			actions := map[string]func(*rapid.T){
				"Offer": func(t *rapid.T) {
					for range rapid.IntRange(1, capacity+1).Draw(t, "n") {
						now, item := fresh()
						require.Equal(t, m.put(item), q.Offer(now, item))
					}
				},
				"TryNext": func(t *rapid.T) {
					for range rapid.IntRange(1, capacity+1).Draw(t, "n") {
						want, there := m.next()
						item, ok := inbox.TryNext()
						require.Equal(t, there, ok)
						require.Equal(t, want, item)
					}
				},
				"Done": func(t *rapid.T) { m.done(); inbox.Done() },
				"Abandon": func(t *rapid.T) {
					inHand := m.inHand
					if inHand {
						m.lost++
					}
					m.done()
					_, lost := inbox.Abandon()
					require.Equal(t, inHand, lost)
				},
				"Close": func(t *rapid.T) {
					if rapid.IntRange(0, 9).Draw(t, "really") == 0 {
						m.closed = true
						q.Close()
					}
				},
				"": func(t *rapid.T) {
					require.Equal(t, m.depth(), q.Depth())
					require.Equal(t, m.closed && m.depth() == 0, q.Drained())
					f := q.Figures(time.Duration(counter))
					want := Figures{Name: "q", Preferred: capacity, Capacity: capacity, Depth: m.depth(),
						In: m.in, Out: m.out, Rejected: m.rejected, Lost: m.lost, HighWater: m.high}
					if item, ok := m.oldest(); ok {
						want.OldestAge = time.Duration(counter - item)
					}
					require.Equal(t, want, f)
					requireWiped(t, &q.ring)
					requireReady(t, q, m)
				},
			}
			t.Repeat(actions)
		})
	}
}

// requireReady checks that a consumer that selects would be woken whenever
// there is something it could take.
func requireReady(t require.TestingT, q *Queue[int], m *model) {
	waiting := m.depth()
	if m.inHand {
		waiting--
	}
	if token := hasToken(q.Ready()); token {
		signal(q.ready) // looked at only
	} else {
		require.False(t, waiting > 0 || m.closed, "%d items, closed %v, and no token", waiting, m.closed)
	}
}
