package nemesis

import (
	"fmt"
	"slices"
)

// CheckEffect returns an error for the first step of the plan that changes
// nothing in a cluster of these nodes: a cut that parts nobody, a start of what
// was not killed, an end of what did not begin. Check has passed.
func (p Plan) CheckEffect(nodes []string) error {
	state := planState{nodes: nodes, down: map[int]bool{}, paused: map[int]bool{}, rates: map[Verb]float64{}}
	for _, e := range p {
		if why := state.step(&e); why != "" {
			return fmt.Errorf("the nemesis' plan, %q: it has no effect, as %s", Plan{e}.String(), why)
		}
	}
	return nil
}

// planState is what a plan has brought about so far.
type planState struct {
	nodes        []string
	down, paused map[int]bool // by index
	cut          bool
	rates        map[Verb]float64
}

// step says why an event has no effect; empty if it has one.
func (s *planState) step(e *Event) string {
	at, _ := e.Nodes.among(s.nodes)
	// mark sets the state of all of the event's nodes that may have it, and says
	// whether that changed any.
	mark := func(of map[int]bool, to bool, may func(i int) bool) (changed bool) {
		for _, i := range at {
			if of[i] != to && may(i) {
				of[i], changed = to, true
			}
		}
		return changed
	}
	always := func(int) bool { return true }
	single := len(s.nodes) == 1
	switch e.Verb {
	case KillNodes:
		if !mark(s.down, true, always) {
			return "they have been killed already"
		}
		mark(s.paused, false, always)
	case StartNodes:
		if !mark(s.down, false, always) {
			return "none of them was killed before"
		}
	case PauseNodes:
		if !mark(s.paused, true, func(i int) bool { return !s.down[i] }) {
			return "they are paused or killed already"
		}
	case ResumeNodes:
		if !mark(s.paused, false, always) {
			return "none of them was paused before"
		}
	case TruncateJournals, RemoveJournals: // also of nodes that are down
	case StallNodes:
		for _, i := range at {
			if !s.down[i] && !s.paused[i] {
				return ""
			}
		}
		return "they are paused or killed already"
	case CutGroups:
		group, _ := e.membership(s.nodes)
		if len(slices.Compact(group)) == 1 {
			return "all nodes are in one group"
		}
		s.cut = true
	case CutOneWay:
		from, _ := e.Groups[0].among(s.nodes)
		to, _ := e.Groups[1].among(s.nodes)
		if len(from) == 1 && slices.Equal(from, to) {
			return "a node always hears itself"
		}
		s.cut = true
	case CutRing:
		if len(s.nodes) < 3 {
			return fmt.Sprintf("each of %d sees a majority when it sees all", len(s.nodes))
		}
		s.cut = true
	case HealNetwork:
		if !s.cut {
			return "nothing was cut before"
		}
		s.cut = false
	default:
		switch {
		case e.Rate == 0 && s.rates[e.Verb] == 0:
			return "there is none to end"
		case single:
			return "it is for messages between nodes, and there is one node"
		}
		s.rates[e.Verb] = e.Rate
	}
	return ""
}

// CheckEffect returns an error for faults of ours that cannot strike a cluster
// of that many nodes, and for targets without anything to strike.
func (c *Config) CheckEffect(nodes int) error {
	for _, f := range messageFaults {
		if c.Rates != (Messages{}) && *c.Rates.rate(f) == 0 && slices.Contains(c.Faults, f) {
			return fmt.Errorf("%s has no effect: its rate is 0", f)
		}
		if nodes == 1 && slices.Contains(c.Faults, f) {
			return fmt.Errorf("%s has no effect: it is for messages between nodes, and there is one node", f)
		}
	}
	if nodes == 1 && slices.Contains(c.Faults, OneWay) {
		return fmt.Errorf("%s has no effect: a single node has no other that could not hear it", OneWay)
	}
	if len(c.Targets) == 0 {
		return nil
	}
	if !slices.ContainsFunc(c.Faults, func(f Fault) bool { return slices.Contains(Targeted(), f) }) {
		return fmt.Errorf("targets %q have no effect: they are for the faults %q", c.Targets, Targeted())
	}
	for _, t := range c.Targets {
		if t.count(nodes) == 0 {
			return fmt.Errorf("the target %q has no effect: of %d nodes it is none", t, nodes)
		}
	}
	return nil
}

// Targeted lists the faults that strike targets.
func Targeted() []Fault { return []Fault{Kill, Pause, Clock, Stall, Truncate, Remove} }

// count is how many nodes a target is at least.
func (t Target) count(nodes int) int {
	switch t {
	case FewNodes:
		return (nodes - 1) / 3
	case MinorityNodes:
		return nodes / 2
	default:
		return 1
	}
}

// Throughout says whether all faults last as long as the load, so that no
// interval counts.
func (c *Config) Throughout() bool {
	return !c.Phased && !slices.ContainsFunc(c.Faults, func(f Fault) bool { return !slices.Contains(messageFaults, f) })
}
