// Package nemesis decides what goes wrong in a run and when: the faults that
// Jepsen and Maelstrom know (partition, kill, pause), our own (loss, duplicate,
// reorder, delay, clock, stall, truncate, remove, one-way), and the schedule on which they
// start and stop.
//
// # Schedule
//
// Faults are grouped as in jepsen.nemesis.combined: partitions are a track,
// kills and pauses share one, each of ours is one. Every track starts at once
// and then takes its steps after random waits of 0 to twice the interval,
// starting and stopping in turn; where kills and pauses share a track, each
// step is drawn from the one or the other. The faults of messages may instead
// last from the first step to the end. A Plan takes the place of all of it: its
// steps are done at the times that it names.
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

// Maelstrom's faults.
const (
	Partition Fault = "partition" // cuts the network between pairs of nodes, never to clients
	Kill      Fault = "kill"      // ends nodes' processes at once, and starts them again
	Pause     Fault = "pause"     // stops nodes' processes, and lets them go on
)

// Our own faults. Those of messages strike between nodes only.
const (
	OneWay    Fault = "one-way"   // cuts the network in one direction
	Loss      Fault = "loss"      // messages that never arrive
	Duplicate Fault = "duplicate" // messages that arrive twice
	Reorder   Fault = "reorder"   // messages that overtake others
	Delay     Fault = "delay"     // messages that take much longer
	Clock     Fault = "clock"     // clocks that jump forward, or go too fast or too slow
	Stall     Fault = "stall"     // processes that stand still for a moment, as on a busy machine
	Truncate  Fault = "truncate"  // journals that lose their tail
	Remove    Fault = "remove"    // journals that are gone
)

// Faults lists the faults that can be asked for.
func Faults() []Fault {
	return []Fault{Partition, Kill, Pause, Loss, Duplicate, Reorder, Delay, Clock, Stall, Truncate, Remove, OneWay}
}

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

// DefaultInterval is the mean time between two steps of a track.
const DefaultInterval = 10 * time.Second

// Config says what a nemesis does.
type Config struct {
	Faults   []Fault       // none means that nothing goes wrong
	Interval time.Duration // mean time between two steps, more than 0; waits are uniform in [0, 2*Interval)
	Kinds    []Kind        // partitions to draw from; empty means all
	Targets  []Target      // whom kills, pauses, clocks, stalls and harm to journals strike; empty means all

	// Rates of the faults of messages that are asked for; the zero value means
	// DefaultMessages.
	Rates Messages
	// Phased makes the faults of messages start and stop as the others do.
	// Otherwise they last from the beginning of the load to its end.
	Phased bool

	// Plan, if there is one, is what happens instead of Faults, of which there are
	// none then.
	Plan Plan
}

// Has says whether a fault is asked for.
func (c *Config) Has(f Fault) bool { return slices.Contains(c.Faults, f) || c.Plan.has(f) }

// Validate returns an error that says what to change.
func (c *Config) Validate() error {
	if len(c.Faults) > 0 && len(c.Plan) > 0 {
		return fmt.Errorf("the nemesis has a plan and faults to draw, %q; give one of them", c.Faults)
	}
	if len(c.Faults) > 0 && c.Interval <= 0 {
		return fmt.Errorf("nemesis interval is %v; give more than 0", c.Interval)
	}
	if c.Rates == (Messages{}) {
		return nil
	}
	return c.Rates.validate(c)
}

// Deed is what is done to processes.
type Deed string

// The deeds, spelt as the operations that they are in Jepsen's histories.
const (
	DoKill   Deed = "kill"
	DoStart  Deed = "start" // those that were killed
	DoPause  Deed = "pause"
	DoResume Deed = "resume" // those that were paused
	DoStall  Deed = "stall"  // for a time, after which they go on by themselves

	// These are done to the journals of nodes that run and of those that do not.
	DoTruncate Deed = "truncate"
	DoRemove   Deed = "remove"
)

// Step is one thing to do. It stands in the history twice, as an invocation
// and as its completion, both of type info.
type Step struct {
	F         string          // "start-partition", "kill", ...
	Value     json.RawMessage // of the invocation; nil is EDN's nil
	Completed json.RawMessage // of the completion; that of a deed says what came of it, and is the session's to make

	Cut      Grudge        // to be cut, on top of what is cut already; nil for none
	Heal     bool          // the whole network is to be healed
	Deed     Deed          // "": none
	Nodes    []string      // whom the deed strikes, in the order of the nodes
	For      time.Duration // how long a stall lasts
	Harm     Harm          // of journals that are truncated
	Messages *Messages     // the faults of messages in force from now on; nil: as they are
	Clocks   []Setting     // what becomes of clocks
}

// Nemesis yields steps on a schedule.
type Nemesis struct {
	cfg    Config
	rng    *rand.Rand
	tracks []*track
	script *script // instead of tracks; nil: there is no plan
}

