package process

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarm says when a time has come. The runtime's own timers wake an idle process
// at the next whole millisecond, which is as much as the mean distance between
// operations; this one, a timer of the kernel's, is read as a file, and is some
// 50 us late. It is for one goroutine.
type alarm struct {
	// C gets a value when the time has come, and perhaps once too often.
	C    chan struct{}
	file *os.File
	conn interface{ Control(func(fd uintptr)) error }
	done chan struct{}
}

func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a timer: %w", err)
	}
	a := &alarm{C: make(chan struct{}, 1), file: os.NewFile(uintptr(fd), "timer"), done: make(chan struct{})}
	if a.conn, err = a.file.SyscallConn(); err != nil {
		return nil, fmt.Errorf("making a timer: %w", err)
	}
	go a.wait()
	return a, nil
}

// wait hands on every expiry until the file is closed.
func (a *alarm) wait() {
	defer close(a.done)
	var count [8]byte
	for {
		if _, err := a.file.Read(count[:]); err != nil {
			return
		}
		select {
		case a.C <- struct{}{}:
		default:
		}
	}
}

// set lets the alarm go off after d, at once if that is none; a time that was set
// before is forgotten.
func (a *alarm) set(d time.Duration) { a.arm(max(d, 1)) }

// stop forgets the time that was set.
func (a *alarm) stop() { a.arm(0) }

func (a *alarm) arm(d time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	// It fails for times that are none, and for a file that is closed.
	_ = a.conn.Control(func(fd uintptr) { _ = unix.TimerfdSettime(int(fd), 0, &spec, nil) })
}

// close ends the alarm.
func (a *alarm) close() {
	a.file.Close()
	<-a.done
}
