package uniqueids

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

func TestGenerator_asksForIdsInTurn(t *testing.T) {
	g, workers := Workload.Generator(workload.Options{}), workloadtest.NewWorkers(2, 1)
	for i := range 4 {
		worker, op := g.Next(0, workers, workers.Rng)
		require.Equal(t, i%2, worker)
		require.Equal(t, workload.Op{F: generate}, op)
	}
}

func TestClient_takesAnIdOfAnyKind(t *testing.T) {
	for _, c := range []struct {
		reply string
		want  workload.Completion
	}{
		{`{"type":"generate_ok","in_reply_to":1,"id":{"a":[1]}}`, workload.Completion{Type: run.OK, Value: []byte(`{"a":[1]}`)}},
		{`{"type":"generate_ok","in_reply_to":1,"id":null}`, workload.Completion{Type: run.OK, Value: []byte(`null`)}},
		{`{"type":"error","code":11,"in_reply_to":1}`, workload.Completion{Type: run.Fail, Error: &run.OpError{Name: "temporarily-unavailable"}}},
		{``, workload.Completion{Type: run.Info, Error: &run.OpError{Name: "net-timeout"}}},
	} {
		requests, done := workloadtest.Talk(client{}, workload.Op{F: generate}, c.reply)
		require.Equal(t, []string{`{"type":"generate","msg_id":1}`}, requests)
		require.Equal(t, c.want, done)
	}
	_, done := workloadtest.Talk(client{}, workload.Op{F: generate}, `{"type":"generate_ok","in_reply_to":1}`)
	require.Equal(t, "indeterminate", done.Error.Name)
}

func judge(ids ...string) run.Workload {
	var h run.History
	for _, id := range ids {
		h = append(h, run.Op{Type: run.Invoke, F: generate}, run.Op{Type: run.OK, F: generate, Value: json.RawMessage(id)})
	}
	return check(h, workload.Input{}).Maelstrom
}

func TestCheck_idsAreUniqueAsClojureComparesThem(t *testing.T) {
	require.Equal(t, run.Valid, judge().Valid)
	require.Equal(t, run.Valid, judge(`1`, `1.0`, `2`).Valid)
	require.Equal(t, run.Valid, judge(`[1]`, `[1,2]`).Valid)
	require.Equal(t, run.Valid, judge(`{"a":1}`).Valid, "there is nothing to compare it with")
	require.Equal(t, run.Unknown, judge(`1`, `"1"`).Valid)
	require.Equal(t, run.Unknown, judge(`{"a":1}`, `{"a":2}`).Valid)
	require.Equal(t, run.Valid, judge(`null`, `1`, `2`).Valid)
	require.Equal(t, run.Invalid, judge(`"a"`, `"b"`, `"\u0061"`).Valid)
	require.Equal(t, run.Vector{run.Value(nil), run.Value(nil)}, judge().Figures.Get("range"))
	require.Equal(t, run.Vector{run.Value("-1"), run.Value("10")}, judge(`2`, `10`, `-1`).Figures.Get("range"))
}

func TestCheck_showsTheMostRepeated(t *testing.T) {
	var ids []string
	for i := range 60 {
		for range 2 + i/59 {
			ids = append(ids, fmt.Sprint(i))
		}
	}
	duplicated := judge(ids...).Figures.Get("duplicated").(run.Pairs)
	require.Len(t, duplicated, 2*shown)
	require.Equal(t, run.Pairs{run.Value("12"), 2}, duplicated[:2])
	require.Equal(t, run.Pairs{run.Value("59"), 3}, duplicated[2*shown-2:])
}

func TestViews_countIdsByNode(t *testing.T) {
	h := workloadtest.History(`
		0 ok generate "x"
		1 ok generate "y"
		0 ok generate "z"`)
	v := views(h, workload.Verdict{}, workload.Input{Options: workload.Options{Nodes: []string{"n1", "n2"}}})
	require.Equal(t, [][]string{{"n1", "2", `"x"`}, {"n2", "1", `"y"`}}, v[0].Rows)
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("{:type :ok, :f :generate, :value [1 [nil]]}\n{:type :ok, :f :generate, :value [1 [2]]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := run.ReadHistoryEDN(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		v := check(h, workload.Input{})
		results := run.Results{Workload: v.Maelstrom}
		require.NoError(t, results.WriteEDN(new(strings.Builder)))
	})
}
