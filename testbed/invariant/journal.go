package invariant

import (
	"time"

	"treecast/gossip"
)

// Left says what is left in the journal of a node that has not read it, after somebody
// has harmed it: what else it held is lost with it, rightly if nobody else holds
// it. left calls yield for every run of entries, count of them from the counter first
// on; what the journal did not hold does not count.
func (w *Watch) Left(_ time.Duration, node int, left func(yield func(origin, log string, first uint64, count int))) {
	p := &w.places[node]
	if p.kept == nil { // it is at work, and has read it
		return
	}
	rest, gone := &memory{}, &memory{}
	left(func(origin, log string, first uint64, count int) {
		source := gossip.NewOriginID(origin, log)
		for i := range count {
			if id, ok := w.ids[key{source, first + uint64(i)}]; ok && p.kept.knows(id) && !rest.knows(id) {
				rest.add(id)
			}
		}
	})
	for _, id := range p.kept.order {
		if !rest.knows(id) {
			gone.add(id)
		}
	}
	p.kept = rest
	w.release(gone)
}

// add puts an entry in that is not known.
func (m *memory) add(id int32) {
	m.order = append(m.order, id)
	for int(id) >= len(m.has) {
		m.has = append(m.has, false)
	}
	m.has[id] = true
}
