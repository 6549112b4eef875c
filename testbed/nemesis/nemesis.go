// Package nemesis decides what goes wrong in a run and when: the kinds of
// partition that Jepsen knows, and the schedule on which they start and stop.
//
// Everything here is pure: time and randomness are handed in, nothing is locked
// (one goroutine at a time), and nothing is done: a Step says what to do, and
// the session does it.
package nemesis

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Fault is a class of things that go wrong, spelt as in --nemesis.
type Fault string

// Partition cuts the network between pairs of nodes, never to clients.
const Partition Fault = "partition"

// Faults lists the faults that can be asked for.
func Faults() []Fault { return []Fault{Partition} }

// ParseFaults reads the value of --nemesis: faults separated by commas, or
// nothing. An unknown one is an error that lists those that are known.
func ParseFaults(list string) ([]Fault, error) {
	var faults []Fault
	for name := range strings.SplitSeq(list, ",") {
		f := Fault(strings.TrimSpace(name))
		switch {
		case f == "" && strings.TrimSpace(list) == "":
		case !slices.Contains(Faults(), f):
			return nil, fmt.Errorf("no fault is called %q; choose from %q", f, Faults())
		case !slices.Contains(faults, f):
			faults = append(faults, f)
		}
	}
	return faults, nil
}

// DefaultInterval is the mean time between two steps.
const DefaultInterval = 10 * time.Second

// Config says what a nemesis does.
type Config struct {
	Faults   []Fault       // none means that nothing goes wrong
	Interval time.Duration // mean time between two steps, more than 0; waits are uniform in [0, 2*Interval)
	Kinds    []Kind        // partitions to draw from; empty means all
}

// Step is one thing to do. It stands in the history twice, as an invocation
// and as its completion, both of type info.
type Step struct {
	F         string          // "start-partition" or "stop-partition"
	Value     json.RawMessage // of the invocation; nil is EDN's nil
	Completed json.RawMessage // of the completion

	Cut  Grudge // to be cut, on top of what is cut already; nil for none
	Heal bool   // the whole network is to be healed
}

// Nemesis yields steps on a schedule.
type Nemesis struct {
	cfg     Config
	nodes   []string
	rng     *rand.Rand
	due     time.Duration
	started bool
	cut     bool // the next step is a stop
}

// New returns a nemesis for the given nodes. The random source is used for
// waits, kinds and members, in that order, and only by Step.
func New(cfg Config, nodes []string, rng *rand.Rand) *Nemesis {
	if len(cfg.Kinds) == 0 {
		cfg.Kinds = Kinds()
	}
	return &Nemesis{cfg: cfg, nodes: nodes, rng: rng}
}

// Active says whether there will ever be a step.
func (n *Nemesis) Active() bool { return slices.Contains(n.cfg.Faults, Partition) }

// Next returns when the next step is to be done, at the earliest now: the
// first one at once. False means never.
func (n *Nemesis) Next(now time.Duration) (time.Duration, bool) {
	if !n.started {
		return now, n.Active()
	}
	return max(n.due, now), n.Active()
}

// Step returns what to do at now, which is the time that Next named or later,
// and plans the step after it: cuts and healing in turn, after random waits of
// 0 to twice the interval counted from now, as jepsen.generator's stagger does.
func (n *Nemesis) Step(now time.Duration) Step {
	n.started = true
	n.due = now + time.Duration(n.rng.Float64()*2*float64(n.cfg.Interval))
	if n.cut {
		return n.Final()
	}
	n.cut = true
	kind := n.cfg.Kinds[n.rng.IntN(len(n.cfg.Kinds))]
	g := NewGrudge(kind, n.nodes, n.rng)
	return Step{
		F:         "start-partition",
		Value:     text(kind),
		Completed: isolated(g),
		Cut:       g,
	}
}

// Final is the step that ends all faults, whether any is under way or not.
func (n *Nemesis) Final() Step {
	n.cut = false
	return Step{F: "stop-partition", Completed: text("network-healed"), Heal: true}
}

func text[S ~string](s S) json.RawMessage {
	b, _ := json.Marshal(s) // a string always marshals
	return b
}

// isolated is the value of a cut in the history, after Jepsen's partitioner.
func isolated(g Grudge) json.RawMessage {
	b, _ := json.Marshal([]any{"isolated", g}) // strings and lists of strings always marshal
	return b
}
