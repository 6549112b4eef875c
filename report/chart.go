package report

import (
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// chart is a plot of some series over two axes, drawn as one SVG text.
type chart struct {
	title, text string // text says in a sentence what is shown
	x, y        axis
	series      []series
}

// axis is a direction of a chart. Its ends are those of the data.
type axis struct {
	name string
	log  bool // values of 0 or less are not shown then
}

// series are points that belong together.
type series struct {
	name        string
	points      []point
	dots, lines bool
}

// point is a value; low and high bound it if they differ.
type point struct {
	x, y, low, high float64
	text            string // shown when a dot is pointed at
}

// Sizes of a chart, in its own units.
const (
	chartWidth, chartHeight        = 760, 440
	leftMargin, rightMargin        = 64, 190 // to the right stands the legend
	topMargin, bottomMargin        = 40, 52
	legendLines, legendStep, radii = 18, 19, 3.5
)

// colours are told apart by people who see few (Okabe and Ito); dashes tell
// further series apart.
var (
	colours = []string{"#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8a7a00"}
	dashes  = []string{"", "6 3", "2 3"}
)

func (c *chart) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" font-family="system-ui, sans-serif" font-size="13">`+"\n", chartWidth, chartHeight)
	fmt.Fprintf(&b, "<title>%s</title><desc>%s</desc>\n", escaped(c.title), escaped(c.text))
	b.WriteString("<style>svg{background:#fff;color:#1a1a1a}.g{stroke:#8884}.t{fill:currentColor}@media(prefers-color-scheme:dark){svg{background:#16181d;color:#e6e6e6}}</style>\n")
	fmt.Fprintf(&b, `<text class="t" x="%d" y="24" font-size="16">%s</text>`+"\n", leftMargin, escaped(c.title))
	xs, ys := c.values(func(p point) []float64 { return []float64{p.x} }), c.values(func(p point) []float64 {
		if p.low < p.high {
			return []float64{p.low, p.y, p.high}
		}
		return []float64{p.y}
	})
	x := newScale(c.x.log, xs, leftMargin, chartWidth-rightMargin)
	y := newScale(c.y.log, ys, chartHeight-bottomMargin, topMargin)
	if len(xs) == 0 {
		fmt.Fprintf(&b, `<text class="t" x="%d" y="%d">no valid run has these figures</text>`+"\n</svg>\n", leftMargin, chartHeight/2)
		return b.String()
	}
	c.axes(&b, x, y)
	for i, s := range c.series {
		s.draw(&b, x, y, i)
	}
	c.legend(&b)
	b.WriteString("</svg>\n")
	return b.String()
}

// escaped makes text of an SVG file. What XML has no character for, such as bytes
// that are no UTF-8, is U+FFFD: for one of them a browser would refuse the file.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// shown are the points of a series that the axes have a place for.
func (c *chart) shown(p point) bool { return (!c.x.log || p.x > 0) && (!c.y.log || p.y > 0) }

// values drops what has no place and gathers the rest.
func (c *chart) values(of func(point) []float64) []float64 {
	var out []float64
	for i := range c.series {
		c.series[i].points = slices.DeleteFunc(c.series[i].points, func(p point) bool { return !c.shown(p) })
		for _, p := range c.series[i].points {
			out = append(out, of(p)...)
		}
	}
	return out
}

