package gossip

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWhatIsKeptToBeUsedAgainIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s messagePool
		var out []*pooled
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "take") {
				b := s.take()
				require.Equal(t, Message{}, b.message)
				require.False(t, slices.ContainsFunc(b.values[:cap(b.values)], func(v string) bool { return v != "" }))
				runs, values := rapid.IntRange(0, 400).Draw(t, "runs"), rapid.IntRange(0, 600).Draw(t, "values")
				b.runs, b.values = sized(b.runs, runs), sized(b.values, values)
				for i := range b.values {
					b.values[i] = "v"
				}
				for i := range b.runs {
					b.runs[i] = Run{Origin: OriginOf(0), First: 1}
				}
				b.message.Runs, b.message.Batch = b.runs, 1
				out = append(out, b)
			} else if len(out) > 0 {
				s.put(out[0])
				out = out[1:]
			}
			bytes := 0
			for _, b := range s.free {
				require.LessOrEqual(t, b.bytes(), maxPooledBytes)
				require.NotContains(t, out, b)
				for _, r := range b.runs[:cap(b.runs)] {
					require.Zero(t, r)
				}
				bytes += b.bytes()
			}
			require.Equal(t, bytes, s.bytes)
			require.LessOrEqual(t, bytes, maxPoolBytes)
		}
	})
}
