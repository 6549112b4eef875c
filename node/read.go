package node

import (
	"context"
	"errors"
	"io"
	"time"

	"treecast/wire"
)

const (
	// pauseAfter is the gap between two ticks of our own clock that says that
	// the process was stopped.
	pauseAfter = 3 * time.Second
	// resumeWindow is how long after the first tick a line may be read and still
	// count as one that waited while the process was stopped.
	resumeWindow = 200 * time.Millisecond
)

// read admits the lines of stdin until it ends. The error is the stream's.
//
// Before a request is admitted there must be room for its reply: while stdout
// moves the reader waits for it, so that a client that pipes in more than it
// reads is slowed by its own pipe and not refused. Nothing else makes the
// reader wait.
func (d *driver) read(ctx context.Context, stdin io.Reader) error {
	r := wire.NewReader(stdin, d.cfg.MaxLineBytes)
	resumed := false
	for {
		if resumed && !r.Ready() && dry(stdin) {
			resumed = false
		}
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		now := d.now()
		if d.pausedSince(now) || d.resumedAt(now) {
			resumed = true
		}
		for !d.Admits() && !d.stuck() && ctx.Err() == nil {
			d.waitDrained(ctx)
		}
		if ctx.Err() != nil {
			return nil
		}
		wasNamed := d.intake.self != nil
		d.intake.admit(now, &item, resumed)
		if !wasNamed && d.intake.self != nil && d.intake.self.restart {
			resumed = true // what waits behind this init was sent to a dead process
		}
	}
}

// pausedSince reports whether the process has been stopped since the monitor's
// last tick.
func (d *driver) pausedSince(now time.Duration) bool {
	return now-time.Duration(d.beat.Load()) > pauseAfter+d.cfg.MonitorPeriod
}

// resumedAt reports whether the process has just gone on after a stop.
func (d *driver) resumedAt(now time.Duration) bool {
	at := time.Duration(d.stopped.Load())
	return at != 0 && now-at < resumeWindow
}
