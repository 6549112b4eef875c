package node

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/isolate/hop"
	"treecast/node/inject"
)

func TestIsolated_refusesFaultsOfProcessesThatThereAreNot(t *testing.T) {
	for _, mode := range []hop.Mode{hop.None, hop.Gossip} {
		_, err := New(Config{
			Random: NewRig(t).cfg.Random, Log: NewRig(t).cfg.Log, Isolation: Isolation{Mode: mode},
			Faults: []inject.Fault{{Service: "gossip", Kind: inject.Rogue, How: "flood"}},
		}, nil)
		require.ErrorContains(t, err, "it is of a process of the node's own")
	}
}

// What is not durable is told once, and all of it to a child that is new.
func TestNotDurable_tellsWhatHasChanged(t *testing.T) {
	u := &notDurable{}
	told, version := u.changed(0, true)
	require.Nil(t, told, "there is nothing")
	u.add([]gossip.Entry{{Origin: gossip.NewOriginID("n1", "l"), Counter: 5, Value: "5"}, {Origin: gossip.NewOriginID("n1", "l"), Counter: 6, Value: "6"}})
	told, version = u.changed(version, false)
	require.Len(t, told.Lines, 1)
	require.EqualValues(t, 2, told.Lines[0].Counters.Count())
	again, same := u.changed(version, false)
	require.Nil(t, again)
	require.Equal(t, version, same)
	again, _ = u.changed(version, true)
	require.Equal(t, told, again)
	u.clear()
	told, version = u.changed(version, false)
	require.NotNil(t, told)
	require.Empty(t, told.Lines)
	told, _ = u.changed(version, true)
	require.Nil(t, told)
}

// The bytes of messages are given back, whatever becomes of them.
func TestIsolated_givesBackTheBytesOfMessages(t *testing.T) {
	for _, mode := range []hop.Mode{hop.Gossip, hop.Links} {
		r := NewRig(t, func(c *Config) { c.Isolation.Mode = mode })
		r.AdmitLines(0, InitLine(0, "n0", "n0", "n1"))
		for i := range 20 {
			now := time.Duration(i) * time.Millisecond
			r.AdmitLines(now, Say("n1", "n0", `{"type":"gossip","e":1,"f":0}`), Say("n1", "n0", `{"type":"gossip","e":{}}`))
			require.Positive(t, r.gossipBytes.used.Load())
			for work := (Work{Did: true}); work.Did; {
				var err error
				work, err = r.isolated.Step(now)
				require.NoError(t, err)
			}
			require.Zero(t, r.gossipBytes.used.Load())
		}
		require.EqualValues(t, 20, r.counters.badPeerMsgs.Load())
	}
}
