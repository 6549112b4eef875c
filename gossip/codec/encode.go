package codec

import (
	"strconv"

	"treecast/gossip"
	"treecast/wire"
)

// Append appends the body of a gossip message to dst and returns the result. It
// allocates nothing where dst has room.
func Append(dst []byte, m *gossip.Message) []byte {
	dst = wire.AppendOpen(dst, Type)
	dst = appendUint(dst, `,"e":`, m.Incarnation)
	dst = appendUint(dst, `,"f":`, m.For)
	if m.Batch != 0 {
		dst = appendUint(dst, `,"b":`, m.Batch)
	}
	if m.Resent {
		dst = append(dst, `,"re":true`...)
	}
	if m.Late {
		dst = append(dst, `,"la":true`...)
	}
	for i, r := range m.Runs {
		dst = append(dst, separator(i, `,"runs":[`)...)
		dst = appendOrigin(dst, r.Origin)
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
	if m.Term != 0 {
		dst = appendUint(dst, `,"g":`, m.Term)
	}
	if m.Relation != gossip.Unrelated {
		dst = appendUint(dst, `,"j":`, uint64(m.Relation))
	}
	for i, name := range m.Suspects {
		dst = wire.AppendString(append(dst, separator(i, `,"z":[`)...), name)
	}
	if len(m.Suspects) > 0 {
		dst = append(dst, ']')
	}
	if v := m.Digest; v != nil {
		dst = appendUint(dst, `,"vec":{"x":`, v.Exchange)
		dst = appendUint(dst, `,"i":`, uint64(v.Part))
		dst = appendUint(dst, `,"n":`, uint64(v.Parts))
		dst = append(dst, `,"h":[`...)
		for i, h := range v.Lines {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendOrigin(dst, h.Origin)
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

// appendOrigin opens an object with an origin's names.
func appendOrigin(dst []byte, id gossip.OriginID) []byte {
	s := id.Value()
	dst = wire.AppendString(append(dst, `{"o":`...), s.Node)
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
