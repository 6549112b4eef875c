package experiment

import (
	"encoding/json"
	"time"

	"treecast/checker"
	"treecast/workload"
)

// inside follows entries from node to node by looking into the nodes, where what
// clients ask for is not what messages carry: sums, reports, whole transactions. Only
// the driver for virtual time can.
type inside struct{ delivery *checker.Delivery }

// newInside is nil where the network's messages tell as much: see observer.
func newInside(w *workload.Workload, nodes []string) *inside {
	if w.Carries != nil {
		return nil
	}
	return &inside{checker.NewDelivery(nodes)}
}

// learnt takes note that a node knows an entry. The first is its origin.
func (i *inside) learnt(now time.Duration, node string, entry []byte) {
	i.delivery.Sent(now, entry)
	i.delivery.Handed(now, node, []json.RawMessage{entry})
}

// figures are the delivery's; nil if there was no entry.
func (i *inside) figures() *checker.Delivery {
	if i == nil || i.delivery.Empty() {
		return nil
	}
	return i.delivery
}
