// Package network is the test bed's model of Maelstrom's network: message ids,
// latency, receivers that hold one message at a time, partitions, nodes that are
// down. Beyond Maelstrom it can lose, duplicate, reorder and delay messages.
//
// It is a state machine in pure time. The caller says what is sent and what
// time it is, and is told what is delivered; the same inputs and the same
// random source give the same run, under real and under virtual time alike.
//
// # The receiver
//
// Every name that was added has a queue ordered by deadline, and takes one
// message at a time from its head. If the cut stands between the two, the
// message is dropped there and then. If it is not due yet, the receiver holds
// it until it is, in whole milliseconds, cut, and meanwhile takes nothing else:
// a client's message, which travels without latency, waits behind it. A node
// takes whenever it is idle; a client only while it awaits a reply.
//
// # Duties of the caller
//
//   - One goroutine: nothing here is locked.
//   - now never goes back, in any call.
//   - Advance(now) is called before anything else happens at now, and again
//     after Next() has passed. It is called until it delivers nothing if the
//     caller re-arms clients in between.
//
// Queues are unbounded, as Maelstrom's are: what limits them is the sender. Only
// that of a node which is held (down or paused) keeps no more than HeldMessages.
package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"treecast/run"
)

// ErrUnknownNode is wrapped by Send's errors when source or destination is not
// in the network. In Maelstrom it ends the thread that reads the sender's
// output: the sender is deaf from then on.
var ErrUnknownNode = errors.New("no such node in the network")

// Packet is what is sent.
type Packet struct {
	Src, Dest string
	Type      string          // body.type, for the journal; may be empty
	Body      json.RawMessage // must not be changed afterwards
}

// Observer is told of every message, in order. The message's Body is set and
// must not be changed. Any method may be a no-op; none may call the network.
type Observer interface {
	Sent(m run.Message)
	Delivered(m run.Message) // a duplicate, too, with Copy set
	// Dropped says that the message never arrives, at the given time: a
	// partition ate it, it was lost on the way, or its receiver was held and
	// had no room. A duplicate may be dropped and the other one arrive.
	Dropped(m run.Message, at time.Duration)
}

// Network is the model. The zero value is not usable; see New.
type Network struct {
	latency  Latency
	rng      *rand.Rand
	faults   Faults
	mishaps  *rand.Rand // draws faults; nil as long as there were none
	observer Observer

	names     map[string]*receiver
	cuts      []*receiver // receivers with anything refused
	delayed   heap[stray] // by the time they come to their queue
	holding   heap[hold]  // those that hold a message, by the time it is due
	nextID    int64
	delivered []run.Message // reused by Advance
}

// receiver is one name of the network.
type receiver struct {
	number  int // for the sets of refused senders
	name    string
	present bool // added and not removed
	client  bool // takes a message only when armed, and then one
	service bool // no fault strikes what it sends or gets
	armed   bool
	down    bool   // takes nothing: its process is down or paused
	busy    bool   // holds held
	holds   uint64 // messages held so far
	held    run.Message
	queue   heap[run.Message]
	refused senders
}

// hold is a receiver with the message that it holds.
type hold struct {
	r      *receiver
	number uint64 // its holds at that time; another number says that the message is gone
}

// New returns an empty network. The random source is used for latency alone,
// one draw per message between servers. A nil observer is none.
func New(latency Latency, rng *rand.Rand, observer Observer) *Network {
	if observer == nil {
		observer = silent{}
	}
	return &Network{latency: latency, rng: rng, observer: observer, names: map[string]*receiver{}}
}

type silent struct{}

func (silent) Sent(run.Message)                   {}
func (silent) Delivered(run.Message)              {}
func (silent) Dropped(run.Message, time.Duration) {}

func (n *Network) intern(name string) *receiver {
	r := n.names[name]
	if r == nil {
		r = &receiver{number: len(n.names), name: name}
		n.names[name] = r
	}
	return r
}

// AddNode puts a node into the network with an empty queue; messages that
// waited for an earlier node of that name are gone.
func (n *Network) AddNode(name string) { n.add(name, false) }

// AddClient puts a client into the network: a receiver that takes one message
// for each Await.
func (n *Network) AddClient(name string) { n.add(name, true) }

// AddService puts a service into the network: a node that no fault strikes, be it
// of a message or of the network.
func (n *Network) AddService(name string) {
	n.add(name, false)
	n.names[name].service = true
}

func (n *Network) add(name string, client bool) {
	r := n.intern(name)
	*r = receiver{number: r.number, name: name, present: true, client: client, refused: r.refused, holds: r.holds + 1}
}

// RemoveNode takes a node or client out: what is sent to it from now on is the
// sender's error, and what waits for it is never delivered.
func (n *Network) RemoveNode(name string) {
	r := n.intern(name)
	r.present, r.armed, r.busy, r.down = false, false, false, false
	r.queue, r.held = nil, run.Message{}
}