func (c *chart) axes(b *strings.Builder, x, y scale) {
	const left, right, top, bottom = leftMargin, chartWidth - rightMargin, topMargin, chartHeight - bottomMargin
	for _, v := range x.ticks() {
		at := x.at(v)
		fmt.Fprintf(b, `<path class="g" d="M%s %dV%d"/><text class="t" x="%s" y="%d" text-anchor="middle">%s</text>`+"\n", short(at), bottom, top, short(at), bottom+18, tick(v))
	}
	for _, v := range y.ticks() {
		at := y.at(v)
		fmt.Fprintf(b, `<path class="g" d="M%d %sH%d"/><text class="t" x="%d" y="%s" text-anchor="end">%s</text>`+"\n", left, short(at), right, left-8, short(at+4), tick(v))
	}
	fmt.Fprintf(b, `<text class="t" x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+right)/2, chartHeight-12, escaped(c.x.name))
	fmt.Fprintf(b, `<text class="t" transform="translate(16 %d) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (top+bottom)/2, escaped(c.y.name))
}

func (s *series) draw(b *strings.Builder, x, y scale, index int) {
	colour, dash := look(s, index)
	if s.lines && len(s.points) > 1 {
		var d strings.Builder
		for i, p := range s.points {
			fmt.Fprintf(&d, "%c%s %s", "ML"[min(i, 1)], short(x.at(p.x)), short(y.at(p.y)))
		}
		fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" stroke-width="1.5" stroke-dasharray="%s"/>`+"\n", d.String(), colour, dash)
	}
	for _, p := range s.points {
		if p.low < p.high {
			fmt.Fprintf(b, `<path d="M%s %sV%s" stroke="%s"/>`+"\n", short(x.at(p.x)), short(y.at(p.low)), short(y.at(p.high)), colour)
		}
		if s.dots {
			fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="%v" fill="%s"><title>%s</title></circle>`+"\n", short(x.at(p.x)), short(y.at(p.y)), radii, colour, escaped(p.text))
		}
	}
}

// look is the colour and dash of a series. A line without dots joins points of
// others, and has the colour of text.
func look(s *series, index int) (colour, dash string) {
	if !s.dots {
		return "currentColor", ""
	}
	return colours[index%len(colours)], dashes[index/len(colours)%len(dashes)]
}

func (c *chart) legend(b *strings.Builder) {
	const x = chartWidth - rightMargin + 14
	row := 0
	for i, s := range c.series {
		if len(s.points) == 0 {
			continue
		}
		at := topMargin + 6 + row*legendStep
		if row++; row > legendLines {
			fmt.Fprintf(b, `<text class="t" x="%d" y="%d">and more</text>`+"\n", x, at+4)
			return
		}
		colour, dash := look(&s, i)
		fmt.Fprintf(b, `<path d="M%d %dh16" stroke="%s" stroke-width="2" stroke-dasharray="%s"/><text class="t" x="%d" y="%d" font-size="12">%s</text>`+"\n",
			x, at, colour, dash, x+22, at+4, escaped(s.name))
	}
}

// scale maps values to places of the drawing.
type scale struct {
	log      bool
	low, up  float64 // ends, of logarithms if log
	from, to float64 // their places
}

// newScale has room for all values and a little more; without a logarithm it
// begins at 0.
func newScale(log bool, values []float64, from, to float64) scale {
	s := scale{log: log, from: from, to: to}
	if len(values) == 0 {
		return s
	}
	s.low, s.up = s.value(slices.Min(values)), s.value(slices.Max(values))
	if !log {
		s.low = min(0, s.low)
	}
	room := (s.up - s.low) * 0.05
	if room == 0 {
		room = 0.5
	}
	if s.up += room; log {
		s.low -= room
	}
	return s
}

func (s scale) value(v float64) float64 {
	if s.log {
		return math.Log10(v)
	}
	return v
}

func (s scale) at(v float64) float64 {
	return s.from + (s.value(v)-s.low)/(s.up-s.low)*(s.to-s.from)
}

// ticks are round values between the ends.
func (s scale) ticks() []float64 {
	var out []float64
	if s.log {
		for decade := math.Floor(s.low); decade <= s.up; decade++ {
			for _, m := range []float64{1, 2, 5} {
				if v := m * math.Pow(10, decade); s.value(v) >= s.low && s.value(v) <= s.up {
					out = append(out, v)
				}
			}
		}
		if len(out) >= 3 {
			return out
		}
		return steps(math.Pow(10, s.low), math.Pow(10, s.up)) // less than a decade
	}
	return steps(s.low, s.up)
}

// steps are four to ten multiples of a round number.
func steps(low, up float64) []float64 {
	step := math.Pow(10, math.Floor(math.Log10((up-low)/4)))
	for _, m := range []float64{5, 2, 1} {
		if (up-low)/(step*m) >= 4 {
			step *= m
			break
		}
	}
	var out []float64
	for i := math.Ceil(low / step); i*step <= up; i++ {
		out = append(out, i*step)
	}
	return out
}

// tick spells a round value, whatever its last bits have become.
func tick(v float64) string {
	round, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		round = v
	}
	return strconv.FormatFloat(round, 'f', -1, 64)
}

// short spells a place to a tenth.
func short(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
