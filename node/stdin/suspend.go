package stdin

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
	// lullAfter is the gap that says that the process may have been stopped for
	// a while. What came meanwhile is answered, but not as if it had just come.
	lullAfter = 800 * time.Millisecond
)

// suspendDetector tells which lines of stdin have waited while nobody read them,
// because the process was stopped or is the successor of one that was killed.
// Whoever sent them may have gone, and a late answer to one who has makes
// Maelstrom deaf to the node.
type suspendDetector struct {
	period  time.Duration // of the ticks
	beat    atomic.Int64  // when the monitor last ticked
	stopped atomic.Int64  // when it last found that the process had been stopped; 0: never
	slept   atomic.Int64  // for how long it had been, then
	lulled  atomic.Int64  // when it last found any gap that is worth a thought; 0: never
	lull    atomic.Int64  // when that had begun
	empty   atomic.Bool   // nothing was on stdin when it found that
	unread  func() int64  // how much is on stdin, as far as can be told; nil: nothing

	// The rest is the reader's.
	behind Client        // of what is on stdin, until it runs dry
	lulls  int64         // the gap that was thought of; as in lulled
	passed int64         // the stop after which stdin has run dry; as in stopped
	saw    time.Duration // when a line showed that there had been a stop, before a tick did
	sawDry time.Duration // the same, of the last one after which stdin has run dry
	waits  bool          // the reader waits in a read of stdin ...
	since  time.Duration // ... and has done so since then
}

// tick is called by the monitor, once a period.
func (s *suspendDetector) tick(now time.Duration) {
	if s.gapSince(now, lullAfter) {
		s.empty.Store(s.unread == nil || s.unread() == 0)
		s.lull.Store(s.beat.Load())
		s.lulled.Store(int64(now))
	}
	if s.stoppedSince(now) {
		s.slept.Store(int64(now) - s.beat.Load())
		s.stopped.Store(int64(now))
	}
	s.beat.Store(int64(now))
}

// gapSince reports whether the monitor's last tick was too long ago, by more than
// a time.
func (s *suspendDetector) gapSince(now, gap time.Duration) bool {
	return now-time.Duration(s.beat.Load()) > gap+s.period
}

// stoppedSince reports whether the process has been stopped since the
// monitor's last tick.
func (s *suspendDetector) stoppedSince(now time.Duration) bool {
	return s.gapSince(now, pauseAfter)
}

// stoodStill reports whether the process may just have stood still, and since
// when: what is on stdin may be as old.
func (s *suspendDetector) stoodStill(now time.Duration) (since time.Duration, is bool) {
	if s.gapSince(now, lullAfter) {
		return time.Duration(s.beat.Load()), true
	}
	return time.Duration(s.lull.Load()), s.lulled.Load() != s.lulls
}

// looked says that the reader has seen what may have come while the process stood
// still.
func (s *suspendDetector) looked() { s.lulls = s.lulled.Load() }

// resumedAt reports whether the process has just gone on after a stop.
func (s *suspendDetector) resumedAt(now time.Duration) bool {
	at := time.Duration(s.stopped.Load())
	return at != 0 && now-at < resumeWindow
}

// unsettled reports whether there may be lines on stdin that were there when the
// process went on after a stop: the reader may have been held up since.
func (s *suspendDetector) unsettled() bool {
	stopped := s.stopped.Load()
	return stopped != s.passed && int64(s.sawDry) <= stopped-s.slept.Load()
}

// line is called for every line that was read, and returns what has become of its
// client.
func (s *suspendDetector) line(now time.Duration) Client {
	slept := time.Duration(0)
	if s.stoppedSince(now) {
		slept = now - time.Duration(s.beat.Load())
		s.saw = now
	}
	if s.resumedAt(now) || s.unsettled() {
		slept = max(slept, time.Duration(s.slept.Load()))
	}
	switch {
	case slept > readLife:
		s.behind = Gone
	case slept > 0:
		s.behind = max(s.behind, MaybeGone)
	}
	return s.behind
}

// dry says that everything was read that was on stdin, and that the reader waits
// for more.
func (s *suspendDetector) dry(now time.Duration) {
	s.behind = Waiting
	s.passed, s.sawDry = s.stopped.Load(), s.saw
	s.wait(now)
}

// wait says that the reader begins a read of stdin, which may have to wait.
func (s *suspendDetector) wait(now time.Duration) { s.waits, s.since = true, now }

// came says that there is something to be read. If the reader has had to wait for
// it since the process went on, stdin was empty then: one that began to wait before
// that may have been late itself, but then the monitor saw that something was there.
func (s *suspendDetector) came(now time.Duration) {
	lulled := s.lulled.Load()
	waited := now - max(s.since, time.Duration(lulled))
	if s.waits && waited >= resumeWindow && (int64(s.since) > lulled || s.empty.Load()) {
		s.lulls, s.passed = lulled, s.stopped.Load() // a stop is such a gap, too
	}
	s.waits = false
}

// mayWait reports whether anything on stdin counts as waiting there.
func (s *suspendDetector) mayWait() bool { return s.behind != Waiting || s.unsettled() }
