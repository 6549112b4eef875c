package nemesis

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Setting is what becomes of one node's clocks.
type Setting struct {
	Node string
	// Rate is how fast both of the node's clocks go from now on, 1 being right.
	Rate float64
	// Forward is how far both clocks jump ahead, as those of a machine do that
	// was suspended: a process sees its monotonic clock jump in no other way.
	Forward time.Duration
	// Wall is by how much the wall clock alone is off the true time from now on.
	Wall time.Duration
}

// Bounds of what clocks do. Rates are drawn so that small deviations, as
// crystals have, are as likely as gross ones.
const (
	leastSkew  = 100e-6
	mostSkew   = 0.2
	mostJump   = 8 * time.Second
	mostOffset = time.Hour
)

// clocks is the track of clocks that go wrong and right.
type clocks struct {
	targets []Target
	nodes   []string
	wrong   bool
}

func (c *clocks) next(rng *rand.Rand) Step {
	if c.wrong {
		return c.finals()[0]
	}
	c.wrong = true
	target := c.targets[rng.IntN(len(c.targets))]
	step := Step{F: "start-clock", Value: target.value()}
	skewed := map[string]any{}
	for _, node := range target.Choose(c.nodes, rng) {
		s := Setting{Node: node, Rate: 1}
		switch rng.IntN(3) {
		case 0:
			skew := leastSkew * math.Pow(mostSkew/leastSkew, rng.Float64())
			if rng.IntN(2) == 0 {
				skew = -skew
			}
			s.Rate = 1 + math.Round(skew*1e6)/1e6
			skewed[node] = s.Rate
		case 1:
			s.Forward = time.Duration(rng.Int64N(int64(mostJump))).Round(time.Millisecond)
			skewed[node] = "jumped " + s.Forward.String()
		default:
			s.Wall = time.Duration(rng.Int64N(int64(2*mostOffset)) - int64(mostOffset)).Round(time.Millisecond)
			skewed[node] = "wall clock off by " + s.Wall.String()
		}
		step.Clocks = append(step.Clocks, s)
	}
	struck := make([]string, 0, len(step.Clocks))
	for _, s := range step.Clocks {
		struck = append(struck, s.Node)
	}
	step.Completed = slices.Concat([]byte(`["skewed",`), object(struck, func(node string) any { return skewed[node] }), []byte{']'})
	return step
}

func (c *clocks) finals() []Step {
	c.wrong = false
	step := Step{F: "stop-clock", Completed: text("clocks-right")}
	for _, node := range c.nodes {
		step.Clocks = append(step.Clocks, Setting{Node: node, Rate: 1})
	}
	return []Step{step}
}
