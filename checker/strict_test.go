package checker

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

var twoNodes = StrictOptions{Nodes: []string{"n0", "n1"}, Concurrency: 2}

// healthy is a run of two nodes that both end with the value 7.
const healthy = `
	0  0 invoke broadcast 7
	1  0 ok     broadcast 7
	10 0 invoke read - final
	10 1 invoke read - final
	11 0 ok     read [7] final
	12 1 ok     read [7] final`

func TestStrictFindings(t *testing.T) {
	for _, test := range []struct {
		name, history string
		options       StrictOptions
		verdict       run.Verdict
		want          []run.Finding
	}{
		{
			name: "nothing is wrong with a healthy run", history: healthy, options: twoNodes,
		},
		{
			name:    "a run without final reads is unknown",
			history: `0 0 invoke broadcast 7`, options: twoNodes, verdict: run.Unknown,
		},
		{
			name: "a node whose final read fails is deaf",
			history: `
				10   0 invoke read - final
				10   3 invoke read - final
				11   0 ok     read [] final
				5010 3 fail   read - final !net-timeout`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingDeaf, Node: "n1", Count: 1,
				Text: "n1 did not answer its final read (at 5.010 s, operation 3: :net-timeout)",
			}},
		},
		{
			name: "a node whose final read is still open is deaf",
			history: `
				10 0 invoke read - final
				10 1 invoke read - final
				11 0 ok     read [] final`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingDeaf, Node: "n1", Count: 1,
				Text: "n1 did not answer its final read (asked at 0.010 s, operation 1)",
			}},
		},
		{
			name: "a final read that fails without a word is deaf, and without nodes it is a worker",
			history: `
				10 1 invoke read - final
				20 1 fail   read - final`,
			verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingDeaf, Count: 1,
				Text: "worker 1 did not answer its final read (at 0.020 s, operation 1)",
			}},
		},
		{
			name: "of two workers of a node it is enough if one is answered",
			history: `
				10 0 invoke read - final
				10 1 invoke read - final
				11 0 ok     read [] final
				12 1 fail   read - final !net-timeout`,
			options: StrictOptions{Nodes: []string{"n0"}, Concurrency: 2},
		},
		{
			name: "an acknowledged value that a final read lacks is missing there",
			history: `
				0  0 invoke broadcast 8
				1  0 ok     broadcast 8
				2  1 invoke broadcast 7
				3  1 ok     broadcast 7
				10 0 invoke read - final
				10 1 invoke read - final
				11 0 ok     read [8] final
				12 1 ok     read [7,8] final`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingMissing, Node: "n0", Count: 1,
				Text: "the final read of n0 lacks 1 of 2 known values: 7; 7 was acknowledged by n1 at 0.003 s, operation 3",
			}},
		},
		{
			name: "an indeterminate value that one node shows is missing on the others",
			history: `
				0    0 invoke broadcast 7
				5000 0 info   broadcast 7 !net-timeout
				6000 2 invoke read - final
				6000 1 invoke read - final
				6001 2 ok     read [7] final
				6002 1 ok     read [] final`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingMissing, Node: "n1", Count: 1,
				Text: "the final read of n1 lacks 1 of 1 known value: 7; 7 was in the read of n0 at 6.001 s, operation 4",
			}},
		},
		{
			name: "an indeterminate value that nobody shows is not missing",
			history: `
				0    0 invoke broadcast 7
				5000 0 info   broadcast 7 !net-timeout
				6000 1 invoke read - final
				6002 1 ok     read [] final`,
			options: twoNodes,
		},
		{
			name: "values are told apart by type, and many are cut short",
			history: `
				0  0 invoke broadcast 10
				1  0 ok     broadcast 10
				2  0 invoke broadcast 9
				3  0 ok     broadcast 9
				4  0 invoke broadcast "9"
				5  0 ok     broadcast "9"
				6  0 invoke broadcast 1
				7  0 ok     broadcast 1
				8  0 invoke broadcast 2
				9  0 ok     broadcast 2
				10 0 invoke broadcast 3
				11 0 ok     broadcast 3
				20 1 invoke read - final
				21 1 ok     read [] final`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingMissing, Node: "n1", Count: 6,
				Text: "the final read of n1 lacks 6 of 6 known values: 1, 2, 3, 9, 10, ...; 1 was acknowledged by n0 at 0.007 s, operation 7",
			}},
		},
		{
			name: "a value twice in one read is a duplicate",
			history: `
				0  0 invoke broadcast 7
				1  0 ok     broadcast 7
				2  1 invoke read -
				3  1 ok     read [7,7,7]
				10 0 invoke read - final
				11 0 ok     read [7,7] final`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingDuplicate, Count: 2,
				Text: "2 reads show a value more than once; first the read of n1 at 0.003 s, operation 3: 7 3 times",
			}},
		},
		{
			name: "one read with a duplicate",
			history: healthy + `
				13 0 invoke read -
				14 0 ok     read [7,7]`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingDuplicate, Count: 1,
				Text: "1 read shows a value more than once; first the read of n0 at 0.014 s, operation 7: 7 2 times",
			}},
		},
		{
			name: "a value that nobody broadcast",
			history: healthy + `
				13 0 invoke read -
				14 0 ok     read [7,"boo"]`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingUnsent, Count: 1,
				Text: `1 value was read that nobody had broadcast: "boo"; "boo" in the read of n0 at 0.014 s, operation 7`,
			}},
		},
		{
			name: "a value that is read before it is broadcast",
			history: `
				0  1 invoke read -
				1  1 ok     read [9,7]
				2  0 invoke broadcast 7
				3  0 ok     broadcast 7
				10 0 invoke read - final
				11 0 ok     read [7] final`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingUnsent, Count: 2,
				Text: "2 values were read that nobody had broadcast: 7, 9; 7 in the read of n1 at 0.001 s, operation 1",
			}},
		},
		{
			name: "a value that is read though its broadcast failed, and is not missing elsewhere",
			history: `
				0  0 invoke broadcast 7
				1  0 fail   broadcast 7 !temporarily-unavailable queue is full
				10 0 invoke read - final
				10 1 invoke read - final
				11 0 ok     read [] final
				12 1 ok     read [7] final`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingRefused, Count: 1,
				Text: `1 value was read though the broadcast was refused: 7; 7 was refused at 0.001 s, operation 1: ` +
					`[:temporarily-unavailable "queue is full"], and is in the read of n1 at 0.012 s, operation 5`,
			}},
		},
		{
			name: "a value that failed once and was broadcast again may be read",
			history: `
				0  0 invoke broadcast 7
				1  0 fail   broadcast 7
				2  0 invoke broadcast 7
				3  0 ok     broadcast 7
				10 0 invoke read - final
				11 0 ok     read [7] final`,
			options: twoNodes,
		},
		{
			name: "a read that answers no list",
			history: `
				10 0 invoke read - final
				11 0 ok     read {"7":true} final`,
			options: twoNodes, verdict: run.Invalid,
			want: []run.Finding{{
				Kind: run.FindingMalformed, Count: 1,
				Text: "1 read answered no list of values; first the read of n0 at 0.011 s, operation 1: {\"7\":true}",
			}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := run.Strict{Valid: test.verdict, Findings: append([]run.Finding{}, test.want...)}
			require.Equal(t, want, Strict(script(t, test.history), testNames, test.options))
		})
	}
}

func TestProcessesBelongToTheNodesMaelstromGivesThem(t *testing.T) {
	w := workers{nodes: []string{"n0", "n1", "n2"}, concurrency: 6}
	for process, want := range map[int]string{0: "n0", 2: "n2", 3: "n0", 5: "n2", 6: "n0", 11: "n2", 15: "n0"} {
		require.Equal(t, want, w.name(w.placeOf(process)), fmt.Sprint("process ", process))
	}
	w = workers{nodes: []string{"n0", "n1", "n2"}, concurrency: 2}
	require.Equal(t, "n1", w.name(w.placeOf(3)), "fewer workers than nodes: the third node has none")
	w = workers{nodes: []string{"n0", "n1"}}
	require.Equal(t, "n1", w.name(w.placeOf(5)))
}
