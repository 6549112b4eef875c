package codec

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"treecast/gossip"
	"treecast/wire"
)

// ErrMessage is the error of a body that is not a gossip message.
var ErrMessage = errors.New("not a gossip message")

// Decoder reads the bodies of gossip messages, each byte once. It is for one
// goroutine at a time.
type Decoder struct {
	wire.Cursor
	origins *Origins
	body    []byte
	ends    []int // scratch: where the values of a run begin and end
	left    int   // how many more elements the lists of the message may have
}

// NewDecoder returns a decoder that finds the ids of origins in a table, which
// decoders of one goroutine may share; nil: it gets one of its own.
func NewDecoder(origins *Origins) *Decoder {
	if origins == nil {
		origins = &Origins{}
	}
	return &Decoder{origins: origins}
}

// runOpening is how appendOrigin begins a run, or a line of a digest.
var runOpening = []byte(`{"o":`)

// maxElements is how many elements all lists of a message may have together. An
// element takes two bytes at least, and no line with more than one value is longer
// than MaxLineBytes: we make half as many at most. What is read of an element may
// take thirty times as much room as its text, and lines may be long.
const maxElements = gossip.MaxLineBytes

// Message reads the body of a gossip message. Unknown keys are skipped, so that
// later versions may add some. The message shares no memory with the body. The
// error wraps ErrMessage and says where in the body the mistake is.
func (d *Decoder) Message(body []byte) (*gossip.Message, error) {
	d.Cursor, d.body, d.left = wire.NewCursor(body), body, maxElements
	m := d.read()
	var err error
	if !d.Done() {
		m, err = nil, d.mistake()
	}
	d.Cursor, d.body = wire.Cursor{}, nil // nobody keeps it alive
	if cap(d.ends) > maxEnds {
		d.ends = nil // after more values than usual
	}
	return m, err
}

// mistake is the error of a body that cannot be read.
func (d *Decoder) mistake() error {
	at := d.Offset()
	if at < 0 {
		at = ^at
	}
	at = min(at, len(d.body))
	if d.left < 0 {
		return fmt.Errorf("%w: byte %d of %d: more than %d elements", ErrMessage, at, len(d.body), maxElements)
	}
	const around = 16
	near := d.body[max(0, at-around):min(at+around, len(d.body))]
	return fmt.Errorf("%w: byte %d of %d, near %q", ErrMessage, at, len(d.body), near)
}

// another counts an element, and reports whether it may be read. Leaving a loop
// fails the cursor.
func (d *Decoder) another() bool {
	d.left--
	return d.left >= 0
}

const (
	// maxEnds is how much of the scratch is kept for the next message.
	maxEnds = 8 << 10
	// runsAhead is for how many runs at most there is room made in advance.
	runsAhead = 256
)

// read reads the body that the cursor stands at. What it returns holds if the
// cursor is at the end then.
func (d *Decoder) read() *gossip.Message {
	m := &gossip.Message{}
	for key := range d.Fields() {
		switch string(key) {
		case "e":
			m.Incarnation = d.Uint()
		case "f":
			m.For = d.Uint()
		case "b":
			m.Batch = d.Uint()
		case "re":
			m.Resent = d.truth()
		case "la":
			m.Late = d.truth()
		case "p":
			m.Probe = d.truth()
		case "w":
			m.Want = d.truth()
		case "runs":
			m.Runs = m.Runs[:0]
			for range d.Elements() {
				if !d.another() {
					break
				}
				if m.Runs == nil { // a guess that is right for most that we spell
					m.Runs = make([]gossip.Run, 0, min(max(1, bytes.Count(d.body, runOpening)), runsAhead))
				}
				m.Runs = append(m.Runs, d.run())
			}
		case "a":
			m.Acks = d.spans()
		case "x":
			m.Echo = d.echo()
		case "q":
			m.Root = d.Uint()
		case "r":
			m.Round = d.Uint()
		case "t":
			m.Period = d.micros()
		case "d":
			m.Path = d.micros()
		case "g":
			m.Term = d.Uint()
		case "j":
			tie := d.atMost(math.MaxUint8) // the core knows which there are
			m.Relation = gossip.Relation(tie)
		case "z":
			m.Suspects = nil
			for range d.Elements() {
				if !d.another() {
					break
				}
				m.Suspects = append(m.Suspects, string(d.Text()))
			}
		case "vec":
			m.Digest = d.vector()
		}
	}
	return m
}

