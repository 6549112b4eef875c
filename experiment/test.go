package experiment

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/workload"
)

// Options say how to carry out a test, beside what to run.
type Options struct {
	Store   string   // base directory for the run's files
	Version string   // of treecast
	Command []string // the command line that makes this run again

	PollHealth bool // the nodes understand health requests

	LogStderr                 io.Writer // the nodes' stderr; nil: not shown
	LogNetSend, LogNetDeliver io.Writer // every message; nil: not shown

	Progress func(Progress) // once a second; may be nil
}

// Test carries out a plan once, with the driver that it names, and leaves the
// run's files in the store. It returns the results and the run's directory. If
// ctx ends, the run is stopped and what there is is checked and kept. An error
// says why the run, or its record, could not be made; results, where there are
// any, come with it.
func Test(ctx context.Context, p Plan, o Options) (*run.Results, string, error) {
	plan, err := p.read()
	if err != nil {
		return nil, "", err
	}
	if err := p.checkNodes(); err != nil {
		return nil, "", err
	}
	started := time.Now()
	store, err := run.CreateStore(o.Store, p.Workload, started)
	if err != nil {
		return nil, "", err
	}
	if err := store.LinkCurrent(); err != nil {
		return nil, store.Dir(), err
	}
	giveBack, err := store.Reserve(run.ReservedBytes)
	if err != nil {
		return nil, store.Dir(), err
	}
	defer giveBack()
	messages, err := store.Create(run.MessagesFile)
	if err != nil {
		return nil, store.Dir(), err
	}
	defer messages.Close()
	record := run.NewMessageLog(messages, 0)
	told, closeTold, err := createHealthLog(store, o.PollHealth)
	if err != nil {
		return nil, store.Dir(), err
	}
	results, history, runErr := plan.make(ctx, o, store, record, told, started)
	// What the run came to is small and goes first, where there is room for it: should
	// the disk be full, it is kept while the record of every message is not.
	giveBack()
	kept := keepFiles(results,
		func() error { return store.WriteResults(results) },
		func() error { return errors.Join(record.Close(), messages.Close()) },
		closeTold,
		func() error { return store.WriteHistory(history) },
		store.LinkLatest,
	)
	return results, store.Dir(), errors.Join(kept, runErr)
}

// keepFiles writes the files of a run, one after the other and each whatever becomes of
// the others. What went wrong stands first in the results' error: a disk that is
// full is the reason for much else.
func keepFiles(r *run.Results, steps ...func() error) error {
	var all []error
	for _, step := range steps {
		if err := step(); err != nil && !slices.ContainsFunc(all, func(other error) bool { return other.Error() == err.Error() }) {
			all = append(all, err)
		}
	}
	slices.SortStableFunc(all, func(a, b error) int { return run.Fullness(b) - run.Fullness(a) })
	err := errors.Join(all...)
	if err != nil {
		r.Error = strings.TrimSpace(strings.ReplaceAll(err.Error(), "\n", "; ") + "\n" + r.Error)
	}
	return err
}

// Measure carries out a plan once, in virtual time, and keeps no files: what
// the run came to is all that is left of it. Options.Store is not used. In all
// else it is Test.
func Measure(ctx context.Context, p Plan, o Options) (*run.Results, error) {
	plan, err := p.read()
	if err != nil {
		return nil, err
	}
	if err := p.checkNodes(); err != nil {
		return nil, err
	}
	if p.Driver != Virtual {
		return nil, errors.New("runs of real processes leave files; they need a store")
	}
	results, _, err := plan.make(ctx, o, nil, nil, nil, time.Now())
	return results, err
}

// createHealthLog begins the record of the nodes' health, where they are asked
// for it, and returns how to end it.
func createHealthLog(store *run.Store, wanted bool) (told *run.HealthLog, end func() error, err error) {
	if !wanted {
		return nil, func() error { return nil }, nil
	}
	queues, err := store.Create(run.QueuesFile)
	if err != nil {
		return nil, nil, err
	}
	health, err := store.Create(run.HealthFile)
	if err != nil {
		return nil, nil, errors.Join(err, queues.Close())
	}
	told = run.NewHealthLog(queues, health)
	return told, func() error { return errors.Join(told.Close(), queues.Close(), health.Close()) }, nil
}

