package nemesis

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
)

// Harm is what becomes of a node's journal, behind the node's back: whether it is
// at work or down, it is told nothing.
type Harm struct {
	// Keep is how much of the journal is left, from its beginning on: a share of its
	// bytes, at least 0 and less than 1. 0 is a journal that is gone.
	Keep float64
	// Whole says that the cut is where a frame ends, so that nothing in what is left
	// shows that anything is missing.
	Whole bool
}

// journalFaults are the faults that harm journals.
var journalFaults = []Fault{Truncate, Remove}

// HarmsJournals says whether a fault that does is asked for.
func (c *Config) HarmsJournals() bool { return slices.ContainsFunc(journalFaults, c.Has) }

// harms is a track of harm to journals: each of its steps is done at once, and
// none is undone. It does not ask whether the nodes run, so that it strikes some
// at work and some that are down, if there are kills.
type harms struct {
	deed    Deed
	targets []Target
	nodes   []string
}

func (h *harms) next(rng *rand.Rand) Step {
	target := h.targets[rng.IntN(len(h.targets))]
	nodes := target.Choose(h.nodes, rng)
	if h.deed == DoRemove {
		return remove(nodes)
	}
	// What was written last is what others may not have yet: half of the cuts are in
	// the last tenth.
	keep := rng.Float64()
	if rng.IntN(2) == 0 {
		keep = 0.9 + keep/10
	}
	return truncate(nodes, Harm{Keep: math.Floor(keep*1e4) / 1e4, Whole: rng.IntN(2) == 0})
}

func (h *harms) finals() []Step { return nil }

// truncate cuts journals. The history says whose, what share is left, and
// whether the cut is where a frame ends.
func truncate(nodes []string, h Harm) Step {
	value, _ := json.Marshal([]any{nodes, h.Keep, h.Whole}) // strings, a number and a truth always marshal
	return Step{F: string(DoTruncate), Value: value, Deed: DoTruncate, Nodes: nodes, Harm: h}
}

// remove removes journals.
func remove(nodes []string) Step {
	value, _ := json.Marshal(nodes) // strings always marshal
	return Step{F: string(DoRemove), Value: value, Deed: DoRemove, Nodes: nodes}
}
