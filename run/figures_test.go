package run

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func sampleFigures() Figures {
	return Figures{
		{"valid?", Invalid},
		{"count", 3},
		{"errs", List{Figures{{"key", Value(`"9"`)}, {"values", Set{Value(`1`), Value(`2`)}}, {"offsets", Vector{int64(0), 1}}}}},
		{"types", List{Keyword("poll-skip")}},
		{"lag", 0.5}, {"none", nil}, {"on", true}, {"text", "a\"b"}, {"part", float32(0.25)},
		{"results", Pairs{0, Figures{{"valid?", Unknown}}, Value(`"k"`), List{}}},
		{"value", Value(`{"a":["b"]}`)},
	}
}

func TestFigures_areSpeltAsMaelstromSpellsThem(t *testing.T) {
	results := Results{Workload: Workload{Figures: sampleFigures()}, Stats: Stats{ByF: map[string]Counts{}}}
	var out bytes.Buffer
	require.NoError(t, results.WriteEDN(&out))
	require.Contains(t, out.String(), ` :workload {:valid? false,
            :count 3,
            :errs ({:key "9", :values #{1 2}, :offsets [0 1]}),
            :types (:poll-skip),
            :lag 0.5,
            :none nil,
            :on true,
            :text "a\"b",
            :part 0.25,
            :results {0 {:valid? :unknown}, "k" ()},
            :value {"a" ["b"]}},
`)
}

func TestFigures_surviveJSON(t *testing.T) {
	text, err := json.Marshal(sampleFigures())
	require.NoError(t, err)
	require.Equal(t, `{"valid?":false,"count":3,"errs":[{"key":"9","values":[1,2],"offsets":[0,1]}],"types":["poll-skip"],"lag":0.5,"none":null,"on":true,`+
		`"text":"a\"b","part":0.25,"results":{"0":{"valid?":"unknown"},"k":[]},"value":{"a":["b"]}}`, string(text))
	var back Figures
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, Value(`["poll-skip"]`), back.Get("types"))
	require.Nil(t, back.Get("no such key"))
	again, err := json.Marshal(back)
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))
	require.Error(t, json.Unmarshal([]byte(`[1]`), &back))
}

func TestFigures_ofAnotherTypeAreAnError(t *testing.T) {
	results := Results{Workload: Workload{Figures: Figures{{"x", struct{}{}}}}}
	require.ErrorContains(t, results.WriteEDN(&bytes.Buffer{}), "struct {}")
}

func TestFigures_doublesAreSpeltAsJavaSpellsThem(t *testing.T) {
	for want, f := range map[string]float64{
		"0.0": 0, "27.620082514": 27.620082514, "1.0E7": 1e7, "1.25E-5": 1.25e-5, "0.001": 0.001, "-2.0": -2, "##Inf": math.Inf(1), "##-Inf": math.Inf(-1), "##NaN": math.NaN(),
	} {
		require.Equal(t, want, javaFloat(f, 64))
	}
}

func TestOp_microOperationsAndFurtherKeysAreSpeltAsJepsensAre(t *testing.T) {
	for _, c := range []struct {
		op   Op
		want string
	}{
		{Op{F: "send", Micro: true, Value: []byte(`[["send","9",[0,"a"]]]`)}, `:value [[:send "9" [0 "a"]]]`},
		{Op{F: "poll", Micro: true, Value: []byte(`[["poll",{"k":[[0,{"m":"send"}]]}],["x y",1],[]]`)}, `:value [[:poll {"k" [[0 {"m" "send"}]]}] ["x y" 1] []]`},
		{Op{F: "txn", Micro: true, Value: []byte(`[["r",1,null],7,[2]]`)}, `:value [[:r 1 nil] 7 [2]]`},
		{Op{F: "assign", Value: []byte(`["9","8"]`), Extra: []byte(`{"seek-to-beginning?":true}`)}, `:value ["9" "8"], :seek-to-beginning? true`},
		{Op{F: "assign", Extra: []byte(` {"unseen":{"5":{"polled":-1,"sent":0},"x":{}}, "poll-ms": 1000}`)}, `:value nil, :unseen {5 {:polled -1, :sent 0}, :x {}}, :poll-ms 1000`},
		{Op{F: "assign", Extra: []byte(`{}`), Final: true}, `:value nil, :final? true`},
	} {
		text, err := AppendOpEDN(nil, c.op)
		require.NoError(t, err)
		require.Equal(t, `{:index 0, :time 0, :type :invoke, :process 0, :f :`+c.op.F+`, `+c.want+`}`, string(text))
		back, err := parseOpEDN(text)
		require.NoError(t, err)
		require.Equal(t, c.op.Micro, back.Micro)
		if c.op.Value != nil {
			require.JSONEq(t, string(c.op.Value), string(back.Value))
		}
	}
	for _, extra := range []string{`[]`, `{"a":1} x`, `{"a"}`, `{a:1}`, `{"a" 1}`, ``} {
		_, err := AppendOpEDN(nil, Op{Extra: []byte(extra)})
		require.ErrorContains(t, err, "further keys", extra)
	}
}

func TestOp_microOperationsSurviveJSON(t *testing.T) {
	op := Op{F: "send", Micro: true, Value: []byte(`[["send","9",1]]`), Extra: []byte(`{"a":1}`)}
	text, err := json.Marshal(op)
	require.NoError(t, err)
	var back Op
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, op, back)
}
