package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"treecast/analysis"
)

// Formats of a comparison.
const (
	Text     = "text"
	Markdown = "markdown"
	CSV      = "csv"
	JSON     = "json"
)

// headings are the names of the compared figures for people.
var headings = []string{"msgs/op", "per broadcast", "stable median", "p95", "p99", "max", "true median", "true max"}

// Comparison writes a comparison in a format. For people, ratios to the base
// stand beside the figures: with * if the difference is significant, with ~ if it
// is not, with neither if there are too few runs to tell.
func Comparison(w io.Writer, c analysis.Comparison, format string) error {
	var err error
	switch format {
	case Text, Markdown:
		_, err = io.WriteString(w, comparisonText(c, format))
	case CSV:
		err = comparisonCSV(w, c)
	case JSON:
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(comparisonOf(c))
	default:
		return fmt.Errorf("there is no format %q; choose %s, %s, %s or %s", format, Text, Markdown, CSV, JSON)
	}
	if err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

func comparisonText(c analysis.Comparison, format string) string {
	t := newTable(append([]string{"", "runs", "valid"}, headings...)...)
	repeated := false
	for i := range c.Lines {
		l := &c.Lines[i]
		row := table.Row{l.Name, len(l.Rows), verdicts(&l.Group)}
		for at, figure := range analysis.ComparedFigures() {
			decimals := 0
			if at < 2 {
				decimals = 3
			}
			row = append(row, comparedCell(l, i, figure, decimals))
			repeated = repeated || l.Differences[figure].Enough && l.Base != i
		}
		t.AppendRow(row)
	}
	out, item, star := plain(t), "  ", "*"
	if format == Markdown {
		out, item, star = strings.ReplaceAll(markdown(t), "*", "\\*")+"\n", "- ", "\\*"
	}
	out += "\nLatencies are in milliseconds. Figures of repeated runs are medians"
	if len(c.Lines) > 1 {
		out += "; x is the ratio to the first line, or to the same setting in a sweep that comes first"
	}
	out += ".\n"
	if repeated {
		out += fmt.Sprintf("%s a significant difference (Mann-Whitney U test, p < %v); ~ one that chance explains; neither: too few runs to tell, make four or more.\n", star, analysis.Alpha)
	} else if len(c.Lines) > 1 {
		out += "There are too few runs to tell differences from chance; make four or more of each.\n"
	}
	if len(c.Notes) > 0 {
		out += "\n"
	}
	for _, note := range c.Notes {
		out += item + note + "\n"
	}
	return out
}

// verdicts says how many runs are valid.
func verdicts(g *analysis.Group) string {
	if len(g.Rows) == 1 {
		if r := &g.Rows[0]; r.Valid.String() == r.Strict.String() || r.Strict.String() == "unknown" {
			return r.Valid.String()
		}
		return g.Rows[0].Valid.String() + ", strict " + g.Rows[0].Strict.String()
	}
	valid, strict := g.Valid()
	return fmt.Sprintf("%d, strict %d", valid, strict)
}

func comparedCell(l *analysis.Line, index int, figure string, decimals int) string {
	values := l.Values(figure)
	if len(values) == 0 {
		return none
	}
	out := strconv.FormatFloat(analysis.EstimateOf(values).Median, 'f', decimals, 64)
	d, ok := l.Differences[figure]
	if l.Base == index || !ok {
		return out
	}
	if !math.IsInf(d.Ratio, 0) && !math.IsNaN(d.Ratio) { // what is compared with may be 0
		out += " x" + strconv.FormatFloat(d.Ratio, 'f', 2, 64)
	}
	switch {
	case d.Significant:
		out += "*"
	case d.Enough:
		out += "~"
	}
	return out
}

// comparedLine is a line of a comparison for programs.
type comparedLine struct {
	Name    string                    `json:"name"`
	Base    string                    `json:"base"` // name of the line compared with
	Runs    int                       `json:"runs"`
	Valid   int                       `json:"valid"`
	Strict  int                       `json:"strict"`
	Figures map[string]comparedFigure `json:"figures"`
}

// comparedFigure is a figure; what cannot be said is nil.
type comparedFigure struct {
	Runs        int      `json:"runs"`
	Median      float64  `json:"median"`
	Low         *float64 `json:"low,omitempty"` // of the confidence interval
	High        *float64 `json:"high,omitempty"`
	Ratio       *float64 `json:"ratio,omitempty"`
	P           *float64 `json:"p,omitempty"`
	Significant *bool    `json:"significant,omitempty"` // nil: too few runs
}

type comparison struct {
	Lines []comparedLine `json:"lines"`
	Notes []string       `json:"notes"`
}

func comparisonOf(c analysis.Comparison) comparison {
	out := comparison{Lines: []comparedLine{}, Notes: append([]string{}, c.Notes...)}
	for i := range c.Lines {
		l := &c.Lines[i]
		valid, strict := l.Valid()
		line := comparedLine{Name: l.Name, Base: c.Lines[l.Base].Name, Runs: len(l.Rows), Valid: valid, Strict: strict, Figures: map[string]comparedFigure{}}
		for _, figure := range analysis.ComparedFigures() {
			values := l.Values(figure)
			if len(values) == 0 {
				continue
			}
			e := analysis.EstimateOf(values)
			f := comparedFigure{Runs: e.N, Median: e.Median}
			if e.Bounded() {
				f.Low, f.High = &e.Low, &e.High
			}
			if d, ok := l.Differences[figure]; ok && l.Base != i {
				if !math.IsInf(d.Ratio, 0) && !math.IsNaN(d.Ratio) {
					f.Ratio = &d.Ratio
				}
				if d.Enough {
					f.P, f.Significant = &d.P, &d.Significant
				}
			}
			line.Figures[figure] = f
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}

func comparisonCSV(w io.Writer, c analysis.Comparison) error {
	out := csv.NewWriter(w)
	out.Write([]string{"name", "base", "runs", "valid", "strict", "figure", "median", "low", "high", "ratio", "p", "significant"})
	for _, l := range comparisonOf(c).Lines {
		for _, figure := range analysis.ComparedFigures() {
			f, ok := l.Figures[figure]
			if !ok {
				continue
			}
			significant := ""
			if f.Significant != nil {
				significant = strconv.FormatBool(*f.Significant)
			}
			out.Write([]string{
				l.Name, l.Base, strconv.Itoa(l.Runs), strconv.Itoa(l.Valid), strconv.Itoa(l.Strict), figure,
				optional(&f.Median), optional(f.Low), optional(f.High), optional(f.Ratio), optional(f.P), significant,
			})
		}
	}
	out.Flush()
	return out.Error()
}

func optional(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}
