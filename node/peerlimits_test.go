package node

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/backpressure"
)

func TestPeerLimits_holdEachPeerToItsOwn(t *testing.T) {
	a := peerAllowances{limits: PeerLimits{Messages: backpressure.AllowanceConfig{PerSecond: 10}, Bytes: backpressure.AllowanceConfig{PerSecond: 1000}}}
	taken := map[string]int{}
	for i := range 100 {
		if a.take(0, "n1", 10) {
			taken["n1"]++
		}
		if i < 5 && a.take(0, "n2", 200) {
			taken["n2"]++
		}
	}
	require.Equal(t, map[string]int{"n1": 10, "n2": 5}, taken)
	require.False(t, a.take(0, "n2", 1), "its bytes are gone")
	all := a.limited(0)
	require.Len(t, all, 2)
	require.Equal(t, "n1", all[0].name)
	require.EqualValues(t, 90, all[0].dropped)
	require.InDelta(t, 1, all[0].slowed, 1e-9)
	require.True(t, a.take(time.Minute, "n2", 1000))
	require.True(t, (&peerAllowances{}).take(0, "n1", 1<<40))
	b := peerAllowances{}
	for i := range 3 {
		require.Equal(t, i < 2, b.take(0, "n1", shareBytes/2))
		if i < 2 {
			b.waits("n1", shareBytes/2)
		}
	}
	require.True(t, b.take(0, "n2", shareBytes/2), "each has its share")
	require.Len(t, b.limited(0), 1)
	b.handled("n1", shareBytes/2)
	b.handled("n1", shareBytes/2)
	require.True(t, b.take(0, "n1", 2*shareBytes), "one passes where none waits")
	limits := DefaultPeerLimits()
	require.NoError(t, limits.check())
	limits.Bytes.PerSecond = -1
	require.Error(t, limits.check())
}

// A neighbour whose messages take more of a processor than they may is not heard for a while.
func TestPeerLimits_holdAPeerToItsTime(t *testing.T) {
	a := peerAllowances{limits: PeerLimits{Time: backpressure.AllowanceConfig{PerSecond: 0.5, AtOnce: 2}}}
	taken := 0
	for i := range 1000 {
		now := time.Duration(i) * 10 * time.Millisecond
		if a.take(now, "n1", 10) {
			taken++
			a.took(now, "n1", 50*time.Millisecond) // five processors' work
		}
		require.True(t, a.take(now, "n2", 10))
		a.took(now, "n2", 4*time.Millisecond)
	}
	require.Less(t, taken, 100)
	require.Greater(t, taken, 40)
	all := a.limited(10 * time.Second)
	require.Len(t, all, 1)
	require.Equal(t, "n1", all[0].name)
	require.Greater(t, all[0].slowed, 1.0)
	require.True(t, a.take(time.Hour, "n1", 10))
	require.True(t, (&peerAllowances{}).take(0, "n1", 1))
}
