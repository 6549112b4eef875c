package run

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzReadResultsEDN checks that what could be read of a results.edn can be
// written, and is then read again as it was.
func FuzzReadResultsEDN(f *testing.F) {
	golden, err := os.ReadFile("testdata/results.edn")
	require.NoError(f, err)
	f.Add(golden)
	for _, seed := range []string{
		`{:valid? true, :net {:valid? true}}`, `{:valid? :unknown :net {:all {:msgs-per-op 1.5E-5, :send-count 3}} :workload nil}`,
		`{:valid? false, :net {}, :stats {:valid? true, :count 1, :by-f {:read {:count 1}}}, :availability {:ok-fraction 1}}`,
		`{:valid? true, :net {}, :workload {:valid? true, :attempt-count 1, :lost (1 "a" [2]), :stable-latencies {0 0, 0.5 1, 0.95 2, 0.99 3, 1 4}}}`,
		`{:valid? true, :net {}, :workload {:attempt-count 1, :worst-stale ({:element 1, :outcome :stale, :known #jepsen.history.Op{:index 1, :type :ok, :f :add, :value 1}, :last-absent nil})}}`,
		`{:net nil}`, `{}`, `[]`, `nil`, `{:valid? 7}`, `#{1}`, `{:valid? true :net {} :x #inst "2026"}`, `{[1] 2}`, `#_`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ReadResultsEDN(bytes.NewReader(text))
		if err != nil {
			require.ErrorContains(t, err, "run: ")
			return
		}
		var once, twice bytes.Buffer
		require.NoError(t, r.WriteEDN(&once))
		back, err := ReadResultsEDN(bytes.NewReader(once.Bytes()))
		require.NoError(t, err, "%s", once.Bytes())
		require.NoError(t, back.WriteEDN(&twice))
		require.Equal(t, once.String(), twice.String())
		again, err := ReadResultsEDN(&twice)
		require.NoError(t, err)
		require.Equal(t, back, again)
	})
}

// FuzzReadResultsJSON checks that what could be read of a results.json is read
// again as it was after it was written, and so is the
// row of it in a file of many runs.
func FuzzReadResultsJSON(f *testing.F) {
	golden, err := os.ReadFile("testdata/results.json")
	require.NoError(f, err)
	f.Add(golden)
	for _, seed := range []string{
		`{"schema":1}`, `{"schema":1,"settings":{"latency_ms":12.5,"seed":"18446744073709551615","rate_per_second":1e300}}`,
		`{"schema":1,"valid":"unknown","tables":[{"name":"health","columns":["worst_unhealthy_ms"],"rows":[[1],[]]}]}`,
		`{"schema":1,"workload":{"set_full":{"lost":[1, "a",{"b":[ ]}],"worst_stale":[{"known":{"type":"ok","value":null,"error":{"name":"x"}}}]}}}`,
		`{"schema":2}`, `{"schema":1,"faults":[{"kind":"kill","from_ms":-1,"to_ms":1e18}]}`, `null`, `[]`, `{"schema":1}x`, `{"Schema":1,"schema":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ReadResultsJSON(bytes.NewReader(text))
		if err != nil {
			require.ErrorContains(t, err, "run: ")
			return
		}
		require.True(t, json.Valid(text))
		var once bytes.Buffer
		require.NoError(t, r.WriteJSON(&once))
		back, err := ReadResultsJSON(bytes.NewReader(once.Bytes()))
		require.NoError(t, err, "%s", once.Bytes())
		var twice bytes.Buffer
		require.NoError(t, back.WriteJSON(&twice))
		require.Equal(t, once.String(), twice.String())

		// What many runs are compared by survives their file as well.
		row := RowOf(back)
		for _, v := range row.Figures {
			if !(v >= 0 && v <= maxFigure) {
				return // no run has such figures
			}
		}
		var file bytes.Buffer
		require.NoError(t, WriteRunsCSV(&file, true, row))
		rows, err := ReadRunsCSV(&file)
		require.NoError(t, err, "%s", file.Bytes())
		require.Len(t, rows, 1)
		requireRow(t, row, rows[0])
	})
}
