package plot

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestScale_placesValues(t *testing.T) {
	s := Scale{From: 0, To: 100, Start: 10, End: 210}
	require.Equal(t, []float64{10, 110, 210}, []float64{s.At(0), s.At(50), s.At(100)})
	s = Scale{From: 1, To: 100, Start: 220, End: 20, Log: true}
	require.InDeltaSlice(t, []float64{220, 120, 20, 220}, []float64{s.At(1), s.At(10), s.At(100), s.At(0)}, 1e-9)
	require.Equal(t, 7.0, Scale{From: 3, To: 3, Start: 7, End: 9}.At(3))
}

func TestTicks_roundAndWithinTheEnds(t *testing.T) {
	label := func(v float64) string { return fmt.Sprintf("%.4g", v) }
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Float64Range(1e-3, 1e3).Draw(t, "from")
		to := from * rapid.Float64Range(1.01, 1e5).Draw(t, "times")
		for _, ticks := range [][]Tick{Linear(to, 10, label), Logarithmic(from, to, label)} {
			require.GreaterOrEqual(t, len(ticks), 2)
			require.Less(t, len(ticks), 20)
			for _, tick := range ticks {
				require.True(t, tick.Value >= 0 && tick.Value <= to*1.001, "%v of %v to %v", tick.Value, from, to)
				if tick.Value != 0 {
					digits := tick.Value / math.Pow(10, math.Floor(math.Log10(tick.Value))-6)
					require.InDelta(t, math.Round(digits), digits, 1e-3, "%v has a few digits", tick.Value)
				}
			}
		}
		require.GreaterOrEqual(t, Logarithmic(from, to, label)[0].Value, from*0.999)
	})
	require.Equal(t, []Tick{{0, "0"}}, Linear(0, 5, label))
	require.Equal(t, []Tick{{7, "7"}}, Between(7, 7, label))
	require.Equal(t, []Tick{{-10, "-10"}, {-5, "-5"}, {0, "0"}, {5, "5"}, {10, "10"}}, Between(-11, 12, label))
}

func TestStandalone_isWellFormedWhateverItsTexts(t *testing.T) {
	for _, evil := range []string{`</text><script>alert("&")</script>`, "loc\xe9ed \x00\x1b\ufffe.\t\n"} {
		c := New("c", evil, 100, 20, Scale{To: 1}, Scale{To: 1})
		c.Title(evil)
		c.XAxis([]Tick{{0.5, evil}})
		c.YAxis([]Tick{{0.5, evil}})
		c.El(evil, "circle", "r", "3")
		text := c.Standalone(evil, evil, []Legend{{"s0", evil}, {"s1", strings.Repeat("long ", 40)}, {"s2", "next"}})
		require.NotContains(t, text, "<script")
		in := xml.NewDecoder(strings.NewReader(text))
		for {
			_, err := in.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, text)
		}
	}
}

func TestPath_movesAndThenDraws(t *testing.T) {
	require.Equal(t, "M1 2L3 4.1", Path([][2]float64{{1, 2}, {3, 4.06}}))
	require.Equal(t, "0", Num(math.NaN()))
}
