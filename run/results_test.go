package run

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files of testdata")

// sample is a result with every key set.
func sample() *Results {
	perOp, stable, lost := float32(1.25), Millis(42*time.Millisecond), Millis(7*time.Millisecond)
	quantiles := &Quantiles{Min: 0, Median: Millis(time.Millisecond), P95: stable, P99: stable, Max: stable}
	counts := Counts{Count: 3, OKCount: 1, FailCount: 1, InfoCount: 1}
	return &Results{
		Schema: SchemaVersion, Version: "v0.1.0", Command: []string{"treecast", "test", "-w", "broadcast"},
		Started:     time.Date(2026, 11, 20, 11, 15, 0, 123e6, time.UTC),
		Finished:    time.Date(2026, 11, 20, 11, 15, 30, 0, time.UTC),
		Interrupted: true, Error: "a node did not start",
		Settings: Spec{
			Workload: "broadcast", Bin: "./treecast", Args: "--num-children 5", Driver: "process", Seed: 7,
			NodeCount: 5, Concurrency: "5", Rate: 10, TimeLimit: Millis(20 * time.Second), Quiet: Millis(10 * time.Second),
			Latency: Millis(100 * time.Millisecond), LatencyDist: "constant", Topology: "grid",
			Nemesis: "partition", NemesisInterval: Millis(10 * time.Second), Availability: "total",
		},
		Valid: Invalid,
		Strict: Strict{Valid: Invalid, Findings: []Finding{
			{Kind: FindingMissing, Node: "n1", Count: 2, Text: "the final read of n1 lacks 2 values"},
		}},
		Workload: Workload{
			Valid: Invalid,
			SetFull: &SetFull{
				Valid: Invalid, AttemptCount: 4, StableCount: 2, LostCount: 1, Lost: []json.RawMessage{[]byte(`3`)},
				NeverReadCount: 1, NeverRead: []json.RawMessage{[]byte(`"four"`)},
				StaleCount: 1, Stale: []json.RawMessage{[]byte(`2`)}, DuplicatedCount: 0,
				StableLatencies: quantiles, LostLatencies: quantiles,
				WorstStale: []Element{{
					Element: json.RawMessage(`2`), Outcome: Stable, StableLatency: &stable, LostLatency: &lost,
					Known: &Op{Index: 5, Time: time.Second, Type: OK, F: "read", Process: 3, Final: true,
						Value: json.RawMessage(`[2]`), Error: &OpError{Name: "odd", Text: "words"}},
					LastAbsent: &Op{Index: 9, Time: 2 * time.Second, F: "read"},
				}},
			},
		},
		Stats:        Stats{Counts: counts, ByF: map[string]Counts{"read": counts, "broadcast": counts}},
		Availability: Availability{Valid: Invalid, OKFraction: 0.25, InvokeCount: 4},
		Net: Net{
			All:     NetCounts{SendCount: 9, RecvCount: 8, MsgCount: 9, MsgsPerOp: &perOp},
			Clients: NetCounts{SendCount: 4, RecvCount: 4, MsgCount: 4},
			Servers: NetCounts{SendCount: 5, RecvCount: 4, MsgCount: 5, MsgsPerOp: &perOp},
		},
		Delivery: &Delivery{
			NodeCount: 5, ValueCount: 3, FullCount: 2, Latencies: quantiles, HandedCount: 13, RepeatCount: 1,
			Worst:   []Delivered{{Value: json.RawMessage(`1`), Sent: stable, Latency: lost, LastNode: "n4"}},
			Partial: []Partial{{Value: json.RawMessage(`2`), Sent: stable, HandedCount: 3, Lacking: []string{"n1", "n2"}}},
		},
		Traffic: &Traffic{
			Messages: 5, Bytes: 500, MessagesPerBroadcast: 1.25,
			ByKind:    []Share{{Name: KindData, Messages: 4, Bytes: 490, MessageShare: 0.8, ByteShare: 0.98}},
			ByType:    []Share{{Name: "gossip", Messages: 5, Bytes: 500, MessageShare: 1, ByteShare: 1}},
			Nodes:     []NodeTraffic{{Node: "n0", SentMessages: 5, SentBytes: 500, ReceivedMessages: 1, ReceivedBytes: 2}},
			LinkCount: 1, Links: []LinkTraffic{{From: "n0", To: "n1", Messages: 5, Bytes: 500}},
		},
		Challenges: []Challenge{{Name: "3c", Checks: []ChallengeCheck{{What: "valid", Target: "true", Got: "false"}}}},
		Faults:     []Fault{{Kind: "partition", From: stable, To: Millis(time.Second), Text: "n0 | n1 n2 n3 n4"}},
		Nodes:      []NodeNote{{Node: "n1", Kind: "deaf", At: stable, Text: "wrote <garbage>", Stderr: []string{"panic: no"}}},
		Tables:     []Table{{Name: "queues", Columns: []string{"queue", "depth_high"}, Rows: [][]any{{"intake", 12.}}}},
	}
}

func TestResultsSurviveJSON(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, sample().WriteJSON(&text))
	back, err := ReadResultsJSON(bytes.NewReader(text.Bytes()))
	require.NoError(t, err)
	require.Equal(t, sample(), back)
}