// make makes the run and judges it. A nil store, record or told is none.
func (p *plan) make(ctx context.Context, o Options, store *run.Store, record *run.MessageLog, told *run.HealthLog, started time.Time) (*run.Results, run.History, error) {
	watch := newObserver(p.session.Workload, p.session.Nodes, record)
	watch.copies = p.session.Nemesis.Has(nemesis.Duplicate)
	watch.logSent, watch.logDelivered = o.LogNetSend, o.LogNetDeliver
	health := newHealthWatch(told)

	out, runErr := p.carryOut(ctx, o, store, started, watch, health)
	results := p.check(out, watch, health)
	results.Version, results.Command = o.Version, o.Command
	results.Started, results.Finished = started, time.Now()
	results.Gossip = p.Gossip
	if runErr != nil {
		results.Error = runErr.Error()
		results.Valid = run.MergeVerdicts(results.Valid, run.Unknown)
		if !results.Began() {
			results.Valid = run.Unknown // nothing was asked of anybody
		}
	}
	return results, out.History, runErr
}

// check judges a run and gathers its record.
func (p *plan) check(out outcome, watch *observer, health *healthWatch) *run.Results {
	var crashes []string
	var notes []run.NodeNote
	for i := range out.Notes {
		n := &out.Notes[i]
		if !n.Bad() {
			if n.Unready {
				notes = append(notes, run.NodeNote{Node: n.Node, Kind: "setup", At: run.Millis(out.Ended), Text: n.Node + " was not ready when the run was given up", Stderr: n.Stderr})
			}
			continue
		}
		crashes = append(crashes, n.String())
		note := run.NodeNote{Node: n.Node, Kind: "crash", At: run.Millis(n.At), Text: n.String(), Stderr: n.Stderr}
		if n.Deaf {
			note.Kind, note.At = "deaf", run.Millis(n.DeafAt)
		}
		notes = append(notes, note)
	}
	results := p.session.Workload.Judge(out.History, workload.Record{
		Input:    workload.Input{Options: p.workloadOptions(), Inquiry: out.Inquiry},
		Settings: p.settings(), Goal: p.goal, Crashes: crashes, Findings: out.Findings,
		Net: &watch.net, Delivery: watch.figures(), Traffic: watch.traffic,
	})
	if out.Interrupted {
		excuse(&results)
	}
	for i := range out.Notes {
		// As in Maelstrom, a node that ended by itself fails the run.
		if out.Notes[i].Exited {
			results.Valid = run.Invalid
		}
	}
	if out.exact != nil {
		p.exactly(&results, out.History, out.exact, cmp.Or(out.QuietStarted, out.Ended), cmp.Or(out.FinalStarted, math.MaxInt64))
	}
	// Those that failed stand before those that only had no time to get ready.
	slices.SortStableFunc(notes, func(a, b run.NodeNote) int {
		return cmp.Compare(unready[a.Kind], unready[b.Kind])
	})
	results.Nodes = notes
	if d := out.inner.figures(); d != nil {
		delivery := d.Result()
		delivery.Inside = true
		results.Delivery = &delivery
	}
	if results.Delivery == nil {
		results.NoDelivery = watch.withoutFigures()
	}
	results.Remarks = slices.Concat(p.remarks(), out.Remarks)
	if results.Began() && !out.Interrupted {
		results.Remarks = append(results.Remarks, unmet(out.History, p.strikes(), results.Net.Servers.MsgCount, out.Ended)...)
		if p.Rate > 0 && results.Workload.SetFull != nil && results.Workload.Valid == run.Unknown {
			results.Remarks = append(results.Remarks, tooLittle)
		}
	}
	results.Faults = faults(out.History, out.Ended)
	results.Overwhelmed = health.overwhelmed()
	if t, ok := health.table(p.session.Nodes); ok {
		results.Tables = append(results.Tables, t)
	}
	if t, ok := health.childTable(p.session.Nodes); ok {
		results.Tables = append(results.Tables, t)
		results.Remarks = append(results.Remarks, health.childRemarks(p.session.Nodes)...)
	}
	results.Tables = append(results.Tables, out.usage)
	return &results
}

