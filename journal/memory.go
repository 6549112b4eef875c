package journal

import (
	"fmt"
	"math/rand/v2"
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

	rng   *rand.Rand
	store memoryStore
	open  *segment
}

// NewMemory returns an empty journal.
func NewMemory(rng *rand.Rand) *Memory { return &Memory{rng: rng} }

// Open begins a life of a node, with what is there.
func (m *Memory) Open(s Start) (*Recovered, error) {
	var r *Recovered
	var l *life
	found, err := scanSegment(m.store.data)
	if err == nil && s.evidence(found, m.Run) {
		r, l = recovered(&s, found)
		m.open = resume(&m.store, found, l)
	} else {
		r, l = fresh(&s)
		if err == nil {
			r.Told = append(r.Told, fmt.Sprintf("%d bytes of another run were left out", len(m.store.data)))
		}
		m.store.data = nil
		m.open = begin(&m.store, &header{salt: m.rng.Uint64(), node: s.Node, run: m.Run}, l)
	}
	m.store.fail = m.Fail
	_ = m.open.append(nil) // if it fails it goes with the first append
	return r, nil
}

// Append appends a batch.
func (m *Memory) Append(b *Batch) error { return m.open.append(b) }

// Sync does nothing: whoever models a machine's death has no journal.
func (m *Memory) Sync() error { return nil }

// Tidy has nothing to remove.
func (m *Memory) Tidy() int { return 0 }

// Close ends the node's life; a clean one leaves nothing.
func (m *Memory) Close(clean bool) error {
	if clean {
		m.store.data = nil
	}
	m.open = nil
	return nil
}

// Bytes is how large the journal is.
func (m *Memory) Bytes() int { return len(m.store.data) }

// memoryStore is storage in memory.
type memoryStore struct {
	data []byte
	fail func(int) (int, error)
}

// WriteAt writes at the end, or over what stands there.
func (m *memoryStore) WriteAt(p []byte, offset int64) (n int, err error) {
	n = len(p)
	if m.fail != nil {
		n, err = m.fail(n)
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
