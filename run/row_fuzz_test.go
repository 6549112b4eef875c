package run

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireRow checks that a row came back from its file. The end of a line
// within a text is a newline in CSV, whatever it was.
func requireRow(t require.TestingT, want, got Row) {
	require.Equal(t, rowText(t, want), rowText(t, got))
	if !strings.Contains(rowText(t, want), "\r") {
		require.Equal(t, want.Spec, got.Spec)
	}
}

func rowText(t require.TestingT, row Row) string {
	var out bytes.Buffer
	require.NoError(t, WriteRunsCSV(&out, true, row))
	return strings.ReplaceAll(out.String(), "\r\n", "\n")
}

// FuzzReadRunsCSV checks that rows that could be read are read again as they
// were after they were written, and that whatever is cut off a file is told and
// costs no row before it.
func FuzzReadRunsCSV(f *testing.F) {
	f.Add(rowText(f, Row{
		Spec: Spec{Workload: "broadcast", Args: "'a,\"b\n'", NodeCount: 25, SyncPeriod: 1, Rate: 1.5},
		Seed: 1<<64 - 1, Strict: Unknown, Figures: map[string]float64{MsgsPerOp: 1, "values": 1e15},
	}), 3)
	f.Add("a\n\"", 0)
	for _, cells := range []string{
		"valid=unknown,seed=2,node_count=9223372036854775807,error=\"a\r\nb\"", "seed=2,valid=true,node_count=-0",
		"seed=1,valid=false,sync_period_ms=1e300," + MsgsPerOp + "=0x1p-2", "seed=1,valid=true,latency_ms=-0.0000001,rate_per_second=1e-7",
		"seed=1,valid=true,strict=true,bin=\"\n\n\",args=\"\"\"\n\"", "seed=1", "valid=true",
	} {
		names, line := "new", "x"
		for pair := range strings.SplitSeq(cells, ",") {
			name, cell, _ := strings.Cut(pair, "=")
			names, line = names+","+name, line+","+cell
		}
		for _, c := range RunsColumns() {
			if !strings.Contains(names, ","+c.Name) {
				names, line = names+","+c.Name, line+","
			}
		}
		f.Add(names+"\n"+line+"\n"+line+"\n", 5)
	}
	f.Fuzz(func(t *testing.T, text string, cut int) {
		rows, err := ReadRunsCSV(strings.NewReader(text))
		if err != nil {
			require.ErrorContains(t, err, "run: ")
			return
		}
		var out bytes.Buffer
		require.NoError(t, WriteRunsCSV(&out, true, rows...))
		again, err := ReadRunsCSV(bytes.NewReader(out.Bytes()))
		require.NoError(t, err)
		require.Len(t, again, len(rows))
		for i := range rows {
			requireRow(t, rows[i], again[i])
		}
		if len(rows) == 0 {
			return
		}
		last := rowText(t, again[len(rows)-1])
		last = last[strings.IndexByte(last, '\n')+1:]
		cut = 1 + int(uint(cut)%uint(len(last)-1)) // something is left of the last line, and something is not
		before, err := ReadRunsCSV(bytes.NewReader(out.Bytes()[:out.Len()-cut]))
		require.ErrorIs(t, err, ErrCutOff)
		require.Len(t, before, len(rows)-1)
	})
}
