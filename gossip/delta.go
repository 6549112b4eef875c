package gossip

// delta collects the entries of one message. It is kept by the core and used
// again, so that a message allocates only what it carries away.
type delta struct {
	last   map[OriginID]int // index in runs of the newest run of an origin
	runs   []openRun
	values []placed
	parts  []segment
	again  bool // some of them went out before
	owed   bool // some of them have waited for the peer's digest
	alone  bool // the message holds nothing else, so that a large entry may go
	bytes  int
}

// openRun is a run while its values are counted.
type openRun struct {
	origin OriginID
	first  uint64
	count  int
}

// placed is a value and the index of its run.
type placed struct {
	run   int
	value string
}

// reset begins a delta for a message of which so many bytes are taken. What its
// entries cover of the log will be appended to parts.
func (d *delta) reset(bytes int, parts []segment) {
	clear(d.last)
	d.runs, d.values, d.parts = d.runs[:0], d.values[:0], parts
	d.again, d.owed, d.alone, d.bytes = false, false, true, bytes
}

// add puts an entry in and reports whether it had room. An entry larger than
// the limit goes alone.
func (d *delta) add(e Entry, limit int) bool {
	i := len(d.runs) - 1
	ok := i >= 0 && d.runs[i].origin == e.Origin // often, and without a look at the map
	if !ok {
		i, ok = d.last[e.Origin]
	}
	follows := ok && d.runs[i].first+uint64(d.runs[i].count) == e.Counter
	size := len(e.Value) + 1
	if !follows {
		size += runBytes + originBytes(e.Origin)
	}
	if d.bytes+size > limit && (len(d.values) > 0 || !d.alone) {
		return false
	}
	d.bytes += size
	if !follows {
		i = len(d.runs)
		d.last[e.Origin] = i
		d.runs = append(d.runs, openRun{origin: e.Origin, first: e.Counter})
	}
	d.runs[i].count++
	d.values = append(d.values, placed{i, e.Value})
	return true
}

// maxScratch is for how many values room is kept between messages.
const maxScratch = 4096

// message returns the entries as a message carries them: one list of runs, and
// one of values that they share, both in b's. It is nil if there are none. It
// ends the delta.
func (d *delta) message(b *pooled) []Run {
	if len(d.runs) == 0 {
		return nil
	}
	b.runs, b.values = sized(b.runs, len(d.runs)), sized(b.values, len(d.values))
	runs, values := b.runs, b.values
	for i, r := range d.runs {
		// No run can grow into the next one's values.
		runs[i] = Run{Origin: r.origin, First: r.first, Values: values[:0:r.count]}
		values = values[r.count:]
	}
	for _, v := range d.values {
		runs[v.run].Values = append(runs[v.run].Values, v.value)
	}
	if clear(d.values); cap(d.values) > maxScratch {
		d.values = nil
	}
	return runs
}

// scan adds what the peer lacks of a segment, as far as the filter lets it pass, and
// returns the position where it stopped: s.to, or an entry for which there was no
// room.
func (d *delta) scan(log *Log, l *link, s segment, limit int, filter *direct) int {
	before := len(d.values)
	i := s.from
	for ; i < s.to; i++ {
		e := log.Travels(i)
		if l.told.Contains(e.Origin, e.Counter) || filter != nil && !filter.passes(e, l.name) {
			continue
		}
		if !d.add(e, limit) {
			break
		}
	}
	if len(d.values) > before {
		if n := len(d.parts); n > 0 && d.parts[n-1].to == s.from {
			d.parts[n-1].to = i
		} else {
			d.parts = append(d.parts, segment{from: s.from, to: i})
		}
		d.again = d.again || s.sent
	}
	return i
}

// fill takes from the link what it lacks, oldest first, as far as it fits. What
// has not been sent before has to pass the filter, if there is one.
func (d *delta) fill(l *link, log *Log, known, limit int, filter *direct) {
	for len(l.resend) > 0 {
		before := len(d.values)
		stop := d.scan(log, l, l.resend[0], limit, nil)
		d.owed = d.owed || len(d.values) > before && !l.resend[0].sent
		if stop < l.resend[0].to {
			l.resend[0].from = stop
			return
		}
		l.resend = l.resend[1:]
	}
	l.resend = nil
	if l.cursor < known && l.role != SyncPeer {
		l.cursor = d.scan(log, l, segment{from: l.cursor, to: known}, limit, filter)
	}
}

// skipTold moves past what the link's next entries have that the peer has told
// us itself, so that only a link with something to say looks as if it had.
func (l *link) skipTold(log *Log, known int) {
	told := func(i int) bool {
		e := log.At(i)
		return l.told.Contains(e.Origin, e.Counter)
	}
	for len(l.resend) > 0 {
		s := &l.resend[0]
		for s.from < s.to && told(s.from) {
			s.from++
		}
		if s.from < s.to {
			return
		}
		l.resend = l.resend[1:]
	}
	for l.role != SyncPeer && l.cursor < known && told(l.cursor) {
		l.cursor++
	}
}
