package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lines pairs operations with how Maelstrom's history.edn and history.txt spell
// them.
var lines = []struct {
	op        Op
	edn, text string
}{
	{
		Op{Index: 3, Time: 38859313, Type: OK, Process: 1, F: "broadcast", Value: json.RawMessage(`7`)},
		`{:index 3, :time 38859313, :type :ok, :process 1, :f :broadcast, :value 7}`,
		"1\t:ok\t:broadcast\t7",
	},
	{
		Op{Index: 398, Time: time.Second, Type: OK, Process: 2, F: "read", Value: json.RawMessage(`[0,0,1]`), Final: true},
		`{:index 398, :time 1000000000, :type :ok, :process 2, :f :read, :value [0 0 1], :final? true}`,
		"2\t:ok\t:read\t[0 0 1]",
	},
	{
		Op{Index: 399, Type: Fail, Process: 11, F: "read", Final: true, Error: &OpError{Name: "net-timeout"}},
		`{:index 399, :time 0, :type :fail, :process 11, :f :read, :value nil, :final? true, :error :net-timeout}`,
		"11\t:fail\t:read\tnil\t:net-timeout",
	},
	{
		Op{Index: 4, Type: Fail, F: "broadcast", Value: json.RawMessage(`1`), Error: &OpError{Name: "temporarily-unavailable", Text: "the queue is \"full\""}},
		`{:index 4, :time 0, :type :fail, :process 0, :f :broadcast, :value 1, :error [:temporarily-unavailable "the queue is \"full\""]}`,
		"0\t:fail\t:broadcast\t1\t[:temporarily-unavailable the queue is \"full\"]",
	},
	{
		Op{Index: 5, Type: Info, F: "broadcast", Value: json.RawMessage(`1`), Error: &OpError{Name: "crash"}},
		`{:index 5, :time 0, :type :info, :process 0, :f :broadcast, :value 1, :error [:crash nil]}`,
		"0\t:info\t:broadcast\t1\t[:crash nil]",
	},
	{
		Op{Index: 6, Type: Info, F: "broadcast", Value: json.RawMessage(`1`), Error: &OpError{Name: "indeterminate", Text: "odd"}},
		`{:index 6, :time 0, :type :info, :process 0, :f :broadcast, :value 1, :error "indeterminate: odd"}`,
		"0\t:info\t:broadcast\t1\tindeterminate: odd",
	},
	{
		Op{Index: 7, Type: OK, F: "echo", Value: json.RawMessage(`{"type":"echo_ok","echo":"a\n\"b\"","in_reply_to":1,"my key":[true,null,1.5,-2]}`)},
		`{:index 7, :time 0, :type :ok, :process 0, :f :echo, :value {:type "echo_ok", :echo "a\n\"b\"", :in_reply_to 1, "my key" [true nil 1.5 -2]}}`,
		"0\t:ok\t:echo\t" + `{:type "echo_ok", :echo "a\n\"b\"", :in_reply_to 1, "my key" [true nil 1.5 -2]}`,
	},
	{
		Op{Index: 8, Type: OK, F: "broadcast", Value: json.RawMessage(`123456789012345678901234567890`)},
		`{:index 8, :time 0, :type :ok, :process 0, :f :broadcast, :value 123456789012345678901234567890N}`,
		"0\t:ok\t:broadcast\t123456789012345678901234567890N",
	},
	{
		Op{Index: 9, Type: OK, F: "broadcast", Value: json.RawMessage(`9223372036854775807`)},
		`{:index 9, :time 0, :type :ok, :process 0, :f :broadcast, :value 9223372036854775807}`,
		"0\t:ok\t:broadcast\t9223372036854775807",
	},
	{
		Op{Index: 10, Type: Info, Process: NemesisProcess, F: "start-partition", Value: json.RawMessage(`"majorities-ring"`)},
		`{:index 10, :time 0, :type :info, :process :nemesis, :f :start-partition, :value :majorities-ring}`,
		":nemesis\t:info\t:start-partition\t:majorities-ring",
	},
	{
		Op{Index: 11, Type: Info, Process: NemesisProcess, F: "start-partition", Value: json.RawMessage(`["isolated",{"n0":["n1","n3"],"n2":["n4"]}]`)},
		`{:index 11, :time 0, :type :info, :process :nemesis, :f :start-partition, :value [:isolated {"n0" #{"n1" "n3"}, "n2" #{"n4"}}]}`,
		":nemesis\t:info\t:start-partition\t" + `[:isolated {"n0" #{"n1" "n3"}, "n2" #{"n4"}}]`,
	},
	{
		Op{Index: 12, Type: Info, Process: NemesisProcess, F: "start-partition", Value: json.RawMessage(`["isolated",{"alpha":["beta"]}]`)},
		`{:index 12, :time 0, :type :info, :process :nemesis, :f :start-partition, :value [:isolated {"alpha" #{"beta"}}]}`,
		":nemesis\t:info\t:start-partition\t" + `[:isolated {"alpha" #{"beta"}}]`,
	},
	{
		Op{Index: 13, Type: Info, Process: NemesisProcess, F: "stop-partition"},
		`{:index 13, :time 0, :type :info, :process :nemesis, :f :stop-partition, :value nil}`,
		":nemesis\t:info\t:stop-partition\tnil",
	},
	{
		Op{Index: 14, Type: Info, Process: NemesisProcess, F: "kill", Value: json.RawMessage(`{"n0":"killed"}`)},
		`{:index 14, :time 0, :type :info, :process :nemesis, :f :kill, :value {"n0" :killed}}`,
		":nemesis\t:info\t:kill\t" + `{"n0" :killed}`,
	},
	{
		Op{Index: 15, Type: Info, Process: NemesisProcess, F: "pause", Value: json.RawMessage(`["n0","n1"]`)},
		`{:index 15, :time 0, :type :info, :process :nemesis, :f :pause, :value ["n0" "n1"]}`,
		":nemesis\t:info\t:pause\t" + `["n0" "n1"]`,
	},
	{
		Op{Index: 16, Type: Info, Process: NemesisProcess, F: "kill", Value: json.RawMessage(`"no such thing"`)},
		`{:index 16, :time 0, :type :info, :process :nemesis, :f :kill, :value "no such thing"}`,
		":nemesis\t:info\t:kill\t" + `"no such thing"`,
	},
}

