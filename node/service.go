package node

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"treecast/chans"
	"treecast/gossip"
	"treecast/node/inject"
)

// Service is one of a node's services. It does nothing by itself: a driver calls it, from
// one goroutine at a time. Run is the driver in real time; a driver with a clock of its own
// loops over Node.Services.
//
// now never goes back. Every call to one service may change when the others are due.
type Service interface {
	// Name is its name in queues, faults, logs and costs.
	Name() string
	// Next is when Step is due: now, later, or Never unless something else happens first.
	Next(now time.Duration) time.Duration
	// Step does one piece of work, if there is any. The error is that of stdout, or errOver.
	Step(now time.Duration) (Work, error)
	// Wake holds a token when something has happened that may have changed Next. Only a
	// driver that has to wait looks at it.
	Wake() <-chan struct{}
	// Crashed is called after Step has panicked, before anything else. The service answers
	// for the item in hand, which is lost, and makes itself ready for the next one. It
	// returns how many items were lost.
	Crashed(now time.Duration) (lost int)
}

// Work is what a step has done.
type Work struct {
	Did      bool // something; there may be more to do now
	Brief    bool // it took microseconds: the next step may be given the same time
	Messages int  // taken from the service's queue and put into others
	Bytes    int  // of bodies read and written
}

// errOver is returned by Step when nothing will be due any more: the service's queue is
// closed and empty, and the service has closed the queues that it fills.
var errOver = errors.New("the service is over")

// Never is what Next returns where nothing is due.
const Never = gossip.Never

// NewService makes a service of a node under construction. It may make a queue with
// MakeQueue.
type NewService func(*Node) (Service, error)

// readerName is the reader's name in faults, logs and costs.
const readerName = "intake"

// ServiceNames lists the names of a node's services, the reader's first. A node
// without a journal has no service of that name.
func ServiceNames() []string {
	return []string{readerName, storeName, gossipName, outputName, journalName}
}

// Services returns the services that a driver has to call, always in the same order.
func (n *Node) Services() []Service { return n.services }

// MakeQueue makes a queue of a node under construction. ready gets its tokens: the Wake of
// the service that reads it, as a rule. Its sizes are those of its name in Config.Queues, or
// the given ones. No queue needs a permit to drain: permits only decide whether gossip
// begins something new.
func MakeQueue[T any](n *Node, name string, sizes QueueSizes, ready chan struct{}) (*chans.Queue[T], *chans.Inbox[T], error) {
	set := n.cfg.Queues[name]
	if set.Preferred == 0 {
		set.Preferred = sizes.Preferred
	}
	if set.Capacity == 0 {
		set.Capacity = max(sizes.Capacity, set.Preferred)
	}
	return chans.Make[T](n.broker, chans.Options{Name: name, Preferred: set.Preferred, Capacity: set.Capacity, Ready: ready})
}

// wake is a channel for tokens.
type wake chan struct{}

func newWake() wake { return make(wake, 1) }

// notify leaves a token unless there is one.
func (w wake) notify() {
	select {
	case w <- struct{}{}:
	default:
	}
}

// ServiceCrashed is called by a driver with a clock of its own, in the deferred function that
// has recovered a panic of a step; s is nil for Admit. The service goes on without the item
// in hand. The error says that it has crashed too often, which ends the node.
func (n *Node) ServiceCrashed(now time.Duration, s Service, panicked any) error {
	name, lost := readerName, 0
	if s == nil {
		lost = n.reading.crashed(now)
	} else {
		name, lost = s.Name(), s.Crashed(now)
	}
	if err := n.supervisor.Note(now, name, lost, chans.NewCrash(panicked)); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

// Faults returns the fault injector of a service, which calls it around each item; nil as a
// rule.
func (n *Node) Faults(service string) *inject.Injector { return n.faults[service] }

// The item that a service had in hand when it crashed is lost, and its client gets an error:
// 14 where certainly nothing was done, so that the operation has failed, and 13 where it may
// have been done.

// Texts of these errors.
const (
	abortedText = "a service of this node crashed on this request; nothing was done"
	crashedText = "a service of this node crashed on this request; it may have been done"
)

// logLost logs the item that crashed a service.
func logLost(log *slog.Logger, service, kind string, from *replyTo, body []byte) {
	log.Error("item lost", "service", service, "kind", kind, "client", shorten(from.client), "msg_id", from.msgID.String(), "body", shorten(string(body)))
}
