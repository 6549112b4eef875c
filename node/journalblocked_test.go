package node

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/journal"
)

// heldUntil is a journal with one acknowledged value that the node's former
// process holds until a time; now is that of the test.
func heldUntil(t require.TestingT, now *time.Duration, until time.Duration) *journal.Memory {
	m := Memory()
	StartedRig(t, IDs(2), KeptBy(m), another(1)).Ask(0, BroadcastLine("n0", 1, "1"))
	m.Held = func() bool { return *now < until }
	return m
}

// run does what is due of a node until a time, as a driver does, and returns what
// it says.
func (r *Rig) run(now *time.Duration, until time.Duration) (said []string) {
	for {
		said = append(said, r.Settle(*now)...)
		next := until
		for _, s := range r.Services() {
			next = min(next, max(s.Next(*now), *now+time.Millisecond))
		}
		if *now = next; next >= until {
			return append(said, r.Settle(*now)...)
		}
	}
}

func TestBlocked_initWaitsAndWhatNeedsNoJournalIsServed(t *testing.T) {
	now := time.Duration(0)
	r := NewRig(t, KeptBy(heldUntil(t, &now, 3*time.Second)), another(2))
	r.AdmitLines(0, InitLine(50, "n0", IDs(2)...))
	require.Empty(t, r.run(&now, time.Second))
	require.True(t, r.Admits(), "the reader goes on")
	require.Contains(t, r.Logs.String(), "its init waits for it")

	require.Contains(t, r.Ask(now, BroadcastLine("n0", 2, "2"))[0], `"code":11,"text":"this node is not initialised yet: its journal is still in use`)
	require.Contains(t, r.Ask(now, ReadLine("n0", 3))[0], `"code":11`)
	require.Contains(t, r.Ask(now, InitLine(51, "n0", IDs(2)...))[0], `"code":11`)
	require.Contains(t, r.Ask(now, Say("c1", "n0", `{"type":"echo","echo":7,"msg_id":4}`))[0], `"echo_ok"`)
	require.Contains(t, r.Ask(now, Say("c1", "n0", `{"type":"topology","topology":{},"msg_id":4}`))[0], `"topology_ok"`)
	require.Empty(t, r.Ask(now, Say("n1", "n0", `{"type":"gossip","e":5,"f":1,"b":3,"runs":[{"o":"n1","l":"x","c":1,"v":[10]}]}`)))
	h, _ := r.askHealth(now)
	require.True(t, h.Journal.Failing)
	require.Equal(t, 1, strings.Count(r.Logs.String(), "its init waits for it"), "it is said once")

	said := r.run(&now, 3*time.Second+lockRetry)
	require.Contains(t, said[0], "init_ok", "as soon as it is let go")
	require.Equal(t, "[1]", r.Values(now))
	require.Contains(t, r.Ask(now, BroadcastLine("n0", 5, "5"))[0], "broadcast_ok")
	h, _ = r.askHealth(now)
	require.False(t, h.Journal.Failing)
	require.Contains(t, r.Logs.String(), "waited=3s")
}

func TestBlocked_initIsRefusedAfterEightSecondsAndAnotherMaySucceed(t *testing.T) {
	now := time.Duration(0)
	r := NewRig(t, KeptBy(heldUntil(t, &now, 20*time.Second)), another(2))
	r.AdmitLines(0, InitLine(50, "n0", IDs(2)...))
	require.Empty(t, r.run(&now, 8*time.Second-1))
	said := r.run(&now, 8*time.Second+lockRetry)
	require.Len(t, said, 1)
	require.Contains(t, said[0], `"in_reply_to":1,"code":13,"text":"this node's journal cannot be used`)
	require.Contains(t, said[0], "the journal of n0", "it names the file")
	require.Contains(t, said[0], "--journal-lost begin")
	require.NotContains(t, r.Logs.String(), "msg=initialised")
	require.Contains(t, r.Ask(now, BroadcastLine("n0", 2, "2"))[0], `"code":11,"text":"this node is not initialised yet`)

	now = 21 * time.Second
	require.Contains(t, r.Ask(now, InitLine(60, "n0", IDs(2)...))[0], "init_ok")
	require.Equal(t, 1, strings.Count(r.Logs.String(), "msg=initialised"))
	require.Equal(t, "[1]", r.Values(now))
	require.Contains(t, r.Ask(now, BroadcastLine("n0", 3, "3"))[0], "broadcast_ok")
}

func TestBlocked_beginsWithNothingWhereThatIsAskedFor(t *testing.T) {
	now := time.Duration(0)
	m := heldUntil(t, &now, 20*time.Second)
	r := NewRig(t, KeptBy(m), another(2), func(c *Config) { c.BeginBlank = true })
	r.AdmitLines(0, InitLine(50, "n0", IDs(2)...))
	require.Empty(t, r.run(&now, 8*time.Second-1))
	require.Contains(t, r.run(&now, 8*time.Second+lockRetry)[0], "init_ok")
	require.Contains(t, r.Logs.String(), "level=ERROR")
	require.Contains(t, r.Logs.String(), "WHAT THIS NODE ALONE KNEW IS LOST")
	require.Equal(t, "[]", r.Values(now))
	require.Contains(t, r.Ask(now, BroadcastLine("n0", 2, "2"))[0], "broadcast_ok")
	h, _ := r.askHealth(now)
	require.False(t, h.Journal.Failing)
}

