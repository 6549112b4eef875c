package gossip

// delta collects the entries of one message. It is kept by the core and used
// again, so that a message allocates only what it carries away.
type delta struct {
	last  map[SourceID]int // index in runs of the newest run of a source
	runs  []Run
	parts []segment
	again bool // some of them went out before
	owed  bool // some of them have waited for the peer's vector
	alone bool // the message holds nothing else, so that a large entry may go
	bytes int
	count int
	own   string // direct links: the only origin whose new entries are sent ...
	stray Vector // ... beside these
	only  string // own, while new entries are looked through
	peer  string // whom they are for
}

// reset begins a delta for a message of which so many bytes are taken.
func (d *delta) reset(bytes int) {
	clear(d.last)
	d.runs, d.parts, d.again, d.owed, d.alone, d.bytes, d.count = nil, nil, false, false, true, bytes, 0
}

// add puts an entry in and reports whether it had room. An entry larger than
// the limit goes alone.
func (d *delta) add(e Entry, limit int) bool {
	i, ok := d.last[e.Source]
	follows := ok && d.runs[i].First+uint64(len(d.runs[i].Values)) == e.Counter
	size := len(e.Value) + 1
	if !follows {
		size += runBytes + sourceBytes(e.Source)
	}
	if d.bytes+size > limit && (d.count > 0 || !d.alone) {
		return false
	}
	d.bytes += size
	d.count++
	if follows {
		d.runs[i].Values = append(d.runs[i].Values, e.Value)
		return true
	}
	d.last[e.Source] = len(d.runs)
	d.runs = append(d.runs, Run{Source: e.Source, First: e.Counter, Values: []string{e.Value}})
	return true
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
	before := d.count
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
	if d.count > before {
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
		before := d.count
		stop := d.scan(log, l.told, l.again[0], limit)
		d.owed = d.owed || d.count > before && !l.again[0].sent
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
