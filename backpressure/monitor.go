package backpressure

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Gauge is a queue as the monitor sees it. Depth and Preferred are in the same
// unit, items or bytes. Depth is called at every poll from the monitor's
// goroutine, so it should be no more than an atomic read.
type Gauge interface {
	Name() string
	Depth() int
	Preferred() int
}

// Aged is a Gauge that also knows for how long its oldest item has waited.
// Depth alone notices late what is stuck under a low load. OldestAge is 0 for
// an empty queue; it is called as Depth is.
type Aged interface {
	Gauge
	OldestAge(now time.Duration) time.Duration
}

// MonitorConfig says how often to look and to speak. A field that is 0 has its
// default.
type MonitorConfig struct {
	// Period is the time between polls; 100 ms by default. A queue's trouble is
	// seen, and its end too, up to one period late: a longer one costs nothing
	// while healthy, and lets throttled work idle for that long afterwards.
	Period time.Duration
	// Reassert is the longest time between two published reports; 1 s by
	// default, at least Period. Reports that say nothing new are published so
	// that no consumer is stuck behind a report that was lost.
	Reassert time.Duration
	// Stale is the age from which on a report counts as unknown; DefaultStale by
	// default, longer than Reassert.
	Stale time.Duration
	// MaxAge is the age of its oldest item beyond which a gauge that is Aged is
	// unhealthy, however short it is; 1 s by default. Shorter notices sooner what
	// is stuck under a low load; it must be longer than a healthy consumer ever
	// keeps an item, and than the machine may leave the process waiting.
	MaxAge time.Duration
}

// Defaults of MonitorConfig.
const (
	DefaultPeriod   = 100 * time.Millisecond
	DefaultReassert = time.Second
	DefaultMaxAge   = time.Second
)

// QueueHealth is what a poll saw of one queue.
type QueueHealth struct {
	Name      string
	Depth     int
	Preferred int
	Age       time.Duration // of the oldest item, where that is known
	Unhealthy time.Duration // for how long it has been seen beyond Preferred or MaxAge; 0 if it is not
}

// Report is what one poll saw. It is not changed after it was returned.
type Report struct {
	At        time.Duration // when the queues were looked at
	Unhealthy time.Duration // of the queue for which it is longest; 0 means healthy
	Worst     string        // the name of that queue, the first if several are alike; empty when healthy
	Queues    []QueueHealth // all of them, in the order in which they were watched
}

// Monitor polls gauges and keeps for how long each has been unhealthy, that is,
// strictly deeper than preferred, or its oldest item older than the maximum. It consumes from no queue, so nothing that
// it watches can hold it up.
//
// The time between two polls counts as unhealthy if the second one saw the
// queue unhealthy. So the first sight of trouble is worth one period already,
// and a report of 0 means health and nothing else. A gap between polls that is
// longer than Stale (the process was paused) says nothing about what was in it,
// and is worth one period too.
//
// Watch, Poll and Next are for one goroutine, Report is for any.
type Monitor struct {
	config    MonitorConfig
	gauges    []Gauge
	unhealthy []time.Duration        // per gauge
	published time.Duration          // when a poll last said publish
	scratch   []QueueHealth          // of Poll
	last      atomic.Pointer[Report] // what was last seen that was new
	at        atomic.Int64           // when the last poll was, which may have seen the same again
}

// NewMonitor returns a monitor that watches nothing, or an error that says which
// setting cannot work.
func NewMonitor(c MonitorConfig) (*Monitor, error) {
	if c.Period == 0 {
		c.Period = DefaultPeriod
	}
	if c.Reassert == 0 {
		c.Reassert = max(DefaultReassert, c.Period)
	}
	if c.Stale == 0 {
		c.Stale = max(DefaultStale, 3*c.Reassert)
	}
	if c.MaxAge == 0 {
		c.MaxAge = DefaultMaxAge
	}
	switch {
	case c.MaxAge < 0:
		return nil, fmt.Errorf("health monitor: maximum age %v: make it positive (the default is %v)", c.MaxAge, DefaultMaxAge)
	case c.Period < 0:
		return nil, fmt.Errorf("health monitor: period %v: make it positive (the default is %v)", c.Period, DefaultPeriod)
	case c.Reassert < c.Period:
		return nil, fmt.Errorf("health monitor: reports are to be repeated after %v, but queues are polled only every %v: make the former at least the latter", c.Reassert, c.Period)
	case c.Stale <= c.Reassert:
		return nil, fmt.Errorf("health monitor: reports would be stale after %v, before they are repeated after %v: make the staleness bound longer", c.Stale, c.Reassert)
	}
	return &Monitor{config: c}, nil
}

