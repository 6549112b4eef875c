package report

import (
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"treecast/run"
)

// Challenges writes how a run stands to challenges, bound by bound.
func Challenges(w io.Writer, challenges []run.Challenge) error {
	t := newTable("challenge", "", "bound", "target", "got")
	for _, c := range challenges {
		for i, check := range c.Checks {
			name, passed := "", ""
			if i == 0 {
				name, passed = c.Name, "FAIL"
				if c.Passed {
					passed = "PASS"
				}
			}
			missed := ""
			if !check.Passed {
				missed = "  missed"
			}
			t.AppendRow(table.Row{name, passed, check.What, check.Target, check.Got + missed})
		}
	}
	_, err := io.WriteString(w, plain(t))
	return err
}
