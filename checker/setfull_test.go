package checker

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// outcomes runs set-full and drops what a table of tests does not look at.
func outcomes(s run.SetFull) run.SetFull {
	s.WorstStale, s.DuplicatedCount = nil, 0
	return s
}

func all(q float64) *run.Quantiles {
	return &run.Quantiles{Min: ms(q), Median: ms(q), P95: ms(q), P99: ms(q), Max: ms(q)}
}

func TestSetFullOutcomes(t *testing.T) {
	for _, test := range []struct {
		name, history string
		want          run.SetFull
	}{
		{
			name:    "nothing broadcast is unknown",
			history: ``,
			want:    run.SetFull{Valid: run.Unknown},
		},
		{
			name: "a value no read shows or misses is never read",
			history: `
				0 0 invoke broadcast 7
				1 0 ok     broadcast 7`,
			want: run.SetFull{Valid: run.Unknown, AttemptCount: 1, NeverReadCount: 1, NeverRead: raws(7)},
		},
		{
			name: "a value in every later read is stable at once",
			history: `
				0 0 invoke broadcast 7
				1 0 ok     broadcast 7
				2 1 invoke read -
				3 1 ok     read [7]`,
			want: run.SetFull{Valid: run.Valid, AttemptCount: 1, StableCount: 1, StableLatencies: all(0)},
		},
		{
			name: "stable latency runs from the acknowledgement to the invocation of the last read without it",
			history: `
				0    0 invoke broadcast 7
				10   0 ok     broadcast 7
				20   1 invoke read -
				30   1 ok     read []
				52.7 1 invoke read -
				90   1 ok     read []
				95   1 invoke read -
				96   1 ok     read [7]`,
			want: run.SetFull{
				Valid: run.Valid, AttemptCount: 1, StableCount: 1, StableLatencies: all(42),
				StaleCount: 1, Stale: raws(7),
			},
		},
		{
			name: "a read that shows a value before its acknowledgement makes it known",
			history: `
				0   0 invoke broadcast 7
				1   1 invoke read -
				5   1 ok     read [7]
				25  1 invoke read -
				26  1 ok     read []
				30  1 invoke read -
				31  1 ok     read [7]
				100 0 ok     broadcast 7`,
			want: run.SetFull{
				Valid: run.Valid, AttemptCount: 1, StableCount: 1, StableLatencies: all(20),
				StaleCount: 1, Stale: raws(7),
			},
		},
		{
			name: "one nanosecond is added before milliseconds are cut",
			history: `
				0         0 invoke broadcast 7
				10        0 ok     broadcast 7
				10.999999 1 invoke read -
				12        1 ok     read []
				13        1 invoke read -
				14        1 ok     read [7]`,
			want: run.SetFull{
				Valid: run.Valid, AttemptCount: 1, StableCount: 1, StableLatencies: all(1),
				StaleCount: 1, Stale: raws(7),
			},
		},
		{
			name: "a stable latency below a millisecond is not stale",
			history: `
				0         0 invoke broadcast 7
				10        0 ok     broadcast 7
				10.999998 1 invoke read -
				12        1 ok     read []
				13        1 invoke read -
				14        1 ok     read [7]`,
			want: run.SetFull{Valid: run.Valid, AttemptCount: 1, StableCount: 1, StableLatencies: all(0)},
		},
		{
			name: "a value that was shown and no longer is, is lost",
			history: `
				0  0 invoke broadcast 7
				10 0 ok     broadcast 7
				30 1 invoke read -
				31 1 ok     read [7]
				40 1 invoke read -
				41 1 ok     read []`,
			want: run.SetFull{
				Valid: run.Invalid, AttemptCount: 1, LostCount: 1, Lost: raws(7), LostLatencies: all(20),
			},
		},
		{
			name: "an acknowledged value that was never shown is lost at once",
			history: `
				0  0 invoke broadcast 7
				10 0 ok     broadcast 7
				30 1 invoke read -
				31 1 ok     read []`,
			want: run.SetFull{
				Valid: run.Invalid, AttemptCount: 1, LostCount: 1, Lost: raws(7), LostLatencies: all(0),
			},
		},
		{
			name: "a read that began before the acknowledgement cannot lose a value",
			history: `
				0  0 invoke broadcast 7
				5  1 invoke read -
				10 0 ok     broadcast 7
				31 1 ok     read []`,
			want: run.SetFull{Valid: run.Unknown, AttemptCount: 1, NeverReadCount: 1, NeverRead: raws(7)},
		},
		{
			name: "an indeterminate broadcast that nobody saw is never read",
			history: `
				0    0 invoke broadcast 7
				5000 0 info   broadcast 7 !net-timeout
				5001 1 invoke read -
				5002 1 ok     read []`,
			want: run.SetFull{Valid: run.Unknown, AttemptCount: 1, NeverReadCount: 1, NeverRead: raws(7)},
		},
		{
			name: "an indeterminate broadcast that was seen is known by that read",
			history: `
				0    0 invoke broadcast 7
				5000 0 info   broadcast 7 !net-timeout
				5001 1 invoke read -
				5002 1 ok     read [7]
				6002 1 invoke read -
				6003 1 ok     read []`,
			want: run.SetFull{
				Valid: run.Invalid, AttemptCount: 1, LostCount: 1, Lost: raws(7), LostLatencies: all(0),
			},
		},
		{
			name: "a failed broadcast counts as an attempt and is never read",
			history: `
				0 0 invoke broadcast 7
				1 0 fail   broadcast 7 !temporarily-unavailable full
				2 1 invoke read -
				3 1 ok     read []`,
			want: run.SetFull{Valid: run.Unknown, AttemptCount: 1, NeverReadCount: 1, NeverRead: raws(7)},
		},
		{
			name: "reads that fail or are indeterminate say nothing",
			history: `
				0 0 invoke broadcast 7
				1 0 ok     broadcast 7
				2 1 invoke read -
				3 1 ok     read [7]
				4 1 invoke read -
				5 1 fail   read - !net-timeout
				6 1 invoke read -
				7 1 info   read - !net-timeout`,
			want: run.SetFull{Valid: run.Valid, AttemptCount: 1, StableCount: 1, StableLatencies: all(0)},
		},
		{
			name: "concurrent reads count in the order of their invocations: the later one shows it",
			history: `
				0  0 invoke broadcast 7
				10 0 ok     broadcast 7
				20 1 invoke read -
				30 2 invoke read -
				40 2 ok     read [7]
				50 1 ok     read []`,
			want: run.SetFull{
				Valid: run.Valid, AttemptCount: 1, StableCount: 1, StableLatencies: all(10),
				StaleCount: 1, Stale: raws(7),
			},
		},
		{
			name: "concurrent reads count in the order of their invocations: the later one misses it",
			history: `
				0  0 invoke broadcast 7
				10 0 ok     broadcast 7
				20 1 invoke read -
				30 2 invoke read -
				40 2 ok     read []
				50 1 ok     read [7]`,
			want: run.SetFull{
				Valid: run.Invalid, AttemptCount: 1, LostCount: 1, Lost: raws(7), LostLatencies: all(10),
			},
		},
		{
			name: "a read invoked before the broadcast misses it if it completes after",
			history: `
				0  1 invoke read -
				10 0 invoke broadcast 7
				11 0 ok     broadcast 7
				20 1 ok     read []
				30 1 invoke read -
				31 1 ok     read [7]`,
			want: run.SetFull{Valid: run.Valid, AttemptCount: 1, StableCount: 1, StableLatencies: all(0)},
		},
		{
			name: "a read that completes before the broadcast has nothing to do with it",
			history: `
				0  1 invoke read -
				1  1 ok     read []
				10 0 invoke broadcast 7
				11 0 ok     broadcast 7`,
			want: run.SetFull{Valid: run.Unknown, AttemptCount: 1, NeverReadCount: 1, NeverRead: raws(7)},
		},
		{
			name: "a value broadcast again begins anew",
			history: `
				0  0 invoke broadcast 7
				1  0 ok     broadcast 7
				2  1 invoke read -
				3  1 ok     read [7]
				10 0 invoke broadcast 7
				11 0 fail   broadcast 7 !temporarily-unavailable`,
			want: run.SetFull{Valid: run.Unknown, AttemptCount: 1, NeverReadCount: 1, NeverRead: raws(7)},
		},
		{
			name: "values nobody broadcast and duplicates are not looked at",
			history: `
				0 0 invoke broadcast 7
				1 0 ok     broadcast 7
				2 1 invoke read -
				3 1 ok     read [7,7,8]`,
			want: run.SetFull{Valid: run.Valid, AttemptCount: 1, StableCount: 1, StableLatencies: all(0)},
		},
		{
			name: "final reads are reads",
			history: `
				0     0 invoke broadcast 7
				1     0 ok     broadcast 7
				10001 1 invoke read - final
				10002 1 ok     read [] final`,
			want: run.SetFull{
				Valid: run.Invalid, AttemptCount: 1, LostCount: 1, Lost: raws(7), LostLatencies: all(0),
			},
		},
		{
			name: "a read of null shows nothing",
			history: `
				0 0 invoke broadcast 7
				1 0 ok     broadcast 7
				2 1 invoke read -
				3 1 ok     read null`,
			want: run.SetFull{
				Valid: run.Invalid, AttemptCount: 1, LostCount: 1, Lost: raws(7), LostLatencies: all(0),
			},
		},
		{
			name: "the nemesis is no client",
			history: `
				0 nemesis info   broadcast 7
				1 0       invoke broadcast 8
				2 0       ok     broadcast 8
				3 nemesis info   read []
				4 1       invoke read -
				5 1       ok     read [8]`,
			want: run.SetFull{Valid: run.Valid, AttemptCount: 1, StableCount: 1, StableLatencies: all(0)},
		},
		{
			name: "values of every type are told apart and sorted",
			history: `
				0  0 invoke broadcast "1"
				1  0 ok     broadcast "1"
				2  0 invoke broadcast 1
				3  0 ok     broadcast 1
				4  0 invoke broadcast 1.0
				5  0 ok     broadcast 1.0
				6  0 invoke broadcast {"b":[1],"a":null}
				7  0 ok     broadcast {"b":[1],"a":null}
				8  0 invoke broadcast -
				9  0 ok     broadcast -
				10 0 invoke broadcast 123456789012345678901234567890
				11 0 ok     broadcast 123456789012345678901234567890
				20 1 invoke read -
				21 1 ok     read ["\u0031",{"a":null,"b":[1]}]`,
			want: run.SetFull{
				Valid: run.Invalid, AttemptCount: 6, StableCount: 2, StableLatencies: all(0),
				LostCount: 4, Lost: raws("null", "1", "1.0", "123456789012345678901234567890"), LostLatencies: all(0),
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			for _, list := range []*[]json.RawMessage{&want.Lost, &want.NeverRead, &want.Stale} {
				*list = append(noElements(), *list...)
			}
			require.Equal(t, want, outcomes(SetFull(script(t, test.history), testNames)))
		})
	}
}