func TestTheSchemaOfResultsJSON(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, sample().WriteJSON(&text))
	matchGolden(t, "testdata/results.json", text.Bytes())
}

func TestResultsEDNOfEveryKey(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, sample().WriteEDN(&text))
	matchGolden(t, "testdata/results.edn", text.Bytes())
	require.NotNil(t, decodeEDN(t, text.Bytes()))
}

func matchGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o777))
		require.NoError(t, os.WriteFile(path, got, 0o666))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run the test with -update if this is meant")
}

func TestAnotherSchemaIsRefused(t *testing.T) {
	_, err := ReadResultsJSON(strings.NewReader(`{"schema":99}`))
	require.ErrorIs(t, err, ErrSchema)
	require.ErrorContains(t, err, "99")
	for _, text := range []string{`{"schema":`, `{"schema":"x"}`, `{"workload":{"set_full":{"worst_stale":[{"known":7}]}}}`} {
		_, err = ReadResultsJSON(strings.NewReader(text))
		require.ErrorContains(t, err, "results.json", text)
	}
	_, err = ReadResultsJSON(brokenReader{})
	require.ErrorIs(t, err, errDisk)
}

func TestTheSchemaIsFilledIn(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, (&Results{}).WriteJSON(&text))
	_, err := ReadResultsJSON(&text)
	require.NoError(t, err)
}

func TestResultsOfARunOfNothing(t *testing.T) {
	r := &Results{Valid: Unknown, Workload: Workload{Valid: Unknown}, Availability: Availability{OKFraction: 1}}
	var text bytes.Buffer
	require.NoError(t, r.WriteEDN(&text))
	require.Contains(t, text.String(), ":availability {:valid? true, :ok-fraction 1},")
	require.Contains(t, text.String(), ":workload {:valid? :unknown},")
	require.Contains(t, text.String(), ":by-f {}")
	back, err := ReadResultsEDN(&text)
	require.NoError(t, err)
	require.Equal(t, Unknown, back.Valid)
	require.Equal(t, Workload{Valid: Unknown}, back.Workload)
	require.Nil(t, back.Net.Servers.MsgsPerOp)
}

func TestResultsEDN_figuresOfAnyWorkloadAreRead(t *testing.T) {
	r := &Results{Workload: Workload{Valid: Invalid, Figures: Figures{
		{"valid?", Invalid}, {"errors", List{Vector{"said", Body(`{"echo":"b"}`)}}}, {"count", 2},
	}}}
	var text bytes.Buffer
	require.NoError(t, r.WriteEDN(&text))
	require.Contains(t, text.String(), `:errors (["said" {:echo "b"}])`)
	back, err := ReadResultsEDN(&text)
	require.NoError(t, err)
	require.Equal(t, Figures{{"valid?", Value("false")}, {"count", Value("2")}, {"errors", Value(`[["said",{"echo":"b"}]]`)}}, back.Workload.Figures)
}

func TestFloatsAreSpeltAsJavaSpellsThem(t *testing.T) {
	for f, want := range map[float32]string{
		0: "0.0", 1: "1.0", 1.0084872: "1.0084872", 16.84878: "16.84878", 0.001: "0.001", 0.0001: "1.0E-4",
		0.00012345: "1.2345E-4", 9999999: "9999999.0", 1e7: "1.0E7", 1.25e10: "1.25E10", -2.5: "-2.5", -1e-5: "-1.0E-5",
	} {
		require.Equal(t, want, javaFloat(float64(f), 32))
	}
}

func TestResultsThatCannotBeSpeltAreAnError(t *testing.T) {
	r := sample()
	r.Workload.SetFull.Lost = []json.RawMessage{[]byte(`{`)}
	require.ErrorContains(t, r.WriteEDN(&bytes.Buffer{}), "results.edn")
	require.ErrorIs(t, sample().WriteEDN(brokenWriter{}), errDisk)
	require.ErrorIs(t, sample().WriteJSON(brokenWriter{}), errDisk)
}

func TestBadResultsEDNIsAnError(t *testing.T) {
	for _, text := range []string{
		``, `{`, `{:valid? :perhaps}`, `{:workload {:valid? :perhaps}}`, `{:workload {:attempt-count "x"}}`,
		`{:workload {:attempt-count 1, :lost :x}}`,
		`{:workload {:attempt-count 1, :worst-stale ({:known {:index :x}})}}`,
		`{:workload {:attempt-count 1, :worst-stale ({:last-absent {:index :x}})}}`,
	} {
		_, err := ReadResultsEDN(strings.NewReader(text))
		require.ErrorContains(t, err, "results.edn", text)
	}
	_, err := ReadResultsEDN(brokenReader{})
	require.ErrorIs(t, err, errDisk)
}

func TestEDNOfSomethingElseIsToldApart(t *testing.T) {
	for _, text := range []string{"{}", "{:a 1}", "{:valid? true}", "{:net {:all {:send-count 1}}}", "{:valid? true, :workload {}}"} {
		_, err := ReadResultsEDN(strings.NewReader(text))
		require.ErrorIs(t, err, ErrForeign, text)
	}
	for _, text := range []string{"", "(1 2)", "42", "{:valid?"} {
		_, err := ReadResultsEDN(strings.NewReader(text))
		require.Error(t, err, text)
	}
}
