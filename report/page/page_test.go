package page

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

var update = flag.Bool("update", false, "rewrite the golden files with what is drawn now")

// hostile is a text that would be a program where it is not taken as text.
const hostile = `</script></style><img src=x onerror="alert(1)">'{{.}}` + "`${alert(2)}`" + `<!--`

func ms(n int) run.Millis { return run.Millis(time.Duration(n) * time.Millisecond) }

// messages is a record of a cluster of three: values, acks, a loss and what is
// sent again for it. Values are JSON.
func messages(t testing.TB, values ...string) *run.Messages {
	t.Helper()
	var out bytes.Buffer
	l := run.NewMessageLog(&out, 0)
	raw := func(texts ...string) (list []json.RawMessage) {
		for _, text := range texts {
			list = append(list, json.RawMessage(text))
		}
		return list
	}
	id := int64(0)
	send := func(at, arrives int, from, to, kind string, size int, carried ...string) {
		sent := time.Duration(at) * time.Millisecond
		l.Sent(&run.Message{ID: id, Src: from, Dest: to, Type: "gossip", Bytes: size, Sent: sent}, kind, raw(carried...))
		switch {
		case arrives < 0:
			l.Lost(id, time.Duration(-arrives)*time.Millisecond)
		case arrives > 0:
			l.Delivered(id, time.Duration(arrives)*time.Millisecond)
		}
		id++
	}
	send(10, 11, "c1", "n1", run.KindData, 40, values[0])
	send(50, 150, "n1", "n0", run.KindData, 90, values[0])
	send(60, 60, "c2", "n2", run.KindData, 40, values[1])
	send(160, 260, "n0", "n1", run.KindAck, 20)
	send(160, -260, "n0", "n2", run.KindData, 90, values[0])
	send(270, 370, "n2", "n0", run.KindData, 90, values[1])
	send(1400, 1510, "n0", "n2", run.KindResend, 95, values[0])
	send(1400, 1500, "n0", "n1", run.KindData, 90, values[1])
	send(1600, 0, "n2", "n0", run.KindAck, 20)
	require.NoError(t, l.Close())
	m, err := run.ReadMessages(&out)
	require.NoError(t, err)
	return m
}

