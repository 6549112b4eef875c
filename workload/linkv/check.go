package linkv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"treecast/run"
	"treecast/wire"
	"treecast/workload"
)

// How long the search for an order may take: a key, and all keys that took too
// long. Knossos has no such limits; it may run until memory is full.
const (
	keyLimit = 5 * time.Second
	allLimit = 40 * time.Second
)

// check is Maelstrom's: every key is judged by itself. Reads that failed are
// dropped, and those of null say nothing.
func check(h run.History, in workload.Input) workload.Verdict {
	valid := run.Valid
	results, failures := run.Pairs{}, run.Vector{}
	left, evident := allLimit, patience{allLimit}
	var v workload.Verdict
	var undecided []string
	for _, r := range registers(h, false) {
		limit := share(left)
		result := r.linearizable(len(r.events), limit)
		figures := run.Figures{{Key: "valid?", Value: verdictOf(result)}}
		switch result {
		case porcupine.Illegal:
			wrong, previous := r.culprit(&evident)
			figures = append(figures, evidence(wrong, previous)...)
			failures = append(failures, run.Value(r.key))
			if v.Count++; v.Why == "" {
				v.Why = fmt.Sprintf("key %s is not linearizable: %s", r.key, r.story(wrong, previous))
			}
		case porcupine.Unknown:
			left -= limit
			undecided = append(undecided, string(r.key))
			figures = append(figures, run.Figure{Key: "error", Value: fmt.Sprintf("no order was found, and none excluded, within %v", limit)})
		default:
			figures = append(figures, run.Figure{Key: "configs", Value: run.List{}}, run.Figure{Key: "final-paths", Value: run.List{}})
		}
		valid = run.MergeVerdicts(valid, verdictOf(result))
		results = append(results, run.Value(r.key), run.Figures{
			{Key: "linearizable", Value: figures},
			{Key: "timeline", Value: run.Figures{{Key: "valid?", Value: run.Valid}}},
			{Key: "valid?", Value: verdictOf(result)},
		})
	}
	v.Maelstrom = run.Workload{Valid: valid, Figures: run.Figures{
		{Key: "valid?", Value: valid}, {Key: "results", Value: results}, {Key: "failures", Value: failures},
	}}
	if valid == run.Valid {
		v.Findings, undecided = strict(h, in, allLimit)
	}
	if len(undecided) > 0 {
		v.Unasked = "the search took too long on the keys " + strings.Join(undecided, ", ")
	}
	return v
}

// share is what one key's search may take of the time that is left. It is never 0,
// which would be without end.
func share(left time.Duration) time.Duration { return max(min(keyLimit, left/2), time.Millisecond) }

func verdictOf(result porcupine.CheckResult) run.Verdict {
	switch result {
	case porcupine.Ok:
		return run.Valid
	case porcupine.Illegal:
		return run.Invalid
	}
	return run.Unknown
}

// findAbsence is a read of nothing that Maelstrom lets pass.
const findAbsence run.FindingKind = "absence"

// strict takes a read of null, and every answer that a key does not exist, for
// what it says: the key has no value at that time. Keys for which the time that
// all may take was too short are undecided.
func strict(h run.History, in workload.Input, left time.Duration) (findings []run.Finding, undecided []string) {
	evident := patience{allLimit}
	for _, r := range registers(h, true) {
		limit := share(left)
		switch r.linearizable(len(r.events), limit) {
		case porcupine.Unknown:
			left -= limit
			undecided = append(undecided, string(r.key))
			continue
		case porcupine.Ok:
			continue
		}
		wrong, previous := r.culprit(&evident)
		findings = append(findings, run.Finding{
			Kind: findAbsence, Node: in.NodeOf(wrong.Process), Count: 1,
			Text: fmt.Sprintf("key %s is linearizable only if answers of null, or that the key does not exist, mean nothing: %s", r.key, r.story(wrong, previous)),
		})
	}
	return findings, undecided
}