// track is a generator and when it is due.
type track struct {
	generator
	once    bool // one step, and no more until the end
	started bool
	due     time.Duration
}

// generator makes the steps of a track.
type generator interface {
	next(rng *rand.Rand) Step
	// finals are the steps that end whatever the track has done, whether
	// anything is under way or not. What comes after them is a start.
	finals() []Step
}

// New returns a nemesis for the given nodes. The random source is used for
// waits, kinds and members, in that order, and only by Step.
func New(cfg Config, nodes []string, rng *rand.Rand) *Nemesis {
	if len(cfg.Kinds) == 0 {
		cfg.Kinds = Kinds()
	}
	if len(cfg.Targets) == 0 {
		cfg.Targets = Targets()
	}
	if cfg.Rates == (Messages{}) {
		cfg.Rates = DefaultMessages()
	}
	n := &Nemesis{cfg: cfg, rng: rng}
	if len(cfg.Plan) > 0 {
		n.script = &script{plan: cfg.Plan, nodes: nodes, rates: cfg.Rates}
		return n
	}
	add := func(g generator, once bool) { n.tracks = append(n.tracks, &track{generator: g, once: once}) }
	cuts, oneWay := &partitions{kinds: cfg.Kinds, nodes: nodes}, &oneWays{nodes: nodes}
	switch both := cfg.Has(Partition) && cfg.Has(OneWay); {
	case both:
		add(&either{cuts: cuts, oneWay: oneWay}, false)
	case cfg.Has(Partition):
		add(cuts, false)
	}
	if cfg.Has(OneWay) && !cfg.Has(Partition) {
		add(oneWay, false)
	}
	inForce := &Messages{}
	for _, f := range messageFaults {
		if cfg.Has(f) {
			add(&disturbance{fault: f, rates: cfg.Rates, inForce: inForce}, !cfg.Phased)
		}
	}
	if cfg.Has(Clock) {
		add(&clocks{targets: cfg.Targets, nodes: nodes}, false)
	}
	if cfg.Has(Stall) {
		add(&stalls{targets: cfg.Targets, nodes: nodes}, false)
	}
	for _, f := range journalFaults {
		if cfg.Has(f) {
			add(&harms{deed: Deed(f), targets: cfg.Targets, nodes: nodes}, false)
		}
	}
	if cfg.Has(Kill) || cfg.Has(Pause) {
		add(newProcesses(&cfg, nodes), false)
	}
	return n
}

// Active says whether there will ever be a step.
func (n *Nemesis) Active() bool { return len(n.tracks) > 0 || n.script != nil }

// Begin says that the load begins, from which the times of a plan count.
func (n *Nemesis) Begin(now time.Duration) {
	if n.script != nil {
		n.script.begun = now
	}
}

// soonest returns the track whose step comes next; nil for none.
func (n *Nemesis) soonest() (first *track) {
	for _, t := range n.tracks {
		if t.once && t.started {
			continue
		}
		if first == nil || t.at() < first.at() {
			first = t
		}
	}
	return first
}

// at is when the track's next step is to be done; the first one at once.
func (t *track) at() time.Duration {
	if !t.started {
		return -1
	}
	return t.due
}

// Next returns when the next step is to be done, at the earliest now: the
// first ones at once. False means never.
func (n *Nemesis) Next(now time.Duration) (time.Duration, bool) {
	if n.script != nil {
		at, ok := n.script.next()
		return max(at, now), ok
	}
	t := n.soonest()
	if t == nil {
		return now, false
	}
	return max(t.at(), now), true
}

// Step returns what to do at now, which is the time that Next named or later,
// and plans that track's next step: after a random wait of 0 to twice the
// interval counted from now, as jepsen.generator's stagger does. There must be
// a step left.
func (n *Nemesis) Step(now time.Duration) Step {
	if n.script != nil {
		return n.script.step(n.rng)
	}
	t := n.soonest()
	t.started = true
	if !t.once {
		t.due = now + time.Duration(n.rng.Float64()*2*float64(n.cfg.Interval))
	}
	return t.next(n.rng)
}

// Finals are the steps that end all faults, whether any is under way or not;
// they are to be done one after the other.
func (n *Nemesis) Finals() (steps []Step) {
	if n.script != nil {
		return n.script.finals()
	}
	for _, t := range n.tracks {
		steps = append(steps, t.finals()...)
	}
	return steps
}

// object is a JSON object with the nodes in the order given.
func object(nodes []string, value func(node string) any) json.RawMessage {
	out := []byte{'{'}
	for i, node := range nodes {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, text(node)...), ':')
		v, _ := json.Marshal(value(node)) // numbers and strings always marshal
		out = append(out, v...)
	}
	return append(out, '}')
}

func text[S ~string](s S) json.RawMessage {
	b, _ := json.Marshal(s) // a string always marshals
	return b
}