// small is the record of a run of three nodes, with a partition in it.
func small(t testing.TB) *run.Folder {
	operation := func(at int, typ run.OpType, process int, f, value string) run.Op {
		return run.Op{Time: time.Duration(at) * time.Millisecond, Type: typ, Process: process, F: f, Value: json.RawMessage(value)}
	}
	failed := operation(1190, run.Fail, 0, "read", "")
	failed.Error = &run.OpError{Name: "net-timeout"}
	ratio := float32(2.25)
	return &run.Folder{
		Dir: "store/broadcast/20261120T111500.123+0000",
		Results: &run.Results{
			Version: "v1.2.3", Command: []string{"treecast", "test", "--virtual", "--seed", "7"},
			Started: time.Date(2026, 11, 20, 11, 15, 0, 0, time.UTC),
			Settings: run.Spec{
				Workload: "broadcast", Driver: "virtual", Seed: 7, NodeCount: 3, Concurrency: "3", Rate: 5, TimeLimit: ms(2000), Quiet: ms(1000),
				Latency: ms(100), LatencyDist: "constant", Nemesis: "partition", NemesisInterval: ms(1000), Args: "--num-children 2",
			},
			Gossip:       &run.GossipSettings{NumChildren: 2, Rounds: "locked", SyncPeriod: ms(450), AckDelay: ms(2000)},
			Strict:       run.Strict{Findings: []run.Finding{}},
			Stats:        run.Stats{Counts: run.Counts{Count: 4, OKCount: 3, FailCount: 1}, ByF: map[string]run.Counts{"broadcast": {Count: 2, OKCount: 2}}},
			Availability: run.Availability{OKFraction: 0.75, InvokeCount: 4},
			Net:          run.Net{Servers: run.NetCounts{MsgCount: 7, MsgsPerOp: &ratio}},
			Workload: run.Workload{SetFull: &run.SetFull{
				AttemptCount: 2, StableCount: 2, StaleCount: 1, StableLatencies: &run.Quantiles{Median: ms(310), P95: ms(1400), P99: ms(1400), Max: ms(1400)},
			}},
			Delivery: &run.Delivery{NodeCount: 3, ValueCount: 2, FullCount: 2, Latencies: &run.Quantiles{Median: ms(1440), P95: ms(1500), P99: ms(1500), Max: ms(1500)}},
			Traffic: &run.Traffic{
				Messages: 7, Bytes: 495, MessagesPerBroadcast: 3.5,
				ByKind:    []run.Share{{Name: run.KindData, Messages: 4, Bytes: 360, MessageShare: 4. / 7, ByteShare: 360. / 495}, {Name: run.KindAck, Messages: 2, Bytes: 40, MessageShare: 2. / 7, ByteShare: 40. / 495}, {Name: run.KindResend, Messages: 1, Bytes: 95, MessageShare: 1. / 7, ByteShare: 95. / 495}},
				ByType:    []run.Share{{Name: "gossip", Messages: 7, Bytes: 495, MessageShare: 1, ByteShare: 1}},
				Nodes:     []run.NodeTraffic{{Node: "n0", SentMessages: 4, SentBytes: 295, ReceivedMessages: 2, ReceivedBytes: 180}, {Node: "n1", SentMessages: 1, SentBytes: 90, ReceivedMessages: 2, ReceivedBytes: 110}, {Node: "n2", SentMessages: 2, SentBytes: 110, ReceivedMessages: 1, ReceivedBytes: 95}},
				LinkCount: 4, Links: []run.LinkTraffic{{From: "n0", To: "n1", Messages: 2, Bytes: 110}, {From: "n0", To: "n2", Messages: 2, Bytes: 185}, {From: "n2", To: "n0", Messages: 2, Bytes: 110}},
			},
			Challenges: []run.Challenge{{Name: "3c", Passed: true}, {Name: "3d", Checks: []run.ChallengeCheck{{What: "median stable latency", Target: "< 400 ms", Got: "410 ms"}}}},
			Faults:     []run.Fault{{Kind: "partition", From: ms(200), To: ms(1200), Text: `one ["isolated",{"n2":["n0"],"n0":["n2"]}]`}},
			Overwhelmed: []run.Overwhelmed{
				{Node: "n0", Queue: "intake", From: ms(900), To: ms(1000), Deepest: 1, Refused: 1},
				{Node: "n1", Queue: "gossip", From: ms(0), To: ms(1000), Unhealthy: ms(1500), Deepest: 44, Refused: 4},
			},
			Tables: []run.Table{
				{Name: "health", Columns: []string{"node", "worst_unhealthy_ms", "worst_queue", "rejected"}, Rows: [][]any{{"n0", 0.0, "", 0.0}, {"n1", 1500.0, "gossip", 41.0}}},
				{Name: "usage", Columns: []string{"node", "modelled_busy_ms"}, Rows: [][]any{{"n0", 12.25}, {"n1", 3.5}}},
			},
		},
		History: run.History{
			operation(10, run.Invoke, 0, "broadcast", "17"), operation(12, run.OK, 0, "broadcast", "17"),
			operation(60, run.Invoke, 1, "broadcast", `"a"`), operation(64, run.OK, 1, "broadcast", `"a"`),
			operation(190, run.Invoke, 0, "read", ""), failed,
			operation(1900, run.Invoke, 2, "read", ""), operation(1901, run.OK, 2, "read", "[17]"),
		},
		Messages: messages(t, "17", `"a"`),
		Queues: []run.QueueRecord{
			{At: time.Second, Node: "n0", Name: "gossip", Depth: 3, Preferred: 10, Capacity: 100},
			{At: time.Second, Node: "n1", Name: "gossip", Depth: 44, Preferred: 10, Capacity: 100, Rejected: 41, UnhealthyMS: 1500},
		},
		Health: []run.HealthRecord{
			{At: time.Second, Node: "n0", Permits: 2, Available: 2},
			{At: time.Second, Node: "n1", Permits: 2, Available: 1, Revoked: 1, UnhealthyMS: 1500, Worst: "gossip", RefusedByGate: 4},
		},
	}
}

func draw(t testing.TB, f *run.Folder) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Write(&out, f))
	return out.String()
}

// has requires a text of a page, without printing all of that.
func has(t *testing.T, page, text string, about ...any) {
	t.Helper()
	require.True(t, strings.Contains(page, text), "the page lacks %q %v", text, about)
}

