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
// Every message carries the sender's epoch and the receiver's epoch it was
// made for (0 where the sender does not know it yet): link state - acks,
// timings - counts only if both match, values always.
type Message struct {
	Epoch uint64 // the sender's
	For   uint64 // the receiver's, as the sender knows it; 0: unknown

	Batch  uint64 // number of what wants an ack here, per sender's epoch and link; 0: nothing does; see Tie too
	Runs   []Run  // entries
	Vector *VectorPart
	Resent bool // Runs were sent before, at least in part
	Probe  bool // ack at once
	Want   bool // show me your vector

	// Round is the root's count of flushes in its life Root (the root's epoch);
	// Round is 0 in a message that is no part of a flush. Period is the root's,
	// 0 where the sender does not know it. All go downwards only.
	Root   uint64
	Round  uint64
	Period time.Duration

	// Reign counts how often the sender's flushes have begun to come from another
	// root; a larger one makes a root and its rounds new, whatever their numbers.
	// It goes downwards only.
	Reign uint64

	// Tie says what the sender is to the receiver where the tree does not say
	// it, in messages that have a Batch; the newest counts. Suspects are nodes
	// that do not answer the sender and whose children need another parent.
	Tie      Tie
	Suspects []string

	// Path is what the longest way from below the sender up to it and back
	// takes, guards included. It goes upwards only.
	Path time.Duration

	Acks []Span // batches that the sender has stored: exactly those, no "up to"
	Echo Echo
}

// Tie is what repair makes of two nodes that are no neighbours in the tree.
type Tie uint8

const (
	// Untied nodes are to each other what the tree says.
	Untied Tie = iota
	// Attached: the receiver is the sender's parent.
	Attached
	// Adopted: the receiver is the sender's child.
	Adopted
	// Parted: they are neither any more. A message that says nothing else has a
	// Batch, for its place in the order, but wants no ack.
	Parted
	// Swapping: the two show each other what they hold, once.
	Swapping
	// Joining: the same, by a node that is a root only because nobody before it
	// answers; what neither has had for long flows, too.
	Joining
)

// swaps reports whether two nodes show each other what they hold, once.
func (t Tie) swaps() bool { return t == Swapping || t == Joining }

// Run is consecutive entries of one source: Values[i] has the counter
// First+i.
type Run struct {
	Source SourceID
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

// VectorPart is a part of what the sender held when the link began. Parts
// 0..Parts-1 of one Exchange together are the whole vector.
type VectorPart struct {
	Exchange uint64 // tells one exchange of a link from the next
	Part     int
	Parts    int
	Held     []Held
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
	return m.Tie == Parted && len(m.Runs) == 0 && !m.Probe
}

// empty reports whether the message would say nothing.
func (m *Message) empty() bool {
	return m.Batch == 0 && len(m.Acks) == 0 && !m.Probe && m.Vector == nil
}

// Bounds of a message's size as a JSON line, in bytes. They are upper bounds
// for names of ordinary length; the encoder's tests hold them to account.
const (
	// MaxLineBytes is what no line exceeds, except one that carries a single
	// larger value. The official Go library ends at 64 KiB.
	MaxLineBytes = 48 << 10

	fixedBytes = 640 // envelope, numbers, echo
	tieBytes   = 640 // a tie and the names of suspects
	runBytes   = 64  // braces and keys of a run, and its counter
	spanBytes  = 44  // two numbers and their brackets
)

// sourceBytes bounds what a source's names take, escaped.
func sourceBytes(s SourceID) int {
	v := s.Value()
	return 6 * (len(v.Origin) + len(v.Log))
}

// Bounds of what a peer may say.
const (
	maxNameBytes = 1024      // of a source's two names together
	maxSpoken    = time.Hour // of any duration
	maxEpoch     = 1 << 62
	maxSuspects  = 8
	maxCounter   = 1 << 62
)

// check says what makes no sense in a peer's message: counters start at 1 and do
// not overflow, spans are in order, names are names and durations are within
// bounds.
func (m *Message) check() error {
	switch {
	case m.Epoch == 0:
		return errors.New("it bears no epoch")
	case m.Epoch > maxEpoch || m.For > maxEpoch:
		return fmt.Errorf("an epoch is above %d", uint64(maxEpoch))
	case m.Tie > Joining:
		return fmt.Errorf("there is no tie %d", m.Tie)
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
		case !validSource(r.Source):
			return errSource
		}
	}
	if err := checkSpans(m.Acks, math.MaxUint64); err != nil {
		return fmt.Errorf("acks: %w", err)
	}
	if v := m.Vector; v != nil {
		return v.check()
	}
	return nil
}

// check says what makes no sense in a part of a peer's vector.
func (v *VectorPart) check() error {
	if v.Parts < 1 || v.Parts > maxVectorParts || v.Part < 0 || v.Part >= v.Parts {
		return fmt.Errorf("part %d of %d of a vector: parts count from 0, and there are 1 to %d", v.Part, v.Parts, maxVectorParts)
	}
	for _, h := range v.Held {
		if !validSource(h.Source) {
			return errSource
		}
		if err := checkSpans(h.Counters, 2*maxCounter-1); err != nil {
			return fmt.Errorf("a vector: %w", err)
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

var errSource = fmt.Errorf("a source's names are longer than %d bytes", maxNameBytes)

func validSource(s SourceID) bool {
	v := s.Value()
	return len(v.Origin)+len(v.Log) <= maxNameBytes
}
