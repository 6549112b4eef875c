package kafka

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/app"
	"treecast/gossip"
	"treecast/wire"
)

// some hands on those entries of one node to another that pass.
func (c *cluster) some(from, to int, pass func(ref, string) bool) {
	for _, r := range c.nodes[from].refs(nil) {
		if text := c.nodes[from].holds[r]; pass(r, text) {
			c.apply(c.nodes[to], r, text)
		}
	}
}

func (c *cluster) all(from, to int) { c.some(from, to, func(ref, string) bool { return true }) }

// flush makes durable what a node has given out, a report that it owes included.
func (c *cluster) flush(node int) {
	n := c.nodes[node]
	c.report(n)
	for len(n.pending) > 0 {
		c.durable(n)
	}
}

func (c *cluster) code(node int, data any, class app.Class) int {
	return c.nodes[node].log.Serve(0, &app.Call{Class: class, Data: data, Value: []byte("1")}).Code
}

// A node that was started again with nothing takes no message until each other node has
// told what it holds; commits and reads are answered all the time.
func TestLog_blankRestartWaitsForEveryOther(t *testing.T) {
	c := newCluster(t, 3)
	c.send(c.nodes[1], "k")
	c.flush(1)
	c.all(1, 2)
	c.flush(2)
	c.restart(c.nodes[1], func(ref) bool { return false })
	c.flush(1) // it says that it is new

	refused := func() {
		require.Equal(t, wire.TemporarilyUnavailable, c.code(1, send{"k"}, app.Write))
		require.Zero(t, c.code(1, commit{{"k", 3}}, app.Must))
		require.Zero(t, c.code(1, poll{{"k", 0}}, app.Read))
		require.Zero(t, c.code(1, committed{"k"}, app.Read))
	}
	refused()
	c.all(1, 0)
	c.flush(0)
	c.all(0, 1)
	refused() // n2 is out of reach
	c.all(1, 2)
	c.flush(2)
	c.some(2, 1, func(_ ref, text string) bool { v, _ := decode(text); return v.report != nil })
	refused() // it has told, and what it told is not here
	c.all(2, 1)
	c.send(c.nodes[1], "k")
	v, err := decode(c.nodes[1].pending[0].Value)
	require.NoError(t, err)
	require.Equal(t, int64(4), v.offset, "offset 1 is what its former life gave out")
	c.check([]string{"k"})
}

// What a node tells before it knows what the others hold makes nothing stable.
func TestLog_unreadyReportsCountForNobody(t *testing.T) {
	c := newCluster(t, 3)
	c.send(c.nodes[1], "k") // offset 1
	c.flush(1)
	c.all(1, 2)
	c.send(c.nodes[2], "k") // offset 5
	c.flush(2)
	c.restart(c.nodes[1], func(ref) bool { return false })
	later := func(r ref, text string) bool { v, _ := decode(text); return v.message == nil || v.offset == 5 }
	c.some(2, 1, later)
	c.flush(1)
	c.some(1, 0, later)
	c.some(2, 0, later)
	c.poll(c.nodes[0], []string{"k"})
	require.Empty(t, c.nodes[0].client["k"].seen)
	c.check([]string{"k"})
}

// A life whose clock was set back is the later one all the same, once it hears of the
// former.
func TestLog_clockSetBack(t *testing.T) {
	c := newCluster(t, 2)
	c.send(c.nodes[0], "k")
	c.flush(0)
	c.all(0, 1)
	c.flush(1) // its report bears its epoch
	c.all(1, 0)
	c.restart(c.nodes[1], func(ref) bool { return false })
	c.nodes[1].log.epoch = 1
	c.check([]string{"k"})
	require.Greater(t, c.nodes[1].log.epoch, uint64(1))
	c.send(c.nodes[1], "k")
	c.check([]string{"k"})
}

