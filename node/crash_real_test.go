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

func TestACrashOfGossipLosesNoValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t, breaksOn("a peer's message cannot be read"))
		said := r.collect()
		r.write(initLine(0, "n0", "n0", "n1"))
		pass(time.Second)
		r.write(broadcastLine("n0", 1, "1"))
		pass(time.Second)
		first := said.take()
		epoch := gossipOf(t, first[len(first)-1].line).Incarnation

		r.write(say("n1", "n0", `{"type":"gossip","e":"hostile"}`), broadcastLine("n0", 2, "2"), readLine("n0", 3))
		pass(5 * time.Second)
		require.Equal(t, uint64(1), r.supervisor.Crashes())
		after := said.take()
		require.Equal(t, 2, after[0].to())
		require.Equal(t, []string{"1", "2"}, after[1].messages())
		require.NotEqual(t, epoch, gossipOf(t, after[len(after)-1].line).Incarnation, "it lives again")

		h := r.health(t, said)
		require.Equal(t, uint64(1), h.Crashes)
		require.Equal(t, uint64(1), h.Queues[1].Lost)
		require.NoError(t, r.stdin.Close())
		require.NoError(t, soon(t, r.ended))
		soon(t, said.done)
	})
}

func TestACrashOfTheRecordLosesTheItemInHandOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		s := r.speech()
		r.write(initLine(0, "n0", "n0"))
		s.next(t)
		r.write(broadcastLine("n0", 1, "1"))
		s.next(t)
		require.True(t, r.intakeQueue.Offer(0, workItem{kind: workInit}), "an item that nobody can make from outside")
		r.write(broadcastLine("n0", 2, "2"), readLine("n0", 3))
		require.Equal(t, "broadcast_ok", s.next(t).Body.Type)
		last := s.next(t)
		require.Equal(t, []string{"1", "2"}, last.messages())
		require.Equal(t, uint64(1), r.supervisor.Crashes())
		require.Empty(t, r.finish(s))
	})
}

func TestAServiceThatCrashesOnEveryItemEndsTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		s := r.speech()
		r.write(initLine(0, "n0", "n0"), broadcastLine("n0", 1, "1"))
		s.next(t)
		s.next(t)
		for range chans.DefaultMaxCrashes + 1 {
			r.intakeQueue.Offer(0, workItem{kind: workInit})
		}
		_, err := r.rest(s)
		require.ErrorIs(t, err, chans.ErrTooManyCrashes)
		require.ErrorContains(t, err, `node: service "store"`)
	})
}
