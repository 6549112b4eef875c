package kafka

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/app"
	"treecast/gossip"
	"treecast/wire"
)

// cluster is nodes whose entries reach each other in any order, or not for long, and
// that lose what they please when they are started again.
type cluster struct {
	t     require.TestingT
	nodes []*node
	texts map[spot]string // what was ever shown or is held under a key and offset
	given int
	epoch uint64

	wrong func(*Log) // makes a state wrong after each of its calls; nil: it is right
}

type spot struct {
	key    string
	offset int64
}

type ref struct {
	origin  gossip.OriginID
	counter uint64
}

type node struct {
	index   int
	log     *Log
	origin  gossip.OriginID
	counter uint64
	pending []gossip.Entry // given out, not durable
	holds   map[ref]string
	client  map[string]*reader
}

// reader is what a client has seen of a key.
type reader struct {
	next int64
	seen []int64
}

func newCluster(t require.TestingT, count int) *cluster {
	c := &cluster{t: t, texts: map[spot]string{}}
	for i := range count {
		c.nodes = append(c.nodes, &node{index: i, client: map[string]*reader{}})
	}
	for _, n := range c.nodes {
		c.start(n, false, nil)
	}
	return c
}

// start begins a life of a node with what its journal kept.
func (c *cluster) start(n *node, restart bool, kept map[ref]string) {
	c.epoch++
	var names []string
	for i := range c.nodes {
		names = append(names, "n"+strconv.Itoa(i))
	}
	life := fmt.Sprint("life", c.epoch)
	n.log = New(app.Env{Self: names[n.index], Index: n.index, Nodes: names, Life: life, Epoch: c.epoch, Restart: restart}).(*Log)
	n.origin, n.counter, n.pending, n.holds = gossip.NewOriginID(names[n.index], life+mark), 0, nil, map[ref]string{}
	for r, text := range kept {
		c.apply(n, r, text)
	}
	c.mistake(n)
}

func (c *cluster) mistake(n *node) {
	if c.wrong != nil {
		c.wrong(n.log)
	}
}

func (c *cluster) apply(n *node, r ref, text string) {
	n.holds[r] = text
	n.log.Apply(&gossip.Entry{Origin: r.origin, Counter: r.counter, Value: text}, "", len(n.holds)-1)
	c.mistake(n)
}

// give gives out an entry, which becomes durable later.
func (n *node) give(text string) {
	n.counter++
	n.pending = append(n.pending, gossip.Entry{Origin: n.origin, Counter: n.counter, Value: text})
}

// durable makes the oldest entry of a node's own durable.
func (c *cluster) durable(n *node) {
	e := n.pending[0]
	n.pending = n.pending[1:]
	c.apply(n, ref{e.Origin, e.Counter}, e.Value)
	if v, err := decode(e.Value); err == nil && v.message != nil {
		at := spot{v.key, v.offset}
		before, known := c.texts[at]
		require.False(c.t, known && before != string(v.message), "two messages at %v: %s and %s", at, before, v.message)
		c.texts[at] = string(v.message)
	}
}

func (c *cluster) send(n *node, key string) {
	c.given++
	a := n.log.Serve(0, &app.Call{Class: app.Write, Data: send{key}, Value: []byte(strconv.Itoa(c.given))})
	c.mistake(n)
	if a.Code == 0 {
		n.give(a.Entry)
	} else {
		require.Equal(c.t, wire.TemporarilyUnavailable, a.Code)
	}
}

// report has a node tell what it holds, if it wants to.
func (c *cluster) report(n *node) bool {
	if n.log.Next(0) != 0 {
		return false
	}
	text, _, ok := n.log.Step(0)
	c.mistake(n)
	if ok {
		n.give(text)
	}
	return ok
}

// poll has a node's client read on.
func (c *cluster) poll(n *node, keys []string) {
	var from poll
	for _, key := range keys {
		if n.client[key] == nil {
			n.client[key] = &reader{}
		}
		from = append(from, at{key, n.client[key].next})
	}
	for key, pairs := range c.polled(n, from) {
		r := n.client[key]
		for _, p := range pairs {
			require.GreaterOrEqual(c.t, p.offset, r.next)
			r.seen, r.next = append(r.seen, p.offset), p.offset+1
			require.Equal(c.t, c.texts[spot{key, p.offset}], p.text)
		}
	}
}

type pair struct {
	offset int64
	text   string
}

func (c *cluster) polled(n *node, from poll) map[string][]pair {
	a := n.log.Serve(0, &app.Call{Class: app.Read, Data: from})
	require.Zero(c.t, a.Code)
	var body struct {
		Msgs map[string][][2]json.RawMessage
	}
	require.NoError(c.t, json.Unmarshal([]byte(`{"x":0`+string(a.Reply.Fields)+`}`), &body))
	out := map[string][]pair{}
	for key, list := range body.Msgs {
		for _, p := range list {
			offset, ok := wire.Int(p[0])
			require.True(c.t, ok)
			out[key] = append(out[key], pair{offset, string(p[1])})
		}
	}
	return out
}

