// Package set is what the workloads have in common that gather values into a set which
// only grows: a value is an entry, and equal ones are shown once.
package set

import (
	"fmt"
	"time"

	"treecast/app"
	"treecast/app/values"
	"treecast/gossip"
	"treecast/wire"
)

// Words are what tells one such workload from another.
type Words struct {
	Added *app.Reply // to a request that adds a value
	Open  []byte     // what opens the list in the reply to a read, as `,"messages":[`
	What  string     // what a value is to a client, in an error
}

var listClose = []byte{']'}

// State is the set on a node.
type State struct {
	app.Idle
	words  Words
	values values.Set
	list   values.List
}

// New returns an empty set.
func New(w Words) *State { return &State{words: w} }

// Check returns a value's canonical form, by which values are compared.
func Check(value string) (string, error) { return wire.Canonical([]byte(value)) }

// Serve shows all values, or gives out one.
func (s *State) Serve(_ time.Duration, c *app.Call) app.Answer {
	if c.Class == app.Read {
		shown := s.list.View()
		return app.Answer{Reply: &app.Reply{Type: "read_ok", Open: s.words.Open, List: shown, Close: listClose}}
	}
	key, err := wire.Canonical(c.Value)
	if err != nil {
		return app.Refuse(wire.MalformedRequest, fmt.Sprintf("%s must be a JSON value: %v", s.words.What, err))
	}
	value := key // one string for both, as a rule
	if value != string(c.Value) {
		value = string(c.Value)
	}
	return app.Answer{Reply: s.words.Added, Entry: value, Key: key}
}

// Apply has reads show a value, if they do not yet.
func (s *State) Apply(e *gossip.Entry, key string, _ int) {
	if s.values.Add(key) {
		shown := e.Value
		if shown != key { // else it is canonical, and so without space
			shown = string(wire.OneLine([]byte(shown)))
		}
		s.list.Add(shown)
	}
}

// Size is how many values are shown.
func (s *State) Size() int { return s.list.Len() }
