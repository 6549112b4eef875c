package gossip

import "time"

// exchange is the exchange of digests over a link: ours is shown, the peer's is
// asked for. Each half stands somewhere of its own:
//
//	ours:   none -> due -> sent -> done    shown when the peer asks for it, or may not know us
//	theirs: none -> due -> sent -> done    asked for when entries wait for it
//
// A batch that is lost takes its half back to due.
type exchange struct {
	ours, theirs half

	parts  []DigestPart // of ours, not yet sent
	number uint64       // of ours
	from   incoming     // theirs as it comes in

	owed    bool // entries below progress.base wait for theirs
	blind   bool // what the peer holds has not been told, and may be what others tell us
	catches bool // the peer has asked for ours and not shown its own: it catches up itself
}

// half is how far one side of an exchange has come.
type half uint8

const (
	none half = iota // nobody has asked for it
	due              // to be said with the next message
	sent             // said, and neither answered nor acked
	done             // the other side has it
)

// begin forgets what was shown to and by the peer's former incarnation. What
// catching up has put down stays.
func (x *exchange) begin() {
	*x = exchange{number: x.number, owed: x.owed, blind: x.blind}
}

// show has ours shown from its beginning.
func (x *exchange) show() { x.ours, x.parts = due, nil }

// hide takes ours back if it is still to be shown.
func (x *exchange) hide() {
	if x.ours == due {
		x.ours = none
	}
}

// wants reports whether anything waits for theirs.
func (x *exchange) wants() bool { return x.owed || x.blind }

// lost takes back what was in a batch.
func (x *exchange) lost(c cargo) {
	if c&digestPart != 0 {
		x.show()
	}
	if c&digestWish != 0 && x.theirs == sent {
		x.theirs = due
	}
}

// shown takes note that the peer has a part of ours; more says whether another one
// is still in flight.
func (x *exchange) shown(more bool) {
	if x.ours == sent && !more {
		x.ours = done
	}
}

// forget drops what was in flight, without sending it again.
func (x *exchange) forget() {
	if x.ours == sent {
		x.ours = none
	}
	x.theirs = none
}

// nextPart takes the next part of ours.
func (x *exchange) nextPart(held *Digest) *DigestPart {
	if len(x.parts) == 0 {
		x.number++
		x.parts = held.parts(x.number, MaxLineBytes-fixedBytes-relationBytes)
	}
	p := &x.parts[0]
	x.parts = x.parts[1:]
	if len(x.parts) == 0 {
		x.ours = sent
	}
	return p
}

// read takes a part of theirs, and reports whether that completes one that is
// waited for.
func (x *exchange) read(p *DigestPart) bool {
	x.catches = false
	if !x.from.take(p) || !x.wants() {
		return false
	}
	x.blind, x.theirs = false, done
	return true
}

// isComplete reports whether the peer has shown all that it held.
func (x *exchange) isComplete() bool { return x.from.complete }

// answerTime is how long a peer may take to show a digest that was asked for.
func (x *exchange) answerTime(r *rtt) time.Duration {
	if x.catches {
		return 2 * maxInterval
	}
	return r.interval(0)
}

// incoming collects the parts of a peer's digest.
type incoming struct {
	exchange uint64
	seen     []bool
	missing  int
	complete bool
}

// maxDigestParts bounds what a peer can make us remember.
const maxDigestParts = 1 << 16

// take notes one part and reports whether the digest has just become complete.
func (in *incoming) take(p *DigestPart) bool {
	if p.Exchange < in.exchange {
		return false // overtaken; its parts are those of an earlier digest
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

// parts splits a digest so that no part exceeds the byte limit.
func (v *Digest) parts(exchange uint64, limit int) []DigestPart {
	var out []DigestPart
	var held []DigestLine
	bytes := 0
	flush := func() {
		out = append(out, DigestPart{Exchange: exchange, Lines: held})
		held, bytes = nil, 0
	}
	for _, line := range v.Lines() {
		spans := line.Counters.Clone()
		for len(spans) > 0 {
			head := runBytes + originBytes(line.Origin)
			fit := (limit - bytes - head) / spanBytes
			if fit < 1 && bytes > 0 {
				flush()
				continue
			}
			fit = min(max(fit, 1), len(spans))
			held = append(held, DigestLine{Origin: line.Origin, Counters: spans[:fit]})
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
