package page

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/report/figure"
	"treecast/report/plot"
	"treecast/run"
)

// texts reads an SVG, which has to be well-formed, and returns what stands in
// its elements of a name.
func texts(t require.TestingT, svg, element string) []string {
	var out []string
	in := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err, svg)
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == element {
			var text string
			require.NoError(t, in.DecodeElement(&text, &start))
			out = append(out, text)
		}
	}
}

func TestSweepCharts_haveEverySoundSetting(t *testing.T) {
	rows := smallSweep().Rows
	charts := SweepCharts(rows)
	require.Len(t, charts, 3)
	for name, svg := range charts {
		titles := texts(t, svg, "title")
		require.Len(t, titles, 4, "%s: its own, and one per setting that is valid", name)
		require.NotContains(t, strings.Join(titles, "\n"), "k = 3, P = 800 ms", name)
		require.Contains(t, svg, `class="trace`, "%s has a legend", name)
	}
	require.Contains(t, texts(t, charts[figure.FrontierChart], "title"), "locked, k = 24, P = 800 ms: 0.500 messages per operation, worst true delivery 1\u202f100 ms, on the frontier")
	require.Contains(t, texts(t, charts[figure.FrontierChart], "text"), "k = 24")
	require.Contains(t, texts(t, charts[figure.MessagesChart], "text"), "locked, k = 24")
	require.Contains(t, texts(t, charts[figure.LatencyChart], "title"), "locked, k = 3, P = 400 ms: 700")
	require.Len(t, SweepCharts(rows[:1]), 1, "one period is no axis")
}

func TestSweepCharts_ofRunsWithoutFiguresSaySo(t *testing.T) {
	require.Contains(t, SweepCharts(nil)[figure.FrontierChart], "no valid run has these figures")
	rows := smallSweep().Rows
	for i := range rows {
		rows[i].Figures = map[string]float64{run.MsgsPerOp: 0, run.DeliveryMax: 5}
	}
	charts := SweepCharts(rows)
	require.Contains(t, charts[figure.MessagesChart], "no valid run has these figures", "a logarithm has no place for 0")
	require.NotContains(t, charts[figure.LatencyChart], "no valid run")
}

func TestSweepCharts_namesAreTextAndNothingElse(t *testing.T) {
	rows := smallSweep().Rows
	for i := range rows {
		rows[i].Args, rows[i].NumChildren = run.Words(hostile), rows[i].NumChildren+"loc\xe9ed \x00\x1b\ufffe"
	}
	for name, svg := range SweepCharts(rows) {
		require.NotContains(t, svg, "<img", name)
		require.NotEmpty(t, texts(t, svg, "title"), name)
	}
}

func TestSweepCharts_manySeriesShareColours(t *testing.T) {
	var rows []run.Row
	for k := range 3 * plot.Styles {
		row := smallSweep().Rows[0]
		row.NumChildren = strings.Repeat("1", k+1)
		rows = append(rows, row)
	}
	legend := texts(t, SweepCharts(rows)[figure.FrontierChart], "text")
	require.Contains(t, legend, "k = "+strings.Repeat("1", plot.Styles))
	require.NotContains(t, legend, "k = "+strings.Repeat("1", plot.Styles+1))
}
