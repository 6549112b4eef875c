package gossip_test

import (
	"container/heap"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"testing"
	"time"

	"treecast/gossip"
	"treecast/topology"
)

// more is how many times as many seeds and rings the tests of clusters try:
//
//	go test ./gossip -run 'Survive|Ring' -more 100
var more = flag.Uint64("more", 1, "how many times as many seeds the tests of clusters try")

// seeds is how many seeds a test tries that tries n by default.
func seeds(n uint64) uint64 { return n * *more }

// Clusters make little that lives long, and much that does not.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	m.Run()
}

// sim runs cores against each other in virtual time: one event queue, a
// latency per message, losses, cuts, and a stand-in for the record.
type sim struct {
	now     time.Duration
	rng     *rand.Rand
	events  simEvents
	serial  int
	steps   int
	nodes   []*simNode
	index   map[string]*simNode
	latency func() time.Duration
	drop    func(from, to string) bool
	sent    int
	byNode  map[string]int
	room    func() int // of an Advance; 0: the caller has none just now
	copies  func() int // of a message that arrive
	record  func(n *simNode, d gossip.Delivery, store func())
	onLearn func(n *simNode, e gossip.Entry)
	onSend  func(now time.Duration, from, to string, m *gossip.Message)
	onTake  func(to *simNode, from string, m *gossip.Message)
	epochs  uint64
	config  func(*gossip.Config)

	recycles bool // a message is copied onto its way and handed back at once, as a node does
}

type simNode struct {
	name    string
	tree    *topology.Tree // the one it reckons with
	log     *gossip.Log
	held    *gossip.Digest
	core    *gossip.Core
	source  gossip.OriginID
	counter uint64
	wakeAt  time.Duration
	dead    bool // says and hears nothing
	paused  bool // what it would say and hear waits
	waiting []func()
}

type simEvent struct {
	at     time.Duration
	serial int
	do     func()
}

type simEvents []simEvent

func (e simEvents) Len() int { return len(e) }
func (e simEvents) Less(i, j int) bool {
	return e[i].at < e[j].at || (e[i].at == e[j].at && e[i].serial < e[j].serial)
}
func (e simEvents) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *simEvents) Push(x any)   { *e = append(*e, x.(simEvent)) }
func (e *simEvents) Pop() any     { o := *e; x := o[len(o)-1]; *e = o[:len(o)-1]; return x }

func newSim(n, k int, seed uint64, config func(*gossip.Config)) *sim {
	s := &sim{
		rng:     rand.New(rand.NewPCG(seed, 1)),
		index:   map[string]*simNode{},
		byNode:  map[string]int{},
		latency: func() time.Duration { return 100 * time.Millisecond },
		drop:    func(string, string) bool { return false },
		room:    func() int { return 3 },
		copies:  func() int { return 1 },
		record:  func(_ *simNode, _ gossip.Delivery, store func()) { store() },
		config:  config,
	}
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("n%d", i))
	}
	tree := mustTree(ids, k)
	for _, id := range ids {
		node := &simNode{name: id, tree: tree}
		s.nodes = append(s.nodes, node)
		s.index[id] = node
		s.boot(node)
	}
	return s
}

func mustTree(ids []string, k int) *topology.Tree {
	tree, err := topology.New(ids, k)
	if err != nil {
		panic(err)
	}
	return tree
}

// boot starts a node blank.
func (s *sim) boot(n *simNode) {
	s.epochs++
	n.log, n.held = gossip.NewLog(), gossip.NewDigest()
	n.source, n.counter = gossip.NewOriginID(n.name, fmt.Sprint("log", s.epochs)), 0
	s.restartCore(n, gossip.Never)
}

// restartCore starts a node's core anew on the log it has.
func (s *sim) restartCore(n *simNode, greetAt time.Duration) {
	s.epochs++
	cfg := gossip.Config{Incarnation: s.epochs, Self: n.name, Depth: len(n.tree.Ancestors(n.name)), Height: height(n.tree, n.name), Period: 400 * time.Millisecond, GreetAt: greetAt}
	cfg.Neighbours = neighboursIn(n.tree, n.name)
	cfg.Tree, cfg.Seed = n.tree, s.epochs
	if s.config != nil {
		s.config(&cfg)
	}
	if cfg.Phase == 0 {
		cfg.Phase = time.Duration(s.rng.Int64N(int64(cfg.Period)))
	}
	core, err := gossip.New(s.now, cfg, n.log)
	if err != nil {
		panic(err)
	}
	n.core, n.dead = core, false
	n.wakeAt = gossip.Never
	s.pump(n)
}

