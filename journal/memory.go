package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Memory is a journal that survives what Go's garbage collector lets it
// survive: it is for drivers that model nodes, and processes that are killed.
// What was appended before the node was dropped is there for the next Open.
type Memory struct {
	// Run names the run, as TREECAST_RUN does; may be empty.
	Run string
	// Fail, if not nil, is asked before every write: an error is what the disk
	// says. written is how much of the write is carried out first.
	Fail func(bytes int) (written int, err error)
	// Held, if not nil, is asked by Open: true says that the node's former process
	// has not ended yet and holds the journal.
	Held func() bool

	// Mistake has it be wrong in one way. For tests alone.
	Mistake Mistake

	log         string // of the last incarnation; see Mistake
	rng         *rand.Rand
	store       *memoryStore // what the next incarnation finds
	incarnation *incarnation
	open        *segment
	at          *memoryStore // of open
	fresh       bool         // open is to take the place of store
	node        string
}

// NewMemory returns an empty journal.
func NewMemory(rng *rand.Rand) *Memory { return &Memory{rng: rng, store: &memoryStore{}} }

// Clone returns a journal that holds the same, for another node of the name. It
// shares the source of salts.
func (m *Memory) Clone() *Memory {
	return &Memory{Run: m.Run, Fail: m.Fail, Held: m.Held, rng: m.rng, store: &memoryStore{data: slices.Clone(m.store.data)}}
}

// errRemoved is what Check says of a Memory that was.
var errRemoved = errors.New("it was removed")

// Open begins an incarnation of a node, with what is there.
func (m *Memory) Open(s Start) (*Recovered, error) {
	if m.Held != nil && m.Held() && !s.Blank {
		return nil, &BlockedError{Path: "the journal of " + s.Node, Why: errInUse}
	}
	m.fresh, m.at, m.node = false, m.store, s.Node
	var r *Recovered
	found, err := scanSegment(m.store.data)
	switch {
	case err == nil && s.evidence(found, m.Run) && (m.Held == nil || !m.Held()):
		r, m.incarnation = recovered(&s, found)
		m.open = resume(m.store, found, m.incarnation)
	case len(m.store.data) > 0 && !s.Blank && s.maybeLater(m.Run) && (err != nil || found.bare()):
		if err == nil {
			err = errBare
		}
		return nil, &BlockedError{Path: "the journal of " + s.Node, Why: err, Lasting: true}
	default:
		r, m.incarnation = fresh(&s)
		if len(m.store.data) > 0 {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%d bytes of another run were left out", len(m.store.data)))
		}
		m.store = &memoryStore{}
		m.at = m.store
		m.open = begin(m.store, &header{salt: m.rng.Uint64(), node: s.Node, run: m.Run}, m.incarnation)
	}
	m.store.fail = m.Fail
	_ = m.open.append(nil) // if it fails it goes with the first append
	m.goOn(r)
	return r, nil
}

// Append appends a batch.
func (m *Memory) Append(b *Batch) error {
	if err := m.Check(); err != nil {
		return err
	}
	return m.open.append(b)
}

// Sync does nothing: whoever models a machine's death has no journal.
func (m *Memory) Sync() error { return nil }

// Tidy has nothing to remove.
func (m *Memory) Tidy() int { return 0 }

// Check tells what Remove and Cut have done.
func (m *Memory) Check() error {
	switch {
	case m.open == nil || m.fresh || m.Mistake == HarmUnseen:
		return nil
	case m.store != m.at:
		return fmt.Errorf("%w: %w", ErrGone, errRemoved)
	}
	return m.open.checkSize("it", int64(len(m.store.data)))
}

// Rewrite begins another journal, to take the place of the one that is gone.
func (m *Memory) Rewrite() error {
	m.fresh, m.at = true, &memoryStore{fail: m.Fail}
	m.open = begin(m.at, &header{salt: m.rng.Uint64(), node: m.node, run: m.Run}, m.incarnation)
	return nil
}

// Publish has the next incarnation find what was appended since Rewrite.
func (m *Memory) Publish() error {
	if err := m.open.append(nil); err != nil {
		return err
	}
	m.fresh, m.store = false, m.at
	return nil
}

// Remove does what a cleaner of temporary files does: the next incarnation finds nothing
// of what was appended so far. A node that lives is not told.
func (m *Memory) Remove() { m.store = &memoryStore{} }

// Cut leaves no more than so many bytes, as a disk does that lost the rest. A node
// that lives is not told.
func (m *Memory) Cut(bytes int) {
	if bytes < len(m.store.data) {
		m.store.data = m.store.data[:max(bytes, 0):max(bytes, 0)]
	}
}

// Close ends the node's life; a clean one leaves nothing.
func (m *Memory) Close(clean bool) error {
	if clean {
		m.store = &memoryStore{}
	}
	m.open, m.fresh = nil, false
	return nil
}

// Bytes is how large the journal is.
func (m *Memory) Bytes() int { return len(m.store.data) }

// memoryStore is storage in memory.
type memoryStore struct {
	data []byte
	fail func(int) (int, error)
}

// WriteAt writes at the end, or over what stands there. Where something was cut
// off behind the writer's back there is a hole, as in a file.
func (m *memoryStore) WriteAt(p []byte, offset int64) (n int, err error) {
	n = len(p)
	if m.fail != nil {
		n, err = m.fail(n)
	}
	if hole := offset - int64(len(m.data)); hole > 0 {
		m.data = append(m.data, make([]byte, hole)...)
	}
	m.data = append(m.data[:offset], p[:n]...)
	return n, err
}

// Truncate cuts. What is written next may overwrite what was cut.
func (m *memoryStore) Truncate(size int64) error {
	m.data = m.data[:size]
	return nil
}

// Sync does nothing.
func (m *memoryStore) Sync() error { return nil }
