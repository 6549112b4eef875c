package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/report"
	drawing "treecast/report/page"
	"treecast/run"
)

// shown is what a command that reads files shows, and its error, which has to
// say something.
func shown(t *testing.T, command interface{ Run(streams) error }) (string, error) {
	var out bytes.Buffer
	err := command.Run(streams{strings.NewReader(""), &out, &out})
	if exit := (exitError{}); errors.As(err, &exit) {
		require.Contains(t, []int{ExitInvalid, ExitUnknown}, exit.code)
		err = nil
	}
	if err != nil {
		require.NotEmpty(t, err.Error())
	}
	return out.String(), err
}

// requirePage checks that a page is one: nothing in a file can add to what a
// browser runs.
func requirePage(t *testing.T, page string) {
	require.Equal(t, 2, strings.Count(page, "</script"), "the data and the script")
	require.Equal(t, 1, strings.Count(page, "</style"))
	_, data, _ := strings.Cut(page, `id="data">`)
	data, _, _ = strings.Cut(data, "</script>")
	require.True(t, json.Valid([]byte(data)))
	require.NotContains(t, data, "<")
	require.Less(t, len(page), 8<<20)
}

func put(t require.TestingT, dir, name string, text []byte) string {
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, text, 0o666))
	return path
}

// golden are the files of a run with every key set.
func golden(f *testing.F, name string) []byte {
	text, err := os.ReadFile(filepath.Join("..", "run", "testdata", name))
	require.NoError(f, err)
	return text
}

// FuzzResultsFile checks that any file can be summed up and compared, or is
// refused.
func FuzzResultsFile(f *testing.F) {
	for _, name := range []string{"results.json", "results.edn"} {
		f.Add(golden(f, name))
	}
	for _, seed := range []string{
		"", " ", "{", "{}", "nil", `{"schema":1}`, `{"schema":1,"settings":{"workload":"broadcast","node_count":25,"rate_per_second":100,"time_limit_ms":20000,"latency_ms":100}}`,
		`{:valid? true, :net {:servers {:msgs-per-op 1.5}}}`, `{:valid? true, :net {}, :workload {:attempt-count 5 :stable-latencies {0 1, 0.5 2, 0.95 3, 0.99 4, 1 5}}}`,
		`{"schema":1,"traffic":{"by_kind":[{"name":"data","messages":-5}]},"delivery":{"latencies_ms":{"0":-1}},"strict":{"findings":[{"kind":"x","text":"\u001b[2J"}]},"nodes":[{"node":"a\nb","stderr":[""]}]}`,
		`{"schema":1,"tables":[{"name":"health","columns":["node","worst_unhealthy_ms"],"rows":[["n1"],[],["n2",1e308,[]]]},{"name":"usage","columns":[],"rows":[[1]]}]}`,
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := put(t, dir, "results.json", text)
		summary, err := shown(t, &summaryCommand{File: path})
		_, judged := shown(t, &summaryCommand{File: path, Challenge: []string{"3a", "3d"}})
		require.Equal(t, err == nil, judged == nil)
		if err == nil {
			require.True(t, strings.HasSuffix(summary, "\n"))
		}
		for _, format := range []string{"text", "markdown", "csv", "json"} {
			table, compared := shown(t, &compareCommand{Paths: []string{path, path}, Format: format})
			require.Equal(t, err == nil, compared == nil, "%v, %v", err, compared)
			switch {
			case err != nil:
			case format == "json":
				require.True(t, json.Valid([]byte(table)), "%s", table)
			case format == "csv":
				_, err := csv.NewReader(strings.NewReader(table)).ReadAll()
				require.NoError(t, err, "%s", table)
			}
		}
	})
}

