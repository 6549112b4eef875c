package chans

import "time"

// crashRecord remembers when one service crashed.
type crashRecord struct {
	limit  int           // crashes allowed ...
	window time.Duration // ... within this time

	total     uint64
	recent    []time.Duration // within window, oldest first
	loggedAt  time.Duration
	logged    bool
	notLogged uint64 // since the last that was
}

// crashVerdict is what to do about a crash.
type crashVerdict struct {
	recent    int    // crashes within the window, this one included
	tooMany   bool   // more than the limit
	log       bool   // long enough after the last log line
	notLogged uint64 // crashes between that line and this crash
}

// add notes a crash at now.
func (r *crashRecord) add(now time.Duration) crashVerdict {
	r.total++
	r.recent = append(r.recent, now)
	for now-r.recent[0] > r.window {
		r.recent = r.recent[1:]
	}
	v := crashVerdict{recent: len(r.recent), tooMany: len(r.recent) > r.limit, notLogged: r.notLogged}
	if v.log = !r.logged || now-r.loggedAt >= crashLogInterval; v.log {
		r.logged, r.loggedAt, r.notLogged = true, now, 0
	} else {
		r.notLogged++
	}
	return v
}
