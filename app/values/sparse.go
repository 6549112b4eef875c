package values

import (
	"hash/maphash"
	"math/bits"
)

const (
	// sparseParts is how many parts a sparseSet has, each found by the first
	// byte of a hash. A part grows by itself, so that no value waits for more
	// than its part to be copied, and old and new are there at once of one part
	// only: 1/256 of the set.
	sparseParts = 256
	// firstSlots is how many slots a part begins with.
	firstSlots = 4
)

// sparseSet is a set of integers other than 0 that are far from each other: of
// each block of 64, n&^63 to n|63, it holds one at most. It is open addressing
// with linear probing over blocks, 8 bytes a slot and no pointers, which the
// garbage collector need not look into.
//
// A part is at most 7/8 full, and grows by a half and by a third in turn: so it
// is 7/12 full at least once it has grown, and a value takes 9.1 to 13.7 bytes.
// Finer steps would save 1 byte of these and copy twice as often. All sizes of
// a part are those that the allocator gives out without a remainder. An empty
// set takes nothing, one of a single value 8 KiB.
//
// The hash is that of Go's maps with a seed of the set's own, so that no client
// can know which values meet in one place. Nothing else depends on it: a set
// has no order that anybody sees.
type sparseSet struct {
	seed  maphash.Seed
	parts []sparsePart // none or sparseParts
}

// sparsePart holds the values whose hashes begin with one byte.
type sparsePart struct {
	slots []int64 // 0: empty
	held  int
}

// add puts n in, n != 0, unless the set holds a value of the same block. That
// value, which may be n itself, is returned then, otherwise 0.
func (s *sparseSet) add(n int64) (other int64) {
	if n == 0 {
		panic("node: a sparse set cannot hold 0, which is its empty slot")
	}
	if s.parts == nil {
		s.seed = maphash.MakeSeed()
		s.parts = make([]sparsePart, sparseParts)
	}
	h := s.hash(n)
	p := &s.parts[h>>56]
	if p.slots == nil {
		p.slots = make([]int64, firstSlots)
	}
	i := p.find(h, n)
	if p.slots[i] != 0 {
		return p.slots[i]
	}
	if p.held == len(p.slots)*7/8 {
		s.grow(p)
		i = p.find(h, n)
	}
	p.slots[i] = n
	p.held++
	return 0
}

// get returns the value that the set holds of n's block, or 0.
func (s *sparseSet) get(n int64) int64 {
	p, i := s.find(n)
	if p == nil {
		return 0
	}
	return p.slots[i]
}

// remove takes out what the set holds of n's block.
func (s *sparseSet) remove(n int64) {
	p, gap := s.find(n)
	if p == nil || p.slots[gap] == 0 {
		return
	}
	p.held--
	// Whatever would not be found beyond the gap any more moves into it, and
	// leaves another.
	for i := p.after(gap); p.slots[i] != 0; i = p.after(i) {
		home := p.home(s.hash(p.slots[i]))
		if stays := gap < home && home <= i || i < gap && (gap < home || home <= i); !stays {
			p.slots[gap], gap = p.slots[i], i
		}
	}
	p.slots[gap] = 0
}

// grow gives a part more slots: from 4 to 6, 8, 12, 16, 24, ...
func (s *sparseSet) grow(p *sparsePart) {
	old := p.slots
	p.slots = make([]int64, len(old)+1<<(bits.Len(uint(len(old)))-2))
	for _, n := range old {
		if n != 0 {
			p.slots[p.find(s.hash(n), n)] = n
		}
	}
}

// find returns where n's block is or would be, nil where there is no part yet.
func (s *sparseSet) find(n int64) (p *sparsePart, slot int) {
	if s.parts == nil {
		return nil, 0
	}
	h := s.hash(n)
	if p = &s.parts[h>>56]; p.slots == nil {
		return nil, 0
	}
	return p, p.find(h, n)
}

func (s *sparseSet) hash(n int64) uint64 { return maphash.Comparable(s.seed, n>>6) }

// find returns the slot of n's block, or the empty one that it would take.
// There is always an empty one.
func (p *sparsePart) find(h uint64, n int64) int {
	i := p.home(h)
	for p.slots[i] != 0 && p.slots[i]>>6 != n>>6 {
		i = p.after(i)
	}
	return i
}

// home is the slot where the search for a hash begins: hashes are spread evenly
// over any number of slots.
func (p *sparsePart) home(h uint64) int {
	home, _ := bits.Mul64(h<<8, uint64(len(p.slots)))
	return int(home)
}

// after is the slot behind i, in a circle.
func (p *sparsePart) after(i int) int {
	if i++; i < len(p.slots) {
		return i
	}
	return 0
}
