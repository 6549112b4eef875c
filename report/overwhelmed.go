package report

import (
	"fmt"
	"slices"
	"strings"

	"treecast/run"
)

// overwhelmedShown is how many times of trouble are told; the others are
// counted.
const overwhelmedShown = 5

// service is what drains a queue.
var service = map[string]string{"intake": "store"}

// overwhelmed says which component could not keep up when, the worst first.
func overwhelmed(b *strings.Builder, all []run.Overwhelmed) {
	if len(all) == 0 {
		return
	}
	worst := slices.Clone(all)
	slices.SortStableFunc(worst, func(x, y run.Overwhelmed) int {
		return int((y.To - y.From) - (x.To - x.From))
	})
	b.WriteString("\nOverwhelmed:\n")
	for _, o := range worst[:min(len(worst), overwhelmedShown)] {
		name := o.Queue
		if s, ok := service[name]; ok {
			name = s
		}
		fmt.Fprintf(b, "  the %s service of %s, from %.1f s to %.1f s: its queue (%s) was up to %d deep", name, o.Node,
			o.From.Duration().Seconds(), o.To.Duration().Seconds(), o.Queue, o.Deepest)
		if o.Unhealthy > 0 {
			fmt.Fprintf(b, ", unhealthy for %.1f s", o.Unhealthy.Duration().Seconds())
		}
		if o.Refused > 0 {
			fmt.Fprintf(b, "; %d requests were refused meanwhile", o.Refused)
		}
		b.WriteString("\n")
	}
	if more := len(worst) - overwhelmedShown; more > 0 {
		fmt.Fprintf(b, "  %d more are in results.json\n", more)
	}
}