func TestOperationsAreSpeltAsMaelstromSpellsThem(t *testing.T) {
	for _, line := range lines {
		h := History{line.op}
		var edn, text bytes.Buffer
		require.NoError(t, h.WriteEDN(&edn))
		require.NoError(t, h.WriteText(&text))
		require.Equal(t, line.edn+"\n", edn.String())
		require.Equal(t, line.text+"\n", text.String())
	}
}

func TestOperationsAreReadAsTheyWereWritten(t *testing.T) {
	for _, line := range lines {
		h, err := ReadHistoryEDN(strings.NewReader(line.edn))
		require.NoError(t, err)
		require.Equal(t, History{line.op}, h)
	}
}

func TestReadingKnowsMoreEDNThanIsWritten(t *testing.T) {
	for text, want := range map[string]Op{
		`#jepsen.history.Op{:process 3 :f :read :type :ok}`:                                   {Process: 3, F: "read", Type: OK},
		`{:f :read, #_ :ignored :extra {:a #{[1]}}, a/b 1, :exception #error{:cause "x"}}`:    {F: "read", Extra: []byte(`{"extra":{"a":[[1]]}}`)},
		`{:f :read, :value (1 2.5M #{} #inst "2026" \a \newline \, foo/bar 1/2 ##Inf 7N :k)}`: {F: "read", Value: json.RawMessage(`[1,2.5,[],"2026","a","newline",",","foo/bar","1/2","##Inf",7,"k"]`)},
		`{:f :read, :value {1 2, nil 3, :a "\u00e9\ud83d\ude00\t"}}`:                          {F: "read", Value: json.RawMessage(`{"1":2,"null":3,"a":"é😀\t"}`)},
		`{:f :read, :value "\b\f\u0001"}`:                                                     {F: "read", Value: json.RawMessage(`"\u0008\u000c\u0001"`)},
		`{:f :read, :value nil, :error nil, :final? false}`:                                   {F: "read"},
		`{:f :read, :error "some words"}`:                                                     {F: "read", Error: &OpError{Text: "some words"}},
		`{:f :read, :error "indeterminate: "}`:                                                {F: "read", Error: &OpError{Text: "indeterminate: "}},
		`{:f :read, :error [:crash]}`:                                                         {F: "read", Error: &OpError{Text: "[:crash]"}},
		`{:f :read, :error [:crash "a" "b"]}`:                                                 {F: "read", Error: &OpError{Text: `[:crash "a" "b"]`}},
		`{:f :read, :error {:type :odd}}`:                                                     {F: "read", Error: &OpError{Text: "{:type :odd}"}},
	} {
		h, err := ReadHistoryEDN(strings.NewReader(text))
		require.NoError(t, err, text)
		require.Equal(t, History{want}, h, text)
	}
}

