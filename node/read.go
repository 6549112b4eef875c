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
//
// It may be called again after it crashed, and goes on with the next line.
func (d *driver) read(ctx context.Context, stdin io.Reader) error {
	if d.lines == nil {
		d.lines = wire.NewReader(stdin, d.cfg.MaxLineBytes)
	}
	r := d.lines
	leash := d.leash(ctx, "intake")
	resumed := false
	var item wire.Item // one for all lines, as a crash must find it
	for {
		if resumed && !r.Ready() && dry(stdin) {
			resumed = false
		}
		var err error
		item, err = r.Next()
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
		d.reading.take(&item)
		leash.begin(true)
		d.reading.begun = true
		d.intake.admit(now, &item, resumed)
		leash.end()
		d.reading.done()
		if !wasNamed && d.intake.self != nil && d.intake.self.restart {
			resumed = true // what waits behind this init was sent to a dead process
		}
	}
}

// lineInHand is the line that the reader is busy with. It is to the reader what
// an inbox is to the other services.
type lineInHand struct {
	item  *wire.Item // nil: none
	begun bool       // it has been looked at
	lost  func()     // called when a crash loses it
}

func (l *lineInHand) take(item *wire.Item) { l.item, l.begun = item, false }
func (l *lineInHand) done()                { l.item = nil }

// Name is what the supervisor calls it.
func (l *lineInHand) Name() string { return "stdin" }

// Abandon says that the reader has crashed; it returns the number of lines
// lost, 0 or 1.
func (l *lineInHand) Abandon() int {
	if l.item == nil {
		return 0
	}
	l.lost()
	l.done()
	return 1
}

// pausedSince reports whether the process has been stopped since the monitor's
// last tick.
func (d *driver) pausedSince(now time.Duration) bool {
	return now-time.Duration(d.beat.Load()) > pauseAfter+d.cfg.Monitor.Period
}

// resumedAt reports whether the process has just gone on after a stop.
func (d *driver) resumedAt(now time.Duration) bool {
	at := time.Duration(d.stopped.Load())
	return at != 0 && now-at < resumeWindow
}
