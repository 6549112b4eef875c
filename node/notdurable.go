package node

import (
	"sync"
	"sync/atomic"

	"treecast/gossip"
)

// notDurable is the entries that the node shows and passes on, but that are not in
// its journal, as that cannot be written: a batch with one of them is not acked.
// Empty but for trouble. Any goroutine may use it.
type notDurable struct {
	any  atomic.Bool
	mu   sync.Mutex
	held *gossip.Digest
}

// add puts entries in.
func (u *notDurable) add(entries []gossip.Entry) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.held == nil {
		u.held = gossip.NewDigest()
	}
	for _, e := range entries {
		u.held.Add(e.Origin, e.Counter)
	}
	u.any.Store(true)
}

// clear says that all of them are kept by now.
func (u *notDurable) clear() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held = nil
	u.any.Store(false)
}

// holds reports whether a message brings one of them.
func (u *notDurable) holds(m *gossip.Message) bool {
	if !u.any.Load() {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.held == nil {
		return false
	}
	for _, r := range m.Runs {
		for i := range r.Values {
			if u.held.Contains(r.Origin, r.First+uint64(i)) {
				return true
			}
		}
	}
	return false
}