func TestBlocked_isNotWaitedForWhereThatIsOfNoUse(t *testing.T) {
	m := Memory()
	StartedRig(t, IDs(2), KeptBy(m), another(1)).Ask(0, BroadcastLine("n0", 1, "1"))
	m.Cut(20)
	r := NewRig(t, KeptBy(m), another(2))
	require.Contains(t, r.Ask(0, InitLine(50, "n0", IDs(2)...))[0], `"code":13`)
	require.Contains(t, r.Ask(0, BroadcastLine("n0", 2, "2"))[0], `"code":11`)
	r = NewRig(t, KeptBy(m), another(2), func(c *Config) { c.BeginBlank = true })
	require.Contains(t, r.Ask(0, InitLine(50, "n0", IDs(2)...))[0], "init_ok")
	require.Equal(t, "[]", r.Values(0))
	require.Contains(t, r.Logs.String(), "WHAT THIS NODE ALONE KNEW IS LOST")
}

func TestBlocked_runningNodeServesAndBeginsWhenItIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := Memory()
		StartedRig(t, IDs(1), KeptBy(m), another(1)).Ask(0, BroadcastLine("n0", 1, "1"))
		var free atomic.Bool
		m.Held = func() bool { return !free.Load() }
		r := RunNode(t, KeptBy(m), another(2))
		s := r.Collect()
		r.Send(InitLine(50, "n0", "n0"))
		Pass(time.Second)
		require.True(t, r.AskHealth(t, s).Journal.Failing)
		r.Send(BroadcastLine("n0", 2, "2"))
		synctest.Wait()
		require.Equal(t, 11, s.Take()[0].Body.Code)
		free.Store(true)
		Pass(lockRetry) // while nothing comes on stdin
		require.Equal(t, "init_ok", s.Take()[0].Body.Type)
		r.Send(ReadLine("n0", 3))
		synctest.Wait()
		require.Equal(t, []string{"1"}, func() []string { got := s.Take(); return got[0].Messages() }())
		require.NoError(t, r.Stdin.Close())
		require.NoError(t, Soon(t, r.Ended))
	})
}

func TestBlocked_runningNodeRefusesAndMayBeAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := Memory()
		StartedRig(t, IDs(1), KeptBy(m), another(1)).Ask(0, BroadcastLine("n0", 1, "1"))
		var free atomic.Bool
		m.Held = func() bool { return !free.Load() }
		r := RunNode(t, KeptBy(m), another(2))
		s := r.Collect()
		r.Send(InitLine(50, "n0", "n0"))
		Pass(lockPatience + lockRetry)
		require.Equal(t, 13, s.Take()[0].Body.Code)
		free.Store(true)
		r.Send(InitLine(60, "n0", "n0"))
		synctest.Wait()
		require.Equal(t, "init_ok", s.Take()[0].Body.Type)
		r.Send(ReadLine("n0", 3))
		synctest.Wait()
		got := s.Take()
		require.Equal(t, []string{"1"}, got[0].Messages())
		r.Cancel()
		require.NoError(t, Soon(t, r.Ended))
	})
}

// Whatever ends a node ends one whose init waits.
func TestBlocked_runningNodeEnds(t *testing.T) {
	for about, end := range map[string]func(r *Running){
		"at the end of stdin": func(r *Running) { _ = r.Stdin.Close() },
		"when it is told to":  func(r *Running) { r.Cancel() },
	} {
		t.Run(about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := Memory()
				StartedRig(t, IDs(1), KeptBy(m), another(1)).Ask(0, BroadcastLine("n0", 1, "1"))
				m.Held = func() bool { return true }
				r := RunNode(t, KeptBy(m), another(2))
				s := r.Collect()
				r.Send(InitLine(50, "n0", "n0"))
				Pass(time.Second)
				end(r)
				Pass(time.Second)
				select {
				case err := <-r.Ended:
					require.NoError(t, err)
				default:
					require.Fail(t, "it goes on")
				}
				require.Equal(t, 13, s.Take()[0].Body.Code)
			})
		})
	}
}

// A crash of the service while it tries is not the end of the init.
func TestBlocked_crashWhileItIsTriedAgainIsAnswered(t *testing.T) {
	now := time.Duration(0)
	d := &disk{Memory: heldUntil(t, &now, 3*time.Second)}
	r := NewRig(t, KeptBy(d), another(2))
	r.AdmitLines(0, InitLine(50, "n0", IDs(2)...))
	require.Empty(t, r.run(&now, time.Second))
	d.crash = true
	require.Panics(t, func() { r.journaler.step(now + lockRetry) })
	d.crash = false
	require.Contains(t, r.Settle(now)[0], "init_ok")
	require.Contains(t, r.Ask(now, BroadcastLine("n0", 1, "2"))[0], `"code":11`, "it keeps nothing yet")
	now = 4 * time.Second
	r.Work(now)
	require.Equal(t, "[1]", r.Values(now))
	require.Contains(t, strings.Join(r.Ask(now, BroadcastLine("n0", 1, "3")), ""), "broadcast_ok")
}

func TestBlocked_isAnErrorOfOpenAlone(t *testing.T) {
	require.Nil(t, blockedBy(nil))
	require.Nil(t, blockedBy(errors.New("no space left on device")))
	require.NotNil(t, blockedBy(&journal.BlockedError{Why: errDisk}))
}
