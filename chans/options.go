package chans

import (
	"errors"
	"fmt"
)

// ErrOptions is wrapped by every error about Options that cannot be built.
var ErrOptions = errors.New("bad queue options")

// Options say what a queue is called and how large it may become.
type Options struct {
	// Name is how figures, reports and logs call the queue. It must not be
	// empty, and it must be unique within a Broker.
	Name string
	// Preferred is the depth, in items, above which the queue is unhealthy.
	// Nothing is refused there. At least 1; at least 0.2 s of what its consumer
	// can do in that time, or a gate that is decided at 10 Hz leaves the
	// consumer idle while it waits for the next decision.
	Preferred int
	// Capacity is the depth, in items, that is never exceeded. At least
	// Preferred.
	Capacity int
	// NeedsPermit says that the consumer drains this queue only while it holds
	// a permit of the kind that is revoked while the node is unhealthy.
	NeedsPermit bool
	// Unmonitored keeps the queue out of Broker.Monitored: it has figures, but
	// its depth says nothing about the health of the node.
	Unmonitored bool
	// Ready is where tokens are put for the consumer: see Queue.Ready. A consumer
	// that waits for several things has all of them put their tokens into one
	// channel, with room for one. nil: a channel of the queue's own.
	Ready chan struct{}
}

// check refuses what could not work. A monitored queue whose consumer needs a
// permit is such a case: once it makes the node unhealthy its permits are
// revoked, so it does not drain, so the node stays unhealthy for ever.
func (o Options) check() error {
	switch {
	case o.Name == "":
		return fmt.Errorf("%w: a queue needs a name", ErrOptions)
	case o.Preferred < 1:
		return fmt.Errorf("%w: queue %q: preferred size %d: make it at least 1", ErrOptions, o.Name, o.Preferred)
	case o.Capacity < o.Preferred:
		return fmt.Errorf("%w: queue %q: capacity %d is below the preferred size %d: raise the capacity or lower the preferred size",
			ErrOptions, o.Name, o.Capacity, o.Preferred)
	case o.NeedsPermit && !o.Unmonitored:
		return fmt.Errorf("%w: queue %q is monitored and needs a permit to drain, so that once unhealthy it would stay so for ever: drain it without a permit or leave it unmonitored",
			ErrOptions, o.Name)
	}
	return nil
}