func hasNot(t *testing.T, page, text string) {
	t.Helper()
	require.False(t, strings.Contains(page, text), "the page has "+text)
}

func TestThePageOfASmallRun(t *testing.T) {
	got := draw(t, small(t))
	for _, asset := range []string{style, script} { // which are read where they are
		require.Equal(t, 1, strings.Count(got, asset))
		got = strings.ReplaceAll(got, asset, "...")
	}
	got = regexp.MustCompile(`sha256-.*?&#39;`).ReplaceAllString(got, "...")
	path := filepath.Join("testdata", "small.golden.html")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o777))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o666))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to make it")
	require.Equal(t, string(want), got, "look at the page, then run the test with -update")
}

func TestAPageIsAPureFunctionOfTheRecord(t *testing.T) {
	f, again := small(t), small(t)
	require.Equal(t, draw(t, f), draw(t, f))
	require.Equal(t, again, f, "the record is left as it was")
}

var sections = []string{"verdict", "latency", "convergence", "traffic", "queues", "diagram", "tree", "about"}

func TestEveryPartIsThereWhateverTheRecordLacks(t *testing.T) {
	bare := &run.Folder{Dir: "x/y", Results: &run.Results{Valid: run.Unknown}, Missing: []string{"history.edn is not there"}}
	silent := small(t)
	silent.Messages = &run.Messages{SampledAt: -1, SampleRate: 1, Whole: true}
	silent.Results.Traffic = &run.Traffic{}
	strange := small(t)
	strange.Results.Delivery = nil
	for name, f := range map[string]*run.Folder{"bare": bare, "silent": silent, "strange": strange, "small": small(t)} {
		page := draw(t, f)
		for _, id := range sections {
			has(t, page, `<section id="`+id+`"`, name)
			has(t, page, `id="`+id+`-h"`, name)
			has(t, page, `<a href="#`+id+`">`, name)
		}
	}
	has(t, draw(t, bare), "history.edn is not there")
	has(t, draw(t, strange), "is not understood")
}

func TestAPageAsksForNothing(t *testing.T) {
	page := draw(t, small(t))
	require.NotRegexp(t, `(?i)(src|action|formaction|data|poster)\s*=\s*"`, regexp.MustCompile(`(?s)<script.*?</script>| data-[a-z]+="[^"]*"`).ReplaceAllString(page, ""))
	require.NotRegexp(t, `(?i)href="[^#]`, page)
	require.NotRegexp(t, `(?i)@import|url\(`, page)
	urls := regexp.MustCompile(`https?://[^'"\s<]*`).FindAllString(page, -1)
	require.Equal(t, []string{"http://www.w3.org/2000/svg"}, urls, "the name of SVG is all that looks like an address")
	has(t, page, `content="default-src &#39;none&#39;; style-src &#39;sha256-`)
	hasNot(t, page, "unsafe")
	require.NotRegexp(t, ` (style|on[a-z]+)="`, page, "the policy would not let it work")
}

// hostileRun says a hostile text wherever a run can.
func hostileRun(t testing.TB) *run.Folder {
	f := small(t)
	text, err := json.Marshal(hostile)
	require.NoError(t, err)
	plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(text)) // as a client may spell it
	f.Messages = messages(t, plain, string(text))
	f.Messages.Names[0] = "c" + hostile
	for i, name := range f.Messages.Names {
		if name == "n1" {
			f.Messages.Names[i] = "n" + hostile
		}
	}
	for i, word := range f.Messages.Words {
		if word == "gossip" || word == run.KindAck {
			f.Messages.Words[i] = hostile
		}
	}
	r := f.Results
	f.Dir = "store/" + hostile + "/x" + hostile
	f.Missing = []string{hostile}
	r.Version, r.Command, r.Error = hostile, []string{"treecast", hostile}, hostile
	r.Settings.Workload, r.Settings.Bin, r.Settings.Args, r.Settings.Nemesis = hostile, hostile, run.WordsOf(hostile), run.CommaListOf(hostile)
	r.Settings.LatencyDist, r.Settings.Driver, r.Gossip.Rounds = hostile, hostile, hostile
	r.Strict.Findings = []run.Finding{{Kind: run.FindingKind(hostile), Text: hostile}}
	r.Challenges[1].Name, r.Challenges[1].Checks[0].Got = hostile, hostile
	r.Faults[0].Kind, r.Faults[0].Text = hostile, hostile
	r.Nodes = []run.NodeNote{{Node: hostile, Kind: hostile, Text: hostile, Stderr: []string{hostile}}}
	r.Traffic.ByType[0].Name, r.Traffic.Nodes[1].Node, r.Traffic.Links[0].From = hostile, hostile, hostile
	for i := range f.Queues {
		f.Queues[i].Name, f.Queues[i].Node, f.Health[i].Worst, f.Health[i].Node = hostile, hostile, hostile, hostile
	}
	r.Overwhelmed[0].Node, r.Overwhelmed[1].Queue = hostile, hostile
	r.Tables[0].Columns[0], r.Tables[0].Rows[1][0], r.Tables[0].Rows[1][2] = hostile, hostile, hostile
	for i := range f.History {
		f.History[i].F = hostile
		f.History[i].Value = text
	}
	return f
}

