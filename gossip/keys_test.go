package gossip

import "time"

const ms = time.Millisecond

// entryKey identifies an entry.
type entryKey struct {
	source  OriginID
	counter uint64
}

// entriesOf lists what runs carry.
func entriesOf(runs []Run) (out []Entry) {
	for _, r := range runs {
		for i, v := range r.Values {
			out = append(out, Entry{r.Origin, r.First + uint64(i), v})
		}
	}
	return out
}
