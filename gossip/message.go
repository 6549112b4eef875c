package gossip

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Message is one gossip message between two neighbours, as the core sees it.
// How it is spelt on a line is not this package's business.
//
// Every message carries the sender's incarnation and the receiver's incarnation it was
// made for (0 where the sender does not know it yet): link state - acks,
// timings - counts only if both match, values always.
type Message struct {
	Incarnation uint64 // the sender's
	For         uint64 // the receiver's, as the sender knows it; 0: unknown

	Batch  uint64 // number of what wants an ack here, per sender's incarnation and link; 0: nothing does; see Relation too
	Runs   []Run  // entries
	Digest *DigestPart
	Resent bool // Runs were sent before, at least in part
	Late   bool // upwards: the sender stood still in its slot, or passes on what such a one has said
	Probe  bool // ack at once
	Want   bool // show me your digest

	// Round is the root's count of flushes in its incarnation Root (the root's incarnation);
	// Round is 0 in a message that is no part of a flush. Period is the root's,
	// 0 where the sender does not know it. All go downwards only.
	Root   uint64
	Round  uint64
	Period time.Duration

	// Term counts how often the sender's flushes have begun to come from another
	// root; a larger one makes a root and its rounds new, whatever their numbers.
	// It goes downwards only.
	Term uint64

	// Relation says what the sender is to the receiver where the tree does not say
	// it, in messages that have a Batch; the newest counts. Suspects are nodes
	// that do not answer the sender and whose children need another parent.
	Relation Relation
	Suspects []string

	// Path is what the longest way from below the sender up to it and back
	// takes, guards included. It goes upwards only.
	Path time.Duration

	Acks []Span // batches that the sender has stored: exactly those, no "up to"
	Echo Echo
}

// Relation is what repair makes of two nodes that are no neighbours in the tree.
type Relation uint8

const (
	// Untied nodes are to each other what the tree says.
	Unrelated Relation = iota
	// Attached: the receiver is the sender's parent.
	Attached
	// Adopted: the receiver is the sender's child.
	Adopted
	// Pruned: they are neither any more. A message that says nothing else has a
	// Batch, for its place in the order, but wants no ack.
	Pruned
	// Syncing: the two show each other what they hold, once.
	Syncing
	// SyncingAll: the same, by a node that is a root only because nobody before it
	// answers; what neither has had for long flows, too.
	SyncingAll
)

// swaps reports whether two nodes show each other what they hold, once.
func (t Relation) syncs() bool { return t == Syncing || t == SyncingAll }

// Run is consecutive entries of one origin: Values[i] has the counter
// First+i.
type Run struct {
	Origin OriginID
	First  uint64
	Values []string
}

// Echo lets the other side measure the way: Batch is the newest batch of it
// that has arrived here, Held how long ago that was when this message was
// made. Batch 0: none. Early is how long before the sender's next planned slot
// it came, if Planned; otherwise none is planned.
type Echo struct {
	Batch   uint64
	Held    time.Duration
	Planned bool
	Early   time.Duration
}

// DigestPart is a part of what the sender held when the link began. Parts
// 0..Parts-1 of one Exchange together are the whole digest.
type DigestPart struct {
	Exchange uint64 // tells one exchange of a link from the next
	Part     int
	Parts    int
	Lines    []DigestLine
}

// Entries is how many entries the message carries.
func (m *Message) Entries() int {
	n := 0
	for _, r := range m.Runs {
		n += len(r.Values)
	}
	return n
}

// parting reports whether the message parts and wants no ack.
func (m *Message) parting() bool {
	return m.Relation == Pruned && len(m.Runs) == 0 && !m.Probe
}

// empty reports whether the message would say nothing.
func (m *Message) empty() bool {
	return m.Batch == 0 && len(m.Acks) == 0 && !m.Probe && m.Digest == nil
}

// Bounds of a message's size as a JSON line, in bytes. They are upper bounds
// for names of ordinary length; the encoder's tests hold them to account.
const (
	// MaxLineBytes is what no line exceeds, except one that carries a single
	// larger value. The official Go library ends at 64 KiB.
	MaxLineBytes = 48 << 10

	fixedBytes    = 640 // envelope, numbers, echo
	relationBytes = 640 // a relation and the names of suspects
	runBytes      = 64  // braces and keys of a run, and its counter
	spanBytes     = 44  // two numbers and their brackets
)

// originBytes bounds what an origin's names take, escaped.
func originBytes(s OriginID) int {
	v := s.Value()
	return 6 * (len(v.Node) + len(v.Log))
}

// Bounds of what a peer may say.
const (
	maxNameBytes   = 1024      // of an origin's two names together
	maxSpoken      = time.Hour // of any duration
	maxIncarnation = 1 << 62
	maxSuspects    = 8
	maxCounter     = 1 << 62
)

// check says what makes no sense in a peer's message: counters start at 1 and do
// not overflow, spans are in order, names are names and durations are within
// bounds.
func (m *Message) check() error {
	switch {
	case m.Incarnation == 0:
		return errors.New("it bears no incarnation")
	case m.Incarnation > maxIncarnation || m.For > maxIncarnation:
		return fmt.Errorf("an incarnation is above %d", uint64(maxIncarnation))
	case m.Relation > SyncingAll:
		return fmt.Errorf("there is no relation %d", m.Relation)
	case len(m.Suspects) > maxSuspects:
		return fmt.Errorf("it names %d suspects, at most %d are read", len(m.Suspects), maxSuspects)
	}
	for _, d := range []time.Duration{m.Echo.Held, m.Echo.Early, m.Period, m.Path} {
		if d < 0 || d > maxSpoken {
			return fmt.Errorf("a duration of %v is not within 0 and %v", d, maxSpoken)
		}
	}
	for _, r := range m.Runs {
		switch {
		case r.First == 0 || r.First > maxCounter:
			return fmt.Errorf("a run's first counter, %d, is not within 1 and %d", r.First, uint64(maxCounter))
		case len(r.Values) == 0:
			return errors.New("a run has no values")
		case !validOrigin(r.Origin):
			return errOrigin
		}
	}
	if err := checkSpans(m.Acks, math.MaxUint64); err != nil {
		return fmt.Errorf("acks: %w", err)
	}
	if v := m.Digest; v != nil {
		return v.check()
	}
	return nil
}

// check says what makes no sense in a part of a peer's digest.
func (v *DigestPart) check() error {
	if v.Parts < 1 || v.Parts > maxDigestParts || v.Part < 0 || v.Part >= v.Parts {
		return fmt.Errorf("part %d of %d of a digest: parts count from 0, and there are 1 to %d", v.Part, v.Parts, maxDigestParts)
	}
	for _, h := range v.Lines {
		if !validOrigin(h.Origin) {
			return errOrigin
		}
		if err := checkSpans(h.Counters, 2*maxCounter-1); err != nil {
			return fmt.Errorf("a digest: %w", err)
		}
	}
	return nil
}

// checkSpans says what makes no sense in spans of numbers that are at most last.
func checkSpans(spans []Span, last uint64) error {
	for _, s := range spans {
		if s.First == 0 || s.Last < s.First || s.Last > last {
			return fmt.Errorf("%d to %d is no span of numbers from 1 on", s.First, s.Last)
		}
	}
	return nil
}

var errOrigin = fmt.Errorf("a source's names are longer than %d bytes", maxNameBytes)

func validOrigin(s OriginID) bool {
	v := s.Value()
	return len(v.Node)+len(v.Log) <= maxNameBytes
}
