package backpressure

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAllowance_neverGivesMoreThanItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := NewAllowance(AllowanceConfig{PerSecond: 10, AtOnce: 20})
		now, taken := time.Duration(0), 0.0
		for range 200 {
			now += time.Duration(rapid.IntRange(0, 400).Draw(t, "ms")) * time.Millisecond
			tokens := float64(rapid.IntRange(1, 20).Draw(t, "tokens"))
			if a.Take(now, tokens) {
				taken += tokens
			}
			require.LessOrEqual(t, taken, 20+now.Seconds()*10+1e-6)
			require.LessOrEqual(t, a.Penalty(now), float64(maxPenalty))
		}
	})
}

// A client that keeps to the rate is never refused.
func TestAllowance_refusesNobodyWhoKeepsToIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := NewAllowance(AllowanceConfig{PerSecond: 10})
		now := time.Duration(0)
		for range 100 {
			tokens := rapid.IntRange(1, 10).Draw(t, "tokens")
			require.True(t, a.Take(now, float64(tokens)))
			now += time.Duration(tokens) * 100 * time.Millisecond
		}
		require.Zero(t, a.Penalty(now))
	})
}

// A refusal has a consequence, which decays.
func TestAllowance_penaltyHalvesTheRateAndIsForgotten(t *testing.T) {
	a := NewAllowance(AllowanceConfig{PerSecond: 100})
	given := func(from, to time.Duration) (n int) { // who asks for far too much
		for now := from; now < to; now += time.Millisecond {
			if a.Take(now, 1) {
				n++
			}
		}
		return n
	}
	first := given(0, time.Second)
	require.InDelta(t, 200, first, 60, "the bucket, and what comes after it")
	late := given(59*time.Second, 60*time.Second)
	_ = given(60*time.Second, 120*time.Second)
	worst := given(120*time.Second, 130*time.Second)
	require.Less(t, worst, 10*100/20, "a small part of the rate")
	require.Positive(t, worst, "but not nothing")
	require.Positive(t, late)
	require.InDelta(t, maxPenalty, a.Penalty(130*time.Second), 0.7)
	require.Less(t, a.Penalty(140*time.Second), 2.7)
	require.Zero(t, a.Penalty(250*time.Second), "forgotten")
	require.InDelta(t, 200, given(250*time.Second, 251*time.Second), 60)
	require.Positive(t, a.Refused())
}

func TestAllowance_oneRushIsOneOffence(t *testing.T) {
	a := NewAllowance(AllowanceConfig{PerSecond: 1})
	a.Take(0, 1)
	for range 1000 {
		require.False(t, a.Take(0, 1))
	}
	require.InDelta(t, 1, a.Penalty(0), 1e-9)
}

func TestAllowance_withoutARateIsWithoutABound(t *testing.T) {
	a := NewAllowance(AllowanceConfig{})
	for range 1000 {
		require.True(t, a.Take(0, 1e12))
	}
	a = NewAllowance(AllowanceConfig{PerSecond: 1, AtOnce: 5})
	require.True(t, a.Take(0, 100), "a single larger one")
	require.False(t, a.Take(time.Second, 1))
	require.NoError(t, AllowanceConfig{}.Check())
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		require.Error(t, AllowanceConfig{PerSecond: bad}.Check())
		require.Error(t, AllowanceConfig{AtOnce: bad}.Check())
	}
}

// What is known only afterwards is spent then, and holds up what comes next.
func TestAllowance_isOverWhenMoreWasSpent(t *testing.T) {
	a := NewAllowance(AllowanceConfig{PerSecond: 1, AtOnce: 2})
	require.False(t, a.Over(0))
	a.Spend(0, 2)
	require.False(t, a.Over(0))
	a.Spend(0, 1)
	require.True(t, a.Over(0))
	require.EqualValues(t, 1, a.Refused())
	require.InDelta(t, 1, a.Penalty(0), 1e-9)
	require.True(t, a.Over(time.Second), "at half of the rate now")
	require.False(t, a.Over(10*time.Second))
	free := NewAllowance(AllowanceConfig{})
	free.Spend(0, 1e9)
	require.False(t, free.Over(0))
}
