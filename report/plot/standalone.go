package plot

import (
	"fmt"
	"strings"
)

// Legend explains a style.
type Legend struct{ Class, Text string }

// Standalone is a chart as a file of its own, with its legend and its style. title
// and text say what is shown, for who cannot see it.
func (c *Chart) Standalone(title, text string, legends []Legend) string {
	const lineHeight, letter = 20, 7.4
	var s SVG
	x, y := float64(marginLeft), c.height+lineHeight
	for _, l := range legends {
		if width := 30 + letter*float64(len([]rune(l.Text))); x+width > Width-marginEdge && x > marginLeft {
			x, y = marginLeft, y+lineHeight
		}
		s.El("", "path", "d", fmt.Sprintf("M%s %sh16", Num(x), Num(y-4)), "class", "trace "+l.Class)
		s.Text(x+22, y, "tick", l.Text)
		x += 44 + letter*float64(len([]rune(l.Text)))
	}
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %s" role="img" font-family="system-ui, sans-serif" font-size="13">`+"\n", Width, Num(y+12))
	fmt.Fprintf(&out, "<title>%s</title><desc>%s</desc>\n<style>%s</style>\n", escaped(title), escaped(text), style)
	fmt.Fprintf(&out, `<svg width="%d" height="%s">%s</svg>`+"\n%s\n</svg>\n", Width, Num(c.height), c.HTML(), s.HTML())
	return out.String()
}

// Styles is how many series of a chart have a colour of their own: s0, s1, ...
const Styles = 8

// style is that of charts that stand alone. Colours are told apart by people who see
// few (Okabe and Ito).
var style = func() string {
	out := "svg{background:#fff;color:#1a1a1a}text{fill:currentColor}.grid{stroke:#8884}.axis{stroke:#888a}.tick{font-size:11.5px}.mid{text-anchor:middle}.end{text-anchor:end}" +
		".plot-title{font-weight:600}.curve,.known{fill:none;stroke:currentColor;stroke-width:1.6}.least{stroke-dasharray:4 4}.known{stroke:#d55e00}.trace{stroke-width:1.6}"
	for i, colour := range [Styles]string{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a7a00", "#7a828b"} {
		out += fmt.Sprintf(".s%d{fill:%s;stroke:%s}", i, colour, colour)
	}
	return out + ".trace{fill:none}.frontier,.least{stroke:currentColor}@media(prefers-color-scheme:dark){svg{background:#16181d;color:#e6e6e6}}"
}()

// Path is the way of a line through places.
func Path(places [][2]float64) string {
	var d strings.Builder
	for i, p := range places {
		fmt.Fprintf(&d, "%c%s %s", "ML"[min(i, 1)], Num(p[0]), Num(p[1]))
	}
	return d.String()
}
