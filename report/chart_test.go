package report

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
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

func TestAChartPlacesItsPointsByTheirValues(t *testing.T) {
	s := newScale(false, []float64{0, 100}, 10, 220)
	require.Equal(t, []float64{10, 110, 210, 220}, []float64{s.at(0), s.at(50), s.at(100), s.at(105)}, "with room of 5 % beyond the last")
	s = newScale(true, []float64{1, 100}, 220, 0)
	require.InDeltaSlice(t, []float64{210, 110, 10}, []float64{s.at(1), s.at(10), s.at(100)}, 1e-9)
}

func TestTicksAreRoundAndWithinTheEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(1e-3, 1e6), 1, 9).Draw(t, "values")
		log := rapid.Bool().Draw(t, "log")
		s := newScale(log, values, 400, 40)
		for _, v := range values {
			require.InDelta(t, 220, s.at(v), 180.001, "every value has its place")
		}
		ticks := s.ticks()
		require.NotEmpty(t, ticks)
		require.Less(t, len(ticks), 40)
		for _, v := range ticks {
			require.InDelta(t, 220, s.at(v), 180.001)
			if v != 0 {
				digits := v / math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-3)
				require.InDelta(t, math.Round(digits), digits, 1e-6, "%v has a few digits", v)
			}
		}
	})
}

func TestATickIsSpeltWithoutItsLastBits(t *testing.T) {
	for want, v := range map[string]float64{"0.3": 0.1 + 0.2, "10000": 1e4, "0": 0, "1500": 1500} {
		require.Equal(t, want, tick(v))
	}
}

func TestNamesAreTextAndNothingElse(t *testing.T) {
	for evil, shown := range map[string]string{
		`</text><script>alert("&")</script>`: `</text><script>alert("&")</script>`,
		"loc\xe9ed \x00\x1b\ufffe.\t\n":      "loc\ufffded \ufffd\ufffd\ufffd.\t\n", // what XML has no character for
	} {
		c := chart{title: evil, text: evil, x: axis{name: evil}, y: axis{name: evil}, series: []series{{name: evil, dots: true, points: []point{{x: 1, y: 1, text: evil}}}}}
		svg := c.svg()
		require.NotContains(t, svg, "<script")
		require.Contains(t, texts(t, svg, "text"), shown)
		require.Contains(t, texts(t, svg, "title"), shown)
	}
}

func TestAChartWithoutPointsSaysSo(t *testing.T) {
	c := chart{title: "T", y: axis{log: true}, series: []series{{name: "a", dots: true, points: []point{{x: 1, y: 0}, {x: 1, y: -3}}}}}
	require.Equal(t, []string{"T", "no valid run has these figures"}, texts(t, c.svg(), "text"), "a logarithm has no place for 0")
}

func TestALongLegendEnds(t *testing.T) {
	c := chart{}
	for i := range 40 {
		c.series = append(c.series, series{name: strings.Repeat("x", i+1), dots: true, points: []point{{x: float64(i), y: 1}}})
	}
	names := texts(t, c.svg(), "text")
	require.Contains(t, names, "and more")
	require.Contains(t, names, strings.Repeat("x", legendLines))
	require.NotContains(t, names, strings.Repeat("x", legendLines+1))
}
