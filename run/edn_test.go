package run

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeepEDNIsRefusedBeforeItExhaustsTheStack(t *testing.T) {
	const many = 1_000_000
	for _, opening := range []string{"[", "(", "{:a ", "#{", "#a ", "#_ ", "#_", "#a[", "#_[#a ", "[1 {\"]\" ", `[\] `, "[;]\n"} {
		_, err := ReadResultsEDN(strings.NewReader("{:valid? true, :net {}, :x " + strings.Repeat(opening, many)))
		require.ErrorIs(t, err, errEDNDepth, opening)
		_, err = ReadHistoryEDN(strings.NewReader("{:value " + strings.ReplaceAll(strings.Repeat(opening, many), "\n", " ")))
		require.Error(t, err, opening)
	}
	for _, flat := range []string{"[]", "{:a 1} ", `"[" `, `\[ `, ";[\n", "#a 1 ", "#_ [] ", "#{1} ", "#a{:b #c []} ", "a#b "} {
		_, err := parseEDN("["+strings.Repeat(flat, 2*ednMaxDepth)+"]", ednMaxDepth)
		require.NoError(t, err, flat)
	}
	_, err := parseEDN(strings.Repeat("[", ednMaxDepth)+strings.Repeat("]", ednMaxDepth), ednMaxDepth)
	require.NoError(t, err)
	_, err = parseEDN(strings.Repeat("[", ednMaxDepth+1), ednMaxDepth)
	require.ErrorIs(t, err, errEDNDepth)
}

func TestTheDeepestValuesSurviveTheirFile(t *testing.T) {
	deepest := json.RawMessage(strings.Repeat("[", ednMaxDepth) + strings.Repeat("]", ednMaxDepth))
	r := sample()
	set := r.Workload.SetFull
	set.Lost, set.WorstStale[0].Element, set.WorstStale[0].Known.Value = []json.RawMessage{deepest}, deepest, deepest
	var text bytes.Buffer
	require.NoError(t, r.WriteEDN(&text))
	back, err := ReadResultsEDN(&text)
	require.NoError(t, err)
	require.Equal(t, set, back.Workload.SetFull)
}

func TestValuesThatOnlyClojureHasATypeForDoNoHarm(t *testing.T) {
	for spelling, want := range map[string]string{
		"111e1111": `111e1111`, "-1e999M": `-1e999`, "1e-99999999999": `1e-99999999999`, "7N": `7`, "1/2": `"1/2"`, "##Inf": `"##Inf"`,
		`#inst "soon"`: `"soon"`, `#base64 "?"`: `"?"`, "#{1e999}": `[1e999]`, "{1 1e999}": `{"1":1e999}`, `\a`: `"a"`, "nil": `null`,
	} {
		back, err := ReadResultsEDN(strings.NewReader("{:valid? true, :net {}, :odd " + spelling + ", " + spelling + " 1, :workload {:valid? false, :attempt-count 1, " +
			":lost (1 " + spelling + "), :odd " + spelling + ", :worst-stale ({:element " + spelling + ", :outcome :lost, " +
			":known #jepsen.history.Op{:index 1, :type :ok, :f :add, :value [" + spelling + "], :odd " + spelling + "}, :last-absent nil})}}"))
		require.NoError(t, err, spelling)
		set := back.Workload.SetFull
		require.Equal(t, []json.RawMessage{[]byte(`1`), []byte(want)}, set.Lost)
		require.Equal(t, want, string(set.WorstStale[0].Element))
		require.Equal(t, "["+want+"]", string(set.WorstStale[0].Known.Value))
		require.Nil(t, set.WorstStale[0].LastAbsent)
	}
}

