package gossip

// incoming collects the parts of a peer's vector.
type incoming struct {
	exchange uint64
	seen     []bool
	missing  int
	complete bool
}

// maxVectorParts bounds what a peer can make us remember.
const maxVectorParts = 1 << 16

// take notes one part and reports whether the vector has just become complete.
func (in *incoming) take(p *VectorPart) bool {
	if p.Exchange < in.exchange {
		return false // overtaken; its parts are those of an earlier vector
	}
	if in.exchange != p.Exchange || len(in.seen) != p.Parts {
		*in = incoming{exchange: p.Exchange, seen: make([]bool, p.Parts), missing: p.Parts}
	}
	if in.seen[p.Part] {
		return false
	}
	in.seen[p.Part] = true
	in.missing--
	in.complete = in.missing == 0
	return in.complete
}

// parts splits a vector so that no part exceeds the byte limit.
func (v *Vector) parts(exchange uint64, limit int) []VectorPart {
	var out []VectorPart
	var held []Held
	bytes := 0
	flush := func() {
		out = append(out, VectorPart{Exchange: exchange, Held: held})
		held, bytes = nil, 0
	}
	for _, line := range v.Lines() {
		spans := line.Counters.Clone()
		for len(spans) > 0 {
			head := runBytes + sourceBytes(line.Source)
			fit := (limit - bytes - head) / spanBytes
			if fit < 1 && bytes > 0 {
				flush()
				continue
			}
			fit = min(max(fit, 1), len(spans))
			held = append(held, Held{Source: line.Source, Counters: spans[:fit]})
			bytes += head + fit*spanBytes
			spans = spans[fit:]
		}
	}
	flush()
	for i := range out {
		out[i].Part, out[i].Parts = i, len(out)
	}
	return out
}

// settle works out, once the peer's vector is complete, which entries from
// before the link began the peer lacks, and puts them down to be sent. It
// looks through the log from its end and stops when it has found them all. It
// reports whether there are any.
func (l *link) settle(log *Log, held *Vector, known int) bool {
	missing := held.MissingFrom(l.told)
	for i := l.base; i < known; i++ {
		if e := log.At(i); !l.told.Contains(e.Source, e.Counter) {
			missing--
		}
	}
	var found []segment // from the end of the log backwards
	for i := l.base - 1; i >= 0 && missing > 0; i-- {
		if e := log.At(i); l.told.Contains(e.Source, e.Counter) {
			continue
		}
		missing--
		if n := len(found); n > 0 && found[n-1].from == i+1 {
			found[n-1].from = i
		} else {
			found = append(found, segment{from: i, to: i + 1})
		}
	}
	for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
		found[i], found[j] = found[j], found[i]
	}
	l.again = append(found, l.again...)
	l.owed = false
	return len(found) > 0
}