// unready orders the kinds of notes.
var unready = map[string]int{"setup": 1}

// excuse takes back what only the interruption of a run speaks for: a value that
// had not spread yet is not lost, and nobody was to answer a final read.
func excuse(r *run.Results) {
	r.Interrupted = true
	r.Valid = run.Unknown
	r.Strict.Findings = slices.DeleteFunc(r.Strict.Findings, func(f run.Finding) bool {
		return f.Kind == run.FindingMaelstrom || f.Kind == run.FindingDeaf || f.Kind == run.FindingMissing
	})
	r.Strict.Valid = run.Unknown
	if len(r.Strict.Findings) > 0 {
		r.Strict.Valid = run.Invalid
	}
}

// faults reads off a history what the nemesis did: every start until the next
// stop of its kind, or the end of the run. Kills end with the start of the nodes,
// and pauses when they are resumed; a stall says how long it lasts, and harm to
// journals lasts no time.
func faults(h run.History, end time.Duration) []run.Fault {
	var out []run.Fault
	open := map[string]int{} // kind -> index in out
	for _, op := range h {
		if op.Process != run.NemesisProcess {
			continue
		}
		if f, ok := stallOf(op); ok {
			out = append(out, f)
			continue
		}
		if f, ok := harmOf(op); ok {
			out = append(out, f)
			continue
		}
		kind, begins, known := faultOf(op.F)
		if !known {
			continue
		}
		at, isOpen := open[kind]
		switch {
		case begins && !isOpen:
			open[kind] = len(out)
			out = append(out, run.Fault{Kind: kind, From: run.Millis(op.Time), To: run.Millis(end), Text: words(op.Value)})
		case begins:
			out[at].Text = strings.TrimSpace(out[at].Text + " " + words(op.Value))
		case isOpen:
			out[at].To = run.Millis(op.Time)
			delete(open, kind)
		}
	}
	return out
}

// stallOf is the stall that a step of the nemesis begins, if it does.
func stallOf(op run.Op) (f run.Fault, ok bool) {
	var nodes []string
	var ms float64
	if op.F != string(nemesis.Stall) || json.Unmarshal(op.Value, &[]any{&nodes, &ms}) != nil {
		return f, false // its completion says what came of it
	}
	end := op.Time + time.Duration(ms*float64(time.Millisecond))
	return run.Fault{Kind: op.F, From: run.Millis(op.Time), To: run.Millis(end), Text: strings.Join(nodes, " ")}, true
}

// harmOf is the harm to journals that a step of the nemesis does, which is done at
// once.
func harmOf(op run.Op) (f run.Fault, ok bool) {
	var nodes []string
	keep := 0.0
	switch nemesis.Fault(op.F) {
	case nemesis.Truncate:
		ok = json.Unmarshal(op.Value, &[]any{&nodes, &keep}) == nil
	case nemesis.Remove:
		ok = json.Unmarshal(op.Value, &nodes) == nil
	}
	f = run.Fault{Kind: op.F, From: run.Millis(op.Time), To: run.Millis(op.Time), Text: strings.Join(nodes, " ")}
	if keep > 0 {
		f.Text += fmt.Sprintf(" to %v", keep)
	}
	return f, ok
}

// faultOf says what kind of fault a step of the nemesis begins or ends.
func faultOf(f string) (kind string, begins, known bool) {
	switch f {
	case "kill", "pause":
		return f, true, true
	case "start":
		return "kill", false, true
	case "resume":
		return "pause", false, true
	}
	verb, kind, ok := strings.Cut(f, "-")
	return kind, verb == "start", ok && (verb == "start" || verb == "stop")
}

// words is a value as people read it: a string without its quotes.
func words(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}
