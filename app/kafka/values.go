package kafka

import (
	"encoding/json"
	"errors"
	"strconv"

	"treecast/app"
	"treecast/gossip"
	"treecast/wire"
)

// Values of entries, as JSON:
//
//	{"k":"9","o":12,"m":7}                             a message
//	{"c":{"9":12}}                                     committed offsets
//	{"e":7,"r":true,"h":[["n1","k2x.kafka",[[1,5]]]]}  a report: the life's epoch, that
//	                                                   the node knows what others hold,
//	                                                   and what it holds beyond what its
//	                                                   log has said before
type value struct {
	key     string
	offset  int64
	message json.RawMessage // nil: it is no message

	commits []at

	report *report
}

// report is what a node tells of what it holds.
type report struct {
	epoch uint64
	ready bool
	lines []gossip.DigestLine
}

var errValue = errors.New("it is neither a message nor committed offsets nor a report")

// decode reads an entry's value. The message shares memory with the text.
func decode(text string) (v value, err error) {
	data := []byte(text)
	c := wire.NewCursor(data)
	var hasKey, hasOffset bool
	for key := range c.Fields() {
		switch string(key) {
		case "k":
			v.key, hasKey = string(c.Text()), true
		case "o":
			v.offset, hasOffset = int64(c.Uint()), true
		case "m":
			v.message = c.Value()
		case "c":
			v.commits = readOffsets(&c)
		case "e":
			v.told().epoch = c.Uint()
		case "r":
			v.told().ready = c.IsTrue()
		case "h":
			r := v.told()
			for range c.Elements() {
				r.lines = append(r.lines, readLine(&c))
			}
		}
	}
	message := hasKey && hasOffset && v.message != nil && v.offset <= app.MaxOffset
	if !c.Done() || !message && v.commits == nil && v.report == nil {
		return value{}, errValue
	}
	return v, nil
}

// told is the report, which there is from now on.
func (v *value) told() *report {
	if v.report == nil {
		v.report = &report{}
	}
	return v.report
}

func readLine(c *wire.Cursor) (l gossip.DigestLine) {
	var names [2]string
	n := 0
	for range c.Elements() {
		switch {
		case n < len(names):
			names[n] = string(c.Text())
		case n == len(names):
			l.Counters = readSpans(c)
		default:
			c.Fail()
		}
		n++
	}
	if n != len(names)+1 {
		c.Fail()
	}
	l.Origin = gossip.NewOriginID(names[0], names[1])
	return l
}

func readSpans(c *wire.Cursor) (spans gossip.Spans) {
	for range c.Elements() {
		var ends [2]uint64
		n := 0
		for range c.Elements() {
			if n == len(ends) {
				c.Fail()
				return nil
			}
			ends[n] = c.Uint()
			n++
		}
		if n != len(ends) || ends[0] == 0 || ends[1] < ends[0] || ends[1] > app.MaxOffset {
			c.Fail()
			return nil
		}
		spans.AddSpan(gossip.Span{First: ends[0], Last: ends[1]})
	}
	return spans
}

func encodeSend(key string, offset int64, message []byte) string {
	b := make([]byte, 0, len(key)+len(message)+40)
	b = wire.AppendString(append(b, `{"k":`...), key)
	b = strconv.AppendInt(append(b, `,"o":`...), offset, 10)
	b = append(append(b, `,"m":`...), message...)
	return string(append(b, '}'))
}

func encodeCommit(list []at) string {
	b := appendOffsets([]byte(`{"c":{`), list)
	return string(append(b, "}}"...))
}

// appendOffsets appends the inside of an object of offsets by key.
func appendOffsets(b []byte, list []at) []byte {
	for i, a := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(wire.AppendString(b, a.key), ':')
		b = strconv.AppendInt(b, a.offset, 10)
	}
	return b
}

func (r *report) encode() string {
	b := strconv.AppendUint([]byte(`{"e":`), r.epoch, 10)
	if r.ready {
		b = append(b, `,"r":true`...)
	}
	b = append(b, `,"h":[`...)
	for i, l := range r.lines {
		if i > 0 {
			b = append(b, ',')
		}
		o := l.Origin.Value()
		b = append(wire.AppendString(append(b, '['), o.Node), ',')
		b = append(wire.AppendString(b, o.Log), `,[`...)
		for j, s := range l.Counters {
			if j > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendUint(append(b, '['), s.First, 10)
			b = strconv.AppendUint(append(b, ','), s.Last, 10)
			b = append(b, ']')
		}
		b = append(b, "]]"...)
	}
	return string(append(b, "]}"...))
}

// check reads the value of an entry.
func check(text string) (string, error) {
	_, err := decode(text)
	return "", err
}
