package nemesis

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFaultsAreReadAsMaelstromReadsThem(t *testing.T) {
	for list, want := range map[string][]Fault{
		"": nil, " ": nil, "partition": {Partition}, " partition , partition": {Partition},
		"kill,pause,loss,duplicate,reorder,delay,clock,stall,truncate,remove,one-way": Faults()[1:],
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

func TestAFinalStepMakesTheNextOneAStart(t *testing.T) {
	for _, f := range Faults() {
		if f == Stall || slices.Contains(journalFaults, f) {
			continue // these end by themselves
		}
		n := New(Config{Faults: []Fault{f}, Interval: time.Second, Phased: true}, names(5), source(1))
		first := n.Step(0)
		finals := n.Finals()
		require.Len(t, finals, 1)
		require.NotEqual(t, first.F, finals[0].F)
		require.Equal(t, first.F, n.Step(0).F)
	}
}

// follow lets a nemesis take so many steps, each when it is due.
func follow(n *Nemesis, steps int, each func(at time.Duration, s Step)) {
	at := time.Duration(0)
	for range steps {
		next, more := n.Next(at)
		if !more {
			return
		}
		at = next
		each(at, n.Step(at))
	}
}

func TestKillsAndPausesShareATrackAndAlternateEachForItself(t *testing.T) {
	const interval = 2 * time.Second
	n := New(Config{Faults: []Fault{Kill, Pause}, Interval: interval}, names(7), source(4))
	counts := map[string]int{}
	last := map[string]string{"kill": "start", "start": "kill", "pause": "resume", "resume": "pause"}
	before := map[string]string{}
	var end time.Duration
	const steps = 8000
	follow(n, steps, func(at time.Duration, s Step) {
		end = at
		counts[s.F]++
		require.Equal(t, s.F, string(s.Deed))
		family := "kill"
		if s.F == "pause" || s.F == "resume" {
			family = "pause"
		}
		if was := before[family]; was != "" {
			require.Equal(t, last[s.F], was, "done and undone in turn")
		}
		before[family] = s.F
		if s.F == "start" || s.F == "resume" {
			require.Equal(t, `"all"`, string(s.Value))
			require.Equal(t, names(7), s.Nodes)
		}
		require.Nil(t, s.Completed, "what came of it is the session's to say")
	})
	require.InDelta(t, interval.Seconds(), (end / steps).Seconds(), 0.1, "one wait for both")
	for _, f := range []string{"kill", "start", "pause", "resume"} {
		require.InDelta(t, steps/4, counts[f], 250, f)
	}
	var finals []string
	for _, s := range n.Finals() {
		finals = append(finals, s.F)
	}
	require.Equal(t, []string{"resume", "start"}, finals)
}

func TestTracksAreDueEachForItself(t *testing.T) {
	const interval = time.Second
	n := New(Config{Faults: Faults()[:len(Faults())-1], Interval: interval, Phased: true}, names(5), source(2))
	counts := map[string]int{}
	var end time.Duration
	follow(n, 16000, func(at time.Duration, s Step) {
		require.GreaterOrEqual(t, at, end)
		end = at
		counts[s.F]++
	})
	each := end.Seconds() / interval.Seconds() / 2
	for _, f := range []string{"partition", "loss", "duplicate", "reorder", "delay", "clock"} {
		require.InDelta(t, each, counts["start-"+f], each/8, f)
		require.InDelta(t, each, counts["stop-"+f], each/8, f)
	}
	require.InDelta(t, each, counts["kill"]+counts["pause"], each/8)
}

func TestMessagesAreDisturbedThroughoutUnlessInPhases(t *testing.T) {
	rates := Messages{Loss: 0.3, Duplicate: 0.4, Reorder: 0.5, Delay: 0.6, DelayMean: time.Second}
	n := New(Config{Faults: []Fault{Delay, Loss, Partition}, Interval: time.Second, Rates: rates}, names(5), source(1))
	var inForce Messages
	counts := map[string]int{}
	follow(n, 100, func(_ time.Duration, s Step) {
		counts[s.F]++
		if s.Messages != nil {
			inForce = *s.Messages
		}
	})
	require.Equal(t, 1, counts["start-loss"])
	require.Equal(t, 1, counts["start-delay"])
	require.Zero(t, counts["stop-loss"]+counts["stop-delay"])
	require.Equal(t, Messages{Loss: 0.3, Delay: 0.6, DelayMean: time.Second}, inForce, "those that were asked for")
	finals := n.Finals()
	require.Len(t, finals, 3)
	require.Equal(t, Messages{DelayMean: time.Second}, *finals[2].Messages)

	n = New(Config{Faults: []Fault{Loss}, Interval: time.Second}, names(5), source(1))
	first := n.Step(0)
	require.Equal(t, DefaultMessages().Loss, first.Messages.Loss)
	require.Equal(t, "0.1", string(first.Value))
	require.Equal(t, `["rate",0.1]`, string(first.Completed))
	_, more := n.Next(0)
	require.False(t, more)
	require.True(t, n.Active())
}

func TestTargetsAreReadFromAList(t *testing.T) {
	got, err := ParseTargets(" one, all,one,some ")
	require.NoError(t, err)
	require.Equal(t, []Target{OneNode, AllNodes, Some}, got)
	got, err = ParseTargets(" ")
	require.NoError(t, err)
	require.Empty(t, got)
	for _, bad := range []string{"most", "one,", ",", "ONE"} {
		_, err := ParseTargets(bad)
		require.ErrorContains(t, err, `choose from ["some" "one" "minority-third" "minority" "majority" "all"]`, bad)
	}
}

func TestTargetsAreAsManyAsTheirNameSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "nodes")
		target := rapid.SampledFrom(Targets()).Draw(t, "target")
		nodes := names(n)
		chosen := target.Choose(nodes, source(rapid.Uint64().Draw(t, "seed")))
		if want, fixed := map[Target]int{
			OneNode: 1, FewNodes: (n - 1) / 3, MinorityNodes: n / 2, MajorityNodes: n/2 + 1, AllNodes: n,
		}[target]; fixed {
			require.Len(t, chosen, want)
		} else {
			require.NotEmpty(t, chosen)
		}
		last := -1
		for _, node := range chosen {
			at := slices.Index(nodes, node)
			require.Greater(t, at, last, "nodes, each once, in their order")
			last = at
		}
	})
	require.Panics(t, func() { Target("half").Choose(names(3), source(1)) })
	require.Panics(t, func() { OneNode.Choose(nil, source(1)) })
}

