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

// Service is one of a node's services. It does nothing by itself: a driver calls
// it, from one goroutine at a time. The driver of real time is Run; one that has
// time of its own loops over Node.Services.
//
// now never goes back. Every call to one service may change when the others have
// something to do.
type Service interface {
	// Name is what queues, faults, logs and costs call it.
	Name() string
	// Next is when Step has something to do: now, later, or Never unless something
	// else happens first.
	Next(now time.Duration) time.Duration
	// Step does one piece of work, if there is any. The error is that of a stream
	// that the service writes to, or errOver.
	Step(now time.Duration) (Work, error)
	// Wake has a token when something has happened that may have changed Next. Only
	// a driver that has to wait looks at it.
	Wake() <-chan struct{}
	// Crashed is called after Step has panicked, before anything else. The service
	// tells whoever waits for the item in hand that it is lost, and makes itself
	// ready to go on with the next one. It returns how many items were lost.
	Crashed(now time.Duration) (lost int)
}

// Work is what a step has done.
type Work struct {
	Did      bool // something, and there may be more at once
	Brief    bool // it took microseconds: the next step may have the same time
	Messages int  // taken from the service's queue, and put into others
	Bytes    int  // of the bodies read and written, as far as the step handled any
}

// errOver is returned by Step when nothing will ever be due again: the service's
// queue is closed and drained, and so it has closed those that it fills. The
// driver does not call it any more.
var errOver = errors.New("the service is over")

// Never is what Next returns where nothing is to be done.
const Never = gossip.Never

// NewService makes a service of a node that is being made. It may make a queue for
// it: see MakeQueue.
type NewService func(*Node) (Service, error)

// readerName is what faults, logs and costs call the reader of stdin.
const readerName = "intake"

// ServiceNames lists the names of a node's services, the reader's first. A node
// without a journal has no service of that name.
func ServiceNames() []string {
	return []string{readerName, storeName, gossipName, outputName, journalName}
}

// Services returns the services that a driver has to call, in an order that is
// always the same.
func (n *Node) Services() []Service { return n.services }

// MakeQueue makes a queue of a node that is being made, for the service that reads
// it. ready is where its tokens go, the service's Wake as a rule. Its sizes are
// those that Config.Queues has for its name, or the given ones. It needs no permit to drain:
// permits only decide whether gossip begins something new.
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

// ServiceCrashed is called by a driver that has time of its own, in the deferred
// function that has recovered it, with what a step of a service has panicked with; s
// is nil if it was the reader's. The service has lost what it had in hand, and goes
// on. The error says that it has crashed too often, which ends the node.
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

// Faults returns what goes wrong in a service of the node, for the service to tell
// what it does; nil as a rule.
func (n *Node) Faults(service string) *inject.Injector { return n.faults[service] }

// What a service had in hand when it crashed is gone. Whoever waits for it is
// told: with error 14 where it is certain that nothing was done, which lets a
// client take it as failed, and with error 13 where it may have been.

// The texts of the answers to what crashed a service.
const (
	abortedText = "a service of this node crashed on this request; nothing was done"
	crashedText = "a service of this node crashed on this request; it may have been done"
)

// logLost shows the item that crashed a service.
func logLost(log *slog.Logger, service, kind string, from *replyTo, body []byte) {
	log.Error("item lost", "service", service, "kind", kind, "client", shorten(from.client), "msg_id", from.msgID.String(), "body", shorten(string(body)))
}
