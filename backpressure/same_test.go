package backpressure

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// plain is a monitor that writes every report in full.
type plain struct {
	config    MonitorConfig
	unhealthy []time.Duration
	last      *Report
	published time.Duration
}

func (m *plain) poll(now time.Duration, gauges []*agedGauge) (Report, bool) {
	step := m.config.Period
	if m.last != nil {
		if now <= m.last.At {
			return *m.last, false
		}
		if gap := now - m.last.At; gap <= m.config.Stale {
			step = gap
		}
	}
	r := Report{At: now}
	changed := m.last == nil
	for i, g := range gauges {
		h := QueueHealth{Name: g.name, Depth: g.depth, Preferred: g.preferred, Age: now - g.since}
		if m.unhealthy[i] += step; h.Depth <= h.Preferred && h.Age <= m.config.MaxAge {
			m.unhealthy[i] = 0
		}
		h.Unhealthy = m.unhealthy[i]
		if h.Unhealthy > r.Unhealthy {
			r.Unhealthy, r.Worst = h.Unhealthy, h.Name
		}
		changed = changed || m.last.Queues[i].Unhealthy != h.Unhealthy
		r.Queues = append(r.Queues, h)
	}
	publish := changed || now-m.published >= m.config.Reassert
	if publish {
		m.published = now
	}
	m.last = &r
	return r, publish
}

// What a poll that sees the same again leaves unwritten cannot be told from what
// it would have written: not by the poll, by Report, by Next or by later polls.
func TestSame_pollsAreEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := NewMonitor(MonitorConfig{MaxAge: 3 * poll})
		require.NoError(t, err)
		model := &plain{config: m.config}
		var gauges []*agedGauge
		for i := range rapid.IntRange(0, 3).Draw(t, "queues") {
			g := &agedGauge{gauge: gauge{name: string(rune('a' + i)), preferred: 1}}
			gauges, model.unhealthy = append(gauges, g), append(model.unhealthy, 0)
			m.Watch(g)
		}
		now := time.Duration(0)
		steps := rapid.SampledFrom([]time.Duration{poll, poll, poll, poll, 0, 1, poll / 2, DefaultReassert, DefaultStale, DefaultStale + 1})
		for range rapid.IntRange(1, 60).Draw(t, "polls") {
			waits := rapid.Bool().Draw(t, "something waits")
			for _, g := range gauges {
				if rapid.IntRange(0, 4).Draw(t, "changes") == 0 {
					g.depth = rapid.IntRange(0, 2).Draw(t, "depth")
				}
				if !waits {
					g.since = now // an item without age, or none
				}
			}
			want, wantPublish := model.poll(now, gauges)
			got, publish := m.Poll(now)
			require.Equal(t, want.At, got.At)
			require.Equal(t, want.Unhealthy, got.Unhealthy)
			require.Equal(t, want.Worst, got.Worst)
			require.ElementsMatch(t, want.Queues, got.Queues)
			require.Equal(t, wantPublish, publish)
			require.Equal(t, now+poll, m.Next())
			for _, later := range []time.Duration{0, DefaultStale, DefaultStale + 1} {
				report, known := m.Report(now + later)
				require.Equal(t, got, report)
				require.Equal(t, later <= DefaultStale, known, "known for as long as since the last poll, whatever it saw")
			}
			now += steps.Draw(t, "pause")
		}
	})
}

// A report that is read while polls go on says what was there at its own time, which
// is never earlier than that of the report read before.
func TestSame_reportsAreConsistent(t *testing.T) {
	const polls, alike = 30_000, 5
	depthAt := func(at time.Duration) int { return int(at/poll) / alike % 4 }
	g := &gauge{"intake", 0, 10}
	m := newMonitor(t, g)
	m.Poll(0)
	var over atomic.Bool
	var seen atomic.Int64
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() {
			last := time.Duration(0)
			for {
				done := over.Load()
				r, known := m.Report(last)
				if !known || r.At < last || r.Queues[0].Depth != depthAt(r.At) || r.Unhealthy != 0 {
					t.Errorf("after %v: %+v, known: %v", last, r, known)
					return
				}
				if r.At > last {
					seen.Add(1)
				}
				if last = r.At; done {
					if last != polls*poll {
						t.Errorf("the last report is of %v", last)
					}
					return
				}
			}
		})
	}
	for i := 1; i <= polls; i++ {
		g.depth = depthAt(time.Duration(i) * poll)
		m.Poll(time.Duration(i) * poll)
	}
	over.Store(true)
	asking.Wait()
	require.Positive(t, seen.Load())
}
