package run

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MessagesFile is the name of the record of messages in a run's directory. It
// is CSV, one event a line, in the order in which things happened:
//
//	event,id,time_us,from,to,type,kind,bytes,values
//	value,3,,,,,,,"""a"""           value number 3 is "a"
//	sent,17,50210,c9,n3,broadcast,data,44,3
//	received,17,50318,,,,,,
//	sent,25,90000,n3,n0,gossip,data,120,0-3 7
//	lost,25,190000,,,,,,            a fault ate it
//	sampled,1,2000000,,,,,,         from here on one message in 4^1 is recorded
//	end,31,2500000,,,,,,            the run is over; 31 messages were offered
//
// Times are in microseconds since the start of the run. The values of a message
// are numbers, ranges of them joined by a dash, with spaces between. Recorded
// are the messages between nodes and the broadcasts of clients. A message
// without a line of its own for its end was still under way when the run ended.
const MessagesFile = "messages.csv"

// messageEvent is a line of the record. Numbers below 0 are not there.
type messageEvent struct {
	event           string
	id, time, bytes int64 // time in microseconds
	from, to        string
	messageType     string
	kind            string
	values          string // of "value" the JSON, else ranges of numbers
}

var messagesTable = csvTable[messageEvent]{Needed: 9, Columns: []csvColumn[messageEvent]{
	textColumn("event", "", func(e *messageEvent) *string { return &e.event }),
	optionalColumn("id", func(e *messageEvent) *int64 { return &e.id }),
	optionalColumn("time_us", func(e *messageEvent) *int64 { return &e.time }),
	textColumn("from", "", func(e *messageEvent) *string { return &e.from }),
	textColumn("to", "", func(e *messageEvent) *string { return &e.to }),
	textColumn("type", "", func(e *messageEvent) *string { return &e.messageType }),
	textColumn("kind", "", func(e *messageEvent) *string { return &e.kind }),
	optionalColumn("bytes", func(e *messageEvent) *int64 { return &e.bytes }),
	textColumn("values", "", func(e *messageEvent) *string { return &e.values }),
}}

// optionalColumn is a column of whole numbers, which may lack below 0.
func optionalColumn(name string, of func(*messageEvent) *int64) csvColumn[messageEvent] {
	return csvColumn[messageEvent]{name, "",
		func(dst []byte, e *messageEvent) []byte {
			if n := *of(e); n >= 0 {
				dst = strconv.AppendInt(dst, n, 10)
			}
			return dst
		},
		func(e *messageEvent, cell string) (err error) {
			n, err := strconv.ParseUint(cell, 10, 63)
			*of(e) = int64(n)
			return err
		},
	}
}

// DefaultMessagesBytes is how long a record of messages may get, of about a
// million and a half messages.
const DefaultMessagesBytes = 128 << 20

// maxValueText is how much of a value's text is kept.
const maxValueText = 256

// MessageLog writes a record of messages as a run goes on. When half of its
// limit is used, one message in four is recorded from then on; when half of the
// rest is used, one in sixteen; and so on, which ones depending on their ids
// alone, so that every step lasts twice as long as the one before. When next to nothing is left, no more messages are taken; what became
// of those that were is still written. It belongs to one goroutine. Writing is
// buffered; errors are kept for Close. A nil MessageLog records nothing.
type MessageLog struct {
	to      io.Writer
	buf     []byte
	err     error
	written int64
	limit   int64
	levels  []int64 // first id of the sampling levels 1, 2, ...
	offered int64
	last    time.Duration

	ints    []int32          // number+1 of the value that is this natural number
	texts   map[string]int32 // number of the others, by their spelling
	values  int32            // numbers given
	numbers []int32          // scratch
	ranges  []byte           // scratch
}

const (
	flushAt    = 64 << 10
	maxLevel   = 24      // at it nothing is recorded
	spareBytes = 1 << 10 // with less than this left to the next level, it is the last
	denseInts  = 1 << 22 // natural numbers below are looked up in a slice
	hashFactor = 0x9E3779B97F4A7C15
)

// NewMessageLog starts a record of about limit bytes at most; 0 means
// DefaultMessagesBytes.
func NewMessageLog(to io.Writer, limit int64) *MessageLog {
	if limit == 0 {
		limit = DefaultMessagesBytes
	}
	return &MessageLog{
		to: to, limit: limit, texts: map[string]int32{},
		buf: append(make([]byte, 0, flushAt+4<<10), messagesTable.header()...),
	}
}

