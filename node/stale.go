package node

import (
	"sync/atomic"
	"time"
)

const (
	// pauseAfter is the gap between two ticks of our own clock that says that
	// the process was stopped.
	pauseAfter = 3 * time.Second
	// resumeWindow is how long after the first tick a line may be read and still
	// count as one that waited while the process was stopped.
	resumeWindow = 200 * time.Millisecond
)

// staleness tells which lines of stdin have waited while nobody read them,
// because the process was stopped or is the successor of one that was killed.
// Whoever sent them may have gone, and a late answer to one who has makes
// Maelstrom deaf to the node.
type staleness struct {
	period  time.Duration // of the ticks
	beat    atomic.Int64  // when the monitor last ticked
	stopped atomic.Int64  // when it last found that the process had been stopped; 0: never
	behind  bool          // stdin has not run dry since; the reader's
}

// tick is called by the monitor, once a period.
func (s *staleness) tick(now time.Duration) {
	if s.stoppedSince(now) {
		s.stopped.Store(int64(now))
	}
	s.beat.Store(int64(now))
}

// stoppedSince reports whether the process has been stopped since the
// monitor's last tick.
func (s *staleness) stoppedSince(now time.Duration) bool {
	return now-time.Duration(s.beat.Load()) > pauseAfter+s.period
}

// resumedAt reports whether the process has just gone on after a stop.
func (s *staleness) resumedAt(now time.Duration) bool {
	at := time.Duration(s.stopped.Load())
	return at != 0 && now-at < resumeWindow
}

// line is called for every line that was read, and reports whether it is stale.
func (s *staleness) line(now time.Duration) bool {
	if s.stoppedSince(now) || s.resumedAt(now) {
		s.behind = true
	}
	return s.behind
}

// restarted says that whatever is on stdin now was meant for a former process.
func (s *staleness) restarted() { s.behind = true }

// dry says that everything was read that was on stdin.
func (s *staleness) dry() { s.behind = false }
