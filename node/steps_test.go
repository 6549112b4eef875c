package node

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stepAll takes every step that is due at a time, and returns what was said.
func StepAll(t *testing.T, r *Rig, now time.Duration) string {
	for again := true; again; {
		again = false
		for _, s := range r.Services() {
			for s.Next(now) <= now {
				_, err := s.Step(now)
				require.NoError(t, err)
				again = true
			}
		}
	}
	text := r.Stdout.String()
	r.Stdout.Reset()
	return text
}

// Steps that are due are all that a node needs.
func TestSteps_dueOnesAreEnough(t *testing.T) {
	driven, settled := StartedRig(t, IDs(3)), StartedRig(t, IDs(3))
	said := 0
	for i := range 200 {
		now := time.Duration(i) * 37 * time.Millisecond
		line := BroadcastLine("n0", i, fmt.Sprint(i))
		if i%3 == 0 {
			line = ReadLine("n0", i)
		}
		driven.Tick(now)
		driven.Admit(now, Item(t, line))
		driven.Dry(now)
		got := StepAll(t, driven, now)
		want := ""
		for _, text := range settled.Ask(now, line) {
			want += text + "\n"
		}
		require.Equal(t, want, got)
		said += len(got)
		for _, s := range driven.Services() {
			require.Greater(t, s.Next(now), now, "nothing is left to do")
		}
	}
	require.Greater(t, said, 200)
}

// A service is due when it has something to do.
func TestSteps_dueWhenThereIsWork(t *testing.T) {
	r := NewRig(t)
	for _, s := range r.Services() {
		require.Equal(t, Never, s.Next(0), "nothing happens by itself")
	}
	r.Admit(0, Item(t, InitLine(0, "n0", IDs(2)...)))
	for _, s := range r.Services() {
		require.Zero(t, s.Next(0))
	}
	StepAll(t, r, 0)
	require.Equal(t, figuresPeriod, r.gossiper.Next(0), "its figures are to be made")
	StepAll(t, r, figuresPeriod)
	require.Equal(t, Never, r.gossiper.Next(figuresPeriod))

	r.Admit(time.Second, Item(t, BroadcastLine("n0", 1, "7")))
	require.Equal(t, Never, r.gossiper.Next(time.Second), "it is not told before the value is stored")
	_, err := r.store.Step(time.Second)
	require.NoError(t, err)
	require.Equal(t, time.Second, r.gossiper.Next(time.Second))
	StepAll(t, r, time.Second)
	next := r.gossiper.Next(time.Second)
	require.Greater(t, next, time.Second)
	require.LessOrEqual(t, next, 4*time.Second, "its timer is known")
	require.Equal(t, next+time.Hour, r.gossiper.Next(next+time.Hour), "what is late is due now")
}

// A refused step waits for the output.
func TestSteps_waitForTheOutput(t *testing.T) {
	r := tinyRig(t)
	for i := range 3 {
		require.True(t, r.Admits())
		r.Admit(0, Item(t, Say("c1", "n0", fmt.Sprintf(`{"type":"echo","echo":1,"msg_id":%d}`, i))))
	}
	r.Admit(0, Item(t, ReadLine("n0", 9)))
	for i := range 12 {
		r.Admit(0, Item(t, Say("c1", "n0", fmt.Sprintf(`{"type":"echo","echo":1,"msg_id":%d}`, i))))
		require.False(t, r.Admits(), "more than half of the preferred size waits")
	}
	require.Zero(t, r.store.Next(0))
	r.Admit(0, Item(t, Say("c1", "n0", `{"type":"echo","echo":1,"msg_id":4}`)))
	require.Equal(t, Never, r.store.Next(0), "there is no room for the reply")
	_, err := r.output.Step(0)
	require.NoError(t, err)
	require.Zero(t, r.store.Next(0))
	require.Empty(t, r.Stdout.String(), "what is written is flushed when nothing more waits")
	require.Contains(t, StepAll(t, r, 0), "read_ok")
	require.True(t, r.Admits())
}

