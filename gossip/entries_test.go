package gossip_test

import (
	"time"

	"treecast/gossip"
)

const ms = time.Millisecond

// entryKey identifies an entry.
type entryKey struct {
	source  gossip.OriginID
	counter uint64
}

// entriesOf lists what runs carry.
func entriesOf(runs []gossip.Run) (out []gossip.Entry) {
	for _, r := range runs {
		for i, v := range r.Values {
			out = append(out, gossip.Entry{r.Origin, r.First + uint64(i), v})
		}
	}
	return out
}
