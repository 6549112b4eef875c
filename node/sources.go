package node

import "treecast/gossip"

// sources finds the ids of the sources whose names come again in nearly every
// message, without making strings of them. It is a table of fixed size in which
// a newcomer takes the place of who was there, and long names are not kept: its
// memory is bounded whatever arrives. The zero value is ready; it is for one goroutine at a time.
type sources struct {
	slots []sourceSlot // a power of two, or none yet
	size  int          // how many there will be; 0 means ownSources
}

type sourceSlot struct {
	origin, log string
	id          gossip.SourceID
}

const (
	ownSources    = 64      // of a node that is alone in its process
	sharedSources = 1 << 14 // of all nodes of a process

	// keptSourceBytes is up to how long two names together are kept: ours are
	// a dozen bytes.
	keptSourceBytes = 128
)

// id returns the id of a source.
func (s *sources) id(origin, log []byte) gossip.SourceID {
	if len(origin)+len(log) > keptSourceBytes {
		return gossip.NewSourceID(string(origin), string(log))
	}
	if s.slots == nil {
		s.slots = make([]sourceSlot, max(s.size, ownSources))
	}
	// FNV-1a over both names.
	hash := uint32(2166136261)
	for _, c := range origin {
		hash = (hash ^ uint32(c)) * 16777619
	}
	for _, c := range log {
		hash = (hash ^ uint32(c)) * 16777619
	}
	slot := &s.slots[int(hash^hash>>15)&(len(s.slots)-1)]
	if slot.id == (gossip.SourceID{}) || slot.origin != string(origin) || slot.log != string(log) {
		*slot = sourceSlot{origin: string(origin), log: string(log)}
		slot.id = gossip.NewSourceID(slot.origin, slot.log)
	}
	return slot.id
}
