package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"treecast/run"
)

// bound is how large a figure of a run may be.
type bound struct {
	figure string // a column of runs.csv
	most   float64
}

// parseBound reads FIGURE<=VALUE.
func parseBound(text string) (b bound, err error) {
	figure, value, found := strings.Cut(text, "<=")
	b.figure = strings.TrimSpace(figure)
	if found {
		b.most, err = strconv.ParseFloat(strings.TrimSpace(value), 64)
	}
	if !found || err != nil {
		return b, fmt.Errorf("--bound is %q; give FIGURE<=VALUE, such as 'delivery_max_ms<=4000'", text)
	}
	var known []string
	for _, c := range run.FigureColumns() {
		known = append(known, c.Name)
	}
	if !slices.Contains(known, b.figure) {
		return b, fmt.Errorf("--bound: there is no figure %q; there are %s", b.figure, strings.Join(known, ", "))
	}
	return b, nil
}

// bounds are those of the sweep.
func (c *sweepCommand) bounds() (out []bound, err error) {
	for _, text := range c.Bound {
		b, err := parseBound(text)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// exceeding names the runs that exceed a bound, or do not have its figure, which is no
// proof that they keep it. A run that could not be made has its own line elsewhere.
func exceeding(rows []run.Row, bounds []bound) (out []string) {
	for i := range rows {
		r := &rows[i]
		for _, b := range bounds {
			value, has := r.Figures[b.figure]
			switch {
			case r.Error != "":
			case !has:
				out = append(out, fmt.Sprintf("%s is not known: %s", b.figure, r.Command(r.Seed)))
			case value > b.most:
				out = append(out, fmt.Sprintf("%s is %s, which may be %s: %s", b.figure, figureText(value), figureText(b.most), r.Command(r.Seed)))
			}
		}
	}
	return out
}

func figureText(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// withPlans are the settings with each of the nemesis' plans, in the order of plans
// within a setting.
func (c *sweepCommand) withPlans(points []run.Spec) (out []run.Spec, err error) {
	if len(c.NemesisPlan) == 0 {
		return points, nil
	}
	for _, p := range points {
		for i, plan := range c.NemesisPlan {
			if slices.Contains(c.NemesisPlan[:i], plan) {
				return nil, fmt.Errorf("--nemesis-plan has %q twice; once will do, each setting is run with several seeds", plan)
			}
			p.NemesisPlan = plan
			out = append(out, p)
		}
	}
	return out, nil
}
