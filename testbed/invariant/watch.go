package invariant

import (
	"fmt"
	"math"
	"slices"
	"time"

	"treecast/gossip"
)

// Node is what a watch sees of a node.
type Node interface {
	// Log is what the node knows.
	Log() *gossip.Log
	// Gossip is a look into its gossip core; false before it has one.
	Gossip() (gossip.View, bool)
}

// Watch is the watch over the nodes of one run.
type Watch struct {
	spreads string // the type of the request that brings a value; empty: none does
	field   string // of it, that has the value
	names   []string
	index   map[string]int
	places  []place

	entries []entry
	ids     map[key]int32
	byValue map[string]int32 // the entry of a value that is broadcast once, as all are
	asked   map[request]string
	lives   map[life]*memory // of nodes, by epoch: what they know, or knew when they died

	missing  int             // pairs of a live node and an entry that is alive and not known to it
	learnt   []time.Duration // when nodes came to know anything
	violated *Violation
}

// Violation is something that must never be.
type Violation struct {
	At   time.Duration
	Text string // in one sentence
}

func (v *Violation) Error() string { return fmt.Sprintf("at %.6f s: %s", v.At.Seconds(), v.Text) }

// key identifies an entry.
type key struct {
	source  gossip.OriginID
	counter uint64
}

// entry is what is known of a broadcast value.
type entry struct {
	value   string
	origin  int
	holders int // live nodes that know it, and journals of dead ones
	acked   bool
}

// request is a client's.
type request struct {
	client string
	msgID  int64
}

// life is one of a node's.
type life struct {
	node  int
	epoch uint64
}

// place is where a node lives and dies.
type place struct {
	node    Node    // nil: none is running
	memory  *memory // of the present life, or of the last
	kept    *memory // of a dead one, whose journal waits for the next
	allowed map[string]int
	parent  string
	epoch   uint64
	begun   bool // it has a gossip core
	links   map[string]*linkMark
}

// memory is what one life of a node knows.
type memory struct {
	order []int32 // entries, by position in the log
	has   []bool  // by entry
}

func (m *memory) knows(id int32) bool { return int(id) < len(m.has) && m.has[id] }

// linkMark says up to where a link has been checked.
type linkMark struct {
	epoch   uint64
	checked int // all below is confirmed, and rightly so
}

// New returns a watch over nodes of the given names. spreads is the type of the
// request that brings a value, which an entry then is, in the field of the other name.
// Without it entries are of the nodes' making, and are not held to what clients asked.
func New(names []string, spreads, field string) *Watch {
	w := &Watch{
		spreads: spreads, field: field, names: names, index: map[string]int{}, places: make([]place, len(names)),
		ids: map[key]int32{}, byValue: map[string]int32{}, asked: map[request]string{}, lives: map[life]*memory{},
	}
	for i, name := range names {
		w.index[name] = i
		w.places[i].allowed = map[string]int{}
	}
	return w
}

// Violated returns the first thing that was wrong; nil if nothing was.
func (w *Watch) Violated() *Violation { return w.violated }

func (w *Watch) violate(now time.Duration, format string, args ...any) {
	if w.violated == nil {
		w.violated = &Violation{At: now, Text: fmt.Sprintf(format, args...)}
	}
}

// Born says that a node was started.
func (w *Watch) Born(_ time.Duration, node int, n Node) {
	p := &w.places[node]
	p.node, p.memory, p.begun, p.parent, p.epoch = n, &memory{}, false, "", 0
	p.links = map[string]*linkMark{}
	for i := range w.entries {
		if w.entries[i].holders > 0 {
			w.missing++
		}
	}
}

// Died says that a node was killed or ended. What it knew is gone with it,
// unless it has a journal.
func (w *Watch) Died(_ time.Duration, node int, journal bool) {
	p := &w.places[node]
	if p.node == nil {
		return
	}
	for i := range w.entries {
		if w.entries[i].holders > 0 && !p.memory.knows(int32(i)) {
			w.missing--
		}
	}
	p.node = nil
	if journal {
		if p.kept != nil {
			w.release(p.kept) // the present life had not come to read it
		}
		p.kept = p.memory
		return
	}
	w.release(p.memory)
}

// release takes a memory off those that hold its entries.
func (w *Watch) release(m *memory) {
	for _, id := range m.order {
		e := &w.entries[id]
		if e.holders--; e.holders == 0 {
			for i := range w.places {
				if p := &w.places[i]; p.node != nil && !p.memory.knows(id) {
					w.missing--
				}
			}
		}
	}
}

// Look looks at a node that has done something.
func (w *Watch) Look(now time.Duration, node int) {
	p := &w.places[node]
	if p.node == nil || w.violated != nil {
		return
	}
	log := p.node.Log()
	for at := len(p.memory.order); at < log.Len(); at++ {
		w.learn(now, node, log.At(at))
	}
	g, ok := p.node.Gossip()
	if !ok {
		return
	}
	if epoch := g.Incarnation(); epoch != p.epoch {
		p.epoch = epoch
		w.lives[life{node, epoch}] = p.memory
	}
	if !p.begun {
		p.begun = true
		w.recovered(now, node)
	}
	if err := g.Check(); err != nil {
		w.violate(now, "%s: %v", w.names[node], err)
		return
	}
	w.checkLinks(now, node, g)
	if parent := g.Parent(); parent != p.parent {
		p.parent = parent
		w.checkParents(now, node)
	}
}

