package plot

import (
	"encoding/xml"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// SVG writes a drawing. Texts and the values of attributes are escaped; names of
// elements and attributes are the program's own.
type SVG struct {
	b    strings.Builder
	open []string
}

// Begin opens an element. attrs are names and values in turn.
func (s *SVG) Begin(name string, attrs ...string) {
	s.tag(name, attrs)
	s.b.WriteByte('>')
	s.open = append(s.open, name)
}

// End closes the element that was opened last.
func (s *SVG) End() {
	last := len(s.open) - 1
	s.b.WriteString("</" + s.open[last] + ">")
	s.open = s.open[:last]
}

// El writes an element with nothing in it but a tip, if that is not empty: what
// a reader is told who points at it.
func (s *SVG) El(tip, name string, attrs ...string) {
	s.tag(name, attrs)
	if tip == "" {
		s.b.WriteString("/>")
		return
	}
	s.b.WriteString("><title>" + escaped(tip) + "</title></" + name + ">")
}

// Text writes a text at a place.
func (s *SVG) Text(x, y float64, class, text string) {
	s.tag("text", []string{"x", Num(x), "y", Num(y), "class", class})
	s.b.WriteString(">" + escaped(text) + "</text>")
}

func (s *SVG) tag(name string, attrs []string) {
	s.b.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		s.b.WriteString(" " + attrs[i] + `="` + escaped(attrs[i+1]) + `"`)
	}
}

// HTML returns the drawing, with every element closed.
func (s *SVG) HTML() template.HTML {
	for len(s.open) > 0 {
		s.End()
	}
	return template.HTML(s.b.String())
}

// escaped makes text of a drawing. What XML has no character for, such as bytes that
// are no UTF-8, is U+FFFD: for one of them a browser would refuse a file.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// Num spells a coordinate, to a tenth.
func Num(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}
