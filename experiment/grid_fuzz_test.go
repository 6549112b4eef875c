package experiment

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// FuzzParsePoint checks that a setting has what its words say on top of the
// rest, and is read again from the words of its own.
func FuzzParsePoint(f *testing.F) {
	for _, seed := range []string{
		"num-children=5 sync-period=260ms", "node-count=25 rate=100 latency=100 latency-dist=uniform", "rounds=eager", "latency-target=0.5s", "",
		"rate=1e9", "rate=1,2", "rate=1..3/1", "latency=2147483647", "sync-period=-1s", "x=1", "rate", "rate=", "=1", "rate=1 rate=2", "num-children=a=b", "sync-period=1ns",
	} {
		f.Add(seed)
	}
	rest := run.Spec{NodeCount: 7, Rounds: "locked", Rate: 3}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePoint(text, rest)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		var words []string
		say := func(key, value string) {
			if strings.Contains(" "+strings.Join(strings.Fields(text), " "), " "+key+"=") {
				words = append(words, key+"="+value)
			}
		}
		say("node-count", strconv.Itoa(p.NodeCount))
		say("rate", strconv.FormatFloat(p.Rate, 'g', -1, 64))
		say("latency", strconv.FormatInt(p.Latency.Whole(), 10))
		say("latency-dist", p.LatencyDist)
		say("rounds", p.Rounds)
		say("num-children", p.NumChildren)
		say("sync-period", p.SyncPeriod.String())
		say("latency-target", p.LatencyTarget.String())
		require.Len(t, words, len(strings.Fields(text)))
		again, err := ParsePoint(strings.Join(words, " "), rest)
		require.NoError(t, err, "%q", words)
		require.Equal(t, p, again)
		require.True(t, p.NodeCount >= 0 && p.Rate >= 0 && p.Latency >= 0 && p.SyncPeriod >= 0 && p.LatencyTarget >= 0, "%+v", p)
	})
}