// Has says whether the name is in the network.
func (n *Network) Has(name string) bool {
	r := n.names[name]
	return r != nil && r.present
}

// Messages returns how many messages were sent so far, which is also the next id.
func (n *Network) Messages() int64 { return n.nextID }

// Send puts a message into its receiver's queue and returns its id. The error
// wraps ErrUnknownNode.
func (n *Network) Send(now time.Duration, p Packet) (int64, error) {
	m, r, err := n.accept(now, p)
	switch {
	case err != nil:
	case IsClient(p.Src) || IsClient(p.Dest):
		n.enqueue(now, r, m, now)
	case r.service || n.names[p.Src].service:
		n.enqueue(now, r, m, now+n.latency.draw(n.rng))
	default:
		n.carry(now, r, m)
	}
	return m.ID, err
}

// accept gives a message its id, if its sender and receiver are known.
func (n *Network) accept(now time.Duration, p Packet) (run.Message, *receiver, error) {
	for _, name := range [...]string{p.Src, p.Dest} {
		if !n.Has(name) {
			return run.Message{}, nil, fmt.Errorf("%w: %q", ErrUnknownNode, name)
		}
	}
	m := run.Message{
		ID: n.nextID, Src: p.Src, Dest: p.Dest, Type: p.Type,
		Bytes: len(p.Body), Sent: now, Delivered: -1, Body: p.Body,
	}
	n.nextID++
	n.observer.Sent(m)
	return m, n.names[p.Dest], nil
}

// enqueue puts a message into its receiver's queue.
func (n *Network) enqueue(now time.Duration, r *receiver, m run.Message, deadline time.Duration) {
	if r.down && len(r.queue) >= HeldMessages {
		n.observer.Dropped(m, now)
		return
	}
	r.queue.push(item[run.Message]{at: deadline, id: m.ID, value: m})
	n.take(r, now)
}

// IsClient says whether Maelstrom takes a name for a client's: its first
// letter is c.
func IsClient(name string) bool { return name != "" && name[0] == 'c' }

// Await lets a client take one message; it is handed out by the next Advance
// (or later, when there is one). It does nothing for a client that is gone.
func (n *Network) Await(now time.Duration, client string) {
	if r := n.names[client]; r != nil && r.present && r.client {
		r.armed = true
		n.take(r, now)
	}
}

// Cease ends an Await that has not been answered: what arrives from now on
// waits in the client's queue.
func (n *Network) Cease(client string) {
	if r := n.names[client]; r != nil && !r.busy {
		r.armed = false
	}
}

// take lets an idle receiver take from its queue until it holds a message.
func (n *Network) take(r *receiver, now time.Duration) {
	for !r.busy && !r.down && len(r.queue) > 0 && (!r.client || r.armed) {
		head := r.queue.pop()
		m := head.value
		if len(r.refused) > 0 && r.refused.has(n.names[m.Src].number) && !r.service && !n.names[m.Src].service {
			n.observer.Dropped(m, now)
			continue
		}
		// Maelstrom sleeps for the rest in whole milliseconds, cut.
		rest := max(0, head.at-now).Truncate(time.Millisecond)
		r.busy, r.armed, r.held = true, false, m
		r.holds++
		n.holding.push(item[hold]{at: now + rest, id: m.ID, value: hold{r, r.holds}})
	}
}

// Advance delivers everything that is due by now, in the order in which it
// fell due. The slice is valid until the next call.
//
// A caller who is late does not delay what follows: a receiver takes its next
// message at the time the last one was due. Delivered says now, which is when
// the message is handed over.
func (n *Network) Advance(now time.Duration) []run.Message {
	clear(n.delivered)
	n.delivered = n.delivered[:0]
	for {
		if len(n.delayed) > 0 && n.delayed[0].at <= now && (len(n.holding) == 0 || n.delayed[0].at <= n.holding[0].at) {
			n.arrive()
			continue
		}
		if len(n.holding) == 0 || n.holding[0].at > now {
			break
		}
		h := n.holding.pop()
		r := h.value.r
		if !r.busy || r.holds != h.value.number {
			continue // the receiver was removed, added anew or killed meanwhile
		}
		m := r.held
		m.Delivered = now
		r.busy, r.held = false, run.Message{}
		n.observer.Delivered(m)
		n.delivered = append(n.delivered, m)
		n.take(r, h.at)
	}
	return n.delivered
}

// Next returns when the next message is due; false if none is being held.
// It may name the time of a message whose receiver was removed, or that is
// delayed and only comes to its queue then.
func (n *Network) Next() (time.Duration, bool) {
	if len(n.delayed) > 0 && (len(n.holding) == 0 || n.delayed[0].at < n.holding[0].at) {
		return n.delayed[0].at, true
	}
	if len(n.holding) == 0 {
		return 0, false
	}
	return n.holding[0].at, true
}
