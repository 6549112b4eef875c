package process

import "time"

// alarm says when a time has come, by a timer of the runtime's. It is for one
// goroutine.
type alarm struct {
	C     <-chan time.Time
	timer *time.Timer
}

func newAlarm() (*alarm, error) {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return &alarm{C: t.C, timer: t}, nil
}

// set lets the alarm go off after d, at once if that is none; a time that was set
// before is forgotten.
func (a *alarm) set(d time.Duration) { a.timer.Reset(d) }

// stop forgets the time that was set.
func (a *alarm) stop() { a.timer.Stop() }

// close ends the alarm.
func (a *alarm) close() { a.timer.Stop() }
