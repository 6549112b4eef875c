package set

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/app"
	"treecast/gossip"
	"treecast/wire"
)

func shown(t *testing.T, s *State) (text string) {
	a := s.Serve(0, &app.Call{Class: app.Read})
	text = string(a.Reply.Open)
	for _, part := range a.Reply.List.Parts(nil) {
		text += string(part)
	}
	return text + string(a.Reply.Close)
}

func TestState_showsEqualValuesOnce(t *testing.T) {
	s := New(Words{Added: &app.Reply{Type: "add_ok"}, Open: []byte(`,"value":[`)})
	for i, value := range []string{`1`, `{"b":1,"a":2}`, `{"a":2, "b":1}`, `1.0`, `1`} {
		a := s.Serve(0, &app.Call{Class: app.Write, Value: []byte(value)})
		require.Equal(t, "add_ok", a.Reply.Type)
		require.Equal(t, value, a.Entry, "it is passed on as it was spelt")
		key, err := Check(a.Entry)
		require.NoError(t, err)
		require.Equal(t, key, a.Key)
		s.Apply(&gossip.Entry{Origin: gossip.NewOriginID("n0", "a"), Counter: uint64(i + 1), Value: a.Entry}, a.Key, i)
	}
	require.Equal(t, `,"value":[1,{"b":1,"a":2},1.0]`, shown(t, s))
	require.Equal(t, 3, s.Size())
}

// A read shows what there was when it was asked for, whatever comes before it is written.
func TestState_viewStaysAsItIs(t *testing.T) {
	s := New(Words{})
	var views []app.List
	for i := range 1000 {
		views = append(views, s.Serve(0, &app.Call{Class: app.Read}).Reply.List)
		s.Apply(&gossip.Entry{Counter: uint64(i + 1), Value: fmt.Sprint(i)}, fmt.Sprint(i), i)
	}
	for i, v := range views {
		count := 0
		for _, part := range v.Parts(nil) {
			for _, c := range part {
				if c == ',' {
					count++
				}
			}
		}
		require.Equal(t, max(0, i-1), count)
	}
}

func TestState_refusesWhatIsNoValue(t *testing.T) {
	s := New(Words{What: "the element"})
	a := s.Serve(0, &app.Call{Class: app.Write, Value: []byte(`"\ud800`)})
	require.Equal(t, wire.MalformedRequest, a.Code)
	require.ErrorContains(t, fmt.Errorf("%s", a.Text), "the element must be a JSON value")
}
