package frame

import (
	"reflect"

	"treecast/gossip"
	"treecast/topology"
)

var (
	originType = reflect.TypeFor[gossip.OriginID]()
	treeType   = reflect.TypeFor[*topology.Tree]()
	errorType  = reflect.TypeFor[error]()
)

// special returns the plan of a type that is no plain data but stands for some;
// nil if it does not.
func special(t reflect.Type) *plan {
	switch t {
	case originType:
		return originPlan
	case treeType:
		return treePlan
	case errorType:
		return errorPlan
	}
	return nil
}

// origins are those that a payload has named so far. Each is spelt once; then its
// place in this list stands for it.
type origins struct {
	all    []gossip.OriginID
	places map[gossip.OriginID]int // where there are many
}

// few is up to how many origins are looked through one by one.
const few = 8

// place is where an origin stands, -1 if it was not named.
func (o *origins) place(id gossip.OriginID) int {
	if o.places != nil {
		if at, ok := o.places[id]; ok {
			return at
		}
		return -1
	}
	for i := range o.all {
		if o.all[i] == id {
			return i
		}
	}
	return -1
}

func (o *origins) add(id gossip.OriginID) {
	o.all = append(o.all, id)
	if len(o.all) == few+1 {
		o.places = map[gossip.OriginID]int{}
		for i, id := range o.all {
			o.places[id] = i
		}
	} else if o.places != nil {
		o.places[id] = len(o.all) - 1
	}
}

// originPlan is that of an origin: 0 and its two names, or a place, counted from 1.
var originPlan = &plan{"origin", func(w *writer, v reflect.Value) {
	id := v.Interface().(gossip.OriginID)
	if at := w.origins.place(id); at >= 0 {
		w.uint(uint64(at) + 1)
		return
	}
	w.uint(0)
	w.origins.add(id)
	var o gossip.Origin
	if id != (gossip.OriginID{}) {
		o = id.Value()
	}
	w.text(o.Node)
	w.text(o.Log)
}, func(r *reader, v reflect.Value) {
	at := r.uint()
	if at > uint64(len(r.origins.all)) {
		r.fail("origin %d of %d", at, len(r.origins.all))
		return
	}
	if at == 0 {
		node, log := r.bytes(), r.bytes()
		if r.err != nil {
			return
		}
		r.origins.all = append(r.origins.all, gossip.NewOriginID(string(node), string(log)))
		at = uint64(len(r.origins.all))
	}
	v.Set(reflect.ValueOf(r.origins.all[at-1]))
}}

// treePlan is that of a tree: its nodes. The fan-out is that of a chain, as in a
// membership.
var treePlan = &plan{"tree", func(w *writer, v reflect.Value) {
	nodes := v.Interface().(*topology.Tree).Nodes()
	w.uint(uint64(len(nodes)))
	for _, name := range nodes {
		w.text(name)
	}
}, func(r *reader, v reflect.Value) {
	n := r.uint()
	if n > uint64(len(r.left)) || n > uint64(r.elements) {
		r.fail("a tree of %d nodes", n)
		return
	}
	r.elements -= int(n)
	names := make([]string, 0, n)
	for range n {
		names = append(names, string(r.bytes()))
	}
	tree, err := topology.New(names, 1)
	if r.err == nil && err != nil {
		r.fail("a tree: %v", err)
	}
	if r.err == nil {
		v.Set(reflect.ValueOf(tree))
	}
}}
