package page

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"treecast/analysis"
	"treecast/report/figure"
	"treecast/report/plot"
	"treecast/run"
)

const (
	paretoHeight = 440
	maxSweepRows = 1000
	heatWidth    = 58 // of a cell
	heatHeight   = 26
)

// sweepContent is what the layout of a sweep's page is filled with.
type sweepContent struct {
	frame
	Headline, Tone  string
	Cards           []card
	Command, MadeBy string
	Sampled         []string
	Pareto          *picture
	Maps            []picture
	Table           table
}

// figureNames are what people call figures.
var figureNames = map[string]string{
	run.MsgsPerOp: "messages per operation, median", run.StableMax: "worst stable latency, ms",
	run.DeliveryMax: "worst true delivery, ms", run.BusiestNode: "messages of the busiest node, median",
}

// WriteSweep writes the page of a sweep.
func WriteSweep(w io.Writer, f *run.SweepFolder) error {
	groups := analysis.Groups(f.Rows)
	labels := analysis.Labels(groups)
	c := &sweepContent{Sampled: f.Missing}
	if r := f.Record; r != nil {
		c.Command = strings.Join(r.Command, " ")
		c.MadeBy = fmt.Sprintf("treecast %s on %s, %s", r.Version, r.Started.UTC().Format(time.DateOnly), r.Machine)
	}
	pareto := figure.ParetoOf(groups)
	c.overview(f, groups, labels, &pareto)
	d := data{}
	if len(pareto.Points) > 0 {
		p, dots := paretoPart(&pareto, labels)
		c.Pareto = &p
		d.Plots = append(d.Plots, dots)
	}
	for i, m := range figure.HeatMaps(groups) {
		c.Maps = append(c.Maps, heatPart(fmt.Sprintf("map-%d", i), &m, labels))
	}
	c.Table = settingsTable(groups, labels, &pareto)
	var err error
	if c.frame, err = newFrame("treecast sweep "+f.Name(), "sweep "+f.Name(), &d); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return write(w, "sweep", c)
}

// overview sums a sweep up.
func (c *sweepContent) overview(f *run.SweepFolder, groups []analysis.Group, labels []string, pareto *figure.Pareto) {
	bad := 0
	for i := range f.Rows {
		if r := &f.Rows[i]; r.Valid != run.Valid || r.Strict != run.Valid || r.Error != "" {
			bad++
		}
	}
	c.Headline, c.Tone = fmt.Sprintf("%s of %s, all valid", plural(int64(len(f.Rows)), "run", "runs"), plural(int64(len(groups)), "setting", "settings")), "good"
	switch {
	case len(f.Rows) == 0:
		c.Headline, c.Tone = "No run yet", "unsure"
	case bad > 0:
		c.Headline = fmt.Sprintf("%s of %s, %d not valid", plural(int64(len(f.Rows)), "run", "runs"), plural(int64(len(groups)), "setting", "settings"), bad)
		c.Tone = "unsure"
	}
	for _, name := range challenges(f.Rows) {
		best := card{Label: "fewest messages with " + name, Value: none, Note: "no setting passes it in every run", Tone: "unsure"}
		if i, ok := analysis.RecommendFor(groups, pareto.Latency, name); ok {
			m, _ := groups[i].Median(run.MsgsPerOp)
			best = card{Label: "fewest messages with " + name, Value: strconv.FormatFloat(m, 'f', 3, 64), Note: "messages per operation: " + clip(labels[i], 80), Tone: "good"}
		}
		c.Cards = append(c.Cards, best)
	}
	c.Cards = append(c.Cards, card{
		Label: "on the frontier", Value: count(int64(len(pareto.Frontier))), Note: "settings that none beats in both messages and latency",
	})
}

