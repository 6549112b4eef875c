package node

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"treecast/gossip"
	"treecast/wire"
)

// gossipType is the type of the messages between treecast nodes.
//
// A body looks like this, with what is empty left out:
//
//	{"type":"gossip",
//	 "e":7,"f":9,                 sender's epoch; receiver's, 0 if unknown
//	 "b":12,"re":true,            number of this batch; entries are sent again
//	 "runs":[{"o":"n3","l":"k2x","c":5,"v":[17,"a"]}],
//	                              origin, log, counter of the first value, values
//	 "p":true,"w":true,           ack at once; show me your vector
//	 "a":[[3,5],[7,7]],           batches stored here: 3 to 5, and 7
//	 "x":[7,1500,200],            newest batch seen here, for how many us, and how
//	                              many us before the sender's slot it came
//	 "q":7,"r":9,"t":470000,      root's epoch, its count of flushes, its period in us
//	 "d":210000,                  the longest way below the sender and back, us
//	 "g":2,                       how often the root has changed, as the sender knows
//	 "j":1,"z":["n0"],            what the sender is to us: 1 child, 2 parent, 3 neither
//	                              any more, 4 swaps vectors; who does not answer it
//	 "vec":{"x":1,"i":0,"n":1,"h":[{"o":"n3","l":"k2x","s":[[1,9]]}]}}
//	                              part i of n of exchange x of the vector
const gossipType = "gossip"

// appendGossip appends a gossip message's body.
func appendGossip(dst []byte, m *gossip.Message) []byte {
	dst = wire.AppendOpen(dst, gossipType)
	dst = appendUint(dst, `,"e":`, m.Epoch)
	dst = appendUint(dst, `,"f":`, m.For)
	if m.Batch != 0 {
		dst = appendUint(dst, `,"b":`, m.Batch)
	}
	if m.Resent {
		dst = append(dst, `,"re":true`...)
	}
	for i, r := range m.Runs {
		dst = append(dst, separator(i, `,"runs":[`)...)
		dst = appendSource(dst, r.Source)
		dst = appendUint(dst, `,"c":`, r.First)
		for j, v := range r.Values {
			dst = append(dst, separator(j, `,"v":[`)...)
			dst = append(dst, v...)
		}
		dst = append(dst, `]}`...)
	}
	if len(m.Runs) > 0 {
		dst = append(dst, ']')
	}
	if m.Probe {
		dst = append(dst, `,"p":true`...)
	}
	if m.Want {
		dst = append(dst, `,"w":true`...)
	}
	if len(m.Acks) > 0 {
		dst = appendSpans(dst, `,"a":[`, m.Acks)
	}
	if m.Echo.Batch != 0 {
		dst = appendUint(dst, `,"x":[`, m.Echo.Batch)
		dst = appendUint(dst, ",", uint64(m.Echo.Held.Microseconds()))
		if m.Echo.Planned {
			dst = appendUint(dst, ",", uint64(m.Echo.Early.Microseconds()))
		}
		dst = append(dst, ']')
	}
	if m.Root != 0 {
		dst = appendUint(dst, `,"q":`, m.Root)
	}
	if m.Round != 0 {
		dst = appendUint(dst, `,"r":`, m.Round)
	}
	if m.Period != 0 {
		dst = appendUint(dst, `,"t":`, uint64(m.Period.Microseconds()))
	}
	if m.Path != 0 {
		dst = appendUint(dst, `,"d":`, uint64(m.Path.Microseconds()))
	}
	if m.Reign != 0 {
		dst = appendUint(dst, `,"g":`, m.Reign)
	}
	if m.Tie != gossip.Untied {
		dst = appendUint(dst, `,"j":`, uint64(m.Tie))
	}
	for i, name := range m.Suspects {
		dst = wire.AppendString(append(dst, separator(i, `,"z":[`)...), name)
	}
	if len(m.Suspects) > 0 {
		dst = append(dst, ']')
	}
	if v := m.Vector; v != nil {
		dst = appendUint(dst, `,"vec":{"x":`, v.Exchange)
		dst = appendUint(dst, `,"i":`, uint64(v.Part))
		dst = appendUint(dst, `,"n":`, uint64(v.Parts))
		dst = append(dst, `,"h":[`...)
		for i, h := range v.Held {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendSource(dst, h.Source)
			dst = appendSpans(dst, `,"s":[`, h.Counters)
			dst = append(dst, '}')
		}
		dst = append(dst, `]}`...)
	}
	return append(dst, '}')
}

func separator(i int, open string) string {
	if i == 0 {
		return open
	}
	return ","
}

func appendUint(dst []byte, key string, n uint64) []byte {
	return strconv.AppendUint(append(dst, key...), n, 10)
}

// appendSource opens an object with a source's names.
func appendSource(dst []byte, id gossip.SourceID) []byte {
	s := id.Value()
	dst = wire.AppendString(append(dst, `{"o":`...), s.Origin)
	return wire.AppendString(append(dst, `,"l":`...), s.Log)
}

