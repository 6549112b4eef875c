package chans

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// supervised returns a supervisor, its log, and its clock, which tests set.
func supervised(maxCrashes int) (*Supervisor, *bytes.Buffer, *atomic.Int64) {
	log, clock := &bytes.Buffer{}, &atomic.Int64{}
	return NewSupervisor(SupervisorConfig{
		MaxCrashes: maxCrashes,
		Now:        func() time.Duration { return time.Duration(clock.Load()) },
		Log:        slog.New(slog.NewTextHandler(log, nil)),
	}), log, clock
}

// consumer is a service that appends what it reads and panics on 13.
func consumer(inbox *Inbox[int], got *[]int) Service {
	return Service{
		Name:    "consumer",
		Inboxes: []Abandoner{inbox},
		New: func() func(context.Context) error {
			return func(ctx context.Context) error {
				for {
					item, err := inbox.Next(ctx)
					if errors.Is(err, ErrClosed) {
						return nil
					} else if err != nil {
						return err
					}
					if item == 13 {
						panic("unlucky")
					}
					*got = append(*got, item)
				}
			}
		},
	}
}

func TestACrashCostsTheItemInHandAndNoOther(t *testing.T) {
	s, log, _ := supervised(0)
	q, inbox := newQueueAndInbox[int](t, 100)
	fill(t, q, 10, 17)
	q.Close()
	var got []int
	require.NoError(t, s.Run(t.Context(), consumer(inbox, &got)))
	require.Equal(t, []int{10, 11, 12, 14, 15, 16}, got)
	require.EqualValues(t, 1, inbox.Lost())
	require.EqualValues(t, 1, s.Crashes())
	require.Contains(t, log.String(), "service=consumer")
	require.Contains(t, log.String(), "panic=unlucky")
	require.Contains(t, log.String(), "items_lost=1")
	require.Contains(t, log.String(), "supervisor_test.go", "the stack is that of the panic")
}

func TestAServiceThatCrashesTooOftenIsGivenUpAndNamed(t *testing.T) {
	s, log, _ := supervised(3)
	starts := 0
	err := s.Run(t.Context(), Service{Name: "gossip", New: func() func(context.Context) error {
		starts++
		return func(context.Context) error { panic("always") }
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

func TestCrashesThatAreSpreadOutAreSurvived(t *testing.T) {
	s, _, clock := supervised(2)
	starts := 0
	require.NoError(t, s.Run(t.Context(), Service{Name: "gossip", New: func() func(context.Context) error {
		if starts++; starts == 100 {
			return func(context.Context) error { return nil }
		}
		clock.Add(int64(DefaultWindow/2 + 1))
		panic("a factory may crash too")
	}}))
	require.EqualValues(t, 99, s.Crashes())
}

func TestAnErrorEndsTheOthersAndIsReturned(t *testing.T) {
	s, _, _ := supervised(0)
	broken := errors.New("broken")
	stopped := false
	err := s.Run(t.Context(),
		Service{Name: "waits", New: func() func(context.Context) error {
			return func(ctx context.Context) error { <-ctx.Done(); stopped = true; return ctx.Err() }
		}},
		Service{Name: "breaks", New: func() func(context.Context) error {
			return func(context.Context) error { return broken }
		}})
	require.ErrorIs(t, err, broken)
	require.True(t, stopped)
	require.Zero(t, s.Crashes())
}

func TestAServiceThatEndsLeavesTheOthersRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := supervised(0)
		q, inbox := newQueueAndInbox[int](t, 10)
		var got []int
		done := make(chan error, 1)
		go func() {
			done <- s.Run(t.Context(), consumer(inbox, &got),
				Service{Name: "ends", New: func() func(context.Context) error {
					return func(context.Context) error { return nil }
				}})
		}()
		synctest.Wait()
		require.Empty(t, done)
		fill(t, q, 1, 2)
		q.Close()
		require.NoError(t, <-done)
		require.Equal(t, []int{1}, got)
	})
}

func TestACrashOnTheWayOutIsNotFollowedByARestart(t *testing.T) {
	s, log, _ := supervised(0)
	ctx, cancel := context.WithCancel(t.Context())
	starts := 0
	require.NoError(t, s.Run(ctx, Service{Name: "last", New: func() func(context.Context) error {
		starts++
		return func(context.Context) error { cancel(); panic("late") }
	}}))
	require.Equal(t, 1, starts)
	require.Contains(t, log.String(), "panic=late")
}

// What an instance has started by itself must not speak for it once it is dead.
func TestWhatACrashedInstanceLeftBehindIsToldToStopBeforeTheNextBegins(t *testing.T) {
	s, _, _ := supervised(0)
	var first context.Context
	starts := 0
	require.NoError(t, s.Run(t.Context(), Service{Name: "gossip", New: func() func(context.Context) error {
		starts++
		if first != nil {
			require.ErrorIs(t, first.Err(), context.Canceled)
		}
		return func(ctx context.Context) error {
			require.NoError(t, ctx.Err())
			if first == nil {
				first = ctx
				panic("once")
			}
			return nil
		}
	}}))
	require.Equal(t, 2, starts)
}

func TestASupervisorWithoutClockOrLogIsAMistake(t *testing.T) {
	require.Panics(t, func() { NewSupervisor(SupervisorConfig{Log: slog.Default()}) })
	require.Panics(t, func() { NewSupervisor(SupervisorConfig{Now: func() time.Duration { return 0 }}) })
}