// neighboursIn lists the neighbours of a node of a tree.
func neighboursIn(tree *topology.Tree, name string) (out []gossip.Neighbour) {
	if p, ok := tree.Parent(name); ok {
		out = append(out, gossip.Neighbour{Name: p, Role: gossip.Parent})
	}
	for _, child := range tree.Children(name) {
		out = append(out, gossip.Neighbour{Name: child, Leaf: len(tree.Children(child)) == 0})
	}
	return out
}

func (s *sim) at(t time.Duration, do func()) {
	s.serial++
	heap.Push(&s.events, simEvent{t, s.serial, do})
}

func (s *sim) run(until time.Duration) {
	for len(s.events) > 0 && s.events[0].at <= until {
		e := heap.Pop(&s.events).(simEvent)
		s.now = e.at
		e.do()
	}
	s.now = until
}

func (s *sim) broadcast(n *simNode, value string) {
	if n.dead || n.paused {
		panic("a node that is down takes no broadcasts")
	}
	n.counter++
	n.log.Append(gossip.Entry{n.source, n.counter, value})
	n.held.Add(n.source, n.counter)
	n.core.Learn(s.now)
	s.pump(n)
}

// pump sends what a core wants to send and files its next deadline.
func (s *sim) pump(n *simNode) {
	if n.dead || n.paused {
		return
	}
	s.check(n)
	for idle := 0; n.core.Next() <= s.now; idle++ {
		room := s.room()
		if room == 0 {
			s.at(s.now+time.Millisecond, func() { s.pump(n) })
		}
		out := n.core.Advance(s.now, room)
		if len(out) > 0 || room == 0 {
			idle = 0
		}
		if idle > 100 {
			panic(fmt.Sprintf("at %v, %s wants to be called again and again and has nothing to say", s.now, n.name))
		}
		s.check(n)
		for _, o := range out {
			s.sent++
			s.byNode[n.name]++
			if s.onSend != nil {
				s.onSend(s.now, n.name, o.To, o.Message)
			}
			if s.drop(n.name, o.To) {
				continue
			}
			to, from, m := s.index[o.To], n.name, o.Message
			if s.recycles {
				m = copied(m)
				n.core.Release(o)
			}
			for range s.copies() {
				s.at(s.now+s.latency(), func() { s.deliver(to, from, m) })
			}
		}
		if room == 0 {
			return
		}
	}
	next := n.core.Next()
	if next == gossip.Never || (n.wakeAt > s.now && n.wakeAt <= next) {
		return
	}
	n.wakeAt = next
	s.at(next, func() {
		if n.wakeAt == s.now {
			n.wakeAt = gossip.Never
		}
		s.pump(n)
	})
}

// check holds a core to its invariants: in small clusters at every step, in large
// ones, where a core has many links, at every fifth.
func (s *sim) check(n *simNode) {
	if s.steps++; len(s.nodes) > 10 && s.steps%5 != 0 {
		return
	}
	if err := n.core.View().Check(); err != nil {
		panic(fmt.Sprintf("at %v, %s: %v", s.now, n.name, err))
	}
}

func (s *sim) deliver(to *simNode, from string, m *gossip.Message) {
	switch {
	case to.dead:
		return
	case to.paused:
		to.waiting = append(to.waiting, func() { s.deliver(to, from, m) })
		return
	}
	if s.onTake != nil {
		s.onTake(to, from, m)
	}
	if d, ok := to.core.Receive(s.now, from, m); ok {
		log := to.log
		s.record(to, d, func() {
			if to.log == log { // else it has died with what it was storing
				s.store(to, d)
			}
		})
	}
	s.pump(to)
}

// store is the record: entries first, then the ticket, to whatever core there
// is by then.
func (s *sim) store(n *simNode, d gossip.Delivery) {
	for _, e := range d.Entries {
		if n.held.Add(e.Origin, e.Counter) {
			n.log.Append(e)
			if s.onLearn != nil {
				s.onLearn(n, e)
			}
		}
	}
	n.core.Learn(s.now)
	n.core.Stored(s.now, d.Ticket)
	s.pump(n)
}

// resume ends a pause: timers first, as in a process that was stopped, and then
// what has arrived meanwhile.
func (s *sim) resume(n *simNode) {
	n.paused = false
	s.pump(n)
	waiting := n.waiting
	n.waiting = nil
	for _, do := range waiting {
		do()
	}
}

// complete reports whether every node holds n entries.
func (s *sim) complete(n int) bool {
	for _, node := range s.nodes {
		if node.log.Len() != n {
			return false
		}
	}
	return true
}

// height is the number of levels below a node.
func height(t *topology.Tree, id string) int {
	h := 0
	for _, c := range t.Children(id) {
		h = max(h, 1+height(t, c))
	}
	return h
}
