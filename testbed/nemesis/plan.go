package nemesis

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Plan is a schedule of faults that is given and not drawn: what is done, and
// when. Its text, which --nemesis-plan takes, is steps separated by semicolons,
// each a time since the beginning of the load, a verb, and what it needs:
//
//	5s kill n0             also start, pause, resume; nodes are named by commas,
//	                       ranges n3-n7 in the order of the nodes, or all
//	5s stall n0 50ms       the nodes stand still for so long, and go on by themselves
//	5s truncate n0 0.7     so much is left of the nodes' journals, whether the nodes
//	                       run or not; "0.7 whole": and it ends with a whole frame
//	5s remove n0           the nodes' journals are gone
//	8s partition n0|n1-n5  groups that cannot reach each other; nodes that are not
//	                       named are one more
//	8s ring                everyone reaches a majority, no two the same
//	12s heal               the whole network
//	3s loss 0.3            also duplicate, reorder, delay; 0 ends it
//
// A partition replaces the one before it. What a plan leaves broken lasts until
// the load ends, when everything is healed as after any other fault.
type Plan []Event

// Event is one step of a Plan. Which of its fields count depends on the verb.
type Event struct {
	At     time.Duration // since the beginning of the load, not negative
	Verb   Verb
	Nodes  Nodes         // kill, start, pause, resume, stall, truncate, remove
	For    time.Duration // stall: more than 0, at most MaxStall
	Harm   Harm          // truncate
	Groups []Nodes       // partition; one-way: who is not heard, and by whom
	Rate   float64       // loss, duplicate, reorder, delay: 0 to 1
}

// Verb is what an Event does.
type Verb string

// The verbs. Those of messages are spelt as their faults.
const (
	KillNodes        Verb = "kill"
	StartNodes       Verb = "start"
	PauseNodes       Verb = "pause"
	ResumeNodes      Verb = "resume"
	StallNodes       Verb = "stall"
	TruncateJournals Verb = Verb(Truncate)
	RemoveJournals   Verb = Verb(Remove)
	CutGroups        Verb = "partition"
	CutRing          Verb = "ring"
	CutOneWay        Verb = Verb(OneWay)
	HealNetwork      Verb = "heal"
	SetLoss          Verb = Verb(Loss)
	SetDuplicate     Verb = Verb(Duplicate)
	SetReorder       Verb = Verb(Reorder)
	SetDelay         Verb = Verb(Delay)
)

// verbs are all of them, in the order in which people are told.
var verbs = []Verb{KillNodes, StartNodes, PauseNodes, ResumeNodes, StallNodes, TruncateJournals, RemoveJournals, CutGroups, CutRing, CutOneWay, HealNetwork, SetLoss, SetDuplicate, SetReorder, SetDelay}

// Nodes names nodes as a plan does: names, and ranges as "first-last".
type Nodes []string

// wholeFrames is what has a journal end with a whole frame.
const wholeFrames = "whole"

// everyNode is what names all nodes.
const everyNode = "all"

// ParsePlan reads the text of a plan; an empty one is none. The parts of a step
// are separated by blanks or colons. The error names the step and says what
// would do.
func ParsePlan(text string) (Plan, error) {
	var plan Plan
	for n, step := range strings.Split(text, ";") {
		words := strings.FieldsFunc(step, func(r rune) bool { return r == ':' || r == ' ' || r == '\t' || r == '\n' })
		if len(words) == 0 {
			continue
		}
		e, err := parseEvent(words)
		if err == nil && len(plan) > 0 && e.At < plan[len(plan)-1].At {
			err = fmt.Errorf("it is before the step in front of it, at %v: put steps in the order of their times", plan[len(plan)-1].At)
		}
		if err != nil {
			return nil, fmt.Errorf("step %d of the nemesis' plan, %q: %w", n+1, strings.TrimSpace(step), err)
		}
		plan = append(plan, e)
	}
	return plan, nil
}

