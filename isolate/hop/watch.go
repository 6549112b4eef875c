package hop

import (
	"math"
	"time"
)

// Never is a time that does not come.
const Never = time.Duration(math.MaxInt64)

const never = Never

// Cause is why a child was ended, or ended by itself.
type Cause uint8

// The causes.
const (
	Healthy  Cause = iota
	Crashed        // it ended by itself, or was killed by somebody else
	Silent         // it did not beat
	Stuck          // it beat, and did none of the work that it had
	Hungry         // it took more memory than it may
	Flooding       // it said more than it may
	Garbled        // its frames were none, or of another child
	Unborn         // it could not be started, or was not ready in time
	causes
)

// causeNames are the names of causes in figures.
var causeNames = [causes]string{"healthy", "crashed", "silent", "stuck", "memory", "flood", "garbage", "not_started"}

// String is the cause's name.
func (c Cause) String() string { return causeNames[c] }

// harmful reports whether what ended a child would harm the parent if it happened
// there.
func (c Cause) harmful() bool { return c == Silent || c == Stuck || c == Hungry }

// WatchConfig says when a child is given up. Zero fields take their default.
type WatchConfig struct {
	Period  time.Duration // between looks; more than 0
	Silence time.Duration // without a beat
	Idle    time.Duration // without any of its work done
	Start   time.Duration // until it is ready
	Memory  int64         // bytes; 0: any number
}

// Defaults of a WatchConfig.
const (
	DefaultWatchPeriod = 100 * time.Millisecond
	DefaultSilence     = 3 * time.Second
	DefaultStart       = 5 * time.Second
)

func (c *WatchConfig) setDefaults() {
	if c.Period == 0 {
		c.Period = DefaultWatchPeriod
	}
	if c.Silence == 0 {
		c.Silence = DefaultSilence
	}
	if c.Idle == 0 {
		c.Idle = c.Silence
	}
	if c.Start == 0 {
		c.Start = DefaultStart
	}
}

// Watch says when a child is to be given up. It is told what the child does, and looks
// once a period. A look that comes much later than it was due says that the
// parent itself stood still, or had no processor: that time is counted as two periods
// and no more, as the child may have stood still with it, and what it said meanwhile
// is still to be read.
type Watch struct {
	cfg     WatchConfig
	looked  time.Duration
	watched time.Duration // time in which the parent was awake

	ready bool
	began time.Duration // of watched, as are those below
	beat  time.Duration
	moved time.Duration // when work was last done, or there was none
	done  uint64
}

// NewWatch returns the watch of a child that is started now.
func NewWatch(now time.Duration, cfg WatchConfig) *Watch {
	cfg.setDefaults()
	return &Watch{cfg: cfg, looked: now}
}

// Ready says that the child is.
func (w *Watch) Ready() { w.ready, w.beat, w.moved = true, w.watched, w.watched }

// Beat says that the child has said something.
func (w *Watch) Beat() { w.beat = w.watched }

// Next is when Look is to be called at the latest.
func (w *Watch) Next() time.Duration { return w.looked + w.cfg.Period + w.cfg.Period/20 }

// Due reports whether Look may be called: whoever is awake for something else looks then, and
// need not be woken for it.
func (w *Watch) Due(now time.Duration) bool { return now-w.looked >= w.cfg.Period/4 }

// Look says why the child is to be given up now; Healthy if it is not. done is how
// many pieces of work are done, busy whether there are more, memory how many bytes
// it takes; 0: that is not known.
func (w *Watch) Look(now time.Duration, done uint64, busy bool, memory int64) Cause {
	w.watched += min(max(0, now-w.looked), 2*w.cfg.Period)
	w.looked = max(now, w.looked)
	if !w.ready {
		if w.watched-w.began > w.cfg.Start {
			return Unborn
		}
		return Healthy
	}
	if done != w.done || !busy {
		w.done, w.moved = done, w.watched
	}
	switch {
	case w.cfg.Memory > 0 && memory > w.cfg.Memory:
		return Hungry
	case w.watched-w.beat > w.cfg.Silence:
		return Silent
	case w.watched-w.moved > w.cfg.Idle:
		return Stuck
	}
	return Healthy
}
