package nemesis

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParseFaults checks that a list of faults has every one of its words once,
// in their order, all of them known, and that its own spelling is read again.
func FuzzParseFaults(f *testing.F) {
	for _, seed := range []string{"", " ", "partition", "kill,pause", "loss, duplicate ,reorder,delay,clock,loss", ",", "kill,", "Kill", "kill pause", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		faults, err := ParseFaults(list)
		if err != nil {
			require.ErrorContains(t, err, "choose from")
			return
		}
		var words []string
		for _, fault := range faults {
			require.Contains(t, Faults(), fault)
			require.NotContains(t, words, string(fault))
			words = append(words, string(fault))
		}
		for word := range strings.SplitSeq(list, ",") {
			if word = strings.TrimSpace(word); word != "" {
				require.Contains(t, words, word)
			}
		}
		again, err := ParseFaults(strings.Join(words, ","))
		require.NoError(t, err)
		require.Equal(t, faults, again)
	})
}

// FuzzParseTargets is the same for the targets of kills.
func FuzzParseTargets(f *testing.F) {
	for _, seed := range []string{"", " ", "some", "one,minority-third,minority", "majority, all ,some,all", ",", "all,", "One"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		targets, err := ParseTargets(list)
		if err != nil {
			require.ErrorContains(t, err, "choose from")
			return
		}
		var words []string
		for _, target := range targets {
			require.Contains(t, Targets(), target)
			word := string(target)
			if target == Some {
				word = SomeNodes
			}
			require.NotContains(t, words, word)
			words = append(words, word)
		}
		for word := range strings.SplitSeq(list, ",") {
			if word = strings.TrimSpace(word); word != "" {
				require.Contains(t, words, word)
			}
		}
		again, err := ParseTargets(strings.Join(words, ","))
		require.NoError(t, err)
		require.Equal(t, targets, again)
	})
}