func TestAnErrorReadsAsMaelstromPrintsIt(t *testing.T) {
	require.Equal(t, `[:crash "oh \"no\""]`, (&OpError{Name: "crash", Text: `oh "no"`}).String())
}

func TestEmptyLinesAreNoOperations(t *testing.T) {
	h, err := ReadHistoryEDN(strings.NewReader("\n\n  {:f :read}\n\n"))
	require.NoError(t, err)
	require.Len(t, h, 1)
}

func TestABadHistoryIsRefusedWithItsLine(t *testing.T) {
	for _, text := range []string{
		`{`, `[`, `{:index x}`, `{:index}`, `{:time 1.5}`, `{:type :odd}`, `{:process :client}`, `{:value }`,
		`{:value [1 2}`, `{:value "\q"}`, `{:value "\uzzzz"}`, `{:value "open}`, `{:error [:x}`, `{} {}`, `{)}`, `{}`, `{:f ""}`, `{:f "two words"}`,
		`{:value ` + strings.Repeat("[", 5000) + `}`, `#`, strings.Repeat("#_", 5000),
	} {
		_, err := ReadHistoryEDN(strings.NewReader("{:f :read}\n" + text))
		require.ErrorContains(t, err, "line 2", text)
	}
}

func TestAValueThatIsNotJSONIsNotWritten(t *testing.T) {
	for _, value := range []string{
		``, `x`, `[1`, `[1,]`, `[1 2]`, `{"a"}`, `{a:1}`, `{"a":1`, `{"a" 1}`, `{"a":}`, `"open`, `"\q"`, "\"\n\"", `1 2`, `01`,
		strings.Repeat("[", 5000),
	} {
		h := History{{Index: 12, F: "read", Value: json.RawMessage(value)}}
		require.ErrorContains(t, h.WriteEDN(&bytes.Buffer{}), "operation 12", value)
		require.ErrorContains(t, h.WriteText(&bytes.Buffer{}), "operation 12", value)
	}
}

var errDisk = errors.New("the disk is full")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errDisk }

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errDisk }

func TestErrorsOfFilesAreHandedOn(t *testing.T) {
	large := History{{F: "read", Value: json.RawMessage(`"` + strings.Repeat("x", 1<<20) + `"`)}}
	require.ErrorIs(t, large.WriteEDN(brokenWriter{}), errDisk)
	require.ErrorIs(t, History{{F: "read"}}.WriteEDN(brokenWriter{}), errDisk)
	_, err := ReadHistoryEDN(brokenReader{})
	require.ErrorIs(t, err, errDisk)
}

func TestPairsJoinInvocationsAndCompletions(t *testing.T) {
	h := History{
		{Process: 0},                          // 0
		{Process: 1},                          // 1
		{Process: NemesisProcess, Type: Info}, // 2
		{Process: 1, Type: Fail},              // 3
		{Process: 0, Type: OK},                // 4
		{Process: 0},                          // 5: never completed
		{Process: 2, Type: Info},              // 6: never invoked
		{Process: NemesisProcess, Type: Info}, // 7
		{Process: 1, Type: Invoke},            // 8
		{Process: 1, Type: Info},              // 9
	}
	require.Equal(t, []int32{4, 3, -1, 1, 0, -1, -1, -1, 9, 8}, h.Pairs())
	require.Equal(t, 4, h.Invocations())
}
