package codec

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
)

func TestSourcesAreThoseOfTheirNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &Origins{size: 1 << rapid.IntRange(0, 8).Draw(t, "log2 size")}
		names := rapid.SampledFrom([]string{"", "n", "n1", "n12", "1", "n1k", "k", "é"})
		for range rapid.IntRange(1, 200).Draw(t, "lookups") {
			origin, log := names.Draw(t, "origin"), names.Draw(t, "log")
			require.Equal(t, gossip.NewOriginID(origin, log), s.id([]byte(origin), []byte(log)))
		}
	})
}

func TestLongNamesAreNotKept(t *testing.T) {
	s := &Origins{}
	for i := range 10 * ownOrigins {
		origin := bytes.Repeat([]byte("n"), i)
		require.Equal(t, gossip.NewOriginID(string(origin), "k"), s.id(origin, []byte("k")))
	}
	require.Len(t, s.slots, ownOrigins)
	kept := 0
	for _, slot := range s.slots {
		require.LessOrEqual(t, len(slot.origin)+len(slot.log), keptNameBytes)
		kept += len(slot.origin)
	}
	require.Positive(t, kept)
}

func TestASourceThatIsKnownAllocatesNothing(t *testing.T) {
	s := &Origins{}
	origin, log := []byte("n17"), []byte("k2xx81")
	s.id(origin, log)
	require.Zero(t, testing.AllocsPerRun(100, func() { s.id(origin, log) }))
}
