package experiment

import (
	"slices"
	"time"

	"treecast/testbed/nemesis"
	"treecast/testbed/network"
)

// shrinkSeeds is how many seeds each smaller schedule is tried with: what is
// changed in one changes all that is drawn after it, so the seed that showed a
// failure may not show it again.
const shrinkSeeds = 6

// smaller lists schedules that are simpler than a given one, the boldest first.
func (s Schedule) smaller() (out []Schedule) {
	try := func(change func(*Schedule)) {
		c := s
		c.Faults = slices.Clone(s.Faults)
		change(&c)
		if c.Command() != s.Command() {
			out = append(out, c)
		}
	}
	for i := range s.Faults {
		try(func(c *Schedule) { c.Faults = slices.Delete(c.Faults, i, i+1) })
	}
	for _, n := range []int{2, 3, s.NodeCount / 2, s.NodeCount - 1} {
		if n >= 2 && n < s.NodeCount {
			try(func(c *Schedule) { c.NodeCount = n })
		}
	}
	for _, load := range []time.Duration{s.Load / 4, s.Load / 2, s.Load * 3 / 4} {
		if load = load.Round(100 * time.Millisecond); load >= 500*time.Millisecond {
			try(func(c *Schedule) { c.Load = load })
		}
	}
	try(func(c *Schedule) { c.Intake = 0 })
	try(func(c *Schedule) { c.Inject = "" })
	try(func(c *Schedule) { c.Isolate = "" })
	try(func(c *Schedule) { c.Blank = false })
	try(func(c *Schedule) { c.Permits = 0 })
	try(func(c *Schedule) { c.PerNode = 1 })
	try(func(c *Schedule) { c.LatencyDist = network.Constant })
	try(func(c *Schedule) { c.AckDelay = 0 })
	try(func(c *Schedule) { c.Period = 0 })
	try(func(c *Schedule) { c.Rounds = "locked" })
	try(func(c *Schedule) { c.NumChildren = 0 })
	if s.NumChildren > 2 {
		try(func(c *Schedule) { c.NumChildren = 2 })
	}
	try(func(c *Schedule) { c.Phased = false })
	try(func(c *Schedule) { c.Latency = 0 })
	try(func(c *Schedule) { c.Latency = 100 * time.Millisecond })
	if s.Rate > 4 {
		try(func(c *Schedule) { c.Rate = float64(int(c.Rate) / 2) })
	}
	for _, f := range []nemesis.Fault{nemesis.Loss, nemesis.Duplicate, nemesis.Reorder, nemesis.Delay} {
		if s.has(f) {
			try(func(c *Schedule) { *rateOf(&c.Rates, f) = 0.1 })
		}
	}
	return out
}

func rateOf(m *nemesis.Messages, f nemesis.Fault) *float64 {
	switch f {
	case nemesis.Loss:
		return &m.Loss
	case nemesis.Duplicate:
		return &m.Duplicate
	case nemesis.Reorder:
		return &m.Reorder
	default:
		return &m.Delay
	}
}

// shrink looks for a simpler schedule that fails, too, with at most so many
// runs. Nothing is tried twice, so that it comes to an end.
func shrink(s Schedule, budget int, fails func(Schedule) bool) (smallest Schedule, runs int) {
	tried := map[string]bool{}
	for again := true; again && runs < budget; {
		again = false
		for _, c := range s.smaller() {
			spelt := c
			spelt.Seed = 0
			key := spelt.Command()
			if tried[key] || runs >= budget {
				continue
			}
			tried[key] = true
			first := s.Seed
			for i := uint64(0); i < shrinkSeeds && runs < budget; i++ {
				c.Seed = first + i
				if runs++; fails(c) {
					s, again = c, true
					break
				}
			}
			if again {
				break
			}
		}
	}
	return s, runs
}
