package nemesis

import (
	"encoding/json"
	"math/rand/v2"
)

// oneWays is the track of cuts in one direction: some nodes, half of them at most,
// are not heard by the rest, and hear it; or the rest hears them, and they do not
// hear it. It is a fault of our own: Maelstrom cuts both ways.
type oneWays struct {
	nodes []string
	cut   bool // the next step is a stop
}

func (o *oneWays) next(rng *rand.Rand) Step {
	if o.cut {
		return o.finals()[0]
	}
	o.cut = true
	members := rng.Perm(len(o.nodes))[:1+rng.IntN(max(1, len(o.nodes)/2))]
	in := make([]bool, len(o.nodes))
	for _, i := range members {
		in[i] = true
	}
	deaf := rng.IntN(2) == 0
	g := grudge(o.nodes, func(node, other int) bool { return in[node] == deaf && in[other] != deaf })
	value := text("not-heard")
	if deaf {
		value = text("not-hearing")
	}
	return Step{F: "start-" + string(OneWay), Value: value, Completed: isolated(g), Cut: g}
}

func (o *oneWays) finals() []Step {
	o.cut = false
	return []Step{{F: "stop-" + string(OneWay), Completed: text("network-healed"), Heal: true}}
}

// either cuts both ways or one, in turn: both cut the same network, which heals as
// a whole.
type either struct {
	cuts   *partitions
	oneWay *oneWays
}

func (e *either) next(rng *rand.Rand) Step {
	switch {
	case e.cuts.cut:
		return e.cuts.next(rng)
	case e.oneWay.cut, rng.IntN(2) == 0:
		return e.oneWay.next(rng)
	}
	return e.cuts.next(rng)
}

func (e *either) finals() []Step {
	if e.oneWay.cut {
		return append(e.oneWay.finals(), e.cuts.finals()...)
	}
	return e.cuts.finals()
}

// oneWay is the step of a plan that keeps messages of some nodes from others.
func oneWay(nodes []string, from, to []int) Step {
	sends, hears := make([]bool, len(nodes)), make([]bool, len(nodes))
	for _, i := range from {
		sends[i] = true
	}
	for _, i := range to {
		hears[i] = true
	}
	g := grudge(nodes, func(node, other int) bool { return hears[node] && sends[other] })
	value, _ := json.Marshal([]any{OneWay, pick(nodes, from), pick(nodes, to)}) // strings always marshal
	return Step{F: "start-partition", Value: value, Completed: isolated(g), Cut: g}
}
