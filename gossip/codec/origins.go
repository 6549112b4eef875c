package codec

import "treecast/gossip"

// Origins is a table of the origins whose names come again in nearly every
// message, so that reading one makes no strings of them. Its size is fixed: a
// newcomer takes the place of the one that was there, and long names are not
// kept, so its memory is bounded whatever arrives. The zero value is ready; it is
// for one goroutine at a time.
type Origins struct {
	slots []originSlot // a power of two, or none yet
	size  int          // how many there will be; 0: ownOrigins
}

// NewSharedOrigins returns a table for all nodes of one process together.
func NewSharedOrigins() *Origins { return &Origins{size: sharedOrigins} }

type originSlot struct {
	origin, log string
	id          gossip.OriginID
}

const (
	ownOrigins    = 64      // of a node that is alone in its process
	sharedOrigins = 1 << 14 // of all nodes of a process

	// keptNameBytes is up to how long two names together are kept: ours are
	// a dozen bytes.
	keptNameBytes = 128
)

// id returns the id of an origin.
func (o *Origins) id(origin, log []byte) gossip.OriginID {
	if len(origin)+len(log) > keptNameBytes {
		return gossip.NewOriginID(string(origin), string(log))
	}
	if o.slots == nil {
		o.slots = make([]originSlot, max(o.size, ownOrigins))
	}
	// FNV-1a over both names.
	hash := uint32(2166136261)
	for _, c := range origin {
		hash = (hash ^ uint32(c)) * 16777619
	}
	for _, c := range log {
		hash = (hash ^ uint32(c)) * 16777619
	}
	slot := &o.slots[int(hash^hash>>15)&(len(o.slots)-1)]
	if slot.id == (gossip.OriginID{}) || slot.origin != string(origin) || slot.log != string(log) {
		*slot = originSlot{origin: string(origin), log: string(log)}
		slot.id = gossip.NewOriginID(slot.origin, slot.log)
	}
	return slot.id
}
