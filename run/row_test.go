package run

import (
	"bytes"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestARowHasTheFiguresOfARun(t *testing.T) {
	perOp := float32(0.9)
	ms := func(v float64) Millis { return Millis(v * 1e6) }
	row := RowOf(&Results{
		Settings: challengeSpec(), Valid: Valid, Error: "one\ntwo",
		Strict:       Strict{Valid: Invalid, Findings: []Finding{{Kind: FindingMissing, Count: 3}, {Kind: FindingDeaf, Count: 1}}},
		Followed:     "broadcast",
		Stats:        Stats{Counts: Counts{Count: 200}, ByF: map[string]Counts{"broadcast": {Count: 100}, "read": {Count: 100}}},
		Net:          Net{Servers: NetCounts{MsgCount: 180, MsgsPerOp: &perOp}},
		Challenges:   []Challenge{{Name: "3d", Passed: false}, {Name: "3e", Passed: true}},
		Availability: Availability{OKFraction: 0.995, InvokeCount: 200},
		Workload: Workload{SetFull: &SetFull{AttemptCount: 100, LostCount: 2, StaleCount: 40,
			StableLatencies: &Quantiles{Median: ms(300), P95: ms(400), P99: ms(450), Max: ms(557)}}},
		Delivery: &Delivery{ValueCount: 100, FullCount: 99, Latencies: &Quantiles{Median: ms(400), P95: ms(500), P99: ms(550), Max: ms(657.25)}},
		Traffic: &Traffic{Messages: 180, Bytes: 9000,
			ByKind: []Share{{Name: KindData, Messages: 150}, {Name: KindResend, Messages: 30}},
			Nodes:  []NodeTraffic{{Node: "n0", SentMessages: 90, ReceivedMessages: 90}, {Node: "n1", SentMessages: 4}}},
		Tables: []Table{{Name: "health", Columns: []string{"node", "worst_unhealthy_ms"}, Rows: [][]any{{"n0", int64(20)}, {"n1", 30.0}}}},
	})
	require.Equal(t, map[string]float64{
		"operations": 200, "ok_fraction": 0.995, "msgs_per_op": 0.9, "msgs_per_broadcast": 1.8,
		"server_messages": 180, "server_bytes": 9000, "data_messages": 150, "ack_messages": 0, "resend_messages": 30,
		"busiest_node_messages": 180,
		"stable_median_ms":      300, "stable_p95_ms": 400, "stable_p99_ms": 450, "stable_max_ms": 557,
		"delivery_median_ms": 400, "delivery_p95_ms": 500, "delivery_p99_ms": 550, "delivery_max_ms": 657.25,
		"values": 100, "lost_values": 2, "stale_values": 40, "undelivered_values": 1, "worst_unhealthy_ms": 30,
	}, row.Figures)
	require.Equal(t, "3e", row.Passed)
	require.Equal(t, "3d", row.Missed)
	require.Equal(t, "missing:3 deaf:1", row.Findings)
	require.Equal(t, "one; two", row.Error)
	require.Equal(t, Invalid, row.Strict)
	require.Equal(t, uint64(7), row.Seed)
}

func TestEveryFigureIsAColumn(t *testing.T) {
	file, err := os.Open("testdata/results.json")
	require.NoError(t, err)
	defer file.Close()
	r, err := ReadResultsJSON(file)
	require.NoError(t, err)
	columns := map[string]bool{}
	for _, c := range FigureColumns() {
		require.NotEmpty(t, c.Meaning)
		columns[c.Name] = true
	}
	figures := RowOf(r).Figures
	require.Greater(t, len(figures), 10)
	for name := range figures {
		require.True(t, columns[name], name)
	}
}

func TestMaelstromsOwnFiguresFillARow(t *testing.T) {
	r, err := ReadResultsEDN(bytes.NewReader(goldenFile(t, "3d-valid", "results.edn")))
	require.NoError(t, err)
	f := RowOf(r).Figures
	require.Equal(t, 1.0084872, f[MsgsPerOp])
	require.Equal(t, 1.988189, f[MsgsPerBroadcast], "2020 / 1016")
	require.Equal(t, 514.0, f[StableMax])
	require.NotContains(t, f, DeliveryMax)
}

// A setting that no field stands for must still tell runs apart.
func TestEverySettingOfARunTellsItsRowFromOthers(t *testing.T) {
	base := challengeSpec().Setting()
	base.Nemesis = "partition"
	fields := reflect.TypeOf(base)
	for i := range fields.NumField() {
		if fields.Field(i).Name == "Seed" {
			continue
		}
		other := base
		v := reflect.ValueOf(&other).Elem().Field(i)
		switch v.Kind() {
		case reflect.String:
			v.SetString("another")
		case reflect.Int, reflect.Int64:
			v.SetInt(v.Int() + 1)
		case reflect.Uint64:
			v.SetUint(v.Uint() + 1)
		case reflect.Float64:
			v.SetFloat(v.Float() + 1)
		case reflect.Bool:
			v.SetBool(!v.Bool())
		default:
			t.Fatalf("%s: a %s; say here how to change it", fields.Field(i).Name, v.Kind())
		}
		require.NotEqual(t, base.Setting(), other.Setting(), fields.Field(i).Name)
	}
}

func drawRow(t *rapid.T) Row {
	text := func(name string) string { return rapid.StringMatching(`[ -~ä"]{0,9}`).Draw(t, name) }
	millis := func(name string) Millis { return Millis(rapid.Int64Range(0, int64(time.Hour)).Draw(t, name)) }
	verdict := func(name string) Verdict { return Verdict(rapid.IntRange(0, 2).Draw(t, name)) }
	row := Row{
		Spec: Spec{
			Workload: text("workload"), Driver: text("driver"), Bin: text("bin"), NodeCount: rapid.IntRange(0, 1e6).Draw(t, "nodes"),
			NumChildren: text("k"), Rounds: text("rounds"), SyncPeriod: millis("period"), LatencyTarget: millis("target"), Args: Words(text("args")),
			Rate: rapid.Float64Range(0, 1e6).Draw(t, "rate"), Concurrency: Clients(strconv.Itoa(rapid.IntRange(1, 1e6).Draw(t, "workers"))),
			TimeLimit: millis("limit"), Quiet: millis("quiet"), Latency: millis("latency"), LatencyDist: text("dist"), Topology: text("topology"),
			Nemesis: CommaList(text("nemesis")), NemesisInterval: millis("interval"), Availability: text("availability"), Unknown: text("other"), LossRate: rapid.Float64Range(0, 1).Draw(t, "loss"), NemesisTargets: text("targets"), PhasedMessageFaults: rapid.Bool().Draw(t, "phased"), Nodes: CommaList(text("names")),
		},
		Seed: rapid.Uint64().Draw(t, "seed"), Valid: verdict("valid"), Strict: verdict("strict"),
		Passed: text("passed"), Missed: text("missed"), Findings: text("findings"), Error: text("error"),
		Figures: map[string]float64{},
	}
	for _, c := range FigureColumns() {
		if rapid.Bool().Draw(t, "has "+c.Name) {
			row.Figures[c.Name] = rapid.Float64Range(0, maxFigure).Draw(t, c.Name)
		}
	}
	return row
}

func TestRowsSurviveWritingAndReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(drawRow), 1, 4).Draw(t, "rows")
		var out bytes.Buffer
		require.NoError(t, WriteRunsCSV(&out, true, rows[0]))
		require.NoError(t, WriteRunsCSV(&out, false, rows[1:]...))
		back, err := ReadRunsCSV(&out)
		require.NoError(t, err)
		require.Equal(t, rows, back)
	})
}

