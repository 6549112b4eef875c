package node

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Nodes that share a cache share the tree of one cluster.
func TestMembershipCache_sharesOneCluster(t *testing.T) {
	shared := &MembershipCache{}
	with := func(c *Config) { c.Memberships = shared }
	a := StartedRig(t, []string{"n2", "n10", "n0"}, with)
	b := NewRig(t, with)
	b.AdmitLines(0, InitLine(1, "n10", "n2", "n10", "n0"))
	c := NewRig(t, with)
	c.AdmitLines(0, InitLine(2, "n0", "n0", "n2", "n10", "n11"))
	alone := StartedRig(t, []string{"n2", "n10", "n0"})

	require.Same(t, a.intake.self.members, b.intake.self.members)
	require.Equal(t, "n10", b.intake.self.id)
	require.Equal(t, []string{"n0", "n2", "n10", "n11"}, c.intake.self.members.Nodes(), "another cluster is another tree")
	require.Equal(t, a.intake.self.members, alone.intake.self.members)
	require.NotSame(t, a.intake.self.members, alone.intake.self.members)
}

// A cluster that cannot be is not shared.
func TestMembershipCache_keepsNoErrors(t *testing.T) {
	shared := &MembershipCache{}
	for range 2 {
		_, err := shared.parse([]byte(`["n0","n0"]`))
		require.ErrorContains(t, err, "duplicate")
		_, err = shared.parse([]byte(`["n0",1]`))
		require.ErrorContains(t, err, "list of strings")
		_, err = shared.parse(nil)
		require.ErrorContains(t, err, "no node ids")
	}
	tree, err := shared.parse([]byte(`["n1","n0"]`))
	require.NoError(t, err)
	require.Equal(t, []string{"n0", "n1"}, tree.Nodes())
}
