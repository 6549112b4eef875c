package figure

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"treecast/run"
)

// Down is a stretch of time in which a node was killed or paused.
type Down struct {
	Node     string
	Kind     string // "kill" or "pause"
	From, To time.Duration
}

// Downs reads off the faults of a run which nodes were not running when, in the
// order of the faults and then of the nodes' names.
func Downs(faults []run.Fault) []Down {
	var out []Down
	for _, f := range faults {
		for _, node := range struck(f) {
			out = append(out, Down{node, f.Kind, f.From.Duration(), f.To.Duration()})
		}
	}
	return out
}

// struck are the nodes that a kill or a pause says it hit.
func struck(f run.Fault) (nodes []string) {
	deed := map[string]string{"kill": "killed", "pause": "paused"}[f.Kind]
	at := strings.IndexByte(f.Text, '{')
	if deed == "" || at < 0 {
		return nil
	}
	var came map[string]string
	if json.NewDecoder(strings.NewReader(f.Text[at:])).Decode(&came) != nil {
		return nil
	}
	for node, what := range came {
		if what == deed {
			nodes = append(nodes, node)
		}
	}
	slices.SortFunc(nodes, run.CompareNames)
	return nodes
}
