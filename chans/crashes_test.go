package chans

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Crashes are too many when more than the limit fall into one window.
func TestCrashes_tooManyInOneWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(0, 5).Draw(t, "limit")
		const window = 10 * time.Second
		r := crashRecord{limit: limit, window: window}
		var all []time.Duration
		now := time.Duration(0)
		for range rapid.IntRange(1, 50).Draw(t, "crashes") {
			now += time.Duration(rapid.IntRange(0, 6).Draw(t, "gap")) * time.Second
			all = append(all, now)
			within := 0
			for _, at := range all {
				if now-at <= window {
					within++
				}
			}
			v := r.add(now)
			require.Equal(t, within, v.recent)
			require.Equal(t, within > limit, v.tooMany)
			require.EqualValues(t, len(all), r.total)
		}
	})
}

// Crash log lines are limited and say how many were left out.
func TestCrashes_logLinesAreLimited(t *testing.T) {
	r := crashRecord{limit: 1000, window: time.Second}
	v := r.add(5 * time.Second)
	require.True(t, v.log)
	for range 7 {
		require.False(t, r.add(5*time.Second+crashLogInterval-1).log)
	}
	v = r.add(5*time.Second + crashLogInterval)
	require.True(t, v.log)
	require.EqualValues(t, 7, v.notLogged)
	v = r.add(10 * time.Second)
	require.True(t, v.log)
	require.Zero(t, v.notLogged)
}
