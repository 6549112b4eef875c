package nemesis

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"time"
)

// A stall is a pause that ends by itself: the processes stand still as those of
// a busy machine do, which nobody has stopped, so that what is sent to them
// waits in their pipes, and none of it is dropped.

// The stalls that are drawn last from leastStall to mostStall, as likely in
// every octave. MaxStall bounds those of a plan; what stands still for longer is
// paused.
const (
	leastStall = 5 * time.Millisecond
	mostStall  = 500 * time.Millisecond
	MaxStall   = 10 * time.Second
)

// stalls is the track of stalls: each of its steps is one, and none has to be
// undone.
type stalls struct {
	targets []Target
	nodes   []string
}

func (s *stalls) next(rng *rand.Rand) Step {
	target := s.targets[rng.IntN(len(s.targets))]
	nodes := target.Choose(s.nodes, rng)
	octaves := math.Log2(float64(mostStall) / float64(leastStall))
	length := time.Duration(float64(leastStall) * math.Exp2(octaves*rng.Float64()))
	return stall(nodes, length.Round(time.Millisecond))
}

func (s *stalls) finals() []Step { return nil }

// stall has nodes stand still. The history says who and for how many
// milliseconds.
func stall(nodes []string, length time.Duration) Step {
	value, _ := json.Marshal([]any{nodes, float64(length) / float64(time.Millisecond)}) // strings and a number always marshal
	return Step{F: string(DoStall), Value: value, Deed: DoStall, Nodes: nodes, For: length}
}
