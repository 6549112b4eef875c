package experiment

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"treecast/testbed/nemesis"
)

// faultFlags are the flags that say more of faults, and which: without any of
// them they mean nothing.
var faultFlags = map[string][]nemesis.Fault{
	"--nemesis-plan":    nil,
	"--loss-rate":       {nemesis.Loss},
	"--duplicate-rate":  {nemesis.Duplicate},
	"--reorder-rate":    {nemesis.Reorder},
	"--delay-rate":      {nemesis.Delay},
	"--delay-mean":      {nemesis.Delay},
	"--message-faults":  {nemesis.Loss, nemesis.Duplicate, nemesis.Reorder, nemesis.Delay},
	"--nemesis-targets": nemesis.Targeted(),
}

// FaultFlags are the flags of ours that Unused knows, in order.
func FaultFlags() []string { return slices.Sorted(maps.Keys(faultFlags)) }

// Unused says why one of FaultFlags has no effect beside the faults and the plan
// that are asked for, and what to do; empty if it has one, and where the faults
// or the plan are wrong themselves.
func Unused(flag, faults, plan string) string {
	drawn, err := nemesis.ParseFaults(faults)
	if err != nil {
		return ""
	}
	script, err := nemesis.ParsePlan(plan)
	if err != nil {
		return ""
	}
	if flag == "--nemesis-plan" {
		if len(script) == 0 {
			return `has no step; give some, such as "5s kill n0", or leave it out`
		}
		return ""
	}
	of := faultFlags[flag]
	has := nemesis.Config{Faults: drawn}
	if flag == "--delay-mean" {
		has.Plan = script // which names rates alone
	}
	if slices.ContainsFunc(of, has.Has) {
		return ""
	}
	var names []string
	for _, f := range of {
		names = append(names, string(f))
	}
	if len(script) > 0 {
		return "has no effect beside --nemesis-plan, whose steps say what strikes whom; leave it out"
	}
	return fmt.Sprintf("has no effect without the fault: add --nemesis %s, or leave it out", strings.Join(names, " or "))
}