// truth reads true or false.
func (d *Decoder) truth() bool {
	switch string(d.Value()) {
	case "true":
		return true
	case "false":
	default:
		d.Fail()
	}
	return false
}

// atMost reads an integer from 0 to limit.
func (d *Decoder) atMost(limit uint64) uint64 {
	n := d.Uint()
	if n > limit {
		d.Fail()
		return 0
	}
	return n
}

// maxMicros is the largest duration that is read; the core bounds what makes
// sense.
const maxMicros = uint64(math.MaxInt64 / int64(time.Microsecond))

func (d *Decoder) micros() time.Duration {
	return time.Duration(d.atMost(maxMicros)) * time.Microsecond
}

func (d *Decoder) echo() (e gossip.Echo) {
	n := 0
	for range d.Elements() {
		switch n++; n {
		case 1:
			e.Batch = d.Uint()
		case 2:
			e.Held = d.micros()
		case 3:
			e.Planned = true
			e.Early = d.micros()
		}
	}
	if n < 2 {
		d.Fail()
	}
	return e
}

// maxCounter leaves room for a run's length within what our own encoding of a
// digest can be read back as.
const maxCounter = 1 << 62

func (d *Decoder) run() (r gossip.Run) {
	var origin, log []byte
	for key := range d.Fields() {
		switch string(key) {
		case "o":
			origin = d.Text()
		case "l":
			log = d.Text()
		case "c":
			r.First = d.atMost(maxCounter)
		case "v":
			r.Values = d.values()
		}
	}
	if !d.Failed() {
		r.Origin = d.origins.id(origin, log)
	}
	return r
}

// values reads a list of values. There is one copy for all of them, of which
// they are substrings.
func (d *Decoder) values() []string {
	d.ends = d.ends[:0]
	for range d.Elements() {
		if !d.another() {
			break
		}
		d.ends = append(d.ends, d.Offset())
		d.Value()
		d.ends = append(d.ends, d.Offset())
	}
	if d.Failed() || len(d.ends) == 0 {
		return nil
	}
	first := d.ends[0]
	text := string(d.body[first:d.ends[len(d.ends)-1]])
	values := make([]string, len(d.ends)/2)
	for i := range values {
		values[i] = text[d.ends[2*i]-first : d.ends[2*i+1]-first]
	}
	return values
}

func (d *Decoder) vector() *gossip.DigestPart {
	p := &gossip.DigestPart{}
	for key := range d.Fields() {
		switch string(key) {
		case "x":
			p.Exchange = d.Uint()
		case "i":
			p.Part = int(d.atMost(math.MaxInt32))
		case "n":
			p.Parts = int(d.atMost(math.MaxInt32))
		case "h":
			for range d.Elements() {
				if !d.another() {
					break
				}
				p.Lines = append(p.Lines, d.held())
			}
		}
	}
	return p
}

func (d *Decoder) held() (h gossip.DigestLine) {
	var origin, log []byte
	for key := range d.Fields() {
		switch string(key) {
		case "o":
			origin = d.Text()
		case "l":
			log = d.Text()
		case "s":
			h.Counters = d.spans()
		}
	}
	if !d.Failed() {
		h.Origin = d.origins.id(origin, log)
	}
	return h
}

// spans reads [[1,3],[5,5]].
func (d *Decoder) spans() (spans []gossip.Span) {
	for range d.Elements() {
		if !d.another() {
			break
		}
		var pair [2]uint64
		n := 0
		for range d.Elements() {
			if n == len(pair) {
				d.Fail()
				break
			}
			pair[n] = d.Uint()
			n++
		}
		if n < len(pair) {
			d.Fail()
		}
		spans = append(spans, gossip.Span{First: pair[0], Last: pair[1]})
	}
	return spans
}