func parseEvent(words []string) (e Event, err error) {
	if e.At, err = time.ParseDuration(words[0]); err != nil || e.At < 0 {
		return e, fmt.Errorf("%q is no time; begin with the time since the beginning of the load, such as 5s", words[0])
	}
	if len(words) < 2 {
		return e, fmt.Errorf("what is to be done is missing; choose from %q", verbs)
	}
	e.Verb = Verb(words[1])
	rest := words[2:]
	one := func(what string) (string, error) {
		if len(rest) != 1 {
			return "", fmt.Errorf("%s needs %s, without blanks", e.Verb, what)
		}
		return rest[0], nil
	}
	switch e.Verb {
	case KillNodes, StartNodes, PauseNodes, ResumeNodes, RemoveJournals:
		var list string
		if list, err = one("nodes, such as n0,n3-n7, or all"); err == nil {
			e.Nodes, err = parseNodes(list)
		}
	case StallNodes:
		if len(rest) != 2 {
			return e, fmt.Errorf("%s needs nodes and how long they stand still, such as n0,n3-n7 50ms", e.Verb)
		}
		if e.For, err = time.ParseDuration(rest[1]); err != nil || e.For <= 0 || e.For > MaxStall {
			return e, fmt.Errorf("%q is no time to stand still for; give more than 0 and at most %v, such as 50ms", rest[1], MaxStall)
		}
		e.Nodes, err = parseNodes(rest[0])
	case TruncateJournals:
		whole := len(rest) == 3 && rest[2] == wholeFrames
		if len(rest) != 2 && !whole {
			return e, fmt.Errorf("%s needs nodes and the share of their journals that is left, such as n0,n3-n7 0.7, or 0.7 whole, to end with a whole frame", e.Verb)
		}
		if e.Harm.Keep, err = strconv.ParseFloat(rest[1], 64); err != nil || !(e.Harm.Keep >= 0 && e.Harm.Keep < 1) {
			return e, fmt.Errorf("%q is no share to be left; give at least 0 and less than 1, such as 0.7", rest[1])
		}
		e.Harm.Whole = whole
		e.Nodes, err = parseNodes(rest[0])
	case CutGroups:
		var groups string
		groups, err = one("groups of nodes, such as n0|n1-n5")
		for _, list := range strings.Split(groups, "|") {
			var group Nodes
			if err == nil {
				group, err = parseNodes(list)
			}
			e.Groups = append(e.Groups, group)
		}
	case CutOneWay:
		var groups string
		if groups, err = one("who is not heard by whom, such as n0,n1>n2-n4"); err != nil {
			break
		}
		from, to, both := strings.Cut(groups, ">")
		if !both {
			return e, fmt.Errorf("%q does not say who is not heard by whom; give such as from n0>n1", groups)
		}
		for _, list := range []string{from, to} {
			var group Nodes
			if err == nil {
				group, err = parseNodes(list)
			}
			e.Groups = append(e.Groups, group)
		}
	case CutRing, HealNetwork:
		if len(rest) > 0 {
			err = fmt.Errorf("%s stands alone", e.Verb)
		}
	case SetLoss, SetDuplicate, SetReorder, SetDelay:
		var rate string
		if rate, err = one("a probability from 0 to 1"); err == nil {
			if e.Rate, err = strconv.ParseFloat(rate, 64); err != nil || !(e.Rate >= 0 && e.Rate <= 1) {
				err = fmt.Errorf("the rate %q is no probability from 0 to 1", rate)
			}
		}
	default:
		err = fmt.Errorf("nothing is called %q; choose from %q", words[1], verbs)
	}
	return e, err
}

func parseNodes(list string) (Nodes, error) {
	names := strings.Split(list, ",")
	for _, name := range names {
		if first, last, isRange := strings.Cut(name, "-"); first == "" || isRange && (last == "" || strings.Contains(last, "-")) {
			return nil, fmt.Errorf("%q names no nodes; give names such as n0,n3, ranges such as n3-n7, or all", list)
		}
	}
	return names, nil
}

// String is the plan's text without blanks. ParsePlan reads it back.
func (p Plan) String() string {
	steps := make([]string, len(p))
	for i, e := range p {
		words := []string{e.At.String(), string(e.Verb)}
		switch e.Verb {
		case KillNodes, StartNodes, PauseNodes, ResumeNodes, RemoveJournals:
			words = append(words, e.Nodes.String())
		case StallNodes:
			words = append(words, e.Nodes.String(), e.For.String())
		case TruncateJournals:
			words = append(words, e.Nodes.String(), strconv.FormatFloat(e.Harm.Keep, 'g', -1, 64))
			if e.Harm.Whole {
				words = append(words, wholeFrames)
			}
		case CutGroups:
			groups := make([]string, len(e.Groups))
			for i, g := range e.Groups {
				groups[i] = g.String()
			}
			words = append(words, strings.Join(groups, "|"))
		case CutOneWay:
			words = append(words, e.Groups[0].String()+">"+e.Groups[1].String())
		case SetLoss, SetDuplicate, SetReorder, SetDelay:
			words = append(words, strconv.FormatFloat(e.Rate, 'g', -1, 64))
		}
		steps[i] = strings.Join(words, ":")
	}
	return strings.Join(steps, ";")
}

func (n Nodes) String() string { return strings.Join(n, ",") }

// Check returns an error that says what in the plan does not fit a cluster of
// these nodes and a load of that length.
func (p Plan) Check(nodes []string, load time.Duration) error {
	for _, e := range p {
		var err error
		if e.At >= load {
			err = fmt.Errorf("the load is over after %v, and everything is healed then", load)
		}
		for _, group := range append(slices.Clone(e.Groups), e.Nodes) {
			if err == nil {
				_, err = group.among(nodes)
			}
		}
		if err == nil && e.Verb == CutGroups {
			_, err = e.membership(nodes)
		}
		if err != nil {
			return fmt.Errorf("the nemesis' plan, %q: %w", Plan{e}.String(), err)
		}
	}
	return nil
}