func TestEDN_aMapIsWhatItsKeywordsSay(t *testing.T) {
	n, err := parseEDN(" ;{\n {:a 1, \"b\" 2, c 3, [:d] 4, :e {:f 5} :a #_7 6} ", ednMaxDepth)
	require.NoError(t, err)
	require.Equal(t, "6", n.get("a").text)
	require.Equal(t, "5", n.get("e").get("f").text)
	for _, name := range []string{"b", "c", "d", "f"} {
		require.Nil(t, n.get(name))
	}
	for text, says := range map[string]string{
		"": "ends inside", "{": "ends inside", "{:a": "ends inside", "{:a}": "ends with a key", "{:a 1} 2": `"2" follows`, "nil 2": `"2" follows`, "{:a 1]": "unexpected",
	} {
		_, err := parseEDN(text, ednMaxDepth)
		require.ErrorContains(t, err, says, text)
	}
	for _, text := range []string{"[1 2]", "nill"} {
		_, err := ReadResultsEDN(strings.NewReader(text))
		require.ErrorContains(t, err, "between {} is expected", text)
	}
}

func TestFiguresOfTheWrongTypeAreNamed(t *testing.T) {
	for text, says := range map[string]string{
		":stats {:count \"x\"}":                                         ":stats.count is a string",
		":stats {:by-f {:read {:ok-count 1.5}}}":                        ":stats.by-f.ok-count is a number 1.5",
		":stats {:by-f {\"a b\" {}}}":                                   `"a b" is no keyword`,
		":availability {:ok-fraction 1e99}":                             ":availability.ok-fraction is a number 1e99",
		":workload {:valid? :perhaps}":                                  ":workload: :valid?: run: \"perhaps\" is no verdict",
		":workload {:attempt-count 1, :lost 7}":                         ":lost: something between () or [] or #{} is expected",
		":workload {:attempt-count 1, :stable-latencies {0 :x}}":        "no number of milliseconds",
		":workload {:attempt-count 1, :worst-stale (7)}":                ":worst-stale: something between {} is expected",
		":workload {:attempt-count 1, :worst-stale ({})}":               ":worst-stale: there is no :element",
		":workload {:attempt-count 1, :worst-stale ({:element 1})}":     "no outcome",
		":workload {:attempt-count 1, :worst-stale ({:known {:f 1}}) }": "there is no :element",
	} {
		_, err := ReadResultsEDN(strings.NewReader("{:valid? true, :net {}, " + text + "}"))
		require.ErrorContains(t, err, says, text)
	}
}

func TestAWorkloadWithoutAVerdictIsNotKnownToBeValid(t *testing.T) {
	for _, text := range []string{"", ":workload nil", ":workload {}", ":workload {:attempt-count 0}"} {
		r, err := ReadResultsEDN(strings.NewReader("{:valid? true, :net {}, " + text + "}"))
		require.NoError(t, err, text)
		require.Equal(t, Unknown, r.Workload.Valid, text)
	}
}

// A long list of plain words is held as they are; nothing else of it differs.
func TestEDN_longListsAreAsShortOnes(t *testing.T) {
	words := "1 -2.5e3 true nil :k foo/bar 7N 2.5M +3 1/2 123456789012345678901 " + strings.Repeat("12 ", longList)
	for _, text := range []string{"[" + words + "]", "[" + strings.ReplaceAll(words, " ", ",  ") + "]"} {
		n, err := parseEDN(text, ednMaxDepth)
		require.NoError(t, err)
		require.NotEmpty(t, n.words)
		long := n
		n.expand()
		require.Equal(t, string(n.appendEDN(nil)), string(long.appendEDN(nil)))
		require.Equal(t, string(n.appendJSON(nil)), string(long.appendJSON(nil)))
		require.True(t, json.Valid(long.appendJSON(nil)))
	}
	value := json.RawMessage("[null,-123456789012345678901," + strings.Repeat("12,", longList) + "1.5]")
	for _, list := range []json.RawMessage{value, json.RawMessage(strings.Replace(string(value), "null,", "", 1))} {
		n, err := parseJSON(list)
		require.NoError(t, err)
		text := string(n.appendEDN(nil))
		require.Contains(t, text, "-123456789012345678901N 12 12")
		back, err := parseEDN(text, ednMaxDepth)
		require.NoError(t, err)
		require.Equal(t, string(list), string(back.appendJSON(nil)))
	}
}