// Stale returns the age from which on a report counts as unknown: what permits
// and gates that are fed by this monitor should be given.
func (m *Monitor) Stale() time.Duration { return m.config.Stale }

// Watch adds a gauge, seen from the next poll on.
func (m *Monitor) Watch(g Gauge) {
	m.gauges = append(m.gauges, g)
	m.unhealthy = append(m.unhealthy, 0)
}

// Poll looks at every gauge. It returns what it saw, and whether that is to be
// published: it differs in health from the poll before, or it is time to say
// the same again. A second poll at the same moment returns the first one's
// report, and that it is not to be published again.
func (m *Monitor) Poll(now time.Duration) (report Report, publish bool) {
	previous := m.last.Load()
	step := m.config.Period
	if previous != nil {
		elapsed := now - time.Duration(m.at.Load())
		if elapsed <= 0 {
			return m.latest(), false
		}
		if elapsed <= m.config.Stale {
			step = elapsed
		}
	}
	report.At = now
	queues := m.scratch[:0]
	for i, g := range m.gauges {
		health := QueueHealth{Name: g.Name(), Depth: g.Depth(), Preferred: g.Preferred()}
		if aged, ok := g.(Aged); ok {
			health.Age = aged.OldestAge(now)
		}
		if health.Depth > health.Preferred || health.Age > m.config.MaxAge {
			m.unhealthy[i] += step
		} else {
			m.unhealthy[i] = 0
		}
		health.Unhealthy = m.unhealthy[i]
		if health.Unhealthy > report.Unhealthy {
			report.Unhealthy, report.Worst = health.Unhealthy, health.Name
		}
		queues = append(queues, health)
	}
	m.scratch = queues
	// Most polls see nothing new; the former report's queues serve again.
	same := previous != nil && slices.Equal(previous.Queues, queues)
	if same {
		report.Queues = previous.Queues
	} else {
		report.Queues = slices.Clone(queues)
	}
	publish = previous == nil || now-m.published >= m.config.Reassert || !same && !sameHealth(previous, &report)
	if publish {
		m.published = now
	}
	if !same {
		news := report
		m.last.Store(&news)
	}
	m.at.Store(int64(now)) // after what was seen then: see latest
	return report, publish
}

// latest returns what the last poll saw; there must have been one. The time is
// read first: what is then read with it was seen at that time, or later.
func (m *Monitor) latest() Report {
	at := time.Duration(m.at.Load())
	report := *m.last.Load()
	report.At = max(report.At, at)
	return report
}

// sameHealth says whether two reports differ in no more than depths and ages.
func sameHealth(a, b *Report) bool {
	return slices.EqualFunc(a.Queues, b.Queues, func(a, b QueueHealth) bool { return a.Unhealthy == b.Unhealthy })
}

// Report returns what the last poll saw, and whether that is known: there was a
// poll, and it is not older than the staleness bound. It may be called from any
// goroutine.
func (m *Monitor) Report(now time.Duration) (report Report, known bool) {
	if m.last.Load() == nil {
		return Report{}, false
	}
	report = m.latest()
	return report, now-report.At <= m.config.Stale
}

// Next returns when the next poll is due: at once if there was none.
func (m *Monitor) Next() time.Duration {
	if m.last.Load() == nil {
		return 0
	}
	return time.Duration(m.at.Load()) + m.config.Period
}
