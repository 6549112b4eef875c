package hop

import "time"

// flight is a peer's message on its way to the service.
type flight struct {
	number uint64
	at     time.Duration // when it came
	from   string
	body   []byte        // as the next child on the way takes it
	bytes  int           // of the body as it came
	cost   time.Duration // in the window of the gossip child: what it is taken to take
	done   bool
}

func (f *flight) size() int { return len(f.body) + 256 }

// flights are all messages on their way, and the reads that wait for them. A message
// that a child takes too long over holds up no read: a read shows what was brought by the
// messages that were on stdin before it and were handled in time.
type flights struct {
	home   Home
	number uint64
	order  []*flight // those that a read may wait for, oldest first
	reads  []waitingRead
}

// waitingRead is a read, and the newest message that it waits for.
type waitingRead struct {
	behind uint64
	read   any
}

// add adds a message.
func (l *flights) add(now time.Duration, from string, body []byte) *flight {
	l.number++
	f := &flight{number: l.number, at: now, from: from, body: body, bytes: len(body)}
	l.order = append(l.order, f)
	return f
}

// over says that a message was handled, or will not be.
func (l *flights) over(f *flight) {
	if f != nil && !f.done {
		f.done, f.body = true, nil
		l.home.Done(f.from, f.bytes)
	}
}

// read reports whether a read may go on at once; if not, it waits.
func (l *flights) read(now time.Duration, read any) bool {
	l.skip(now)
	if len(l.order) == 0 {
		return true
	}
	l.reads = append(l.reads, waitingRead{l.order[len(l.order)-1].number, read})
	return false
}

// settle lets those reads go on that need not wait any more.
func (l *flights) settle(now time.Duration) {
	l.skip(now)
	for len(l.reads) > 0 && (len(l.order) == 0 || l.reads[0].behind < l.order[0].number) {
		r := l.reads[0]
		l.reads = l.reads[:copy(l.reads, l.reads[1:])]
		l.home.Read(now, r.read)
	}
}

// skip forgets the messages that no read waits for.
func (l *flights) skip(now time.Duration) {
	n := 0
	for n < len(l.order) && (l.order[n].done || now-l.order[n].at > ReadPatience) {
		n++
	}
	if n > 0 {
		l.order = l.order[:copy(l.order, l.order[n:])]
	}
}

// next is when a read has waited for long enough.
func (l *flights) next() time.Duration {
	if len(l.reads) == 0 || len(l.order) == 0 {
		return never
	}
	return l.order[0].at + ReadPatience + 1
}

// waiting are messages that wait for a child, oldest first.
type waiting struct {
	all   []*flight
	bytes int
}

func (w *waiting) empty() bool    { return len(w.all) == 0 }
func (w *waiting) full() bool     { return len(w.all) >= WaitingItems || w.bytes >= WaitingBytes }
func (w *waiting) first() *flight { return w.all[0] }

func (w *waiting) add(f *flight) {
	w.all = append(w.all, f)
	w.bytes += f.size()
}

func (w *waiting) take() *flight {
	f := w.all[0]
	w.all[0] = nil
	w.all = w.all[1:]
	w.bytes -= f.size()
	if len(w.all) == 0 {
		w.all = nil
	}
	return f
}

// next is when the oldest is of no use any more.
func (w *waiting) next() time.Duration {
	if w.empty() {
		return never
	}
	return w.all[0].at + waitingAge + 1
}

// expire drops what has waited for too long: it is not acked, so it comes again.
func (w *waiting) expire(now time.Duration, drop func(time.Duration, *flight)) {
	for !w.empty() && now-w.all[0].at > waitingAge {
		drop(now, w.take())
	}
}
