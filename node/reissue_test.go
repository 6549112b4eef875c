package node

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/journal"
)

// claim is a peer's message that shows, or brings, entries of a log of n0's.
func claim(log string, first, last int, brings bool) string {
	if !brings {
		return Say("n1", "n0", fmt.Sprintf(`{"type":"gossip","e":5,"b":1,"p":true,"vec":{"x":1,"n":1,"h":[{"o":"n0","l":%q,"s":[[%d,%d]]}]}}`, log, first, last))
	}
	values := ""
	for i := first; i <= last; i++ {
		values += fmt.Sprintf(",%d", 1000+i)
	}
	return Say("n1", "n0", fmt.Sprintf(`{"type":"gossip","e":5,"b":1,"p":true,"runs":[{"o":"n0","l":%q,"c":%d,"v":[%s]}]}`, log, first, values[1:]))
}

func TestAgain_whatOthersHaveMoreOfIsGivenOutAgainInAnotherLog(t *testing.T) {
	for _, brings := range []bool{false, true} {
		for _, kept := range []bool{false, true} {
			t.Run(fmt.Sprint("brings ", brings, ", kept ", kept), func(t *testing.T) {
				var change []func(*Config)
				var m *journal.Memory
				if kept {
					m = Memory()
					change = append(change, KeptBy(m))
				}
				r := StartedRig(t, IDs(2), change...)
				for i := range 3 {
					r.Ask(time.Second, BroadcastLine("n0", i, fmt.Sprint(i)))
				}
				old := r.store.origin
				r.AdmitLines(time.Second, BroadcastLine("n0", 3, "3")) // it is on its way to the journal
				r.AdmitLines(2*time.Second, claim(old.Value().Log, 1, 9, brings))
				r.Settle(2 * time.Second)
				fresh := r.store.origin
				require.NotEqual(t, old, fresh)
				require.Equal(t, "n0", fresh.Value().Node)
				r.Ask(3*time.Second, BroadcastLine("n0", 4, "4"))

				byLog := map[string][]string{}
				for i := range r.state.log.Len() {
					e := r.state.log.At(i)
					byLog[e.Origin.Value().Log] = append(byLog[e.Origin.Value().Log], fmt.Sprint(e.Counter, "=", e.Value))
				}
				require.Equal(t, []string{"1=0", "2=1", "3=2", "4=3"}, byLog[old.Value().Log])
				require.ElementsMatch(t, []string{"1=0", "2=1", "3=2", "4=3", "5=4"}, byLog[fresh.Value().Log])
				require.Equal(t, "[0,1,2,3,4]", r.Values(3*time.Second), "no value is shown twice")
				require.Equal(t, uint64(1), r.counters.logSwitches.Load())
				if kept {
					next := restartedRig(t, 50, IDs(2), KeptBy(m), another(2))
					require.Equal(t, "[0,1,2,3,4]", next.Values(0))
				}
				// By now the old log is one as any other: what others have of it is taken in.
				r.AdmitLines(4*time.Second, claim(old.Value().Log, 5, 9, true))
				r.Settle(4 * time.Second)
				require.Equal(t, "[0,1,2,3,4,1005,1006,1007,1008,1009]", r.Values(4*time.Second))
			})
		}
	}
}

func TestAgain_forgedCountersMakeNoLogsAndTakeNobodysPlace(t *testing.T) {
	r := StartedRig(t, IDs(2))
	r.Ask(time.Second, BroadcastLine("n0", 1, "1"))
	logs := map[string]bool{r.store.origin.Value().Log: true}
	for i := range 100 {
		now := time.Duration(2+i) * time.Second
		log := r.store.origin.Value().Log
		r.AdmitLines(now, claim(log, 1, 1<<40, false), claim(log, 500, 510, true))
		r.Settle(now)
		r.Ask(now, BroadcastLine("n0", 2+i, fmt.Sprint(2+i)))
		logs[r.store.origin.Value().Log] = true
	}
	require.Len(t, logs, 2, "once in a life")
	require.Equal(t, uint64(1), r.counters.logSwitches.Load())
	require.Equal(t, uint64(200), r.counters.neverIssued.Load())
	require.Contains(t, r.Logs.String(), "that it has not given out; they are not taken in")
	require.Equal(t, 1+1+100, r.state.log.Len(), "nothing forged, and one value twice")
	require.Equal(t, uint64(101), r.store.counter)
	// What it has given out since still goes to the peer, which was said to have all
	// that there will ever be.
	sent := map[string]bool{}
	for now := 200 * time.Second; now < 210*time.Second; now += 10 * time.Millisecond {
		for _, line := range r.Settle(now) {
			for _, run := range GossipOf(t, line).Runs {
				for _, v := range run.Values {
					sent[v] = true
				}
			}
		}
	}
	require.True(t, sent["101"])
}
