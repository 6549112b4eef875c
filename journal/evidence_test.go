package journal

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func client(n int64) Seen { return Seen{Client: n, HasClient: true} }

func both(id, client int64) Seen {
	return Seen{ID: id, HasID: true, Client: client, HasClient: true}
}

// An init is evidence if it came later than all that was seen.
func TestEvidence_laterInit(t *testing.T) {
	for _, c := range []struct {
		about      string
		init, seen Seen
		want       bool
	}{
		{"a restart", both(500, 60), both(499, 50), true},
		{"a later run", both(4, 2), both(499, 50), false},
		{"a later run, after one that ended at once", both(8, 4), both(3, 1), false},
		{"the same message", both(499, 60), both(499, 50), false},
		{"among a run's first messages", both(9, 9), both(3, 1), false},
		{"the first beyond them", both(10, 9), both(3, 1), true},
		{"the id decides where there is one", both(500, 3), both(499, 50), true},
		{"", both(498, 70), both(499, 50), false},
		{"clients, without ids", client(60), client(50), true},
		{"", client(50), client(50), false},
		{"", client(4), client(3), false},
		{"an id on one side only", both(500, 60), client(50), true},
		{"", both(500, 40), client(50), false},
		{"nothing to go by", Seen{}, both(499, 50), false},
		{"", both(500, 60), Seen{}, false},
	} {
		s := Start{Node: "n0", Nodes: 5, Init: c.init}
		require.Equal(t, c.want, s.laterThan(c.seen), "%s: %+v after %+v", c.about, c.init, c.seen)
	}
}

// A segment is a nodes own of its run.
func TestEvidence_nodeAndRun(t *testing.T) {
	restart := Start{Node: "n0", Nodes: 2, Init: both(50, 9)}
	found := func(node, run string) *scan {
		return &scan{header: header{node: node, run: run}, incarnations: 1, seen: both(20, 5)}
	}
	require.True(t, restart.evidence(found("n0", ""), ""))
	require.False(t, restart.evidence(found("n1", ""), ""))
	require.False(t, restart.evidence(found("n0", "a"), ""), "of a named run")
	require.False(t, restart.evidence(found("n0", ""), "a"), "of one without a name")
	require.False(t, restart.evidence(found("n0", "b"), "a"))
	require.True(t, restart.evidence(found("n0", "a"), "a"))
	again := Start{Node: "n0", Nodes: 2, Init: both(0, 0)}
	require.True(t, again.evidence(found("n0", "a"), "a"), "the name says enough")
	noLife := found("n0", "a")
	noLife.incarnations = 0
	require.True(t, restart.evidence(noLife, "a"), "its first frame may be damaged")
}

// A client's number is in its name.
func TestEvidence_clientNumber(t *testing.T) {
	for name, want := range map[string]int64{"c0": 0, "c12": 12, "c007": 7, "c": -1, "n1": -1, "client3": -1, "c-1": -1, "c1x": -1, "": -1, "c99999999999999999999": -1} {
		n, ok := ClientNumber(name)
		require.Equal(t, want >= 0, ok, name)
		if ok {
			require.Equal(t, want, n, name)
		}
	}
}

// What was seen is the highest of all.
func TestEvidence_seenIsTheHighest(t *testing.T) {
	var s Seen
	s.add(id(0))
	require.Equal(t, id(0), s, "0 is an id")
	s.add(client(3))
	s.add(both(7, 1))
	s.add(id(5))
	require.Equal(t, both(7, 3), s)
}
