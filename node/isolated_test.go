package node

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/isolate/frame"
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

// deaf starts children that are ready, and never answer.
type deaf struct{}

func (deaf) InProcess() bool { return false }

func (deaf) Launch(time.Duration, *hop.Hello, func(), *slog.Logger) hop.Conn { return &deafChild{} }

type deafChild struct {
	hop.Conn
	ready bool
}

func (*deafChild) Send(time.Duration, frame.Type, []byte) {}
func (*deafChild) Flush()                                 {}
func (*deafChild) Ended() (string, bool)                  { return "", false }
func (*deafChild) Memory() int64                          { return 0 }
func (*deafChild) Pid() int                               { return 1 }
func (c *deafChild) Receive() (m frame.Message, ok bool, err error) {
	if c.ready {
		return m, false, nil
	}
	c.ready = true
	return frame.Message{Type: hop.TypeReady, Payload: hop.AppendReady(nil)}, true, nil
}

// While a child answers nothing the node waits for it, and does not turn round.
func TestIsolated_waitsForAChildThatIsStuck(t *testing.T) {
	r := NewRig(t, func(c *Config) { c.Isolation = Isolation{Mode: hop.Gossip, Launcher: deaf{}} })
	r.AdmitLines(0, InitLine(0, "n0", "n0", "n1"))
	now := time.Duration(0)
	for i := range 2500 { // more than its window, in less than it may be silent
		now += time.Millisecond
		r.AdmitLines(now, BroadcastLine("n0", i+1, fmt.Sprint(i)))
		for _, s := range []Service{r.store, r.isolated} {
			steps := 0
			for s.Next(now) <= now {
				_, err := s.Step(now)
				require.NoError(t, err)
				steps++
				require.Less(t, steps, 100, "after %v", now)
			}
		}
	}
}
