package gossip

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What the log has gained is looked at in blocks; none of it is left out, however
// much it is and from however many sources.
func TestAllThatTheLogHasGainedIsHeld(t *testing.T) {
	for _, sources := range []int{1, 7, 1000} {
		c := NewTestCore(t, nil)
		want := NewDigest()
		for _, gained := range []int{1, prefetchBlock - 1, prefetchBlock, prefetchBlock + 1, 2000, 5*prefetchBlock + 3, 0} {
			for range gained {
				n := c.log.Len()
				e := Entry{OriginOf(n % sources), uint64(n/sources) + 1, "1"}
				c.log.Append(e)
				want.Add(e.Origin, e.Counter)
			}
			c.Learn(0)
			require.Equal(t, c.log.Len(), c.known)
			require.Equal(t, uint64(c.known), c.held.Count())
			require.Equal(t, want.Lines(), c.held.Lines())
		}
	}
}