// A step says how much it did.
func TestSteps_reportTheirWork(t *testing.T) {
	r := StartedRig(t, IDs(3), func(c *Config) { c.NumChildren = 2 })
	request := `{"type":"broadcast","message":12345,"msg_id":1}`
	r.Admit(time.Second, Item(t, Say("c1", "n0", request)))
	w, err := r.store.Step(time.Second)
	require.NoError(t, err)
	require.Equal(t, Work{Did: true, Brief: true, Messages: 2, Bytes: len(request)}, w, "a value in, a reply out")
	StepAll(t, r, time.Second)

	at := r.gossiper.Next(time.Second)
	w, err = r.gossiper.Step(at)
	require.NoError(t, err)
	require.Equal(t, 3, w.Messages, "a step, and a message to each child")
	require.Greater(t, w.Bytes, 2*len("12345"))
	require.Less(t, w.Bytes, 1000)

	body := `{"type":"gossip","e":1,"f":0,"b":1,"runs":[{"o":"n1","l":"x","c":1,"v":[1]}]}`
	r.Admit(at, Item(t, Say("n1", "n0", body)))
	w, err = r.gossiper.Step(at)
	require.NoError(t, err)
	require.Equal(t, len(body), w.Bytes, "mail counts when it is read")
	none, err := StartedRig(t, IDs(2)).store.Step(0)
	require.NoError(t, err)
	require.Zero(t, none)
}

// Logs bear the times that they are given.
func TestLogs_haveTheGivenTimes(t *testing.T) {
	at := time.Unix(0, 0).UTC()
	r := StartedRig(t, IDs(2), func(c *Config) { c.LogTime = func() time.Time { return at } })
	require.Contains(t, r.Logs.String(), "time=1970-01-01T00:00:00.000Z level=INFO msg=initialised")
	r.Logs.Reset()
	for range 1000 {
		r.AdmitLines(0, "garbage")
	}
	at = at.Add(time.Minute)
	r.AdmitLines(0, "garbage")
	require.Contains(t, r.Logs.String(), "time=1970-01-01T00:01:00.000Z")
	require.Contains(t, r.Logs.String(), "lines_not_logged_before=", "the limit goes by these times, too")
}

// A driver of steps is told of stale lines as a reader is.
func TestSteps_staleLinesAsForTheReader(t *testing.T) {
	r := NewRig(t)
	answered := func(now time.Duration, id int) bool {
		r.Admit(now, Item(t, BroadcastLine("n0", id, "1")))
		return strings.Contains(StepAll(t, r, now), "broadcast_ok")
	}
	// A restart, as the id of its init says.
	r.Admit(0, Item(t, InitLine(99, "n0", IDs(2)...)))
	StepAll(t, r, 0)
	require.False(t, answered(0, 1), "it waited for the dead process")
	r.Dry(0)
	require.True(t, answered(0, 2))
	r.Dry(0)
	// A stop, as the gap between two ticks says.
	for at := time.Duration(0); at <= 10*time.Second; at = r.NextTick() {
		r.Tick(at)
	}
	require.True(t, answered(10*time.Second+pauseAfter, 3))
	require.False(t, answered(14*time.Second, 4))
	r.Tick(14 * time.Second)
	require.False(t, answered(14*time.Second+resumeWindow-1, 5))
	r.Dry(14*time.Second + resumeWindow)
	r.Tick(14*time.Second + resumeWindow)
	require.True(t, answered(14*time.Second+resumeWindow, 6))
	r.Dry(14*time.Second + resumeWindow)
	// Another one, while nothing is on stdin.
	for at := r.NextTick(); at <= 20*time.Second; at = r.NextTick() {
		r.Tick(at)
	}
	r.Tick(40 * time.Second)
	r.Came(41 * time.Second)
	require.True(t, answered(41*time.Second, 7))
	require.Equal(t, 7, r.Entries(), "all are stored")
}
