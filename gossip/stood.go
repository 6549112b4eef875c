package gossip

import (
	"sync"
	"sync/atomic"
)

// Stood is the value that an entry travels with when other entries of the log say all
// that it says: a mark, which stands for nothing. So the entry keeps its name, and
// digests, acks and journals treat it as any other; only its text does not travel.
const Stood = "0"

// stood are the positions of a log whose entries others stand for: one bit each. The
// log's owner sets bits, any goroutine looks at them.
type stood struct {
	any  atomic.Bool
	mu   sync.Mutex
	bits map[int]uint64 // position>>6 has the bits of 64 positions
}

// Stand says that other entries of the log say all that the one at a position says,
// now and when the log has grown. The entry itself stays as it is: a node that has it
// goes on showing it. Only the log's owner may call it.
//
// The others must be in the log already. They reach each peer as all of the log does,
// but perhaps later, in another message: what they say is late then, not lost.
func (l *Log) Stand(at int) {
	l.stood.mu.Lock()
	defer l.stood.mu.Unlock()
	if l.stood.bits == nil {
		l.stood.bits = map[int]uint64{}
	}
	l.stood.bits[at>>6] |= 1 << (at & 63)
	l.stood.any.Store(true)
}

// Travels returns entry i as it is sent to peers.
func (l *Log) Travels(i int) Entry {
	e := l.At(i)
	if l.stood.any.Load() && l.stood.has(i) {
		e.Value = Stood
	}
	return e
}

func (s *stood) has(at int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bits[at>>6]&(1<<(at&63)) != 0
}
