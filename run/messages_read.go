package run

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fate is what became of a message.
type Fate uint8

// The fates of a message.
const (
	UnderWay Fate = iota // when the run, or its record, ended
	Received
	LostOnWay // a fault ate it
)

// Transit is the way of one message through the network, as it stands in a
// record of messages.
type Transit struct {
	ID         int64
	From, To   int32         // indexes into Messages.Names
	Type, Kind int32         // indexes into Messages.Words
	Bytes      int           // of the body
	Sent       time.Duration // since the start of the run
	Ended      time.Duration // when it was first received, or lost; Sent while it is under way
	Fate       Fate
	Copies     int32 // how often it was received
	Weight     int64 // how many messages it stands for: 1 unless the record was sampled
	Spans      []Span
}

// Span are the numbers of values from First to Last.
type Span struct{ First, Last int32 }

// Messages is a record of messages that was read. Nothing of it may be changed.
type Messages struct {
	Names    []string  // of nodes and clients
	Words    []string  // types and kinds
	Values   []string  // JSON of the values, by number
	Transits []Transit // in the order they were sent

	Whole      bool          // the record has its end; otherwise it was cut off
	End        time.Duration // of the record
	Offered    int64         // how many ids there were, of clients' messages too
	SampledAt  time.Duration // from when on messages were left out; negative if never
	SampleRate int64         // one in how many was recorded at last; 1 if all, 0 if none
}

// ErrMessages is wrapped by the errors of ReadMessages about the file's content.
var ErrMessages = errors.New("not a record of messages")

// ReadMessages reads a record of messages. A record that was cut off is read as
// far as it goes, and is not Whole. An error names the line it stands in and,
// if the file is something else, wraps ErrMessages.
func ReadMessages(r io.Reader) (*Messages, error) {
	p := messageParser{
		Messages: Messages{SampledAt: -1, SampleRate: 1},
		names:    map[string]int32{}, words: map[string]int32{},
	}
	_, err := messagesTable.read(r, p.event) // what is cut off has no end
	switch {
	case errors.Is(err, errColumn):
		return nil, fmt.Errorf("run: %w: its first line is not %q", ErrMessages, strings.TrimSpace(string(messagesTable.header())))
	case isContent(err):
		return nil, fmt.Errorf("run: %w: %w", ErrMessages, err)
	case err != nil:
		return nil, fmt.Errorf("run: read messages: %w", err)
	}
	return &p.Messages, nil
}

type messageParser struct {
	Messages
	names, words map[string]int32
}

// event takes one line.
func (p *messageParser) event(e *messageEvent) error {
	if e.event == "value" {
		if e.id != int64(len(p.Values)) {
			return fmt.Errorf("value %d comes after %d values", e.id, len(p.Values))
		}
		p.Values = append(p.Values, strings.Clone(e.values))
		return nil
	}
	if e.time > maxRunMicros {
		return fmt.Errorf("%d is no time", e.time)
	}
	at := time.Duration(e.time) * time.Microsecond
	p.End = max(p.End, at)
	switch e.event {
	case "sent":
		return p.sent(e, at)
	case "received", "lost":
		return p.ended(e.id, at, e.event == "received")
	case "sampled":
		if e.id < 1 || e.id > maxLevel {
			return fmt.Errorf("%d is no level of sampling", e.id)
		}
		if p.SampledAt < 0 {
			p.SampledAt = at
		}
		p.SampleRate = 1 << (2 * e.id)
		if e.id == maxLevel {
			p.SampleRate = 0
		}
	case "end":
		p.Whole, p.Offered = true, e.id
	default:
		return fmt.Errorf("no event is called %q", e.event)
	}
	return nil
}

// maxRun is a year; no run is longer.
const (
	maxRun       = 365 * 24 * time.Hour
	maxRunMicros = int64(maxRun / time.Microsecond)
)

func (p *messageParser) sent(e *messageEvent, at time.Duration) error {
	if n := len(p.Transits); n > 0 && e.id <= p.Transits[n-1].ID {
		return fmt.Errorf("message %d comes after message %d", e.id, p.Transits[n-1].ID)
	}
	if n := len(p.Transits); n > 0 && at < p.Transits[n-1].Sent {
		return fmt.Errorf("message %d was sent before message %d", e.id, p.Transits[n-1].ID)
	}
	if e.bytes >= 1<<47 {
		return fmt.Errorf("%d is no number of bytes", e.bytes)
	}
	spans, err := p.spans(e.values)
	if err != nil {
		return err
	}
	p.Transits = append(p.Transits, Transit{
		ID: e.id, From: intern(e.from, p.names, &p.Names), To: intern(e.to, p.names, &p.Names),
		Type: intern(e.messageType, p.words, &p.Words), Kind: intern(e.kind, p.words, &p.Words),
		Bytes: int(e.bytes), Sent: at, Ended: at, Weight: p.SampleRate, Spans: spans,
	})
	return nil
}

func (p *messageParser) spans(text string) ([]Span, error) {
	if text == "" {
		return nil, nil
	}
	spans := make([]Span, 0, strings.Count(text, " ")+1)
	for word := range strings.SplitSeq(text, " ") {
		first, last, isRange := strings.Cut(word, "-")
		if !isRange {
			last = first
		}
		a, err1 := strconv.ParseInt(first, 10, 32)
		b, err2 := strconv.ParseInt(last, 10, 32)
		if err1 != nil || err2 != nil || a < 0 || b < a || int(b) >= len(p.Values) {
			return nil, fmt.Errorf("%q are no values among %d", word, len(p.Values))
		}
		spans = append(spans, Span{int32(a), int32(b)})
	}
	return spans, nil
}

func (p *messageParser) ended(id int64, at time.Duration, received bool) error {
	i, ok := slices.BinarySearchFunc(p.Transits, id, func(t Transit, id int64) int {
		switch {
		case t.ID < id:
			return -1
		case t.ID > id:
			return 1
		}
		return 0
	})
	if !ok {
		return fmt.Errorf("message %d was never sent", id)
	}
	t := &p.Transits[i]
	if at < t.Sent {
		return fmt.Errorf("message %d ended before it was sent", id)
	}
	if received {
		t.Copies++
	}
	if t.Fate == Received {
		return nil
	}
	t.Ended, t.Fate = at, LostOnWay
	if received {
		t.Fate = Received
	}
	return nil
}

// intern returns the index of a text in a list, which gets it if it is new.
func intern(text string, known map[string]int32, list *[]string) int32 {
	i, ok := known[text]
	if !ok {
		text = strings.Clone(text)
		i = int32(len(*list))
		known[text] = i
		*list = append(*list, text)
	}
	return i
}

// IsClient tells whether a name of a record is a client's, by Maelstrom's rule.
func (m *Messages) IsClient(name int32) bool { return strings.HasPrefix(m.Names[name], "c") }