func TestWorstStaleAreTheEightStalestAndOfEqualsTheLargestFirst(t *testing.T) {
	text := ""
	for value, at := range []int{10, 10, 20, 30, 40, 50, 60, 70, 80, 90} {
		text += fmt.Sprintf("0 %d invoke broadcast %d\n%d %d ok broadcast %d\n", value, value, at, value, value)
	}
	text = text + `
		100 20 invoke read -
		101 20 ok read []
		102 20 invoke read -
		103 20 ok read [0,1,2,3,4,5,6,7,8,9]`
	h := script(t, text)
	worst := SetFull(h, testNames).WorstStale
	require.Len(t, worst, 8)
	var shown []string
	for _, e := range worst {
		shown = append(shown, fmt.Sprintf("%s: %v", e.Element, e.StableLatency))
		require.Equal(t, run.Stable, e.Outcome)
		require.Nil(t, e.LostLatency)
		require.Equal(t, "ok", e.Known.Type.String())
		require.Equal(t, ms(100), run.Millis(e.LastAbsent.Time))
	}
	require.Equal(t, []string{
		"1: 90ms", "0: 90ms", "2: 80ms", "3: 70ms", "4: 60ms", "5: 50ms", "6: 40ms", "7: 30ms",
	}, shown)
}

func TestQuantilesAreTheElementsAtFloorOfNTimesQ(t *testing.T) {
	var samples []time.Duration
	for i := range 200 {
		samples = append(samples, time.Duration(199-i)*time.Millisecond)
	}
	require.Equal(t, &run.Quantiles{Min: ms(0), Median: ms(100), P95: ms(190), P99: ms(198), Max: ms(199)}, quantiles(samples))
	require.Nil(t, quantiles(nil))
}

func BenchmarkSetFull(b *testing.B) {
	// 25 nodes, 2000 operations, half of them broadcasts; reads show nearly all.
	var h run.History
	shown := []byte("[")
	for i := range 25 * 1000 {
		at := time.Duration(i) * time.Millisecond
		value := raws(i)[0]
		h = append(h,
			run.Op{Index: len(h), Time: at, Process: i % 25, F: testNames.Add, Value: value},
			run.Op{Index: len(h) + 1, Time: at, Type: run.OK, Process: i % 25, F: testNames.Add, Value: value})
		if i%10 == 0 { // a tenth of the reads, to keep the benchmark's memory small
			list := append(slices.Clone(shown), ']')
			h = append(h,
				run.Op{Index: len(h), Time: at, Process: 100, F: testNames.Read},
				run.Op{Index: len(h) + 1, Time: at, Type: run.OK, Process: 100, F: testNames.Read, Value: list})
		}
		if i > 0 {
			shown = append(shown, ',')
		}
		shown = append(shown, value...)
	}
	b.ResetTimer()
	for b.Loop() {
		if SetFull(h, testNames).AttemptCount != 25*1000 {
			b.Fatal("attempts are missing")
		}
	}
}
