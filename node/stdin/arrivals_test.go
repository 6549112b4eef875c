package stdin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// No line is taken for older than it is, and none for younger than the first look
// that saw it, unless there were more looks than are kept.
func TestALineIsAsOldAsTheFirstLookThatSawIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a arrivals
		var written []time.Duration // when, by line
		var seen []time.Duration    // at the first look; 0: not yet
		now, read, looks := time.Second, 0, 0
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "lines") {
					written, seen = append(written, now), append(seen, 0)
				}
			},
			"look": func(t *rapid.T) {
				a.see(now, int64(len(written)))
				looks++
				require.False(t, a.due(now))
				for i := len(seen) - 1; i >= 0 && seen[i] == 0; i-- {
					seen[i] = now
				}
			},
			"read": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "lines") {
					if read == len(written) {
						return
					}
					came := a.came(now, int64(read+1))
					require.GreaterOrEqual(t, came, written[read])
					require.LessOrEqual(t, came, now)
					if looks <= maxLooks {
						want := now
						if seen[read] != 0 {
							want = seen[read]
						}
						require.Equal(t, want, came)
					}
					read++
				}
			},
			"pass": func(t *rapid.T) { now += time.Duration(rapid.IntRange(0, 1000).Draw(t, "ms")) * time.Millisecond },
			"":     func(t *rapid.T) { require.LessOrEqual(t, len(a.looks), maxLooks) },
		})
	})
}

func TestLooksBeyondThoseThatAreKeptMakeNothingOlder(t *testing.T) {
	var a arrivals
	now := time.Duration(0)
	for i := range 2 * maxLooks {
		now += lookPeriod
		require.True(t, a.due(now))
		a.see(now, int64(10*(i+1)))
		require.False(t, a.due(now+lookPeriod-1))
	}
	require.Len(t, a.looks, maxLooks)
	require.Equal(t, lookPeriod, a.came(now, 10), "what was seen first is as old as ever")
	require.Equal(t, (maxLooks-1)*lookPeriod, a.came(now, 10*(maxLooks-1)))
	require.Equal(t, now, a.came(now, 10*2*maxLooks), "the rest is as old as the last look")
	require.Equal(t, now+time.Hour, a.came(now+time.Hour, 10*2*maxLooks+1), "what nobody has seen has just come")
	require.Empty(t, a.looks)
}