// challenges are those that any row was tried against.
func challenges(rows []run.Row) (out []string) {
	for i := range rows {
		for _, name := range strings.Fields(rows[i].Passed + " " + rows[i].Missed) {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// paretoPart draws messages against latency.
func paretoPart(p *figure.Pareto, labels []string) (picture, plotted) {
	x, y := plot.Scale{From: math.Inf(1), To: 0}, plot.Scale{From: math.Inf(1), Log: true}
	widen := func(latency, messages float64) {
		x.From, x.To = min(x.From, latency), max(x.To, latency)
		y.From, y.To = min(y.From, messages), max(y.To, messages)
	}
	for _, q := range p.Points {
		widen(q.Latency, q.Messages)
	}
	for _, r := range slices.Concat(p.Least, p.Known) {
		widen(r.Latency, r.Messages)
	}
	x.From, x.To, y.From, y.To = 0, x.To*1.04, y.From*0.85, y.To*1.2
	what := map[string]string{run.StableMax: "worst stable latency", run.DeliveryMax: "worst true delivery"}[p.Latency]
	summary := fmt.Sprintf("%s; %d of them on the frontier", plural(int64(len(p.Points)), "setting", "settings"), len(p.Frontier))
	c := newChart("pareto-drawing", "Messages per operation against "+what+". "+summary, paretoHeight, 26, x, y)
	c.YAxis(decadeTicks(y.From, y.To))
	c.XAxis(plot.Linear(x.To, 10, span))
	c.Title("messages per operation, against the " + what)
	curve := func(class string, points []figure.Reference) {
		var d strings.Builder
		for i, r := range points {
			d.WriteString(map[bool]string{true: "M", false: "L"}[i == 0] + plot.Num(c.X.At(r.Latency)) + " " + plot.Num(c.Y.At(r.Messages)))
		}
		if d.Len() > 0 {
			c.El("", "path", "d", d.String(), "class", class)
		}
	}
	curve("curve least", p.Least)
	var frontier []figure.Reference
	for _, i := range p.Frontier {
		frontier = append(frontier, figure.Reference{Latency: p.Points[i].Latency, Messages: p.Points[i].Messages})
	}
	curve("curve frontier", frontier)
	dots := plotted{Chart: "pareto-drawing"}
	series := seriesNames(p.Points)
	for i, q := range p.Points {
		ok := slices.Contains(p.Frontier, i)
		class := fmt.Sprintf("setting s%d", slices.Index(series, q.Series)%seriesStyles)
		if !q.Sound {
			class += " unsound"
		}
		px, py := c.X.At(q.Latency), c.Y.At(q.Messages)
		c.El("", "circle", "cx", plot.Num(px), "cy", plot.Num(py), "r", map[bool]string{true: "5", false: "3.5"}[ok], "class", class)
		text := fmt.Sprintf("%s: %.3f messages per operation, %s %s ms", labels[q.Group], q.Messages, what, milliseconds(q.Latency))
		if ok {
			text += ", on the frontier"
		}
		if !q.Sound {
			text += ", not valid in every run"
		}
		dots.Points = append(dots.Points, point{px, py, text})
	}
	for _, r := range p.Known {
		px, py := c.X.At(r.Latency), c.Y.At(r.Messages)
		c.El("", "path", "d", fmt.Sprintf("M%s %sl6 6l-6 6l-6 -6z", plot.Num(px), plot.Num(py-6)), "class", "known")
		c.Text(px+10, py+4, "tick", r.Name)
		dots.Points = append(dots.Points, point{px, py, fmt.Sprintf("%s: %v messages per operation, %v ms", r.Name, r.Messages, r.Latency)})
	}
	pic := picture{Drawing: c.HTML(), Caption: summary + "."}
	for i, name := range series[:min(len(series), seriesStyles)] {
		pic.Legend = append(pic.Legend, legend{fmt.Sprintf("setting s%d", i), name})
	}
	if len(series) > seriesStyles {
		pic.Caption += " Some fan-outs share a colour."
	}
	pic.Legend = append(pic.Legend, legend{"frontier", "the frontier"})
	if len(p.Least) > 0 {
		pic.Legend = append(pic.Legend, legend{"least", "the least possible for the load, in a star"})
	}
	if len(p.Known) > 0 {
		pic.Legend = append(pic.Legend, legend{"known", "published results of others"})
	}
	if p.LeftOut > 0 {
		pic.Caption += fmt.Sprintf(" %s cannot be placed: some run has no such figure.", plural(int64(p.LeftOut), "setting", "settings"))
	}
	return pic, dots
}

// seriesStyles is how many series have a colour of their own.
const seriesStyles = 8

func seriesNames(points []figure.ParetoPoint) (out []string) {
	for _, p := range points {
		if !slices.Contains(out, p.Series) {
			out = append(out, p.Series)
		}
	}
	return out
}

// decadeTicks are 1, 2 and 5 times the powers of ten.
func decadeTicks(from, to float64) []plot.Tick {
	var out []plot.Tick
	for e := math.Floor(math.Log10(from)); e <= math.Log10(to); e++ {
		for _, factor := range []float64{1, 2, 5} {
			if v := factor * math.Pow(10, e); v >= from && v <= to {
				out = append(out, plot.Tick{Value: v, Label: trimZeros(strconv.FormatFloat(v, 'f', 3, 64))})
			}
		}
	}
	return out
}

// heatPart draws one map.
func heatPart(id string, m *figure.HeatMap, labels []string) picture {
	name := figureNames[m.Figure]
	if m.Title != "" {
		name += "; " + m.Title
	}
	left, top := 76.0, 52.0
	width, height := left+float64(len(m.Columns)*heatWidth)+10, top+float64(len(m.Rows)*heatHeight)+10
	var s plot.SVG
	summary := fmt.Sprintf("%s, for %d fan-outs and %d sync periods: from %s to %s", name, len(m.Rows), len(m.Columns), heatText(m.Low), heatText(m.Up))
	s.Begin("svg", "id", id, "class", "chart", "viewBox", "0 0 "+plot.Num(max(width, 560))+" "+plot.Num(height), "role", "img", "aria-label", summary, "width", plot.Num(max(width, 560)))
	s.Text(left, 16, "plot-title", name)
	for j, period := range m.Columns {
		s.Text(left+(float64(j)+0.5)*heatWidth, top-8, "tick mid", span(period.Duration().Seconds()*1000))
	}
	t := table{Title: "The map in numbers", Columns: []string{"fan-out"}}
	for _, period := range m.Columns {
		t.Columns = append(t.Columns, period.String())
	}
	for i, row := range m.Cells {
		y := top + float64(i*heatHeight)
		k := m.Rows[i]
		if k == "" {
			k = "auto"
		}
		s.Text(left-8, y+heatHeight/2+4, "tick end", "k = "+clip(k, 6))
		cells := []string{k}
		for j, cell := range row {
			if cell.Group < 0 {
				cells = append(cells, none)
				continue
			}
			level := 1
			if m.Up > m.Low && m.Low > 0 {
				level = 1 + int(7*math.Log(cell.Value/m.Low)/math.Log(m.Up/m.Low)+0.5)
			}
			class := fmt.Sprintf("heat h%d", level)
			if !cell.Sound {
				class += " unsound"
			}
			x := left + float64(j*heatWidth)
			s.El(labels[cell.Group]+": "+heatText(cell.Value), "rect", "x", plot.Num(x), "y", plot.Num(y), "width", plot.Num(heatWidth-2), "height", plot.Num(heatHeight-2), "rx", "3", "class", class)
			s.Text(x+heatWidth/2-1, y+heatHeight/2+3, fmt.Sprintf("heat-text t%d", level), heatText(cell.Value))
			cells = append(cells, heatText(cell.Value))
		}
		t.Rows = append(t.Rows, cells)
	}
	return picture{Drawing: s.HTML(), Caption: summary + ".", Tables: []table{t}}
}

func heatText(v float64) string {
	if v >= 100 {
		return whole(v)
	}
	return trimZeros(strconv.FormatFloat(v, 'f', 2, 64))
}

// settingsTable lists every setting.
func settingsTable(groups []analysis.Group, labels []string, p *figure.Pareto) table {
	out := table{Columns: []string{"setting", "runs", "valid", "strict", "messages per operation", "stable median", "stable worst", "delivery median", "delivery worst", "frontier"}}
	on := map[int]bool{}
	for _, i := range p.Frontier {
		on[p.Points[i].Group] = true
	}
	for i := range groups {
		if i == maxSweepRows {
			out.Note = plural(int64(len(groups)-i), "more setting is", "more settings are") + " in runs.csv."
			break
		}
		g := &groups[i]
		valid, strict := g.Valid()
		cell := func(v float64, ok bool, decimals int) string {
			if !ok {
				return none
			}
			return strconv.FormatFloat(v, 'f', decimals, 64)
		}
		median := func(name string, decimals int) string { v, ok := g.Median(name); return cell(v, ok, decimals) }
		worst := func(name string) string { v, ok := g.Worst(name); return cell(v, ok, 0) }
		out.Rows = append(out.Rows, []string{
			labels[i], count(int64(len(g.Rows))), count(int64(valid)), count(int64(strict)), median(run.MsgsPerOp, 3),
			median(run.StableMedian, 0), worst(run.StableMax), median(run.DeliveryMedian, 0), worst(run.DeliveryMax),
			map[bool]string{true: "yes"}[on[i]],
		})
	}
	return out
}
