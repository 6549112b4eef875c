package chans

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// supervised returns a supervisor and its log.
func supervised(maxCrashes int) (*Supervisor, *bytes.Buffer) {
	log := &bytes.Buffer{}
	return NewSupervisor(SupervisorConfig{MaxCrashes: maxCrashes, Log: slog.New(slog.NewTextHandler(log, nil))}), log
}

// noTime is a clock that stands still.
func noTime() time.Duration { return 0 }

// consumer is a service that appends what it reads and panics on 13.
func consumer(inbox *Inbox[int], got *[]int) Service {
	return Service{
		Name: "consumer",
		Run: func(ctx context.Context) error {
			for {
				item, ok := next(ctx, inbox.q, inbox)
				if !ok {
					return ctx.Err()
				}
				if item == 13 {
					panic("unlucky")
				}
				*got = append(*got, item)
			}
		},
		Crashed: func() int {
			if _, lost := inbox.Abandon(); lost {
				return 1
			}
			return 0
		},
	}
}

// A crash costs the item in hand and no other.
func TestSupervisor_crashCostsOneItem(t *testing.T) {
	s, log := supervised(0)
	q, inbox := newQueueAndInbox[int](t, 100)
	fill(t, q, 10, 17)
	q.Close()
	var got []int
	require.NoError(t, s.Run(t.Context(), noTime, consumer(inbox, &got)))
	require.Equal(t, []int{10, 11, 12, 14, 15, 16}, got)
	require.EqualValues(t, 1, inbox.Lost())
	require.EqualValues(t, 1, s.Crashes())
	require.Contains(t, log.String(), "service=consumer")
	require.Contains(t, log.String(), "panic=unlucky")
	require.Contains(t, log.String(), "items_lost=1")
	require.Contains(t, log.String(), "supervisor_test.go", "the stack is that of the panic")
}

// A service that crashes too often is given up and named.
func TestSupervisor_givesUpAfterTooManyCrashes(t *testing.T) {
	s, log := supervised(3)
	starts := 0
	err := s.Run(t.Context(), noTime, Service{Name: "gossip", Run: func(context.Context) error {
		starts++
		panic("always")
	}})
	require.Equal(t, 4, starts, "three crashes are allowed")
	require.ErrorIs(t, err, ErrTooManyCrashes)
	var typed *TooManyCrashesError
	require.ErrorAs(t, err, &typed)
	require.Equal(t, TooManyCrashesError{Service: "gossip", Crashes: 4, Window: DefaultWindow, Panic: "always"}, *typed)
	require.EqualError(t, err, `service "gossip" crashed 4 times within 10s, last with: always`)
	require.Equal(t, 2, strings.Count(log.String(), "service crashed"), "the first crash and the last are logged")
	require.Contains(t, log.String(), "restarted=false")
}

// Crashes that are spread out are survived.
func TestSupervisor_survivesRareCrashes(t *testing.T) {
	s, _ := supervised(2)
	var now time.Duration
	starts := 0
	require.NoError(t, s.Run(t.Context(), func() time.Duration { return now }, Service{Name: "gossip", Run: func(context.Context) error {
		if starts++; starts == 100 {
			return nil
		}
		now += DefaultWindow/2 + 1
		panic("again")
	}}))
	require.EqualValues(t, 99, s.Crashes())
}

// An error ends the others and is returned.
func TestSupervisor_errorEndsTheOthers(t *testing.T) {
	s, _ := supervised(0)
	broken := errors.New("broken")
	stopped := false
	err := s.Run(t.Context(), noTime,
		Service{Name: "waits", Run: func(ctx context.Context) error { <-ctx.Done(); stopped = true; return ctx.Err() }},
		Service{Name: "breaks", Run: func(context.Context) error { return broken }})
	require.ErrorIs(t, err, broken)
	require.True(t, stopped)
	require.Zero(t, s.Crashes())
}

// A service that ends leaves the others running.
func TestSupervisor_endLeavesOthersRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := supervised(0)
		q, inbox := newQueueAndInbox[int](t, 10)
		var got []int
		done := make(chan error, 1)
		go func() {
			done <- s.Run(t.Context(), noTime, consumer(inbox, &got),
				Service{Name: "ends", Run: func(context.Context) error { return nil }})
		}()
		synctest.Wait()
		require.Empty(t, done)
		fill(t, q, 1, 2)
		q.Close()
		require.NoError(t, <-done)
		require.Equal(t, []int{1}, got)
	})
}

// A crash on the way out is not followed by a restart.
func TestSupervisor_noRestartAfterCancel(t *testing.T) {
	s, log := supervised(0)
	ctx, cancel := context.WithCancel(t.Context())
	starts := 0
	require.NoError(t, s.Run(ctx, noTime, Service{Name: "last", Run: func(context.Context) error {
		starts++
		cancel()
		panic("late")
	}}))
	require.Equal(t, 1, starts)
	require.Contains(t, log.String(), "panic=late")
}

// What an instance has started by itself must not speak for it once it is dead.
func TestSupervisor_contextEndsWithItsInstance(t *testing.T) {
	s, _ := supervised(0)
	var first context.Context
	starts := 0
	require.NoError(t, s.Run(t.Context(), noTime, Service{Name: "gossip", Run: func(ctx context.Context) error {
		starts++
		require.NoError(t, ctx.Err())
		if first == nil {
			first = ctx
			panic("once")
		}
		require.ErrorIs(t, first.Err(), context.Canceled)
		return nil
	}}))
	require.Equal(t, 2, starts)
}

func TestSupervisor_needsALog(t *testing.T) {
	require.Panics(t, func() { NewSupervisor(SupervisorConfig{}) })
}

// Two drivers note the same crash with the same words.
func TestSupervisor_notesACrashOfAServiceThatItDoesNotRun(t *testing.T) {
	s, log := supervised(1)
	caught := func() (crash *Crash) {
		defer func() { crash = NewCrash(recover()) }()
		panic("unlucky")
	}
	require.NoError(t, s.Note(0, "store", 1, caught()))
	require.Contains(t, log.String(), "supervisor_test.go", "the stack is that of the panic")
	first := caught().Stack
	require.NotContains(t, first, "0x", "the same in every run")
	require.NoError(t, s.Note(DefaultWindow+1, "store", 1, caught()))
	require.NoError(t, s.Note(DefaultWindow+1, "gossip", 1, caught()), "each service for itself")
	require.ErrorIs(t, s.Note(DefaultWindow+2, "store", 1, caught()), ErrTooManyCrashes)
	require.EqualValues(t, 4, s.Crashes())
}