func TestLog_commitsOnlyGrow(t *testing.T) {
	l := New(app.Env{Self: "n0", Nodes: []string{"n0"}, Life: "a"}).(*Log)
	a := l.Serve(0, &app.Call{Class: app.Must, Data: commit{{"a", 3}, {"b", 2}}})
	require.Equal(t, `{"c":{"a":3,"b":2}}`, a.Entry)
	a = l.Serve(0, &app.Call{Class: app.Must, Data: commit{{"a", 2}, {"b", 4}}})
	require.Equal(t, `{"c":{"b":4}}`, a.Entry)
	require.Equal(t, app.Answer{Reply: committedOK, Behind: true}, l.Serve(0, &app.Call{Class: app.Must, Data: commit{{"a", 3}}}))
	l.Apply(&gossip.Entry{Origin: gossip.NewOriginID("n1", "b.kafka"), Counter: 1, Value: `{"c":{"a":1,"c":7}}`}, "", 0)
	a = l.Serve(0, &app.Call{Class: app.Read, Data: committed{"a", "b", "c", "d"}})
	require.Equal(t, `,"offsets":{"a":3,"b":4,"c":7}`, string(a.Reply.Fields))
}

func TestParse_readsRequests(t *testing.T) {
	for body, want := range map[string]app.Call{
		`{"type":"send","key":"k","msg":[1]}`:                {Class: app.Write, Value: []byte("[1]"), Data: send{"k"}},
		`{"type":"poll","offsets":{"a":1,"b":0}}`:            {Class: app.Read, Data: poll{{"a", 1}, {"b", 0}}},
		`{"type":"poll","offsets":{}}`:                       {Class: app.Read, Data: poll(nil)},
		`{"type":"commit_offsets","offsets":{"a":1}}`:        {Class: app.Must, Data: commit{{"a", 1}}},
		`{"type":"list_committed_offsets","keys":["a","b"]}`: {Class: app.Read, Data: committed{"a", "b"}},
		`{"type":"list_committed_offsets","keys":null}`:      {Class: app.Read, Data: committed(nil)},
		`{"type":"read"}`:                                    {},
	} {
		typ, _ := textField(app.Body(body), "type")
		call, err := parse(typ, app.Body(body))
		require.NoError(t, err, body)
		require.Equal(t, want, call, body)
	}
	for _, body := range []string{
		`{"type":"send","key":1,"msg":1}`, `{"type":"send","key":"k"}`, `{"type":"poll"}`, `{"type":"poll","offsets":{"a":-1}}`,
		`{"type":"commit_offsets","offsets":[1]}`, `{"type":"list_committed_offsets","keys":[1]}`, `{"type":"list_committed_offsets"}`,
	} {
		typ, _ := textField(app.Body(body), "type")
		_, err := parse(typ, app.Body(body))
		require.Error(t, err, body)
	}
}

// Nothing that a peer can send breaks a node.
func FuzzApply(f *testing.F) {
	for _, text := range []string{
		`{"k":"9","o":12,"m":7}`, `{"c":{"9":12}}`, `{"e":7,"r":true,"h":[["n1","k2x.kafka",[[1,5]]]]}`, `{"k":"9","o":-1,"m":7}`,
		`{"e":1,"h":[["n1","x.kafka",[[1,999999999]]]]}`, `0`, `{}`, `{"k":"a","o":9007199254740993,"m":1}`,
	} {
		f.Add(text, uint64(1))
	}
	f.Fuzz(func(t *testing.T, text string, counter uint64) {
		l := New(app.Env{Self: "n0", Nodes: []string{"n0", "n1"}, Life: "a"}).(*Log)
		if _, err := check(text); err != nil {
			return
		}
		l.Apply(&gossip.Entry{Origin: gossip.NewOriginID("n1", "x.kafka"), Counter: counter%100 + 1, Value: text}, "", 0)
		l.Apply(&gossip.Entry{Origin: gossip.NewOriginID("n0", "y.kafka"), Counter: 1, Value: text}, "", 1)
		l.Step(0)
		require.Zero(t, l.Serve(0, &app.Call{Class: app.Read, Data: poll{{"9", 0}}}).Code)
	})
}
