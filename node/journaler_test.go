package node

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/journal"
	"treecast/wire"
)

var errDisk = errors.New("no space left on device")

// disk is a journal whose calls fail when they are told to.
type disk struct {
	*journal.Memory
	open, append error
	crash        bool
	hang         time.Duration // of the next append
	during       func()        // called by each append; may be nil
	opens        int
}

func (d *disk) Open(s journal.Start) (*journal.Recovered, error) {
	d.opens++
	if d.crash {
		panic("the disk has a bad day")
	}
	if d.open != nil {
		return nil, d.open
	}
	return d.Memory.Open(s)
}

func (d *disk) Append(b *journal.Batch) error {
	if d.crash {
		panic("the disk has a bad day")
	}
	if d.during != nil {
		d.during()
	}
	if d.hang > 0 {
		hang := time.After(d.hang)
		d.hang = 0
		<-hang
	}
	if d.append != nil {
		return d.append
	}
	return d.Memory.Append(b)
}

// While the disk is full broadcasts are refused and the rest goes on.
func TestJournal_fullDiskRefusesOnlyBroadcasts(t *testing.T) {
	d := &disk{Memory: Memory()}
	r := StartedRig(t, IDs(2), KeptBy(d))
	require.Contains(t, r.Ask(0, BroadcastLine("n0", 1, "1"))[0], "broadcast_ok")
	r.Logs.Reset()
	d.append = errDisk
	for i := range 3 {
		out := r.Ask(time.Duration(i)*time.Millisecond, BroadcastLine("n0", 10+i, "2"))
		if i == 0 {
			require.Contains(t, out[0], `"code":13`, "it has its counter, and may come to be")
		} else {
			require.Contains(t, out[0], `"code":11`)
		}
		require.Contains(t, out[0], "journal cannot be written")
	}
	require.Equal(t, 1, strings.Count(r.Logs.String(), "journal cannot be written"), "once")
	require.Contains(t, r.Logs.String(), errDisk.Error())

	batch := `{"type":"gossip","e":5,"f":1,"b":3,"runs":[{"o":"n1","l":"x","c":1,"v":[10,11]}]}`
	acked := func(now time.Duration) bool {
		r.AdmitLines(now, Say("n1", "n0", batch))
		text := strings.Join(append(r.Settle(now), r.Settle(now+3*time.Second)...), "")
		return strings.Contains(text, `"a":[[3,3]]`)
	}
	require.False(t, acked(10*time.Millisecond))
	require.Equal(t, "[1,10,11]", r.Values(4*time.Second), "it is shown")
	require.Equal(t, 3, r.state.log.Len(), "and passed on")
	require.False(t, acked(5*time.Second), "nor when it comes again")
	h, _ := r.askHealth(9 * time.Second)
	require.True(t, h.Journal.Failing)
	require.EqualValues(t, 3, h.Counters["refused_unkept"])

	d.append = nil
	r.Logs.Reset()
	r.Work(20 * time.Second)
	require.Contains(t, r.Logs.String(), "the journal can be written again")
	require.True(t, acked(20*time.Second))
	require.Contains(t, strings.Join(r.Ask(30*time.Second, BroadcastLine("n0", 20, "3")), ""), "broadcast_ok")
	require.Equal(t, "2", r.state.log.At(3).Value, "what had its counter comes first")
	require.EqualValues(t, 2, r.state.log.At(3).Counter)
	require.EqualValues(t, 3, r.state.log.At(4).Counter, "what was refused leaves no gap")
	require.Equal(t, "[1,2,10,11,3]", restartedRig(t, 90, IDs(2), KeptBy(d), another(2)).Values(0), "what came meanwhile is kept by now")
}

// A journal that cannot be opened is tried again.
func TestJournal_openIsTriedAgain(t *testing.T) {
	m := Memory()
	first := StartedRig(t, IDs(2), KeptBy(m), another(1))
	first.Ask(0, BroadcastLine("n0", 1, "1"))

	d := &disk{Memory: m, open: errDisk}
	r := restartedRig(t, 50, IDs(2), KeptBy(d), another(2))
	require.Contains(t, r.Ask(0, BroadcastLine("n0", 1, "2"))[0], `"code":11`)
	require.Equal(t, "[]", r.Values(0))
	require.Equal(t, 1, d.opens, "not more than once a second")
	r.Work(time.Second)
	require.Equal(t, 2, d.opens)
	d.open = nil
	r.Work(3 * time.Second)
	require.Equal(t, "[1]", r.Values(3*time.Second))
	require.Contains(t, strings.Join(r.Ask(4*time.Second, BroadcastLine("n0", 1, "3")), ""), "broadcast_ok")
	require.NotEqual(t, r.state.log.At(0).Origin, r.state.log.At(1).Origin, "the log of a node that has begun keeps its name")
	require.Equal(t, "[1,3]", restartedRig(t, 90, IDs(2), KeptBy(m), another(3)).Values(0))
}

// An append that may have been written is answered so and its counter is used.
func TestJournal_uncertainAppendUsesItsCounter(t *testing.T) {
	d := &disk{Memory: Memory()}
	r := StartedRig(t, IDs(1), KeptBy(d))
	d.append = fmt.Errorf("%w, %w", errDisk, journal.ErrUncertain)
	require.Contains(t, r.Ask(0, BroadcastLine("n0", 1, "1"))[0], fmt.Sprintf(`"code":%d`, wire.Crash))
	d.append = nil
	r.Work(2 * time.Second)
	require.Contains(t, r.Ask(2*time.Second, BroadcastLine("n0", 2, "2"))[0], "broadcast_ok")
	require.EqualValues(t, 1, r.state.log.At(0).Counter)
	require.EqualValues(t, 2, r.state.log.At(1).Counter)
}

