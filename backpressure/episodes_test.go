package backpressure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// One line when trouble starts and one when it ends.
func TestEpisodes_oneLineAtEachEnd(t *testing.T) {
	e := NewEpisodes(10 * time.Second)
	require.Equal(t, Line{}, e.Note(0, false))
	require.Equal(t, Line{Kind: Started}, e.Note(time.Second, true))
	for s := 2; s < 100; s++ {
		require.Equal(t, Line{}, e.Note(time.Duration(s)*time.Second, true))
	}
	require.Equal(t, Line{Kind: Ended, Lasted: 99 * time.Second}, e.Note(100*time.Second, false))
	require.Equal(t, Line{}, e.Note(101*time.Second, false))
}

// Short episodes are counted instead of logged.
func TestEpisodes_shortOnesAreCounted(t *testing.T) {
	e := NewEpisodes(10 * time.Second)
	require.Equal(t, Started, e.Note(0, true).Kind)
	require.Equal(t, Ended, e.Note(time.Second, false).Kind)
	for s := 2; s < 10; s += 2 {
		require.Equal(t, Line{}, e.Note(time.Duration(s)*time.Second, true))
		require.Equal(t, Line{}, e.Note(time.Duration(s+1)*time.Second, false))
	}
	require.Equal(t, Line{Kind: Started, Suppressed: 4}, e.Note(10*time.Second, true))
	require.Equal(t, Line{Kind: Ended, Lasted: time.Second}, e.Note(11*time.Second, false))
}

// An episode that goes on is announced late.
func TestEpisodes_longOneIsAnnouncedLate(t *testing.T) {
	e := NewEpisodes(10 * time.Second)
	e.Note(0, true)
	e.Note(time.Second, false)
	require.Equal(t, Line{}, e.Note(4*time.Second, true))
	require.Equal(t, Line{Kind: Started, Lasted: 6 * time.Second}, e.Note(10*time.Second, true))
	require.Equal(t, Line{Kind: Ended, Lasted: 7 * time.Second}, e.Note(11*time.Second, false))
}

// Starts and ends alternate and starts are an interval apart.
func TestEpisodes_startsAndEndsAlternate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.IntRange(0, 20).Draw(t, "interval")) * time.Second
		e := NewEpisodes(interval)
		var episodes, started, suppressed uint64
		var lastStart time.Duration
		now, open, was := time.Duration(0), false, false
		for range rapid.IntRange(1, 100).Draw(t, "notes") {
			now += time.Duration(rapid.IntRange(0, 5).Draw(t, "seconds")) * time.Second
			ill := rapid.Bool().Draw(t, "ill")
			if ill && !was {
				episodes++
			}
			was = ill
			line := e.Note(now, ill)
			suppressed += line.Suppressed
			switch line.Kind {
			case Started:
				require.True(t, ill && !open)
				require.True(t, started == 0 || now-lastStart >= interval)
				open, lastStart = true, now
				started++
			case Ended:
				require.True(t, !ill && open)
				open = false
			default:
				require.Equal(t, Line{}, line)
				require.True(t, ill || !open, "an end that was not told")
			}
		}
		if was && !open {
			episodes-- // not over, and not yet to be told
		}
		require.Equal(t, episodes, started+suppressed+e.suppressed, "every episode is told or counted")
	})
}
