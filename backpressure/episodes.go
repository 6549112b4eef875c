package backpressure

import "time"

// DefaultLogInterval is the least time between two announcements.
const DefaultLogInterval = 10 * time.Second

// Line is what is to be logged about an episode of trouble.
type Line struct {
	Kind       LineKind
	Lasted     time.Duration // from the first sight of trouble to now
	Suppressed uint64        // episodes since the line before that ended without being logged
}

// LineKind says which end of an episode a line is about.
type LineKind uint8

// The kinds of a Line.
const (
	NoLine  LineKind = iota // nothing is to be logged
	Started                 // there is trouble
	Ended                   // the trouble last announced is over
)

// Episodes turns a stream of sights of trouble into few log lines: one when it
// starts, one when it ends. Starts are at least an interval apart: an episode
// that begins sooner is announced late if it is still on by then, and is left
// out, both its ends, and counted, if it is not. What was announced is always
// ended. So there are at most two lines per interval.
//
// Episodes are for one goroutine.
type Episodes struct {
	interval   time.Duration
	ill        bool
	since      time.Duration // start of the present episode
	announced  bool          // whether it was logged
	spoken     bool          // whether any ever was ...
	spokenAt   time.Duration // ... and when the last
	suppressed uint64
}

// NewEpisodes returns a limiter that announces no more often than every
// interval; 0 or less means every episode.
func NewEpisodes(interval time.Duration) *Episodes { return &Episodes{interval: interval} }

// Note says whether there is trouble now, and returns the line that is due.
func (e *Episodes) Note(now time.Duration, ill bool) Line {
	if ill && !e.ill {
		e.since, e.announced = now, false
	}
	wasIll := e.ill
	e.ill = ill
	switch {
	case ill && !e.announced && (!e.spoken || now-e.spokenAt >= e.interval):
		e.announced, e.spoken, e.spokenAt = true, true, now
		return e.line(Started, now)
	case !ill && wasIll && e.announced:
		return e.line(Ended, now)
	case !ill && wasIll:
		e.suppressed++
	}
	return Line{}
}

func (e *Episodes) line(kind LineKind, now time.Duration) Line {
	l := Line{Kind: kind, Lasted: now - e.since, Suppressed: e.suppressed}
	e.suppressed = 0
	return l
}
