package gossip

// delta collects the entries of one message. It is kept by the core and used
// again, so that a message allocates only what it carries away.
type delta struct {
	last   map[SourceID]int // index in runs of the newest run of a source
	runs   []openRun
	values []placed
	parts  []segment
	again  bool // some of them went out before
	owed   bool // some of them have waited for the peer's vector
	alone  bool // the message holds nothing else, so that a large entry may go
	bytes  int
	own    string // direct links: the only origin whose new entries are sent ...
	stray  Vector // ... beside these
	only   string // own, while new entries are looked through
	peer   string // whom they are for
}

// openRun is a run while its values are counted.
type openRun struct {
	source SourceID
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
	ok := i >= 0 && d.runs[i].source == e.Source // often, and without a look at the map
	if !ok {
		i, ok = d.last[e.Source]
	}
	follows := ok && d.runs[i].first+uint64(d.runs[i].count) == e.Counter
	size := len(e.Value) + 1
	if !follows {
		size += runBytes + sourceBytes(e.Source)
	}
	if d.bytes+size > limit && (len(d.values) > 0 || !d.alone) {
		return false
	}
	d.bytes += size
	if !follows {
		i = len(d.runs)
		d.last[e.Source] = i
		d.runs = append(d.runs, openRun{source: e.Source, first: e.Counter})
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
func (d *delta) message(b *blank) []Run {
	if len(d.runs) == 0 {
		return nil
	}
	b.runs, b.values = sized(b.runs, len(d.runs)), sized(b.values, len(d.values))
	runs, values := b.runs, b.values
	for i, r := range d.runs {
		// No run can grow into the next one's values.
		runs[i] = Run{Source: r.source, First: r.first, Values: values[:0:r.count]}
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

// pass has entries sent to everybody over direct links that are not our own. They
// came with a message of a former life of its sender, or for one of ours, or from
// somebody who passes them on and has not heard of us: it may have waited while
// a node was down, and those that were to tell others of them may have died.
func (d *delta) pass(entries []Entry) {
	for _, e := range entries {
		d.stray.Add(e.Source, e.Counter)
	}
}

// mine reports whether an entry is for us to send over direct links: it is our
// own, or astray, or the peer's own, who must have lost it with a former life and
// tells everybody once it has it again.
func (d *delta) mine(e Entry) bool {
	origin := e.Source.Value().Origin
	return origin == d.only || origin == d.peer || d.stray.Contains(e.Source, e.Counter)
}

// scan adds what the peer lacks of a segment and returns the position where
// it stopped: s.to, or an entry for which there was no room.
func (d *delta) scan(log *Log, told *Vector, s segment, limit int) int {
	before := len(d.values)
	i := s.from
	for ; i < s.to; i++ {
		e := log.At(i)
		if told.Contains(e.Source, e.Counter) || (d.only != "" && !d.mine(e)) {
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

// fill takes from the link what it lacks, oldest first, as far as it fits. Of
// what has not been sent before it takes the entries of origin d.own only, if
// that is set.
func (d *delta) fill(l *link, log *Log, known, limit int) {
	for len(l.again) > 0 {
		before := len(d.values)
		stop := d.scan(log, l.told, l.again[0], limit)
		d.owed = d.owed || len(d.values) > before && !l.again[0].sent
		if stop < l.again[0].to {
			l.again[0].from = stop
			return
		}
		l.again = l.again[1:]
	}
	l.again = nil
	if l.cursor < known && l.role != Partner {
		d.only, d.peer = d.own, l.peer
		defer func() { d.only = "" }()
		l.cursor = d.scan(log, l.told, segment{from: l.cursor, to: known}, limit)
	}
}

// skipTold moves past what the link's next entries have that the peer has told
// us itself, so that only a link with something to say looks as if it had.
func (l *link) skipTold(log *Log, known int) {
	told := func(i int) bool {
		e := log.At(i)
		return l.told.Contains(e.Source, e.Counter)
	}
	for len(l.again) > 0 {
		s := &l.again[0]
		for s.from < s.to && told(s.from) {
			s.from++
		}
		if s.from < s.to {
			return
		}
		l.again = l.again[1:]
	}
	for l.role != Partner && l.cursor < known && told(l.cursor) {
		l.cursor++
	}
}
