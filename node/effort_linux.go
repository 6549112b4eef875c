package node

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadTime is how much processor time the thread has used; 0: nobody knows.
func threadTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