func appendSpans(dst []byte, key string, spans []gossip.Span) []byte {
	for i, s := range spans {
		dst = append(dst, separator(i, key)...)
		dst = appendUint(dst, `[`, s.First)
		dst = appendUint(dst, `,`, s.Last)
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

// errGossip is the error for a body that is no gossip message.
var errGossip = errors.New("not a gossip message")

// parseGossip reads a gossip message's body. Unknown fields are ignored, so
// that later versions may add some.
func parseGossip(body []byte) (*gossip.Message, error) {
	m := &gossip.Message{}
	good := true
	ok := wire.EachField(body, func(key []byte, v json.RawMessage) bool {
		switch string(key) {
		case "e":
			good = readUint(v, &m.Epoch)
		case "f":
			good = readUint(v, &m.For)
		case "b":
			good = readUint(v, &m.Batch)
		case "re":
			m.Resent = string(v) == "true"
		case "p":
			m.Probe = string(v) == "true"
		case "w":
			m.Want = string(v) == "true"
		case "runs":
			m.Runs = m.Runs[:0]
			good = wire.EachElement(v, func(v json.RawMessage) bool {
				r, ok := parseRun(v)
				m.Runs = append(m.Runs, r)
				return ok
			})
		case "a":
			m.Acks, good = parseSpans(v)
		case "x":
			m.Echo, good = parseEcho(v)
		case "q":
			good = readUint(v, &m.Root)
		case "r":
			good = readUint(v, &m.Round)
		case "t":
			m.Period, good = readMicros(v)
		case "d":
			m.Path, good = readMicros(v)
		case "g":
			good = readUint(v, &m.Reign)
		case "j":
			var tie uint64
			good = readUint(v, &tie) && tie <= math.MaxUint8 // the core knows which there are
			m.Tie = gossip.Tie(tie)
		case "z":
			m.Suspects, good = parseNames(v)
		case "vec":
			m.Vector, good = parseVector(v)
		}
		return good
	})
	if !ok || !good {
		return nil, errGossip
	}
	return m, nil
}

func parseEcho(data []byte) (e gossip.Echo, ok bool) {
	n := 0
	good := true
	ok = wire.EachElement(data, func(v json.RawMessage) bool {
		switch n++; n {
		case 1:
			good = readUint(v, &e.Batch)
		case 2:
			e.Held, good = readMicros(v)
		case 3:
			e.Planned = true
			e.Early, good = readMicros(v)
		}
		return good
	})
	return e, ok && good && n >= 2
}

// maxCounter leaves room for a run's length within what our own encoding of a
// vector can be read back as.
const maxCounter = 1 << 62

// maxMicros is the largest duration that is read; the core bounds what makes
// sense.
const maxMicros = uint64(math.MaxInt64 / int64(time.Microsecond))

func readMicros(v json.RawMessage) (time.Duration, bool) {
	var n uint64
	if !readUint(v, &n) || n > maxMicros {
		return 0, false
	}
	return time.Duration(n) * time.Microsecond, true
}

func parseRun(data []byte) (r gossip.Run, ok bool) {
	var origin, log string
	good := true
	ok = wire.EachField(data, func(key []byte, v json.RawMessage) bool {
		switch string(key) {
		case "o":
			origin, good = wire.Text(v)
		case "l":
			log, good = wire.Text(v)
		case "c":
			good = readUint(v, &r.First) && r.First <= maxCounter
		case "v":
			// One copy for all values of the run; they are substrings of it.
			text, at := string(v), 1
			r.Values = r.Values[:0]
			good = wire.EachElement(v, func(e json.RawMessage) bool {
				for strings.IndexByte(" \t\r\n,", text[at]) >= 0 {
					at++
				}
				r.Values = append(r.Values, text[at:at+len(e)])
				at += len(e)
				return true
			})
		}
		return good
	})
	r.Source = gossip.NewSourceID(origin, log)
	return r, ok && good
}

func parseVector(data []byte) (*gossip.VectorPart, bool) {
	p := &gossip.VectorPart{}
	good := true
	var part, parts uint64
	ok := wire.EachField(data, func(key []byte, v json.RawMessage) bool {
		switch string(key) {
		case "x":
			good = readUint(v, &p.Exchange)
		case "i":
			good = readUint(v, &part) && part < 1<<31
		case "n":
			good = readUint(v, &parts) && parts < 1<<31
		case "h":
			good = wire.EachElement(v, func(v json.RawMessage) bool {
				h, ok := parseHeld(v)
				p.Held = append(p.Held, h)
				return ok
			})
		}
		return good
	})
	p.Part, p.Parts = int(part), int(parts)
	return p, ok && good
}

func parseHeld(data []byte) (h gossip.Held, ok bool) {
	var origin, log string
	good := true
	ok = wire.EachField(data, func(key []byte, v json.RawMessage) bool {
		switch string(key) {
		case "o":
			origin, good = wire.Text(v)
		case "l":
			log, good = wire.Text(v)
		case "s":
			h.Counters, good = parseSpans(v)
		}
		return good
	})
	h.Source = gossip.NewSourceID(origin, log)
	return h, ok && good
}

// parseSpans reads [[1,3],[5,5]].
func parseSpans(data []byte) (spans []gossip.Span, ok bool) {
	good := true
	ok = wire.EachElement(data, func(v json.RawMessage) bool {
		var pair [2]uint64
		n := 0
		inner := wire.EachElement(v, func(v json.RawMessage) bool {
			n++
			return n <= 2 && readUint(v, &pair[n-1])
		})
		good = inner && n == 2
		spans = append(spans, gossip.Span{First: pair[0], Last: pair[1]})
		return good
	})
	return spans, ok && good
}

// parseNames reads ["n0","n1"].
func parseNames(data []byte) (names []string, ok bool) {
	good := true
	ok = wire.EachElement(data, func(v json.RawMessage) bool {
		var name string
		name, good = wire.Text(v)
		names = append(names, name)
		return good
	})
	return names, ok && good
}

func readUint(v json.RawMessage, to *uint64) bool {
	n, ok := wire.Int(v)
	if !ok || n < 0 {
		return false
	}
	*to = uint64(n)
	return true
}