// among returns the indexes of the nodes that are named, in their order.
func (n Nodes) among(nodes []string) ([]int, error) {
	index := func(name string) (int, error) {
		i := slices.Index(nodes, name)
		if i < 0 {
			return 0, fmt.Errorf("no node is called %q; there are %s to %s", name, nodes[0], nodes[len(nodes)-1])
		}
		return i, nil
	}
	var out []int
	for _, name := range n {
		first, last, isRange := strings.Cut(name, "-")
		from, to := 0, len(nodes)-1
		if name != everyNode {
			var err error
			if from, err = index(first); err != nil {
				return nil, err
			}
			to = from
			if isRange {
				if to, err = index(last); err != nil {
					return nil, err
				}
			}
			if to < from {
				return nil, fmt.Errorf("the range %q is empty: %s comes before %s", name, last, first)
			}
		}
		for i := from; i <= to; i++ {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// membership is the group of every node; those that are not named are in group 0.
func (e *Event) membership(nodes []string) ([]int, error) {
	group := make([]int, len(nodes))
	for i, g := range e.Groups {
		members, err := g.among(nodes)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if group[m] != 0 {
				return nil, fmt.Errorf("%s is in two groups", nodes[m])
			}
			group[m] = i + 1
		}
	}
	return group, nil
}

// has says whether a plan brings a fault about.
func (p Plan) has(f Fault) bool {
	return slices.ContainsFunc(p, func(e Event) bool {
		switch e.Verb {
		case CutGroups, CutRing, CutOneWay:
			return f == Partition
		default:
			return string(e.Verb) == string(f)
		}
	})
}

// script is a Plan at work. It was checked.
type script struct {
	plan    Plan
	nodes   []string
	rates   Messages // the mean delay is the configuration's
	inForce Messages
	begun   time.Duration
	done    int // events
}

// next is when the next event is due; false if there is none.
func (s *script) next() (time.Duration, bool) {
	if s.done == len(s.plan) {
		return 0, false
	}
	return s.begun + s.plan[s.done].At, true
}

// step makes the step of the next event.
func (s *script) step(rng *rand.Rand) Step {
	e := &s.plan[s.done]
	s.done++
	switch e.Verb {
	case KillNodes, StartNodes, PauseNodes, ResumeNodes:
		at, _ := e.Nodes.among(s.nodes)
		names := pick(s.nodes, at)
		value, _ := json.Marshal(names) // strings always marshal
		return Step{F: string(e.Verb), Value: value, Deed: Deed(e.Verb), Nodes: names}
	case StallNodes:
		at, _ := e.Nodes.among(s.nodes)
		return stall(pick(s.nodes, at), e.For)
	case TruncateJournals:
		at, _ := e.Nodes.among(s.nodes)
		return truncate(pick(s.nodes, at), e.Harm)
	case RemoveJournals:
		at, _ := e.Nodes.among(s.nodes)
		return remove(pick(s.nodes, at))
	case CutGroups:
		group, _ := e.membership(s.nodes)
		groups := make([][]string, len(e.Groups)+1)
		for i, g := range group {
			groups[g] = append(groups[g], s.nodes[i])
		}
		if len(groups[0]) == 0 {
			groups = groups[1:]
		}
		value, _ := json.Marshal(groups)
		g := grudge(s.nodes, func(i, j int) bool { return group[i] != group[j] })
		return Step{F: "start-partition", Value: value, Completed: isolated(g), Heal: true, Cut: g}
	case CutOneWay:
		from, _ := e.Groups[0].among(s.nodes)
		to, _ := e.Groups[1].among(s.nodes)
		return oneWay(s.nodes, from, to)
	case CutRing:
		g := NewGrudge(MajoritiesRing, s.nodes, rng)
		return Step{F: "start-partition", Value: text(MajoritiesRing), Completed: isolated(g), Heal: true, Cut: g}
	case HealNetwork:
		return healed()
	default:
		d := disturbance{fault: Fault(e.Verb), rates: s.rates, inForce: &s.inForce}
		if e.Rate == 0 {
			return d.finals()[0]
		}
		*d.rates.rate(d.fault) = e.Rate
		return d.next(rng)
	}
}

// finals end whatever the plan has brought about.
func (s *script) finals() (steps []Step) {
	if s.plan.has(Partition) {
		steps = append(steps, healed())
	}
	for _, f := range messageFaults {
		if s.plan.has(f) {
			d := disturbance{fault: f, inForce: &s.inForce}
			steps = append(steps, d.finals()...)
		}
	}
	p := processes{nodes: s.nodes}
	if s.plan.has(Pause) {
		steps = append(steps, p.undo(&pair{undo: DoResume}))
	}
	if s.plan.has(Kill) {
		steps = append(steps, p.undo(&pair{undo: DoStart}))
	}
	return steps
}

// pick returns the nodes at some indexes.
func pick(nodes []string, at []int) []string {
	out := make([]string, len(at))
	for i, n := range at {
		out[i] = nodes[n]
	}
	return out
}