func TestAFileThatIsCutOffKeepsItsWholeLines(t *testing.T) {
	s := challengeSpec()
	row := Row{Spec: s.Setting(), Figures: map[string]float64{MsgsPerOp: 1}}
	var out bytes.Buffer
	require.NoError(t, WriteRunsCSV(&out, true, row, row, row))
	text := out.String()
	lines := strings.SplitAfter(text, "\n")
	for cut := len(text) - 1; cut > len(text)-len(lines[3]); cut-- {
		rows, err := ReadRunsCSV(strings.NewReader(text[:cut]))
		require.ErrorIs(t, err, ErrCutOff)
		require.Equal(t, []Row{row, row}, rows)
	}
}

func TestWhatIsNoRunsCSVIsToldApart(t *testing.T) {
	for _, text := range []string{"", "\n", "a,b\n1,2\n", "{}", "setting,run,valid\n"} {
		_, err := ReadRunsCSV(strings.NewReader(text))
		require.ErrorIs(t, err, ErrNoRuns, text)
	}
	var out bytes.Buffer
	require.NoError(t, WriteRunsCSV(&out, true, Row{Spec: Spec{Workload: "broadcast", Rate: 5}}))
	_, err := ReadRunsCSV(strings.NewReader(strings.Replace(out.String(), ",5,", ",five,", 1)))
	require.ErrorContains(t, err, `line 2: rate_per_second is "five"`)
}

func TestColumnsThatAreNotKnownAreLeftOut(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteRunsCSV(&out, true, Row{Spec: Spec{Workload: "broadcast"}}))
	header, line, _ := strings.Cut(out.String(), "\n")
	rows, err := ReadRunsCSV(strings.NewReader("new," + header + "\nx," + line))
	require.NoError(t, err)
	require.Equal(t, "broadcast", rows[0].Workload)
}
