package backpressure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// gauge is a queue whose depth tests set.
type gauge struct {
	name             string
	depth, preferred int
}

func (g *gauge) Name() string   { return g.name }
func (g *gauge) Depth() int     { return g.depth }
func (g *gauge) Preferred() int { return g.preferred }

func newMonitor(t require.TestingT, gauges ...*gauge) *Monitor {
	m, err := NewMonitor(MonitorConfig{})
	require.NoError(t, err)
	for _, g := range gauges {
		m.Watch(g)
	}
	return m
}

// unhealthy polls at now and returns what is reported.
func unhealthy(m *Monitor, now time.Duration) time.Duration {
	report, _ := m.Poll(now)
	return report.Unhealthy
}

// Monitor settings that cannot work are refused with advice.
func TestMonitor_refusesWhatCannotWork(t *testing.T) {
	for advice, c := range map[string]MonitorConfig{
		"period -1ns: make it positive":              {Period: -1},
		"maximum age -1ns: make it positive":         {MaxAge: -1},
		"repeated after 1s, but queues are polled":   {Period: 2 * time.Second, Reassert: time.Second},
		"make the former at least the latter":        {Reassert: -1},
		"stale after 500ms, before they are":         {Stale: 500 * time.Millisecond},
		"make the staleness bound longer":            {Stale: -1},
		"stale after 1s, before they are repeated a": {Reassert: time.Second, Stale: time.Second},
	} {
		_, err := NewMonitor(c)
		require.ErrorContains(t, err, advice)
	}
}

// Monitor defaults follow a long period.
func TestMonitor_defaultsFollowALongPeriod(t *testing.T) {
	m, err := NewMonitor(MonitorConfig{Period: 4 * time.Second})
	require.NoError(t, err)
	require.Equal(t, 12*time.Second, m.Stale())
	require.Equal(t, DefaultStale, newMonitor(t).Stale())
}

// A queue is unhealthy strictly above its preferred size.
func TestMonitor_unhealthyAbovePreferred(t *testing.T) {
	g := &gauge{"intake", 10, 10}
	m := newMonitor(t, g)
	require.Zero(t, unhealthy(m, poll))
	g.depth = 11
	require.Positive(t, unhealthy(m, 2*poll))
}

// The first sight of trouble is worth one period.
func TestMonitor_firstSightIsOnePeriod(t *testing.T) {
	m := newMonitor(t, &gauge{"intake", 11, 10})
	report, publish := m.Poll(7 * time.Second)
	require.True(t, publish)
	require.Equal(t, Report{
		At: 7 * time.Second, Unhealthy: poll, Worst: "intake",
		Queues: []QueueHealth{{"intake", 11, 10, 0, poll}},
	}, report)
}

// agedGauge is a gauge whose oldest item has waited since a time that tests
// set.
type agedGauge struct {
	gauge
	since time.Duration
}

func (g *agedGauge) OldestAge(now time.Duration) time.Duration { return now - g.since }

// A queue whose oldest item is too old is unhealthy however short.
func TestMonitor_oldItemIsUnhealthy(t *testing.T) {
	g := &agedGauge{gauge: gauge{"output", 1, 10}}
	m, err := NewMonitor(MonitorConfig{MaxAge: 3 * poll})
	require.NoError(t, err)
	m.Watch(g)
	require.Zero(t, unhealthy(m, 3*poll), "not beyond it yet")
	report, publish := m.Poll(4 * poll)
	require.True(t, publish)
	require.Equal(t, []QueueHealth{{"output", 1, 10, 4 * poll, poll}}, report.Queues)
	require.Equal(t, 2*poll, unhealthy(m, 5*poll))
	g.since = 5 * poll
	require.Zero(t, unhealthy(m, 6*poll), "one healthy sight is enough")
}

// Unhealthy time grows until one healthy sight.
func TestMonitor_healthySightEndsIt(t *testing.T) {
	g := &gauge{"intake", 11, 10}
	m := newMonitor(t, g)
	for i := range 50 {
		require.Equal(t, time.Duration(i+1)*poll, unhealthy(m, time.Duration(i)*poll))
	}
	g.depth = 10
	report, publish := m.Poll(5 * time.Second)
	require.True(t, publish)
	require.Zero(t, report.Unhealthy)
	require.Empty(t, report.Worst)
	g.depth = 11
	require.Equal(t, poll, unhealthy(m, 5*time.Second+poll), "counted anew")
}

// The worst queue is reported and then the next worst.
func TestMonitor_reportsTheWorst(t *testing.T) {
	a, b, c := &gauge{"a", 0, 1}, &gauge{"b", 0, 1}, &gauge{"c", 0, 1}
	m := newMonitor(t, a, b, c)
	now := time.Duration(0)
	pollTimes := func(n int) (r Report) {
		for range n {
			now += poll
			r, _ = m.Poll(now)
		}
		return r
	}
	b.depth = 5
	pollTimes(900)
	a.depth, c.depth = 5, 5
	r := pollTimes(100)
	require.Equal(t, "b", r.Worst)
	require.Equal(t, 100*time.Second, r.Unhealthy)
	b.depth = 0
	r = pollTimes(1)
	require.Equal(t, "a", r.Worst, "the first of those that are alike")
	require.Equal(t, 10*time.Second+poll, r.Unhealthy)
	require.Equal(t, []QueueHealth{{"a", 5, 1, 0, 10*time.Second + poll}, {"b", 0, 1, 0, 0}, {"c", 5, 1, 0, 10*time.Second + poll}}, r.Queues)
}