// Sent records a message that the network took, its kind (KindData, ...) and
// the values in it. Ids must ascend. The values are not kept.
func (l *MessageLog) Sent(m *Message, kind string, values []json.RawMessage) {
	if l == nil {
		return
	}
	l.offered, l.last = m.ID+1, m.Sent
	if !l.keeps(m.ID) {
		return
	}
	l.numbers = l.numbers[:0]
	for _, v := range values {
		l.numbers = append(l.numbers, l.number(v))
	}
	l.ranges = appendRanges(l.ranges[:0], l.numbers)
	l.buf = messagesTable.append(l.buf, &messageEvent{
		event: "sent", id: m.ID, time: m.Sent.Microseconds(), from: m.Src, to: m.Dest, messageType: m.Type, kind: kind, bytes: int64(m.Bytes), values: string(l.ranges),
	})
	l.ended()
}

// Delivered records that a message was handed to its receiver; more than once
// if the network doubled it.
func (l *MessageLog) Delivered(id int64, at time.Duration) { l.fate("received", id, at) }

// Lost records that a fault ate a message.
func (l *MessageLog) Lost(id int64, at time.Duration) { l.fate("lost", id, at) }

func (l *MessageLog) fate(word string, id int64, at time.Duration) {
	if l == nil {
		return
	}
	l.last = at
	if l.keeps(id) {
		l.event(word, id, at)
		l.ended()
	}
}

// Close ends the record and returns the first error there was. It does not
// close the writer.
func (l *MessageLog) Close() error {
	if l == nil {
		return nil
	}
	l.event("end", l.offered, l.last)
	l.flush()
	if l.err != nil {
		return fmt.Errorf("run: write %s: %w", MessagesFile, l.err)
	}
	return nil
}

func (l *MessageLog) event(word string, id int64, at time.Duration) {
	l.buf = messagesTable.append(l.buf, &messageEvent{event: word, id: id, time: at.Microseconds(), bytes: -1})
}

// ended is called at the end of a line.
func (l *MessageLog) ended() {
	if len(l.buf) >= flushAt {
		l.flush()
	}
	level := len(l.levels)
	if level == maxLevel || l.written+int64(len(l.buf)) <= l.limit-l.limit>>(level+1) {
		return
	}
	next := level + 1
	if l.limit>>(next+1) < spareBytes {
		next = maxLevel
	}
	for len(l.levels) < next {
		l.levels = append(l.levels, l.offered)
	}
	l.event("sampled", int64(next), l.last)
}

func (l *MessageLog) flush() {
	if l.err == nil {
		_, l.err = l.to.Write(l.buf)
	}
	l.written += int64(len(l.buf))
	l.buf = l.buf[:0]
}

// keeps says whether a message is recorded.
func (l *MessageLog) keeps(id int64) bool {
	level := len(l.levels)
	for level > 0 && id < l.levels[level-1] {
		level--
	}
	if level == 0 {
		return true
	}
	return level < maxLevel && uint64(id)*hashFactor>>(64-2*level) == 0
}

// number is that of a value; a new one gets a line.
func (l *MessageLog) number(value json.RawMessage) int32 {
	if n, ok := natural(value); ok {
		for len(l.ints) <= n {
			l.ints = append(l.ints, make([]int32, max(n+1-len(l.ints), len(l.ints)))...)
		}
		if l.ints[n] == 0 {
			l.ints[n] = l.name(value) + 1
		}
		return l.ints[n] - 1
	}
	number, ok := l.texts[string(value)]
	if !ok {
		number = l.name(value)
		l.texts[string(value)] = number
	}
	return number
}

// name gives a value the next number and writes it down.
func (l *MessageLog) name(value json.RawMessage) int32 {
	text := string(value)
	if len(text) > maxValueText {
		short, _ := json.Marshal(fmt.Sprintf("%s... (%d bytes)", strings.ToValidUTF8(text[:maxValueText/2], ""), len(text)))
		text = string(short)
	}
	l.buf = messagesTable.append(l.buf, &messageEvent{event: "value", id: int64(l.values), time: -1, bytes: -1, values: text})
	l.values++
	return l.values - 1
}

// natural reads a value that is a natural number of moderate size, as it is
// spelt without leading zeros.
func natural(value []byte) (int, bool) {
	if len(value) == 0 || len(value) > 7 || value[0] == '0' && len(value) > 1 {
		return 0, false
	}
	n := 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, n < denseInts
}

// appendRanges sorts numbers and appends them, those that follow one another
// as a range.
func appendRanges(dst []byte, numbers []int32) []byte {
	slices.Sort(numbers)
	for i := 0; i < len(numbers); {
		j := i + 1
		for j < len(numbers) && numbers[j] <= numbers[j-1]+1 {
			j++
		}
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, int64(numbers[i]), 10)
		if last := numbers[j-1]; last > numbers[i] {
			dst = strconv.AppendInt(append(dst, '-'), int64(last), 10)
		}
		i = j
	}
	return dst
}
