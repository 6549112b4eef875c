package node

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/chans"
)

// fragile is a log that panics when it is told of something: a way to crash
// the service that tells it from outside.
type fragile struct{ text string }

func (fragile) Enabled(context.Context, slog.Level) bool { return true }
func (f fragile) WithAttrs([]slog.Attr) slog.Handler     { return f }
func (f fragile) WithGroup(string) slog.Handler          { return f }
func (f fragile) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, f.text) {
		panic(r.Message)
	}
	return nil
}

// breaksOn makes a log panic.
func breaksOn(text string) func(*Config) {
	return func(c *Config) { c.Log = slog.New(fragile{text}) }
}

// A crash of gossip loses no value.
func TestCrash_ofGossipLosesNoValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := RunNode(t, breaksOn("a peer's message cannot be read"))
		said := r.Collect()
		r.Send(InitLine(0, "n0", "n0", "n1"))
		Pass(time.Second)
		r.Send(BroadcastLine("n0", 1, "1"))
		Pass(time.Second)
		first := said.Take()
		epoch := GossipOf(t, first[len(first)-1].Line).Incarnation

		r.Send(Say("n1", "n0", `{"type":"gossip","e":"hostile"}`), BroadcastLine("n0", 2, "2"), ReadLine("n0", 3))
		Pass(5 * time.Second)
		require.Equal(t, uint64(1), r.Crashes())
		after := said.Take()
		require.Equal(t, 2, after[0].To())
		require.Equal(t, []string{"1", "2"}, after[1].Messages())
		require.NotEqual(t, epoch, GossipOf(t, after[len(after)-1].Line).Incarnation, "it lives again")

		h := r.AskHealth(t, said)
		require.Equal(t, uint64(1), h.Crashes)
		require.Equal(t, uint64(1), h.Queues[1].Lost)
		require.NoError(t, r.Stdin.Close())
		require.NoError(t, Soon(t, r.Ended))
		Soon(t, said.Done)
	})
}

// A crash of the store loses the item in hand only.
func TestCrash_ofTheStoreLosesOneItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := RunNode(t)
		s := r.Speech()
		r.Send(InitLine(0, "n0", "n0"))
		s.Next(t)
		r.Send(BroadcastLine("n0", 1, "1"))
		s.Next(t)
		require.True(t, r.intakeQueue.Offer(0, workItem{kind: workInit}), "an item that nobody can make from outside")
		r.Send(BroadcastLine("n0", 2, "2"), ReadLine("n0", 3))
		require.Equal(t, "broadcast_ok", s.Next(t).Body.Type)
		last := s.Next(t)
		require.Equal(t, []string{"1", "2"}, last.Messages())
		require.Equal(t, uint64(1), r.Crashes())
		require.Empty(t, r.Finish(s))
	})
}

// A service that crashes on every item ends the node.
func TestCrash_onEveryItemEndsTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := RunNode(t)
		s := r.Speech()
		r.Send(InitLine(0, "n0", "n0"), BroadcastLine("n0", 1, "1"))
		s.Next(t)
		s.Next(t)
		for range chans.DefaultMaxCrashes + 1 {
			r.intakeQueue.Offer(0, workItem{kind: workInit})
		}
		_, err := r.Rest(s)
		require.ErrorIs(t, err, chans.ErrTooManyCrashes)
		require.ErrorContains(t, err, `node: service "store"`)
	})
}
