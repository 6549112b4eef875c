package nemesis

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Target is a choice of nodes, spelt as Jepsen spells its keyword.
type Target string

// The targets that Maelstrom draws from, each as likely.
const (
	Some          Target = ""               // a random subset, not empty
	OneNode       Target = "one"            // one node
	FewNodes      Target = "minority-third" // floor((n-1)/3) nodes: none for n < 4
	MinorityNodes Target = "minority"       // floor(n/2) nodes
	MajorityNodes Target = "majority"       // floor(n/2)+1 nodes
	AllNodes      Target = "all"
)

// Targets lists the targets in the order of Jepsen's node-specs.
func Targets() []Target {
	return []Target{Some, OneNode, FewNodes, MinorityNodes, MajorityNodes, AllNodes}
}

// SomeNodes is how --nemesis-targets spells the target that Jepsen has no
// keyword for.
const SomeNodes = "some"

// ParseTargets reads the value of --nemesis-targets: targets separated by
// commas, or nothing for all of them. An unknown one is an error that lists
// those that are known.
func ParseTargets(list string) ([]Target, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	known := []string{SomeNodes}
	for _, t := range Targets()[1:] {
		known = append(known, string(t))
	}
	var targets []Target
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("kills strike no target called %q; choose from %q", name, known)
		}
		t := Target(name)
		if name == SomeNodes {
			t = Some
		}
		if !slices.Contains(targets, t) {
			targets = append(targets, t)
		}
	}
	return targets, nil
}

// value is how the history names a target.
func (t Target) value() json.RawMessage {
	if t == Some {
		return nil
	}
	return text(t)
}

// Choose draws nodes as jepsen.nemesis.combined's db-nodes does, and returns
// them in their order. It panics on an unknown target or on no nodes.
func (t Target) Choose(nodes []string, rng *rand.Rand) []string {
	n := len(nodes)
	if n == 0 {
		panic("nemesis: a choice of no nodes")
	}
	var chosen []int
	switch t {
	case Some:
		count := 1 + rng.IntN(n)
		chosen = rng.Perm(n)[:count]
	case OneNode:
		chosen = []int{rng.IntN(n)}
	case FewNodes:
		chosen = rng.Perm(n)[:(n-1)/3]
	case MinorityNodes:
		chosen = rng.Perm(n)[:majority(n)-1]
	case MajorityNodes:
		chosen = rng.Perm(n)[:majority(n)]
	case AllNodes:
		return nodes
	default:
		panic("nemesis: no target is called " + string(t))
	}
	slices.Sort(chosen)
	out := make([]string, len(chosen))
	for i, at := range chosen {
		out[i] = nodes[at]
	}
	return out
}

// processes is the track of kills and pauses: a pair of deeds for each fault
// that is asked for, done and undone in turn.
type processes struct {
	targets []Target
	nodes   []string
	pairs   []pair
}

type pair struct {
	do, undo Deed
	done     bool
}

func newProcesses(cfg *Config, nodes []string) *processes {
	p := &processes{targets: cfg.Targets, nodes: nodes}
	if cfg.Has(Pause) {
		p.pairs = append(p.pairs, pair{do: DoPause, undo: DoResume})
	}
	if cfg.Has(Kill) {
		p.pairs = append(p.pairs, pair{do: DoKill, undo: DoStart})
	}
	return p
}

func (p *processes) next(rng *rand.Rand) Step {
	at := 0
	if len(p.pairs) > 1 {
		at = rng.IntN(len(p.pairs))
	}
	f := &p.pairs[at]
	if f.done = !f.done; !f.done {
		return p.undo(f)
	}
	target := p.targets[rng.IntN(len(p.targets))]
	return Step{F: string(f.do), Value: target.value(), Deed: f.do, Nodes: target.Choose(p.nodes, rng)}
}

func (p *processes) undo(f *pair) Step {
	return Step{F: string(f.undo), Value: AllNodes.value(), Deed: f.undo, Nodes: p.nodes}
}

func (p *processes) finals() (steps []Step) {
	for i := range p.pairs {
		p.pairs[i].done = false
		steps = append(steps, p.undo(&p.pairs[i]))
	}
	return steps
}
