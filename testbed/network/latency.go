package network

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Distribution is the shape of the latency between servers.
type Distribution string

// The distributions of Maelstrom's --latency-dist.
const (
	Constant    Distribution = "constant"    // always the mean
	Uniform     Distribution = "uniform"     // whole milliseconds in [0, 2*mean)
	Exponential Distribution = "exponential" // with the given mean, cut to whole milliseconds
)

// Distributions lists what Latency.Dist may be.
func Distributions() []Distribution { return []Distribution{Constant, Uniform, Exponential} }

// Latency describes how long a message between two servers travels. The zero
// value is no latency.
type Latency struct {
	Mean time.Duration // whole milliseconds, not negative
	Dist Distribution  // empty means Constant
}

// Validate returns an error that says what to change if the mean is negative
// or no whole number of milliseconds, or the distribution is unknown.
func (l Latency) Validate() error {
	if l.Mean < 0 || l.Mean%time.Millisecond != 0 {
		return fmt.Errorf("latency is %v; give whole milliseconds, 0 or more", l.Mean)
	}
	if l.Dist == "" {
		return nil
	}
	var names []string
	for _, d := range Distributions() {
		if l.Dist == d {
			return nil
		}
		names = append(names, string(d))
	}
	return fmt.Errorf("no latency distribution is called %q; choose one of %s", l.Dist, strings.Join(names, ", "))
}

// draw returns the latency of one message, in whole milliseconds: Maelstrom
// cuts its draws to a long.
func (l Latency) draw(rng *rand.Rand) time.Duration {
	if l.Mean <= 0 {
		return 0
	}
	switch l.Dist {
	case Uniform:
		return time.Duration(rng.Int64N(int64(2*l.Mean/time.Millisecond))) * time.Millisecond
	case Exponential:
		return time.Duration(rng.ExpFloat64() * float64(l.Mean)).Truncate(time.Millisecond)
	default:
		return l.Mean
	}
}
