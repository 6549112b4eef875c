package figure

import (
	"fmt"
	"slices"

	"treecast/run"
)

// drains is the service behind a queue, where that has another name.
var drains = map[string]string{"intake": "store"}

// Overwhelmed says which component could not keep up when, the longest time first, in
// so many sentences at most, and how many more there are.
func Overwhelmed(all []run.Overwhelmed, most int) (sentences []string, more int) {
	longest := slices.Clone(all)
	slices.SortStableFunc(longest, func(a, b run.Overwhelmed) int { return int((b.To - b.From) - (a.To - a.From)) })
	for _, o := range longest[:min(len(longest), most)] {
		name := o.Queue
		if service, ok := drains[name]; ok {
			name = service
		}
		text := fmt.Sprintf("the %s service of %s, from %.1f s to %.1f s: its queue (%s) was up to %d deep", name, o.Node,
			o.From.Duration().Seconds(), o.To.Duration().Seconds(), o.Queue, o.Deepest)
		if o.Unhealthy > 0 {
			text += fmt.Sprintf(", unhealthy for %.1f s", o.Unhealthy.Duration().Seconds())
		}
		switch {
		case o.Refused == 1:
			text += "; 1 request was refused meanwhile"
		case o.Refused > 0:
			text += fmt.Sprintf("; %d requests were refused meanwhile", o.Refused)
		}
		sentences = append(sentences, text)
	}
	return sentences, len(longest) - len(sentences)
}