// After a crash of the journal service what it had in hand is answered.
func TestJournal_crashAnswersTheGroup(t *testing.T) {
	d := &disk{Memory: Memory()}
	r := StartedRig(t, IDs(2), KeptBy(d))
	r.AdmitLines(0, BroadcastLine("n0", 1, "1"))
	j := deliveryOf(3, entry(1, "10"))
	r.store.handle(0, &j)
	r.WorkStore(0)
	d.crash = true
	require.Panics(t, func() { r.journaler.step(0) })
	require.Equal(t, 2, r.journaler.Crashed(0))
	d.crash = false
	out := r.Settle(0)
	require.Contains(t, out[0], fmt.Sprintf(`"code":%d`, wire.Crash))
	r.Work(2 * time.Second)
	require.Equal(t, "[10,1]", r.Values(2*time.Second))
	require.Contains(t, strings.Join(r.Ask(3*time.Second, BroadcastLine("n0", 2, "2")), ""), "broadcast_ok")
	require.Zero(t, r.intakeBytes.used.Load())
	require.Equal(t, "[10,1,2]", restartedRig(t, 90, IDs(2), KeptBy(d), another(2)).Values(0))
}

// The journal is synced at intervals.
func TestJournal_syncsAtIntervals(t *testing.T) {
	s := &synced{Memory: Memory()}
	r := StartedRig(t, IDs(1), KeptBy(s), func(c *Config) { c.JournalSync = time.Second })
	require.Equal(t, Never, r.journaler.Next(0))
	r.Ask(0, BroadcastLine("n0", 1, "1"))
	r.Ask(time.Second/2, BroadcastLine("n0", 2, "2"))
	require.Zero(t, s.syncs)
	require.Equal(t, time.Second, r.journaler.Next(time.Second/2))
	r.Work(time.Second)
	require.Equal(t, 1, s.syncs)
	require.Equal(t, Never, r.journaler.Next(time.Second), "nothing new")
	s.err = errDisk
	r.Ask(2*time.Second, BroadcastLine("n0", 3, "3"))
	r.Work(3 * time.Second)
	require.Equal(t, 2, s.syncs)
	require.Contains(t, r.Logs.String(), "cannot be synced")
}

// Under a flood there is never a time at which nothing waits to be written.
func TestJournal_syncsUnderAFlood(t *testing.T) {
	s := &synced{Memory: Memory()}
	r := StartedRig(t, IDs(1), KeptBy(s), func(c *Config) { c.JournalSync = time.Second })
	large := `"` + strings.Repeat("x", groupBytes) + `"`
	for i := range 50 {
		now := time.Duration(i) * 100 * time.Millisecond
		r.AdmitLines(now, BroadcastLine("n0", 2*i, large), BroadcastLine("n0", 2*i+1, large))
		r.WorkStore(now)
		require.True(t, r.journaler.step(now)) // one of two
		require.Positive(t, r.journalQueue.Depth())
	}
	require.GreaterOrEqual(t, s.syncs, 4)
}

// A journal that was written again is synced.
func TestJournal_syncsAfterARewrite(t *testing.T) {
	s := &synced{Memory: Memory()}
	now := time.Duration(0)
	r := StartedRig(t, IDs(1), KeptBy(s), func(c *Config) { c.JournalSync, c.JournalCheck = time.Second, DefaultJournalCheck })
	r.Ask(0, BroadcastLine("n0", 1, "1"))
	r.run(&now, 2*time.Second)
	require.Equal(t, 1, s.syncs)
	s.Remove()
	r.run(&now, 4*time.Second)
	require.EqualValues(t, 1, r.journaler.figures.rewritten.Load())
	require.Equal(t, 2, s.syncs)
}

// synced counts syncs.
type synced struct {
	*journal.Memory
	syncs int
	err   error
}

func (s *synced) Sync() error {
	s.syncs++
	return s.err
}

// After a crash while the journal is opened it is opened again.
func TestJournal_crashWhileOpeningOpensAgain(t *testing.T) {
	m := Memory()
	StartedRig(t, IDs(2), KeptBy(m), another(1)).Ask(0, BroadcastLine("n0", 1, "1"))
	d := &disk{Memory: m, crash: true}
	r := NewRig(t, KeptBy(d), another(2))
	r.AdmitLines(0, InitLine(50, "n0", IDs(2)...))
	r.WorkStore(0)
	require.Panics(t, func() { r.journaler.step(0) })
	require.Equal(t, 1, r.journaler.Crashed(0))
	d.crash = false
	require.Contains(t, r.Settle(0)[0], "init_ok")
	require.Contains(t, r.Ask(0, BroadcastLine("n0", 1, "2"))[0], `"code":11`)
	r.Work(time.Second)
	require.Equal(t, "[1]", r.Values(time.Second))
	require.Contains(t, strings.Join(r.Ask(2*time.Second, BroadcastLine("n0", 1, "3")), ""), "broadcast_ok")
	require.Equal(t, "[1,3]", restartedRig(t, 90, IDs(2), KeptBy(m), another(3)).Values(0))
}
