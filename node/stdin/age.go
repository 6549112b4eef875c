package stdin

import (
	"math"
	"time"
)

// Age tells how long lines have waited on stdin. Places on stdin are counted from
// its beginning, in bytes or in lines; they never go back, and neither does time.
// Make one with NewAge.
type Age struct {
	stops    suspendDetector
	arrivals arrivals
	former   int64 // where what was meant for a former process ends; 0: nothing was
}

// NewAge returns what tells the age of lines. period is that of Tick. unread tells
// how much of stdin is unread, as far as that can be told, and may be nil; any
// goroutine may call it.
func NewAge(period time.Duration, unread func() int64) *Age {
	return &Age{stops: suspendDetector{period: period, unread: unread}}
}

// Tick is called once a period: a gap says that the process stood still.
func (a *Age) Tick(now time.Duration) { a.stops.tick(now) }

// Looks reports whether it is time to look at how much is on stdin; then Saw is to
// be called.
func (a *Age) Looks(now time.Duration) bool {
	_, stood := a.stops.stoodStill(now)
	return stood || a.arrivals.due(now)
}

// Saw takes note that everything before a place is on stdin. What may have come
// while the process stood still counts as having come then.
func (a *Age) Saw(now time.Duration, end int64) {
	if since, stood := a.stops.stoodStill(now); stood {
		a.arrivals.see(max(since, a.arrivals.looked), end)
		a.stops.looked()
		return
	}
	a.arrivals.see(now, end)
}

// Waits says that the reader begins a read of stdin, which may have to wait.
func (a *Age) Waits(now time.Duration) { a.stops.wait(now) }

// Came says that there is something on stdin that the reader may have waited for.
func (a *Age) Came(now time.Duration) { a.stops.came(now) }

// Dry says that everything was read that was on stdin, and that the reader waits.
func (a *Age) Dry(now time.Duration) {
	a.former = 0
	a.stops.dry(now)
}

// WantsDry reports whether anything on stdin counts as having waited there, so that
// Dry would change something.
func (a *Age) WantsDry() bool { return a.former > 0 || a.stops.mayWait() }

// Restarted says that whatever is on stdin was meant for a former process, until
// it runs dry, or up to the place that Began names.
func (a *Age) Restarted() { a.former = math.MaxInt64 }

// Began says that clients know that this process is there, and that nothing behind a
// place on stdin was written before they did.
func (a *Age) Began(end int64) { a.former = min(a.former, end) }

// Line is called for every line that was read, in their order, with the place where
// it ends. It returns when the line had come, at the latest, and what has become of
// its client. If the line then waits for something else, After tells more.
func (a *Age) Line(now time.Duration, end int64) (came time.Duration, c Client) {
	came = a.arrivals.came(now, end)
	c = max(a.stops.line(now), After(now-came))
	if end <= a.former {
		c = Gone
	}
	return came, c
}

// Behind is what has become of the clients of what is on stdin, until it runs dry.
func (a *Age) Behind() Client {
	if a.former == math.MaxInt64 {
		return Gone
	}
	return a.stops.behind
}
