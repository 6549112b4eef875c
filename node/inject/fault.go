package inject

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is something that is made to go wrong in a service of a node. See Parse
// for how it is spelt.
type Fault struct {
	Node    string // the node that has it; "" means every one
	Service string // the service, by name
	Kind    Kind

	Factor    float64       // Slow: this many times as long
	PerSecond float64       // Slow: no more items than this; where Factor is 0
	Each      time.Duration // Slow: at least so long for each item, where both are 0. Panics: the mean time between two
	Item      uint64        // PanicAt: which, counted from 1
	How       string        // Rogue: one of Rogues

	From time.Duration // since the node's start
	For  time.Duration // 0: for ever
}

// Kind is what goes wrong.
type Kind uint8

// The kinds of a Fault.
const (
	Slow    Kind = iota // every item takes longer
	Stuck               // an item that comes between From and From+For stays until then
	PanicAt             // one item makes the service panic
	Panics              // the service panics at random times
	Rogue               // the process of its own that the service runs in goes wrong as a whole
)

// Rogues are the ways in which a process goes wrong: it writes what no frame is; it says
// more than it may; it takes memory without end; it spins and does no work; it stands
// still; it ends.
var Rogues = []string{"garbage", "flood", "hog", "spin", "silent", "exit"}

// formerNames are names that services had in earlier versions. They stay valid, so that
// commands and stored runs that name them still work.
var formerNames = map[string]string{"record": "store"}

// Parse reads a fault: [NODE/]SERVICE:WHAT[@FROM[+FOR]], where SERVICE is one of
// services and WHAT is
//
//	slow=1000x       every item takes a thousand times as long
//	slow=2000/s      no more than 2000 items a second
//	slow=5ms         every item takes at least that long
//	stuck=30s        the item that comes first stays for the rest of that time
//	panic@K          the K-th item makes it panic
//	panic-every=500ms  it panics at random, each time 250 to 750 ms after the last
//	garbage, flood, hog, spin, silent, exit
//	                 the process of its own that it runs in goes wrong: see Rogues
//
// and FROM and FOR are durations, from the start of the node on; without them,
// always. panic@K has neither. The error says which part is wrong.
func Parse(text string, services []string) (f Fault, err error) {
	fail := func(why string, args ...any) (Fault, error) {
		return Fault{}, fmt.Errorf("fault %q: "+why, append([]any{text}, args...)...)
	}
	where, what, ok := strings.Cut(text, ":")
	if !ok {
		return fail("spell it SERVICE:WHAT, such as store:slow=1000x, gossip:stuck=30s@5s, output:panic@3 or store:panic-every=500ms")
	}
	f.Service = where
	if node, service, ok := strings.Cut(where, "/"); ok {
		f.Node, f.Service = node, service
	}
	if name, former := formerNames[f.Service]; former {
		f.Service = name
	}
	if item, ok := strings.CutPrefix(what, "panic@"); ok {
		f.Kind = PanicAt
		if f.Item, err = strconv.ParseUint(item, 10, 64); err != nil {
			return fail("%q is not the number of an item", item)
		}
		return f, f.Check(services)
	}
	what, window, hasWindow := strings.Cut(what, "@")
	if hasWindow {
		from, length, limited := strings.Cut(window, "+")
		if f.From, err = time.ParseDuration(from); err != nil {
			return fail("%q is no time after the node's start, such as 5s", from)
		}
		if limited {
			if f.For, err = time.ParseDuration(length); err != nil || f.For <= 0 {
				return fail("%q is no duration above 0, such as 30s", length)
			}
		}
	}
	name, value, _ := strings.Cut(what, "=")
	switch name {
	case "slow":
		f.Kind = Slow
		if factor, ok := strings.CutSuffix(value, "x"); ok {
			f.Factor, err = strconv.ParseFloat(factor, 64)
		} else if perSecond, ok := strings.CutSuffix(value, "/s"); ok {
			f.PerSecond, err = strconv.ParseFloat(perSecond, 64)
		} else {
			f.Each, err = time.ParseDuration(value)
		}
		if err != nil {
			return fail("%q is not how slow, such as 1000x, 2000/s or 5ms", value)
		}
	case "stuck":
		f.Kind = Stuck
		if f.For != 0 {
			return fail("how long it is stuck stands behind stuck=, and nowhere else")
		}
		if f.For, err = time.ParseDuration(value); err != nil {
			return fail("%q is no duration, such as 30s", value)
		}
	case "panic-every":
		f.Kind = Panics
		if f.Each, err = time.ParseDuration(value); err != nil {
			return fail("%q is no duration, such as 500ms", value)
		}
	default:
		if !slices.Contains(Rogues, what) {
			return fail("%q is none of slow, stuck, panic@K, panic-every and, of a process of its own, %s", name, strings.Join(Rogues, ", "))
		}
		f.Kind, f.How = Rogue, what
	}
	return f, f.Check(services)
}

// Check says what cannot work, in a node that has these services.
func (f *Fault) Check(services []string) error {
	var why string
	switch {
	case !slices.Contains(services, f.Service):
		why = fmt.Sprintf("no service is called %q; there are %s", f.Service, strings.Join(services, ", "))
	case f.From < 0 || f.For < 0:
		why = "times are 0 or more"
	case f.Kind == Slow && f.Factor != 0 && !(f.Factor >= 1 && f.Factor <= 1e9):
		why = "a factor is from 1 to 1e9"
	case f.Kind == Slow && f.PerSecond != 0 && !(f.PerSecond > 0 && f.PerSecond <= 1e9):
		why = "a rate is above 0 and at most 1e9 items per second"
	case f.Kind == Slow && f.Factor == 0 && f.PerSecond == 0 && f.Each <= 0,
		f.Kind == Panics && f.Each <= 0, f.Kind == Stuck && f.For <= 0:
		why = "how slow, how long or how often is above 0"
	case f.Kind == PanicAt && f.Item == 0:
		why = "items are counted from 1"
	case f.Kind == Rogue && !slices.Contains(Rogues, f.How):
		why = fmt.Sprintf("a process goes wrong by %s", strings.Join(Rogues, ", "))
	case f.Kind > Rogue:
		why = "there is no such kind"
	default:
		return nil
	}
	return errors.New("fault in " + f.Service + ": " + why)
}

// on reports whether the fault is on at a time.
func (f *Fault) on(now time.Duration) bool {
	return now >= f.From && (f.For == 0 || now < f.From+f.For)
}
