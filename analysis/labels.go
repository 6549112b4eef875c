package analysis

import (
	"fmt"
	"strings"

	"treecast/run"
)

// Labels names groups so that those of different settings have different names:
// by what is tuned, and by whatever else is not the same for all.
func Labels(groups []Group) []string {
	parts := []func(run.Spec) string{
		func(s run.Spec) string { return fmt.Sprintf("%d nodes", s.NodeCount) },
		func(s run.Spec) string { return fmt.Sprintf("rate %v", s.Rate) },
		func(s run.Spec) string { return fmt.Sprintf("latency %v", s.Latency) },
		func(s run.Spec) string { return s.LatencyDist },
		func(s run.Spec) string { return string(s.Nemesis) },
		func(s run.Spec) string { return s.Others() },
		func(s run.Spec) string { return s.Workload },
		func(s run.Spec) string { return s.Driver },
		func(s run.Spec) string { return s.Bin },
	}
	out := make([]string, len(groups))
	for i := range groups {
		words := []string{groups[i].Label()}
		for _, part := range parts {
			if word := part(groups[i].Spec); word != "" && varies(groups, part) {
				words = append(words, word)
			}
		}
		out[i] = strings.Join(words, ", ")
	}
	// What no part tells apart (a time limit, say) has its flags for a name.
	seen := map[string]int{}
	for _, label := range out {
		seen[label]++
	}
	for i := range out {
		if seen[out[i]] > 1 {
			out[i] = strings.Join(groups[i].Flags(), " ")
		}
	}
	return out
}

func varies(groups []Group, part func(run.Spec) string) bool {
	for i := range groups {
		if part(groups[i].Spec) != part(groups[0].Spec) {
			return true
		}
	}
	return false
}
