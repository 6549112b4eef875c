package stdin

import "time"

// arrivals tells how long the lines of stdin have waited there, from looks at
// how much of it is unread: what was there at a look is as old as the look, at
// least. What comes and is read between two looks counts as having come when it
// is read. So no line is taken for older than it is, but for what may have come
// while the process stood still, of which the caller says that it was seen when
// that began: see Age.Saw. It is the reader's.
//
// Places on stdin are counted from its beginning, in bytes or in lines. They
// never go back, and neither does time.
type arrivals struct {
	looks  []look // the oldest first; each one saw more than the one before
	looked time.Duration
	any    bool // looked says something
}

// look is what was seen of stdin at a time.
type look struct {
	at  time.Duration
	end int64 // everything before this place was there
}

const (
	// lookPeriod is how often the reader looks at most: what it costs is nothing
	// beside what a tenth of a second holds, and clients wait for seconds.
	lookPeriod = 100 * time.Millisecond
	// maxLooks is for how many looks there is room: longer than anybody waits.
	maxLooks = 128
)

// due reports whether it is time to look again.
func (a *arrivals) due(now time.Duration) bool { return !a.any || now-a.looked >= lookPeriod }

// see takes note of a look: everything before a place is there now.
func (a *arrivals) see(now time.Duration, end int64) {
	a.looked, a.any = now, true
	if n := len(a.looks); n > 0 {
		if a.looks[n-1].end >= end {
			return
		}
		if n == maxLooks {
			a.looks = a.looks[:n-1] // what it alone saw counts as younger than it is
		}
	}
	a.looks = append(a.looks, look{now, end})
}

// came returns when the line that ends at a place had come, at the latest. The
// places that it is asked about only rise.
func (a *arrivals) came(now time.Duration, end int64) time.Duration {
	past := 0
	for past < len(a.looks) && a.looks[past].end < end {
		past++
	}
	if past > 0 {
		a.looks = append(a.looks[:0], a.looks[past:]...)
	}
	if len(a.looks) == 0 {
		return now
	}
	return a.looks[0].at
}