// registers takes a history apart by key, in the order of keys. Operations that
// failed are dropped, but where strict for want of the key they read that it is
// absent.
func registers(h run.History, strict bool) []*register {
	pairs := h.Pairs()
	byKey := map[string]*register{}
	var all []*register
	for i := range h {
		op := &h[i]
		if op.Process == run.NemesisProcess || op.F != fRead && op.F != fWrite && op.F != fCAS {
			continue
		}
		at, call := i, op.Type == run.Invoke
		if !call {
			if at = int(pairs[i]); at < 0 {
				continue
			}
		}
		end := op
		if call {
			if end = nil; pairs[i] >= 0 {
				end = &h[pairs[i]]
			}
		}
		key, asked := split(h[at].Value)
		name, err := wire.Canonical(key)
		if err != nil {
			name = string(key)
		}
		r := byKey[name]
		if r == nil {
			r = newRegister(key)
			byKey[name] = r
			all = append(all, r)
		}
		r.add(op, end, at, asked, call, strict)
	}
	slices.SortStableFunc(all, func(a, b *register) int {
		x, _ := wire.Int(a.key)
		y, _ := wire.Int(b.key)
		return int(max(-1, min(x-y, 1)))
	})
	return all
}

// add notes one end of an operation, whose completion is end, nil for none.
func (r *register) add(op, end *run.Op, number int, asked json.RawMessage, call, strict bool) {
	absent := end != nil && end.Type == run.Fail && strict && end.Error != nil && end.Error.Name == "key-does-not-exist"
	if end != nil && end.Type == run.Fail && !absent {
		return
	}
	e := event{op: op, number: number, call: call, in: input{f: op.F}, out: output{strict: strict}}
	switch {
	case absent:
		e.in.f = fRead
	case op.F == fWrite:
		e.in.to = r.id(asked)
	case op.F == fCAS:
		from, to := split(asked)
		e.in.from, e.in.to = r.id(from), r.id(to)
	}
	if !call {
		if op.Type == run.Info {
			return // it stays open
		}
		if _, value := split(op.Value); op.F == fRead && !absent {
			e.out.value = r.id(value)
		}
	}
	r.events = append(r.events, e)
}

// evidence is what Knossos shows of a register that is not linearizable.
func evidence(wrong, previous *run.Op) run.Figures {
	path := run.Vector{}
	figures := run.Figures{{Key: "configs", Value: run.List{}}}
	if previous != nil {
		path = append(path, run.Figures{{Key: "op", Value: plain(previous)}})
	}
	path = append(path, run.Figures{{Key: "op", Value: plain(wrong)}})
	figures = append(figures, run.Figure{Key: "final-paths", Value: run.List{path}})
	if previous != nil {
		figures = append(figures, run.Figure{Key: "previous-ok", Value: plain(previous)})
	}
	return append(figures, run.Figure{Key: "op", Value: plain(wrong)})
}

// plain is an operation as Knossos prints it: without its key.
func plain(op *run.Op) run.Figures {
	_, value := split(op.Value)
	return run.Figures{
		{Key: "process", Value: op.Process}, {Key: "type", Value: run.Keyword(op.Type.String())}, {Key: "f", Value: run.Keyword(op.F)},
		{Key: "value", Value: run.Value(value)}, {Key: "index", Value: op.Index}, {Key: "time", Value: int64(op.Time)},
	}
}

// story says in words what does not fit.
func (r *register) story(wrong, previous *run.Op) string {
	say := func(op *run.Op) string {
		_, value := split(op.Value)
		what := string(value)
		if op.Error != nil {
			what = op.Error.String()
		}
		return fmt.Sprintf("%s %s by process %d at %v (operation %d)", op.F, bytes.TrimSpace([]byte(what)), op.Process, op.Time, op.Index)
	}
	if previous == nil {
		return "nothing explains " + say(wrong)
	}
	return fmt.Sprintf("after %s nothing explains %s", say(previous), say(wrong))
}