func TestEveryTargetAndEverySizeIsDrawn(t *testing.T) {
	n := New(Config{Faults: []Fault{Kill}, Interval: time.Second}, names(4), source(1))
	targets, sizes := map[string]int{}, map[int]int{}
	follow(n, 6000, func(_ time.Duration, s Step) {
		if s.F == "kill" {
			targets[string(s.Value)]++
			if s.Value == nil {
				sizes[len(s.Nodes)]++
			}
		}
	})
	require.Len(t, targets, len(Targets()))
	for target, count := range targets {
		require.InDelta(t, 500, count, 90, target)
	}
	require.Len(t, sizes, 4)
}

func TestClocksGoWrongWithinBoundsAndRightAgain(t *testing.T) {
	n := New(Config{Faults: []Fault{Clock}, Interval: time.Second}, names(5), source(3))
	fast, slow, jumped, off := 0, 0, 0, 0
	follow(n, 3000, func(_ time.Duration, s Step) {
		if s.F == "stop-clock" {
			require.Len(t, s.Clocks, 5)
			for _, c := range s.Clocks {
				require.Equal(t, Setting{Node: c.Node, Rate: 1}, c)
			}
			return
		}
		require.Equal(t, "start-clock", s.F)
		require.True(t, json.Valid(s.Completed))
		for _, c := range s.Clocks {
			require.InDelta(t, 1, c.Rate, mostSkew)
			require.True(t, c.Forward >= 0 && c.Forward <= mostJump)
			require.LessOrEqual(t, c.Wall.Abs(), mostOffset)
			switch {
			case c.Rate > 1:
				fast++
			case c.Rate < 1:
				slow++
			case c.Forward > 0:
				jumped++
			case c.Wall != 0:
				off++
			}
		}
	})
	for _, count := range []int{fast, slow, jumped, off} {
		require.Greater(t, count, 300)
	}
}

func TestRatesAreProbabilities(t *testing.T) {
	for want, c := range map[string]Config{
		"the rate of loss is 1.5":    {Rates: Messages{Loss: 1.5}},
		"the rate of delay is -1":    {Rates: Messages{Delay: -1}},
		"the rate of reorder is NaN": {Rates: Messages{Reorder: math.NaN()}},
		"the mean of delay is 0s":    {Faults: []Fault{Delay}, Interval: 1, Rates: Messages{Delay: 0.1}},
		"nemesis interval is 0s":     {Faults: []Fault{Kill}},
	} {
		require.ErrorContains(t, c.Validate(), want)
	}
	require.NoError(t, (&Config{}).Validate())
}
