package virtual

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/node"
)

// More nodes than start in two seconds one after another, and more than a star
// is chosen for.
func TestThousandsOfNodesAreThereSoonAndHearOfEverything(t *testing.T) {
	const nodes = 1100
	cfg := config(t, nodes)
	cfg.Session.TimeLimit, cfg.Session.Quiet, cfg.Session.RatePerSec = sec, 2*sec, 20
	out := carryOut(t, cfg, Observers{})
	requireSpread(t, out.History)
	require.Less(t, out.LoadStarted, startWithin+10*ms)
	require.Greater(t, out.LoadStarted, startWithin-10*ms)
	require.Less(t, out.LoadStarted, nodes*DefaultCosts().Start)
}

// Nodes of a run share what they make of its init, and of no other's.
func TestEachRunHasARosterOfItsOwn(t *testing.T) {
	cfg := config(t, 3)
	cfg.Node.Memberships = &node.MembershipCache{}
	one, err := prepare(cfg, Observers{})
	require.NoError(t, err)
	other, err := prepare(cfg, Observers{})
	require.NoError(t, err)
	require.NotSame(t, one.cfg.Node.Memberships, other.cfg.Node.Memberships)
	require.NotSame(t, cfg.Node.Memberships, one.cfg.Node.Memberships)
}
