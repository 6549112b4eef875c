package node

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/journal"
)

// shownBy is what the next life of a node would show, with a copy of its journal.
func shownBy(t require.TestingT, m *journal.Memory) string {
	return restartedRig(t, 10_000, IDs(2), KeptBy(m.Clone()), another(77)).Values(0)
}

func TestGone_isNoticedWithTheNextBroadcastAndWrittenAgain(t *testing.T) {
	for about, blow := range map[string]func(m *journal.Memory){
		"removed":   func(m *journal.Memory) { m.Remove() },
		"truncated": func(m *journal.Memory) { m.Cut(m.Bytes() - 3) },
		"emptied":   func(m *journal.Memory) { m.Cut(0) },
	} {
		t.Run(about, func(t *testing.T) {
			m := Memory()
			r := StartedRig(t, IDs(2), KeptBy(m))
			r.Ask(0, BroadcastLine("n0", 1, "1"))
			j := deliveryOf(3, entry(1, "10"), entry(2, "20"))
			r.store.handle(0, &j)
			r.Work(0)
			blow(m)
			r.AdmitLines(time.Second, BroadcastLine("n0", 2, "2"))
			r.WorkStore(time.Second)
			r.journaler.step(time.Second)
			require.True(t, r.journaler.figures.failing.Load())
			said := r.Settle(time.Second)
			require.Contains(t, strings.Join(said, ""), `"code":13`, "it is not durable: nobody is told that it is")
			require.Contains(t, r.Logs.String(), "level=ERROR")
			require.Contains(t, r.Logs.String(), "the journal is gone")

			require.Equal(t, "[1,10,20,2]", shownBy(t, m), "it may come to be")
			h, _ := r.askHealth(time.Second)
			require.False(t, h.Journal.Failing)
			require.EqualValues(t, 1, h.Journal.Rewritten)
			require.Contains(t, r.Ask(time.Second, BroadcastLine("n0", 3, "3"))[0], "broadcast_ok")
			require.Equal(t, "[1,10,20,2,3]", shownBy(t, m))
			require.EqualValues(t, 3, r.state.log.At(4).Counter, "no counter is given twice")
		})
	}
}

func TestGone_isNoticedWithinASecondWhereNothingIsAppended(t *testing.T) {
	m := Memory()
	now := time.Duration(0)
	r := StartedRig(t, IDs(2), KeptBy(m), func(c *Config) { c.JournalCheck = DefaultJournalCheck })
	r.Ask(0, BroadcastLine("n0", 1, "1"))
	r.run(&now, 10*time.Second)
	m.Remove()
	require.Equal(t, "[]", shownBy(t, m))
	r.run(&now, 11*time.Second)
	require.Equal(t, "[1]", shownBy(t, m))
	require.Equal(t, 1, strings.Count(r.Logs.String(), "the journal is gone"))

	silent := StartedRig(t, IDs(2), KeptBy(Memory()))
	require.Equal(t, Never, silent.journaler.Next(0), "without it nothing is due")
}

// A large history is written a part at a time, and what comes is answered in
// between.
func TestGone_otherWorkGoesOnBetweenTheParts(t *testing.T) {
	m := Memory()
	r := StartedRig(t, IDs(2), KeptBy(m))
	large := `"` + strings.Repeat("x", groupBytes/2) + `"`
	for i := range 20 {
		j := deliveryOf(uint64(i+3), entry(uint64(i+1), large[:len(large)-1]+fmt.Sprint(i)+`"`))
		r.store.handle(0, &j)
		r.Work(0)
	}
	m.Remove()
	r.Ask(0, BroadcastLine("n0", 0, "0")) // noticed, and written again
	require.EqualValues(t, 1, r.journaler.figures.rewritten.Load())
	m.Remove()
	answered, steps := 0, 0
	for r.journaler.figures.rewritten.Load() == 1 {
		r.AdmitLines(0, BroadcastLine("n0", steps, "1"))
		r.WorkStore(0)
		r.journaler.step(0)
		r.WorkStore(0)
		answered += len(r.Write(0))
		steps++
		require.Less(t, steps, 100)
	}
	require.Greater(t, steps, 8)
	require.GreaterOrEqual(t, answered, steps-1, "none waits for the end")
	require.Equal(t, r.Values(0), shownBy(t, m))
}

