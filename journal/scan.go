package journal

import (
	"bytes"
	"encoding/binary"
	"unsafe"
)

// scan is what is found in a segment.
type scan struct {
	header
	text         string // all of the segment; values are substrings of it
	frames       []span // of entries, whole
	incarnations int
	incarnation  uint64 // the highest number of one
	seen         Seen   // the highest of all frames
	end          int    // behind the last good frame: where to go on
	torn         int    // bytes behind it, which are to be cut
	damaged      int    // bytes before it that are no frames
}

// span is where a payload stands.
type span struct{ from, to int }

// scanSegment reads all of a segment. It keeps data, which must not change
// below the scan's end any more. The error is that of a header.
func scanSegment(data []byte) (*scan, error) {
	h, at, err := parseHeader(data)
	if err != nil {
		return nil, err
	}
	s := &scan{header: h, text: unsafe.String(unsafe.SliceData(data), len(data)), end: at}
	for at < len(data) {
		body, ok := frameAt(data, h.salt, at)
		if !ok || !s.take(at+frameBytes, len(body)) {
			at = nextFrame(data, h.salt, at+1)
			continue
		}
		s.damaged += at - s.end
		at += frameBytes + len(body)
		s.end = at
	}
	s.torn = len(data) - s.end
	return s, nil
}

// bare reports whether there is nothing but a header.
func (s *scan) bare() bool { return s.incarnations == 0 && len(s.frames) == 0 }

// nextFrame is where the next good frame begins, or the end of the data.
func nextFrame(data []byte, salt uint64, at int) int {
	want := binary.LittleEndian.AppendUint32(nil, mark(salt))
	for {
		i := bytes.Index(data[min(at, len(data)):], want)
		if i < 0 {
			return len(data)
		}
		at += i
		if _, ok := frameAt(data, salt, at); ok {
			return at
		}
		at++
	}
}

// take notes a frame, and reports whether it makes sense.
func (s *scan) take(from, length int) bool {
	if length == 0 {
		return false
	}
	text := s.text[from+1 : from+length]
	switch s.text[from] {
	case frameIncarnation:
		l, ok := parseIncarnation(text)
		if !ok {
			return false
		}
		s.incarnations++
		s.incarnation = max(s.incarnation, l.number)
		s.seen.add(l.seen)
	case frameEntries:
		p := payload{rest: text}
		seen := p.seen()
		if p.bad {
			return false
		}
		s.seen.add(seen)
		s.frames = append(s.frames, span{from + 1, from + length})
	default:
		return false
	}
	return true
}

// each calls yield for every run of entries, in the order in which they were
// appended.
func (s *scan) each(yield func(Run)) {
	var values []string
	for _, f := range s.frames {
		eachRun(s.text[f.from:f.to], values, func(r Run) {
			values = r.Values
			yield(r)
		})
	}
}
