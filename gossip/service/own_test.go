package service

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
)

func TestStrip_nothingBeyondItIsLeftInAMessageAndAllElseIs(t *testing.T) {
	own, other := gossip.NewOriginID("n0", "own"), gossip.NewOriginID("n0", "of a former life")
	rapid.Check(t, func(t *rapid.T) {
		m := &gossip.Message{Batch: 7}
		require.False(t, strip(m, gossip.OriginID{}, 0), "nothing is known yet")
		last := rapid.Uint64Range(0, 10).Draw(t, "last")
		beyond, runBeyond := false, false
		type at struct {
			source  gossip.OriginID
			counter uint64
		}
		want := map[at]bool{}
		for range rapid.IntRange(0, 4).Draw(t, "runs") {
			r := gossip.Run{Origin: own, First: rapid.Uint64Range(1, 14).Draw(t, "first"), Values: make([]string, rapid.IntRange(1, 4).Draw(t, "values"))}
			if rapid.Bool().Draw(t, "another's") {
				r.Origin = other
			}
			for i := range r.Values {
				if counter := r.First + uint64(i); r.Origin == other || counter <= last {
					want[at{r.Origin, counter}] = true
				} else {
					runBeyond = true
				}
			}
			m.Runs = append(m.Runs, r)
		}
		var spans []gossip.Span
		if rapid.Bool().Draw(t, "vector") {
			for range rapid.IntRange(0, 3).Draw(t, "spans") {
				first := rapid.Uint64Range(1, 14).Draw(t, "first")
				s := gossip.Span{First: first, Last: rapid.SampledFrom([]uint64{first, first + 3, math.MaxUint64}).Draw(t, "last")}
				spans = append(spans, s)
				beyond = beyond || s.Last > last
			}
			m.Digest = &gossip.DigestPart{Lines: []gossip.DigestLine{{Origin: other, Counters: gossip.Spans{{First: 1, Last: 99}}}, {Origin: own, Counters: append(gossip.Spans{}, spans...)}}}
		}
		require.Equal(t, beyond || runBeyond, strip(m, own, last))
		require.Equal(t, runBeyond, m.Batch == 0, "it is to come again")
		left := map[at]bool{}
		for _, r := range m.Runs {
			require.NotEmpty(t, r.Values)
			for i := range r.Values {
				left[at{r.Origin, r.First + uint64(i)}] = true
			}
		}
		require.Equal(t, want, left)
		if m.Digest != nil {
			require.Equal(t, gossip.Spans{{First: 1, Last: 99}}, m.Digest.Lines[0].Counters)
			for n := uint64(1); n < 20; n++ {
				was := false
				for _, s := range spans {
					was = was || s.First <= n && n <= s.Last
				}
				is := false
				for _, s := range m.Digest.Lines[1].Counters {
					require.LessOrEqual(t, s.First, s.Last)
					is = is || s.First <= n && n <= s.Last
				}
				require.Equal(t, was && n <= last, is)
			}
		}
		require.False(t, strip(m, own, last), "once is enough")
	})
}