// stubborn is a journal that cannot be written again at first.
type stubborn struct {
	*journal.Memory
	rewrite, publish error
}

func (s *stubborn) Rewrite() error { return errors.Join(s.rewrite, s.Memory.Rewrite()) }
func (s *stubborn) Publish() error {
	if s.publish != nil {
		return s.publish
	}
	return s.Memory.Publish()
}

func TestGone_isTriedAgainOnceASecond(t *testing.T) {
	for about, s := range map[string]*stubborn{"making it": {rewrite: errDisk}, "putting it in its place": {publish: errDisk}} {
		s.Memory = Memory()
		r := StartedRig(t, IDs(2), KeptBy(s))
		r.Ask(0, BroadcastLine("n0", 1, "1"))
		s.Remove()
		require.Contains(t, strings.Join(r.Ask(time.Second, BroadcastLine("n0", 2, "2")), ""), `"code":13`)
		require.Equal(t, "[]", shownBy(t, s.Memory), about)
		require.Contains(t, strings.Join(r.Ask(time.Second, BroadcastLine("n0", 3, "3")), ""), `"code":11`)
		require.Equal(t, 2*time.Second, r.journaler.Next(time.Second))
		s.rewrite, s.publish = nil, nil
		j := deliveryOf(3, entry(1, "10"))
		r.store.handle(time.Second, &j)
		r.Work(time.Second)
		r.Work(2 * time.Second)
		require.Equal(t, "[1,10,2]", shownBy(t, s.Memory), about)
		require.Contains(t, strings.Join(r.Ask(2*time.Second, BroadcastLine("n0", 4, "4")), ""), "broadcast_ok")
		require.Contains(t, r.Logs.String(), "cannot be written again")
	}
}

// Whatever is done to a journal, a second later the next life would show all that
// was acknowledged.
func TestGone_nothingIsMissingASecondLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &disk{Memory: Memory()}
		r := StartedRig(t, IDs(2), KeptBy(d), func(c *Config) { c.JournalCheck = DefaultJournalCheck })
		now, values, learnt := time.Duration(0), 0, uint64(0)
		acked := map[string]bool{}
		listen := func(lines []string) {
			for _, line := range lines {
				if _, value, ok := strings.Cut(line, `"broadcast_ok","in_reply_to":`); ok {
					acked[strings.TrimRight(value, "}")] = true
				}
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += rapid.SampledFrom([]time.Duration{0, time.Millisecond, 2 * time.Second}).Draw(t, "passes")
			switch rapid.IntRange(0, 8).Draw(t, "step") {
			case 0, 1, 2:
				r.AdmitLines(now, BroadcastLine("n0", values, fmt.Sprint(values)))
				values++
			case 3:
				learnt++
				j := deliveryOf(learnt, entry(learnt, fmt.Sprint(100_000+learnt)))
				r.store.handle(now, &j)
			case 4:
				r.WorkStore(now)
			case 5:
				r.journaler.step(now)
			case 6:
				if rapid.Bool().Draw(t, "all of it") {
					d.Remove()
				} else {
					d.Cut(rapid.IntRange(0, d.Bytes()).Draw(t, "cut"))
				}
			case 7:
				d.append = nil
				if rapid.Bool().Draw(t, "full") {
					d.append = errDisk
				}
			default:
				listen(r.Settle(now))
			}
		}
		d.append = nil
		listen(r.run(&now, now+2*time.Second)) // a full disk is tried again after a second
		shown := map[string]bool{}
		for v := range strings.SplitSeq(strings.Trim(shownBy(t, d.Memory), "[]"), ",") {
			shown[v] = true
		}
		for v := range acked {
			require.True(t, shown[v], "%s was acknowledged", v)
		}
		require.Equal(t, strings.Count(r.Values(now), ","), strings.Count(shownBy(t, d.Memory), ","), "nor is what peers told")
	})
}