// FuzzRunFolder checks that the files of a run, whatever is in them, are drawn
// as a page, or refused.
func FuzzRunFolder(f *testing.F) {
	history := `{:index 0, :time 10000000, :type :invoke, :process 0, :f :broadcast, :value 17}
{:index 1, :time 12000000, :type :ok, :process 0, :f :broadcast, :value 17}
{:index 2, :time 50000000, :type :info, :process :nemesis, :f :start-partition, :value [:isolated {"n0" #{"n1"}}]}
{:index 3, :time 90000000, :type :fail, :process 1, :f :read, :value nil, :error [:crash "x"]}
`
	messages := `event,id,time_us,from,to,type,kind,bytes,values
value,0,,,,,,,17
sent,1,10000,c1,n0,broadcast,data,44,0
received,1,10100,,,,,,
sent,2,20000,n0,n1,gossip,data,120,0-0
lost,2,30000,,,,,,
sampled,1,40000,,,,,,
end,3,50000,,,,,,
`
	queues := "time_ms,node,queue,depth,preferred,capacity,high_water,in,out,rejected,lost,oldest_ms,wait_ms,depletion_per_second,unhealthy_ms\n1000,n0,gossip,7,10,100,40,90,83,2,1,12,34,20.5,1500\n"
	health := "time_ms,node,unhealthy_ms,worst_queue,permits\n1000,n0,1500,gossip,5\n"
	f.Add(golden(f, "results.json"), []byte(history), []byte(messages), []byte(queues), []byte(health))
	f.Add([]byte(`{"schema":1,"settings":{"time_limit_ms":1e12,"node_count":-5},"faults":[{"kind":"kill","from_ms":5,"to_ms":1,"text":"all {\"n0\":\"killed\"}"},{"kind":"partition","text":"x [\"a\",{\"n0\":[\"n1\"]}]"}],"gossip":{"num_children":0}}`),
		[]byte(`{:time 9223372036854775807, :type :ok, :f :read}`), []byte(messages), []byte(queues), []byte{})
	f.Add([]byte(`{"schema":1,"settings":{"node_count":3},"delivery":{"worst":[{"value":17,"sent_ms":9e12}]}}`), []byte{},
		[]byte("event,id,time_us,from,to,type,kind,bytes,values\nsent,1,31536000000000,n2,n01,x,,140737488355327,\nsent,2,1,n0,n0,,ack,0,\n\n"),
		[]byte("queue,preferred,depth,node,time_ms\na,0,1e15,n1,31536000000\n"), []byte("time_ms,node,unhealthy_ms\n31536000000,,9007199254740992\n1,n1,0\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, results, history, messages, queues, health []byte) {
		put(t, dir, "results.json", results)
		put(t, dir, "history.edn", history)
		put(t, dir, run.MessagesFile, messages)
		put(t, dir, run.QueuesFile, queues)
		put(t, dir, run.HealthFile, health)
		page, err := shown(t, &reportCommand{Path: dir, Out: "-"})
		if err == nil {
			requirePage(t, page)
		}
	})
}

// FuzzSweepFolder checks that the files of a sweep, whatever is in them, are
// drawn as a page and compared, or refused.
func FuzzSweepFolder(f *testing.F) {
	names := make([]string, 0, 60)
	for _, c := range run.RunsColumns() {
		names = append(names, c.Name)
	}
	for _, rows := range [][]string{
		{}, {"rounds=locked,num_children=5,node_count=25,sync_period_ms=260,seed=1,valid=true,strict=true,msgs_per_op=0.9,stable_median_ms=300,stable_max_ms=600,delivery_max_ms=700"},
		{"rounds=eager,num_children=auto,seed=1,valid=true,strict=unknown,msgs_per_op=0,stable_max_ms=0", "rounds=free,num_children=x,seed=2,valid=false,strict=false,msgs_per_op=1e300,stable_max_ms=-1e300"},
		{"latency_target_ms=500,seed=1,valid=true,msgs_per_op=5e-324,stable_max_ms=1", "latency_target_ms=1000,seed=1,valid=true,msgs_per_op=1.7e308,stable_max_ms=1e308", "sync_period_ms=1,seed=1,valid=true,error=x"},
	} {
		text := strings.Join(names, ",") + "\n"
		for _, row := range rows {
			cells := make([]string, len(names))
			for pair := range strings.SplitSeq(row, ",") {
				name, cell, _ := strings.Cut(pair, "=")
				for i := range names {
					if names[i] == name {
						cells[i] = cell
					}
				}
			}
			text += strings.Join(cells, ",") + "\n"
		}
		f.Add([]byte(text), []byte(`{"schema":1,"name":"x","seed_count":3,"settings":["test -w broadcast"],"started":"2026-11-20T12:00:00Z"}`))
		f.Add([]byte(text+"cut"), []byte(`{"schema":1,"seed_count":9223372036854775807,"settings":["a","b"],"started":"9999-12-31T23:59:59Z"}`))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, runs, record []byte) {
		put(t, dir, "runs.csv", runs)
		put(t, dir, "sweep.json", record)
		page, err := shown(t, &reportCommand{Path: dir, Out: "-"})
		if err == nil {
			requirePage(t, page)
		}
		table, err := shown(t, &compareCommand{Paths: []string{dir, dir}, Format: "json"})
		if err == nil {
			require.True(t, json.Valid([]byte(table)), "%s", table)
		}
		// A sweep that is gone on with is summed up with what was there.
		if f, err := run.ReadSweepFolder(dir); err == nil && f.Record != nil {
			require.NoError(t, report.Sweep(io.Discard, f.Record, f.Rows, []time.Duration{time.Second}))
			require.NoError(t, report.SweepChoice(io.Discard, f.Record, f.Rows, []time.Duration{0}))
			for name, chart := range drawing.SweepCharts(f.Rows) {
				require.NoError(t, xml.Unmarshal([]byte(chart), new(struct{})), "%s", name)
			}
		}
	})
}