// learn takes note of an entry that a node has come to know.
func (w *Watch) learn(now time.Duration, node int, e gossip.Entry) {
	k := key{e.Origin, e.Counter}
	id, known := w.ids[k]
	p := &w.places[node]
	if !known {
		origin := e.Origin.Value().Node
		if w.spreads != "" && (origin != w.names[node] || p.allowed[e.Value] == 0) {
			w.violate(now, "%s knows the value %.100s of %s, which nobody had broadcast there", w.names[node], e.Value, origin)
			return
		}
		if w.spreads != "" {
			p.allowed[e.Value]--
		}
		id = int32(len(w.entries))
		w.entries = append(w.entries, entry{value: e.Value, origin: node})
		w.ids[k], w.byValue[e.Value] = id, id
	}
	was := &w.entries[id]
	marked := w.spreads == "" && e.Value == gossip.Stood
	if w.spreads == "" && was.value == gossip.Stood { // it was seen first where it had travelled to as a mark
		was.value = e.Value
	}
	switch {
	case was.value != e.Value && !marked:
		w.violate(now, "%s knows the value %.100s as entry %d of %s, which is %.100s", w.names[node], e.Value, e.Counter, w.names[was.origin], was.value)
		return
	case p.memory.knows(id):
		w.violate(now, "%s has the entry %d of %s twice", w.names[node], e.Counter, w.names[was.origin])
		return
	}
	p.memory.add(id)
	if was.holders++; was.holders > 1 {
		w.missing--
	} else {
		for i := range w.places {
			if other := &w.places[i]; other.node != nil && !other.memory.knows(id) {
				w.missing++
			}
		}
	}
	if n := len(w.learnt); n == 0 || w.learnt[n-1] != now {
		w.learnt = append(w.learnt, now)
	}
}

// recovered holds a node that has just begun to what the journal of its former
// life kept.
func (w *Watch) recovered(now time.Duration, node int) {
	p := &w.places[node]
	if p.kept == nil {
		return
	}
	for _, id := range p.kept.order {
		if !p.memory.knows(id) {
			w.violate(now, "%s was started again and its journal lacks %.100s, which it had known", w.names[node], w.entries[id].value)
			return
		}
	}
	w.release(p.kept)
	p.kept = nil
}

// checkLinks holds the links of a node to what their other ends know.
func (w *Watch) checkLinks(now time.Duration, node int, g gossip.View) {
	p := &w.places[node]
	g.Links(func(l gossip.LinkView) {
		mark := p.links[l.Peer()]
		if mark == nil {
			mark = &linkMark{}
			p.links[l.Peer()] = mark
		}
		if mark.epoch != l.Incarnation() {
			*mark = linkMark{epoch: l.Incarnation()}
		}
		var theirs *memory
		l.Confirmed(func(from, to int) {
			from = max(from, mark.checked)
			if from >= to || w.violated != nil {
				return
			}
			if theirs == nil {
				if theirs = w.lives[life{w.index[l.Peer()], l.Incarnation()}]; theirs == nil {
					theirs = &memory{}
				}
			}
			for at := from; at < to; at++ {
				if id := p.memory.order[at]; !theirs.knows(id) {
					w.violate(now, "%s counts the value %.100s as confirmed by %s, which does not know it",
						w.names[node], w.entries[id].value, l.Peer())
					return
				}
			}
			if from == mark.checked {
				mark.checked = to
			}
		})
	})
}

// checkParents follows a node's parents, and theirs.
func (w *Watch) checkParents(now time.Duration, node int) {
	at := node
	for range w.places {
		p := &w.places[at]
		if p.node == nil || p.parent == "" {
			return
		}
		if at = w.index[p.parent]; at == node {
			w.violate(now, "%s is among its own ancestors: its parent is %s", w.names[node], w.places[node].parent)
			return
		}
	}
}

// Missing is how many entries are known somewhere, or kept in a journal, and not
// to every live node, one for each node that lacks one.
func (w *Watch) Missing() int { return w.missing }

// Learnt is when a node last came to know anything, and LearntBefore the same up to a
// time; 0 if none has.
func (w *Watch) Learnt() time.Duration { return w.LearntBefore(math.MaxInt64) }

func (w *Watch) LearntBefore(at time.Duration) time.Duration {
	i, found := slices.BinarySearch(w.learnt, at)
	if found {
		return at
	}
	if i == 0 {
		return 0
	}
	return w.learnt[i-1]
}

// Alive lists the values that must be known: those that a live node knows, or
// the journal of a dead one.
func (w *Watch) Alive() []string {
	var out []string
	for i := range w.entries {
		if w.entries[i].holders > 0 {
			out = append(out, w.entries[i].value)
		}
	}
	return out
}

// Lost is how many values were acknowledged and then rightly lost: every node
// that knew them was killed.
func (w *Watch) Lost() (count int) {
	for i := range w.entries {
		if w.entries[i].acked && w.entries[i].holders == 0 {
			count++
		}
	}
	return count
}
