package virtual

import "time"

// Costs say how long things take that a real node spends time on. They are
// constants, not draws: what varies in a run is the network.
type Costs struct {
	// Start is how long a node takes to start. Nodes that are to start at the same
	// time do so one after another, as child processes do, but thousands of them
	// faster, so that all are there within startWithin.
	Start time.Duration
	// Pipe is how long lines take from one side of a pipe to the other.
	Pipe time.Duration
	// Hold is how long a killed process still holds its journal, as the system has
	// to take back its memory first. 0 unless a test wants it.
	Hold time.Duration

	Services map[string]Cost // by name; intake is the reader
	Other    Cost            // of a service that has none there
}

// of is the cost of a service.
func (c *Costs) of(service string) Cost {
	if cost, ok := c.Services[service]; ok {
		return cost
	}
	return c.Other
}

// none reports whether nothing is set.
func (c *Costs) none() bool {
	return c.Start == 0 && c.Pipe == 0 && c.Hold == 0 && c.Services == nil && c.Other == Cost{}
}

// Cost is how long a service is busy with one step.
type Cost struct {
	Step    time.Duration // to begin with; the first message included
	Message time.Duration // for each further message that the step takes or makes
	KiB     time.Duration // per KiB that it reads or writes
}

// startWithin is the time in which all nodes of a run are started: more of it
// would be waited for and tell nothing.
const startWithin = 2 * time.Second

// start is how long each of so many nodes takes to start.
func (c *Costs) start(nodes int) time.Duration {
	return min(c.Start, startWithin/time.Duration(nodes))
}

// DefaultCosts returns costs of the size that services have on one core of
// today's machines. Their sum is small beside a latency of milliseconds: they
// matter where one node handles thousands of messages a second.
func DefaultCosts() Costs {
	return Costs{
		Start: 2 * time.Millisecond,
		Pipe:  50 * time.Microsecond,
		Services: map[string]Cost{
			"intake": {Step: 2 * time.Microsecond, KiB: 3 * time.Microsecond},
			"store":  {Step: 3 * time.Microsecond, KiB: 5 * time.Microsecond},
			"gossip": {Step: 10 * time.Microsecond, Message: 5 * time.Microsecond, KiB: 10 * time.Microsecond},
			"output": {Step: 3 * time.Microsecond, KiB: time.Microsecond},
			// A write to a file, which nobody waits for a disk for.
			"journal": {Step: 15 * time.Microsecond, KiB: time.Microsecond},
		},
		Other: Cost{Step: 3 * time.Microsecond, KiB: time.Microsecond},
	}
}

// beyond is what a step costs in addition to Step, once it is known what it did.
func (c *Cost) beyond(messages, bytes int) time.Duration {
	return time.Duration(max(0, messages-1))*c.Message + time.Duration(bytes)*c.KiB/1024
}
