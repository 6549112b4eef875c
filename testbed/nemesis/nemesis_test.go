package nemesis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFaultsAreReadAsMaelstromReadsThem(t *testing.T) {
	for list, want := range map[string][]Fault{
		"": nil, " ": nil, "partition": {Partition}, " partition , partition": {Partition},
	} {
		got, err := ParseFaults(list)
		require.NoError(t, err, list)
		require.Equal(t, want, got, list)
	}
	for _, list := range []string{"fire", "partition,", "partition,,partition"} {
		_, err := ParseFaults(list)
		require.ErrorContains(t, err, "partition", list)
	}
}

func TestNothingGoesWrongUnlessAskedFor(t *testing.T) {
	n := New(Config{Interval: time.Second}, names(5), source(1))
	_, more := n.Next(0)
	require.False(t, more)
	require.False(t, n.Active())
}

func TestCutsStartAtOnceAndThenAlternateWithHealing(t *testing.T) {
	const interval = 4 * time.Second
	n := New(Config{Faults: []Fault{Partition}, Interval: interval}, names(5), source(1))
	require.True(t, n.Active())
	at, more := n.Next(7 * time.Second)
	require.True(t, more)
	require.Equal(t, 7*time.Second, at)

	kinds := map[string]int{}
	var waits time.Duration
	const steps = 4000
	for i := range steps {
		s := n.Step(at)
		if i%2 == 0 {
			require.Equal(t, "start-partition", s.F)
			require.Len(t, s.Cut, 5)
			require.False(t, s.Heal)
			require.Contains(t, string(s.Completed), `["isolated",{"n0":[`)
			kinds[string(s.Value)]++
		} else {
			require.Equal(t, Step{F: "stop-partition", Completed: []byte(`"network-healed"`), Heal: true}, s)
		}
		next, more := n.Next(at)
		require.True(t, more)
		require.GreaterOrEqual(t, next, at)
		require.Less(t, next-at, 2*interval)
		waits += next - at
		at = next
	}
	require.InDelta(t, interval.Seconds(), (waits / steps).Seconds(), 0.15)
	require.Len(t, kinds, 4)
	for kind, count := range kinds {
		require.InDelta(t, steps/2/4, count, 80, kind)
	}
}

func TestAWaitIsCountedFromTheStepThatWasLate(t *testing.T) {
	n := New(Config{Faults: []Fault{Partition}, Interval: time.Second}, names(5), source(1))
	n.Step(time.Hour)
	at, _ := n.Next(time.Hour)
	require.GreaterOrEqual(t, at, time.Hour)
	late, _ := n.Next(2 * time.Hour)
	require.Equal(t, 2*time.Hour, late)
}

func TestKindsCanBeNarrowed(t *testing.T) {
	n := New(Config{Faults: []Fault{Partition}, Interval: time.Second, Kinds: []Kind{Majority}}, names(5), source(1))
	for range 20 {
		require.Equal(t, `"majority"`, string(n.Step(0).Value))
		require.True(t, n.Step(0).Heal)
	}
}

func TestAFinalStepMakesTheNextOneACut(t *testing.T) {
	n := New(Config{Faults: []Fault{Partition}, Interval: time.Second}, names(5), source(1))
	n.Step(0)
	require.True(t, n.Final().Heal)
	require.NotNil(t, n.Step(0).Cut)
}
