package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"treecast/experiment"
	"treecast/node"
)

// checkEffect refuses flags of our own that were given and have no effect: whoever
// sets the rate of a fault wants the fault. Maelstrom's own are taken as it takes
// them, with a remark beside the verdict.
func (c *testCommand) checkEffect(line commandLine) error {
	for _, flag := range experiment.FaultFlags() {
		if given := line.given(flag); given != "" {
			if why := experiment.Unused(flag, string(c.Nemesis), c.NemesisPlan); why != "" {
				return fmt.Errorf("%s %s", given, why)
			}
		}
	}
	return nil
}

// given names a flag of a test, or the variable that stands for it, if it was
// given; empty if not.
func (l commandLine) given(flag string) string {
	if l.has(flag) {
		return flag
	}
	variable := "TREECAST_TEST_" + strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(flag, "--"), "-", "_"))
	for _, v := range l.env {
		if name, value, _ := strings.Cut(v, "="); name == variable && value != "" {
			return variable
		}
	}
	return ""
}

// beyond is more than a run takes beside its load and its quiet.
const beyond = 20 * time.Second

// checkInjected refuses faults inside of nodes that are not there, or that would
// begin when all is over.
func checkInjected(cfg node.Config, p *experiment.Plan) error {
	names := p.NodeNames()
	for _, f := range cfg.Faults {
		why := ""
		switch {
		case f.Node != "" && !slices.Contains(names, f.Node):
			why = fmt.Sprintf("names the node %q, which does not exist; there are %s to %s", f.Node, names[0], names[len(names)-1])
		case f.From >= p.TimeLimit.Duration()+p.Quiet.Duration()+beyond:
			why = fmt.Sprintf("has a fault begin at %v, when a run of %v of load and %v of quiet is over", f.From, p.TimeLimit, p.Quiet)
		}
		if why != "" {
			return usageError{fmt.Errorf("the nodes' arguments: --inject %s", why)}
		}
	}
	return nil
}

// checkUnused refuses flags of a sweep that its driver does not look at.
func (c *sweepCommand) checkUnused(line commandLine) error {
	switch {
	case c.Driver == "virtual" && line.has("--store"):
		return errors.New("--store has no effect in virtual time, where single runs leave no files: leave it out, or add --driver process")
	case c.Nemesis == "" && line.has("--nemesis-interval"):
		return errors.New("--nemesis-interval has no effect without --nemesis: leave it out, or add --nemesis")
	}
	return nil
}