// refs lists what a node holds that another does not, in an order that is always the
// same.
func (n *node) refs(without *node) []ref {
	return slices.SortedFunc(maps.Keys(n.holds), func(a, b ref) int {
		if a.origin != b.origin {
			return slices.Compare([]string{a.origin.Value().Node, a.origin.Value().Log}, []string{b.origin.Value().Node, b.origin.Value().Log})
		}
		return int(a.counter) - int(b.counter)
	})[:len(n.holds):len(n.holds)]
}

// restart starts a node again. It keeps what keep says of what it held.
func (c *cluster) restart(n *node, keep func(ref) bool) {
	kept := map[ref]string{}
	for r, text := range n.holds {
		if keep(r) {
			kept[r] = text
		}
	}
	c.start(n, true, kept)
	// What nobody holds any more is lost, and its offset may be given again.
	held := map[spot]bool{}
	for _, n := range c.nodes {
		for _, text := range n.holds {
			if v, err := decode(text); err == nil && v.message != nil {
				held[spot{v.key, v.offset}] = true
			}
		}
	}
	maps.DeleteFunc(c.texts, func(s spot, _ string) bool { return !held[s] })
}

// settle lets everything reach everybody.
func (c *cluster) settle() {
	for round := range 100 {
		any := false
		for _, n := range c.nodes {
			for c.report(n) {
				any = true
			}
			for len(n.pending) > 0 {
				c.durable(n)
				any = true
			}
			for _, to := range c.nodes {
				for _, r := range n.refs(to) {
					if _, known := to.holds[r]; !known {
						c.apply(to, r, n.holds[r])
						any = true
					}
				}
			}
		}
		if !any {
			return
		}
		require.Less(c.t, round, 50, "reports beget reports for ever")
	}
}

// check holds every client to what there is in the end.
func (c *cluster) check(keys []string) {
	c.settle()
	want := map[string][]pair{}
	for s, text := range c.texts {
		want[s.key] = append(want[s.key], pair{s.offset, text})
	}
	for _, list := range want {
		slices.SortFunc(list, func(a, b pair) int { return int(a.offset - b.offset) })
	}
	for _, n := range c.nodes {
		require.True(c.t, n.log.ready)
		var from poll
		for _, key := range keys {
			from = append(from, at{key, 0})
		}
		require.Equal(c.t, want, c.polled(n, from), "node %d shows all", n.index)
		c.poll(n, keys)
		for key, r := range n.client {
			for _, p := range want[key] {
				require.Contains(c.t, r.seen, p.offset, "the client of node %d has skipped offset %d of key %s", n.index, p.offset, key)
			}
		}
	}
}

// run does what is drawn.
func (c *cluster) run(t *rapid.T, restarts bool) {
	keys := []string{"a", "b"}
	some := func() *node { return rapid.SampledFrom(c.nodes).Draw(t, "node") }
	actions := map[string]func(*rapid.T){
		"send":   func(t *rapid.T) { c.send(some(), rapid.SampledFrom(keys).Draw(t, "key")) },
		"report": func(t *rapid.T) { c.report(some()) },
		"durable": func(t *rapid.T) {
			if n := some(); len(n.pending) > 0 {
				c.durable(n)
			}
		},
		"poll": func(t *rapid.T) { c.poll(some(), keys) },
		"deliver": func(t *rapid.T) {
			from, to := some(), some()
			for _, r := range from.refs(to) {
				if _, known := to.holds[r]; !known && rapid.IntRange(0, 3).Draw(t, "skip") > 0 {
					c.apply(to, r, from.holds[r])
				}
			}
		},
		"deliver all": func(t *rapid.T) {
			from, to := some(), some()
			refs := from.refs(to)
			if rapid.Bool().Draw(t, "backwards") {
				slices.Reverse(refs)
			}
			for _, r := range refs {
				if _, known := to.holds[r]; !known {
					c.apply(to, r, from.holds[r])
				}
			}
		},
	}
	if restarts {
		actions["restart"] = func(t *rapid.T) {
			n := some()
			switch rapid.IntRange(0, 2).Draw(t, "journal") {
			case 0: // whole
				c.restart(n, func(ref) bool { return true })
			case 1: // nothing
				c.restart(n, func(ref) bool { return false })
			default: // its tail is missing
				last := rapid.Uint64Range(0, n.counter).Draw(t, "last")
				own := n.origin
				c.restart(n, func(r ref) bool { return r.origin != own || r.counter <= last })
			}
		}
	}
	t.Repeat(actions)
	c.check(keys)
}

// No client skips a message, none is shown twice or under two offsets, and in the end
// every node shows all, whatever reaches whom when.
func TestLog_noClientSkipsAMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		newCluster(t, rapid.IntRange(1, 4).Draw(t, "nodes")).run(t, false)
	})
}

// The same where nodes are started again with all, a part or nothing of what they held.
func TestLog_noClientSkipsAMessageWhenNodesForget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		newCluster(t, rapid.IntRange(2, 4).Draw(t, "nodes")).run(t, true)
	})
}