func TestHostileTextsStayTexts(t *testing.T) {
	page := draw(t, hostileRun(t))
	hasNot(t, page, "<img")
	hasNot(t, page, hostile[:9]+"</style>")
	require.Equal(t, 2, strings.Count(page, "</script"), "the data and the script")
	require.Equal(t, 1, strings.Count(page, "</style"))
	require.NotContains(t, strings.Split(page, "<body>")[1], "<!--")
	// It is there, as text and as data.
	has(t, page, "&lt;/script&gt;&lt;/style&gt;&lt;img src=x")
	data := regexp.MustCompile(`(?s)id="data">(.*?)</script>`).FindStringSubmatch(page)[1]
	require.True(t, json.Valid([]byte(data)))
	require.NotContains(t, data, "<")
	var d struct {
		Diagram struct{ Values map[string]string }
	}
	require.NoError(t, json.Unmarshal([]byte(data), &d))
	require.Contains(t, d.Diagram.Values["0"], "<img")
}

func TestABrokenWriterIsTold(t *testing.T) {
	require.ErrorContains(t, Write(broken{}, small(t)), "disk full")
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }

func TestARecordThatWasSampledSaysSo(t *testing.T) {
	f := small(t)
	f.Messages.SampledAt, f.Messages.SampleRate = 1505*time.Millisecond, 16
	has(t, draw(t, f), "from 1.5 s on messages were sampled, at last 1 in 16 was recorded")
	f.Messages.SampleRate = 0
	has(t, draw(t, f), "at last none was recorded")
}

// Where clients give nodes nothing to spread, no card speaks of broadcasts or of
// what strict asks of them, and nobody is blamed for what there is not to see.
func TestWrite_workloadsThatSpreadNothing(t *testing.T) {
	f := small(t)
	f.Results.Delivery, f.Results.Workload.SetFull, f.Results.Followed = nil, nil, "nothing"
	page := draw(t, f)
	has(t, page, "messages between nodes")
	has(t, page, "what Maelstrom lets pass counts, too")
	has(t, page, "Clients gave the nodes no values to spread")
	require.NotContains(t, page, "messages per broadcast")
}

func TestThePageShowsTheChildrenOfNodes(t *testing.T) {
	f := small(t)
	hasNot(t, draw(t, f), "child processes")
	f.Results.Tables = append(f.Results.Tables, run.Table{
		Name: "children", Columns: []string{"node", "child", "crashed", "inside"},
		Rows: [][]any{{"n0", "gossip", 12.0, true}, {"n1", "link n2", 0.0, false}},
	})
	page := draw(t, f)
	has(t, page, "The nodes&#39; child processes")
	has(t, page, "<tr><td>n0</td><td>gossip</td><td>12</td><td>yes</td></tr>")
	has(t, page, "<tr><td>n1</td><td>link n2</td><td>0</td><td>no</td></tr>")
}

func TestThePageCallsAnExactVerdictThat(t *testing.T) {
	f := small(t)
	f.Results.Tables = append(f.Results.Tables, run.Table{Name: run.ExactTable})
	page := draw(t, f)
	has(t, page, "<dt>exact?</dt>")
	has(t, page, "by the exact one")
	hasNot(t, page, "<dt>strict?</dt>")
}
