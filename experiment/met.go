package experiment

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"treecast/run"
	"treecast/testbed/nemesis"
)

// strikes are the faults of a plan that last, and so can meet an operation.
func (p *plan) strikes() (out []nemesis.Fault) {
	for _, f := range nemesis.Faults() {
		moment := f == nemesis.Stall || f == nemesis.Truncate || f == nemesis.Remove
		alone := (f == nemesis.Partition || f == nemesis.OneWay) && len(p.session.Nodes) == 1 // that is said already
		if p.session.Nemesis.Has(f) && !moment && !alone {
			out = append(out, f)
		}
	}
	return out
}

// tooLittle says why Maelstrom's verdict on sets is unknown.
const tooLittle = "no value was stable and none lost, so the verdict is unknown: a longer --time-limit or a higher --rate gives more to judge"

// unmet says which of the faults that were asked for met nothing: no operation of
// a client was under way while they were active, or no message between nodes was
// there to be struck. A verdict on such a run says nothing about the fault.
func unmet(h run.History, faults []nemesis.Fault, serverMessages int64, end time.Duration) (out []string) {
	for _, fault := range faults {
		active := actives(h, fault, end)
		if len(active) == 0 {
			out = append(out, fmt.Sprintf("the fault %s never struck: the verdicts say nothing about it", fault))
			continue
		}
		if serverMessages == 0 && ofNetwork(fault) {
			out = append(out, fmt.Sprintf("the fault %s had nothing to strike, as no node sent a message to another: the verdicts say nothing about it", fault))
			continue
		}
		if !anyUnderWay(h, active) {
			whole := time.Duration(0)
			for _, a := range active {
				whole += a.to - a.from
			}
			out = append(out, fmt.Sprintf("no operation was under way while the fault %s was active, for %.1f s in all: the verdicts say nothing about it",
				fault, whole.Seconds()))
		}
	}
	return out
}

// ofNetwork says whether a fault strikes nothing but messages between nodes.
func ofNetwork(f nemesis.Fault) bool {
	return slices.Contains([]nemesis.Fault{nemesis.Partition, nemesis.OneWay, nemesis.Loss, nemesis.Duplicate, nemesis.Reorder, nemesis.Delay}, f)
}

// span is a stretch of a run.
type span struct{ from, to time.Duration }

// actives are the times at which a fault was active and struck anybody.
func actives(h run.History, fault nemesis.Fault, end time.Duration) (out []span) {
	open := false
	for i := range h {
		op := &h[i]
		if op.Process != run.NemesisProcess {
			continue
		}
		kind, begins, known := faultOf(op.F)
		switch {
		case !known || kind != string(fault):
		case begins && !open && struckAny(op):
			open = true
			out = append(out, span{op.Time, end})
		case !begins && open:
			open = false
			out[len(out)-1].to = op.Time
		}
	}
	return out
}

// struckAny says whether what the nemesis says that it has done struck anybody. The
// line that a step begins with says what it wanted, in a text or a list of names.
func struckAny(op *run.Op) bool {
	var cut []json.RawMessage
	if json.Unmarshal(op.Value, &cut) == nil && len(cut) == 2 && string(cut[0]) == `"isolated"` {
		return strings.Contains(string(cut[1]), `["`) // of some node that refuses another
	}
	var did map[string]string
	if json.Unmarshal(op.Value, &did) == nil {
		for _, what := range did {
			if what != "not-running" {
				return true
			}
		}
		return false
	}
	return !slices.Contains([]string{"start-partition", "kill", "pause", "stall"}, op.F)
}

// anyUnderWay says whether an operation of a client was under way in any of the
// stretches.
func anyUnderWay(h run.History, stretches []span) bool {
	pairs := h.Pairs()
	for i := range h {
		op := &h[i]
		if op.Type != run.Invoke || op.Process == run.NemesisProcess {
			continue
		}
		ended := op.Time
		if pairs[i] >= 0 {
			ended = h[pairs[i]].Time
		}
		for _, s := range stretches {
			if op.Time <= s.to && s.from <= ended {
				return true
			}
		}
	}
	return false
}
