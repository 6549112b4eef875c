package kafka

import (
	"fmt"
	"slices"
	"time"

	"treecast/run"
	"treecast/workload"
)

// shownKeys is how many keys the table of lags names.
const shownKeys = 40

// views shows the realtime lag over time and by key.
func views(h run.History, _ workload.Verdict, _ workload.Input) []run.View {
	a, err := analyze(h)
	if err != nil {
		return nil
	}
	line := run.Line{Name: "greatest lag of any key in a poll"}
	worst := map[string]time.Duration{}
	a.lags(func(polled []lag, _ []string) {
		if len(polled) == 0 {
			return
		}
		most := time.Duration(0)
		for _, l := range polled {
			most = max(most, l.lag)
			worst[l.key] = max(worst[l.key], l.lag)
		}
		line.Points = append(line.Points, run.Point{X: polled[0].at.Seconds(), Y: most.Seconds()})
	})
	slices.SortStableFunc(line.Points, func(p, q run.Point) int {
		return int(max(-1, min((p.X-q.X)*1e9, 1)))
	})
	byKey := run.View{Title: "Lag by key", Columns: []string{"key", "messages acknowledged", "greatest lag [s]"}}
	keys := slices.Clone(a.keys)
	slices.SortStableFunc(keys, func(x, y string) int { return int(max(-1, min(worst[y]-worst[x], 1))) })
	for _, key := range keys[:min(len(keys), shownKeys)] {
		acked := 0
		for _, s := range a.logs[key].state {
			if s.acked {
				acked++
			}
		}
		byKey.Rows = append(byKey.Rows, []string{key, fmt.Sprint(acked), fmt.Sprintf("%.3f", worst[key].Seconds())})
	}
	if len(keys) > shownKeys {
		byKey.Text = []string{fmt.Sprintf("The %d keys of %d that lagged most.", shownKeys, len(keys))}
	}
	return []run.View{{
		Title: "Realtime lag",
		Text: []string{"How long it had been known, when a poll was sent, that a key had messages beyond what the client had read of it. " +
			"It bounds from below how old the view is that a node gives."},
		Chart: &run.Chart{X: "time [s]", Y: "lag [s]", Lines: []run.Line{line}},
	}, byKey}
}