// Health is published as it changes and asserted once a second.
func TestMonitor_publishesChangesAndReasserts(t *testing.T) {
	g := &gauge{"intake", 0, 10}
	m := newMonitor(t, g)
	var published []time.Duration
	for now := time.Duration(0); now <= 3500*time.Millisecond; now += poll {
		g.depth = 0
		if now == 1500*time.Millisecond || now == 1600*time.Millisecond {
			g.depth = 11
		} else if now == 2*time.Second {
			g.depth = 9 // deeper, but not less healthy
		}
		if _, publish := m.Poll(now); publish {
			published = append(published, now/time.Millisecond)
		}
	}
	require.Equal(t, []time.Duration{0, 1000, 1500, 1600, 1700, 2700}, published)
}

// A change behind the worst queue is published too.
func TestMonitor_publishesChangesOfOthers(t *testing.T) {
	a, b := &gauge{"a", 0, 1}, &gauge{"b", 0, 1}
	m := newMonitor(t, a)
	m.Poll(0)
	m.Watch(b)
	_, publish := m.Poll(poll)
	require.True(t, publish, "there is one queue more")
}

// Reports can be polled and are unknown when stale.
func TestMonitor_staleReportIsUnknown(t *testing.T) {
	m := newMonitor(t, &gauge{"intake", 11, 10})
	_, known := m.Report(0)
	require.False(t, known, "nobody has looked yet")
	m.Poll(0)
	report, known := m.Report(DefaultStale)
	require.True(t, known)
	require.Equal(t, poll, report.Unhealthy)
	report, known = m.Report(DefaultStale + 1)
	require.False(t, known)
	require.Equal(t, poll, report.Unhealthy, "what was last known is still told")
}

// A late poll counts the time that passed.
func TestMonitor_latePollCountsElapsedTime(t *testing.T) {
	m := newMonitor(t, &gauge{"intake", 11, 10})
	m.Poll(0)
	require.Equal(t, poll+time.Second, unhealthy(m, time.Second))
}

// A gap up to the staleness bound counts.
func TestMonitor_shortGapCounts(t *testing.T) {
	m := newMonitor(t, &gauge{"intake", 11, 10})
	m.Poll(0)
	require.Equal(t, poll+DefaultStale, unhealthy(m, DefaultStale))
}

// A gap of which nothing is known is worth one period.
func TestMonitor_longGapIsOnePeriod(t *testing.T) {
	m := newMonitor(t, &gauge{"intake", 11, 10})
	m.Poll(0)
	require.Equal(t, 2*poll, unhealthy(m, DefaultStale+1), "the process was paused")
	require.Equal(t, 3*poll, unhealthy(m, DefaultStale+1+poll))
}

// A second poll at the same moment changes nothing.
func TestMonitor_samePollChangesNothing(t *testing.T) {
	g := &gauge{"intake", 11, 10}
	m := newMonitor(t, g)
	first, _ := m.Poll(time.Second)
	g.depth = 0
	for _, now := range []time.Duration{time.Second, time.Second / 2} {
		again, publish := m.Poll(now)
		require.False(t, publish)
		require.Equal(t, first, again)
	}
}

// Polls are due once per period and at once at first.
func TestMonitor_pollsAreDueEveryPeriod(t *testing.T) {
	m := newMonitor(t)
	require.Zero(t, m.Next())
	report, publish := m.Poll(3 * time.Second)
	require.True(t, publish)
	require.Zero(t, report.Unhealthy, "nothing watched, nothing wrong")
	require.Equal(t, 3*time.Second+poll, m.Next())
}

// A report is not changed by later polls.
func TestMonitor_reportsAreImmutable(t *testing.T) {
	g := &gauge{"intake", 11, 10}
	m := newMonitor(t, g)
	first, _ := m.Poll(0)
	g.depth = 99
	m.Poll(poll)
	require.Equal(t, []QueueHealth{{"intake", 11, 10, 0, poll}}, first.Queues)
}

// At an even pace, the unhealthy duration is the period times the number of
// unhealthy sights since the last healthy one, and the worst of all is told.
func TestMonitor_unhealthyTimeIsTheRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gauges := make([]*gauge, rapid.IntRange(1, 4).Draw(t, "queues"))
		for i := range gauges {
			gauges[i] = &gauge{name: string(rune('a' + i)), preferred: rapid.IntRange(1, 3).Draw(t, "preferred")}
		}
		m := newMonitor(t, gauges...)
		runs := make([]time.Duration, len(gauges))
		for i := range rapid.IntRange(1, 60).Draw(t, "polls") {
			worst, name := time.Duration(0), ""
			for j, g := range gauges {
				g.depth = rapid.IntRange(0, 4).Draw(t, "depth")
				if runs[j] += poll; g.depth <= g.preferred {
					runs[j] = 0
				}
				if runs[j] > worst {
					worst, name = runs[j], g.name
				}
			}
			report, _ := m.Poll(time.Duration(i) * poll)
			require.Equal(t, worst, report.Unhealthy)
			require.Equal(t, name, report.Worst)
		}
	})
}
