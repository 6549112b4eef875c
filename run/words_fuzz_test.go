package run

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shellWords takes a command apart as a POSIX shell does that is given nothing
// but blanks, words and quotes; what else a shell would see in it is an error.
func shellWords(text string) (words []string, err error) {
	var word strings.Builder
	inWord := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ':
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		case c == '\'':
			end := strings.IndexByte(text[i+1:], '\'')
			if end < 0 {
				return nil, errors.New("a quote is open at the end")
			}
			word.WriteString(text[i+1 : i+1+end])
			i, inWord = i+1+end, true
		case c == '\\' && i+1 < len(text):
			i++
			word.WriteByte(text[i])
			inWord = true
		case strings.IndexByte("|&;<>()$`\\\"*?[#~!{}^\t\n\r", c) >= 0 || c < ' ':
			return nil, errors.New("a shell would not take this as it is: " + text[i:])
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// FuzzShellQuote checks that a shell reads a quoted word as it was.
func FuzzShellQuote(f *testing.F) {
	for _, seed := range []string{"", "a", "it's", "$HOME", "a b", "'", "''", `\'`, "\n", "~", "-n", "ä", "a=b", "\xff", "!x", "{a,b}", "=ls", "#"} {
		f.Add(seed, "next")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		words, err := shellWords(ShellQuote(first) + " " + ShellQuote(second))
		require.NoError(t, err)
		require.Equal(t, []string{first, second}, words)
	})
}

// FuzzSpecCommand checks that the command of a setting says what the setting says:
// its words come back from a shell, and the nodes' arguments make the same
// setting again.
func FuzzSpecCommand(f *testing.F) {
	f.Add("broadcast", "--num-children\x005\x00--sync-period=260ms\x00--rounds\x00free", "partition,kill", 20.0, int64(20e9))
	f.Add("echo", "--latency-target\x00soon\x00--latency-target\x00500ms\x00it's\x00--sync-period", "", 0.1, int64(1))
	f.Add("a b", "--\x00--num-children=\x00\x00--rounds", "x y", 1e300, int64(-1))
	f.Fuzz(func(t *testing.T, workload, args, nemesis string, rate float64, limit int64) {
		s := Spec{Workload: workload, Driver: "virtual", NodeCount: 5, Rate: rate, TimeLimit: Millis(limit), LatencyDist: "constant"}
		if args != "" {
			s.Args = WordsOf(strings.Split(args, "\x00")...)
		}
		if nemesis != "" {
			s.Nemesis, s.NemesisInterval = CommaList(nemesis), Millis(time.Second)
		}
		setting := s.Setting()
		require.NotEmpty(t, setting.Label())
		words, err := shellWords(setting.Command(7))
		require.NoError(t, err)
		require.Equal(t, []string{"treecast", "test", "-w", workload}, words[:4])

		// What stands behind -- is what the nodes get.
		nodeArgs := []string{}
		for at, seed := 4, false; at < len(words); at++ {
			seed = seed || words[at] == "--seed"
			if seed && words[at] == "--" {
				nodeArgs = words[at+1:]
				break
			}
		}
		s.Args = WordsOf(nodeArgs...)
		require.Equal(t, setting, s.Setting())
	})
}
