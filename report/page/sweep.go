package page

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"treecast/report/figure"
	"treecast/report/plot"
	"treecast/run"
)

const (
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
	run.DeliveryMax: "worst true delivery, ms", run.RealtimeLag: "worst realtime lag, ms", run.BusiestNode: "messages of the busiest node, median",
}

// WriteSweep writes the page of a sweep.
func WriteSweep(w io.Writer, f *run.SweepFolder) error {
	view := figure.SweepOf(f.Rows)
	c := &sweepContent{Sampled: f.Missing}
	if r := f.Record; r != nil {
		c.Command = strings.Join(r.Command, " ")
		c.MadeBy = fmt.Sprintf("treecast %s on %s, %s", r.Version, r.Started.UTC().Format(time.DateOnly), r.Machine)
	}
	pareto := figure.ParetoOf(view.Groups)
	c.overview(&view, len(pareto.Frontier))
	d := data{}
	if len(pareto.Points) > 0 {
		p, dots := paretoPart(&pareto, view.Labels)
		c.Pareto = &p
		d.Plots = append(d.Plots, dots)
	}
	for i, m := range figure.HeatMaps(view.Groups) {
		c.Maps = append(c.Maps, heatPart(fmt.Sprintf("map-%d", i), &m, view.Labels))
	}
	c.Table = settingsTable(&view, &pareto)
	var err error
	if c.frame, err = newFrame("treecast sweep "+f.Name(), "sweep "+f.Name(), &d); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return write(w, "sweep", c)
}

// overview sums a sweep up.
func (c *sweepContent) overview(view *figure.Sweep, onFrontier int) {
	c.Headline = fmt.Sprintf("%s of %s, ", plural(int64(len(view.Rows)), "run", "runs"), plural(int64(len(view.Groups)), "setting", "settings"))
	switch bad := len(view.Bad()); {
	case len(view.Rows) == 0:
		c.Headline, c.Tone = "No run yet", "unsure"
	case bad > 0:
		c.Headline, c.Tone = fmt.Sprintf("%s%d not valid", c.Headline, bad), "unsure"
	default:
		c.Headline, c.Tone = c.Headline+"all valid", "good"
	}
	challenges := view.Challenges()
	for _, choice := range view.Choices(nil)[:len(challenges)] {
		best := card{Label: "fewest messages with " + choice.Bound, Value: none, Note: "no setting passes it in every run", Tone: "unsure"}
		if choice.Group >= 0 {
			m, _ := view.Groups[choice.Group].Median(run.MsgsPerOp)
			best.Value, best.Note, best.Tone = strconv.FormatFloat(m, 'f', 3, 64), "messages per operation: "+clip(view.Labels[choice.Group], 80), "good"
		}
		c.Cards = append(c.Cards, best)
	}
	c.Cards = append(c.Cards, card{
		Label: "on the frontier", Value: count(int64(onFrontier)), Note: "settings that none beats in both messages and latency",
	})
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
func settingsTable(view *figure.Sweep, p *figure.Pareto) table {
	out := table{Columns: append(view.Columns(), "frontier")}
	on := map[int]bool{}
	for _, i := range p.Frontier {
		on[p.Points[i].Group] = true
	}
	for i := range view.Groups {
		if i == maxSweepRows {
			out.Note = plural(int64(len(view.Groups)-i), "more setting is", "more settings are") + " in runs.csv."
			break
		}
		out.Rows = append(out.Rows, append(view.Row(i), map[bool]string{true: "yes"}[on[i]]))
	}
	return out
}
