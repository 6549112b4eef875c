package experiment

import (
	"encoding/json"
	"time"

	"treecast/run"
)

// asideNodes is from how many nodes on the watching of a virtual run is worth
// a goroutine of its own. Small runs are over before that pays, and are made
// by the hundred, one beside the other.
const asideNodes = 200

// aside has what is watched in a run counted and recorded by another
// goroutine, in the order in which it happened: what comes of it is the same,
// and the run does not wait for it. Its methods are for one goroutine, which
// must call settle before it looks at what was counted, and end at the end.
type aside struct {
	watch  *observer
	health *healthWatch

	batch []sight
	queue chan []sight
	spare chan []sight
	met   chan struct{} // answers a sightMeet
	over  chan struct{} // closed when the goroutine is gone
}

// sight is one thing that is seen.
type sight struct {
	kind sightKind
	at   time.Duration
	m    run.Message // of a reply, Src and Body alone
}

type sightKind uint8

const (
	sightSent sightKind = iota
	sightDelivered
	sightDropped
	sightHealth
	sightMeet // all that was seen before has been dealt with
)

const (
	sightBatch   = 512 // handed over at a time
	sightBatches = 32  // that may wait
)

// watchedAside reports whether a run is to be watched aside: where that pays,
// and nobody else writes in between, in order.
func (p *plan) watchedAside(o Options) bool {
	return len(p.session.Nodes) >= asideNodes && o.LogNetSend == nil && o.LogNetDeliver == nil
}

// newAside begins to watch with both.
func newAside(watch *observer, health *healthWatch) *aside {
	a := &aside{
		watch: watch, health: health,
		queue: make(chan []sight, sightBatches), spare: make(chan []sight, sightBatches),
		met: make(chan struct{}), over: make(chan struct{}),
	}
	go a.serve()
	return a
}

// Sent is as the observer's.
func (a *aside) Sent(m run.Message) { a.put(sight{kind: sightSent, m: m}) }

// Delivered is as the observer's.
func (a *aside) Delivered(m run.Message) { a.put(sight{kind: sightDelivered, m: m}) }

// Dropped is as the observer's.
func (a *aside) Dropped(m run.Message, at time.Duration) {
	a.put(sight{kind: sightDropped, at: at, m: m})
}

// heard is a node's health reply. The body must not be changed any more.
func (a *aside) heard(now time.Duration, node string, body json.RawMessage) {
	a.put(sight{kind: sightHealth, at: now, m: run.Message{Src: node, Body: body}})
}

func (a *aside) put(s sight) {
	if a.batch == nil {
		select {
		case a.batch = <-a.spare:
		default:
			a.batch = make([]sight, 0, sightBatch)
		}
	}
	if a.batch = append(a.batch, s); len(a.batch) == sightBatch {
		a.queue <- a.batch
		a.batch = nil
	}
}

// settle waits until all that was seen is counted.
func (a *aside) settle() {
	a.put(sight{kind: sightMeet})
	if a.batch != nil {
		a.queue <- a.batch
		a.batch = nil
	}
	<-a.met
}

// end settles and lets the goroutine go.
func (a *aside) end() {
	a.settle()
	close(a.queue)
	<-a.over
}

func (a *aside) serve() {
	defer close(a.over)
	for batch := range a.queue {
		for i := range batch {
			a.see(&batch[i])
		}
		clear(batch) // bodies are let go
		select {
		case a.spare <- batch[:0]:
		default:
		}
	}
}

func (a *aside) see(s *sight) {
	switch s.kind {
	case sightSent:
		a.watch.Sent(s.m)
	case sightDelivered:
		a.watch.Delivered(s.m)
	case sightDropped:
		a.watch.Dropped(s.m, s.at)
	case sightHealth:
		a.health.take(s.at, s.m.Src, s.m.Body)
	case sightMeet:
		a.met <- struct{}{}
	}
}
