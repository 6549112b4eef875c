package checker

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"treecast/run"
)

// owing is what nodes must show: a value that a node has shown or acknowledged is
// in every read of it that was asked for after that, unless it was killed in
// between. What it has in common with other nodes does not matter here, so this
// holds at any time and under any fault but kills.
type owing struct {
	places map[int]*debt
	kills  map[int][]int32 // positions, by node
}

// debt is what one node owes, and how it has failed to pay.
type debt struct {
	owed   bitset
	since  []int32 // by id: the position of what made it owe
	killed int     // kills that are taken into account

	reads      int   // that lack something
	firstAt    int32 // the first of them
	lacks      []elementID
	because    int32 // what made it owe the first of these
	lastAt     int32 // the last that lacks something
	lastReadAt int32 // the last of all
}

func newOwing(h run.History, w workers) owing {
	return owing{places: map[int]*debt{}, kills: killsOf(h, w)}
}

// killsOf finds when nodes were killed, in what the nemesis says it has done.
func killsOf(h run.History, w workers) map[int][]int32 {
	kills := map[int][]int32{}
	for i := range h {
		op := &h[i]
		if op.Process != run.NemesisProcess || op.F != "kill" {
			continue
		}
		var did map[string]string
		if json.Unmarshal(op.Value, &did) != nil {
			continue // the beginning of the step
		}
		for place, name := range w.nodes {
			if did[name] == "killed" {
				kills[place] = append(kills[place], int32(i))
			}
		}
	}
	return kills
}

// of returns what a node owes at a position of the history.
func (o *owing) of(place int, at int32) *debt {
	d := o.places[place]
	if d == nil {
		d = &debt{}
		o.places[place] = d
	}
	for kills := o.kills[place]; d.killed < len(kills) && kills[d.killed] < at; d.killed++ {
		clear(d.owed)
	}
	return d
}

// add notes that a node has acknowledged a value.
func (o *owing) add(place int, at int32, id elementID) { o.of(place, at).add(at, id) }

func (d *debt) add(at int32, id elementID) {
	if d.owed.has(id) {
		return
	}
	d.owed.add(id)
	for int(id) >= len(d.since) {
		d.since = append(d.since, 0)
	}
	d.since[id] = at
}

// read takes a read of a node that shows some values, of which those attempted
// count.
func (o *owing) read(place int, began, at int32, shows, attempted bitset) {
	d := o.of(place, at)
	d.lastReadAt = at
	lacks := 0
	d.owed.eachWithout(shows, func(id elementID) {
		if d.since[id] > began {
			return
		}
		if lacks++; d.reads == 0 {
			d.lacks = append(d.lacks, id)
		}
	})
	if lacks > 0 {
		if d.reads++; d.reads == 1 {
			d.firstAt, d.because = at, d.since[d.lacks[0]]
		}
		d.lastAt = at
	}
	shows.eachWithout(d.owed, func(id elementID) {
		if attempted.has(id) {
			d.add(at, id)
		}
	})
}

// backwards are nodes whose reads lack what they had shown or acknowledged.
func (s *strict) backwards() (findings []run.Finding) {
	for _, place := range slices.Sorted(maps.Keys(s.owing.places)) {
		d := s.owing.places[place]
		if d.reads == 0 {
			continue
		}
		name, first := s.workers.name(place), d.lacks[0]
		verb := "lack"
		if d.reads == 1 {
			verb = "lacks"
		}
		how := "was acknowledged by it"
		if s.h[d.because].F == s.names.Read {
			how = "was in its read"
		}
		end := "its last read still does"
		if d.lastAt < d.lastReadAt {
			end = "its last read does not"
		}
		findings = append(findings, s.about(place, run.FindingBackwards, d.reads, fmt.Sprintf(
			"%s of %s %s what it had shown or acknowledged before; first the one %s: it lacks %s: %s; %s %s %s; %s",
			plural(d.reads, "read"), name, verb, s.moment(d.firstAt), plural(len(d.lacks), "value"), s.list(d.lacks),
			s.values.json(first), how, s.moment(d.because), end)))
	}
	return findings
}
