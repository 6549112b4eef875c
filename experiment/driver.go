package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"treecast/journal"
	"treecast/run"
	"treecast/testbed/invariant"
	"treecast/testbed/network"
	"treecast/testbed/process"
	"treecast/testbed/session"
	"treecast/testbed/virtual"
)

// The drivers: what moves bytes and time in a run.
const (
	Process = "process" // child processes in real time; any binary
	Virtual = "virtual" // treecast nodes in this process, in virtual time
)

// Progress is a glance at a test under way.
type Progress struct {
	Now time.Duration
	session.Status
	Unhealthy int // nodes that say so of themselves
}

// outcome is what a run leaves behind, whichever driver made it.
type outcome struct {
	session.Result
	usage run.Table
	exact *invariant.Watch // nil unless the plan asks for it
	inner *inside          // nil unless there is something to see
}

// carryOut has the plan's driver make the run. A run that could not be made
// comes with an error. Without a store (virtual time only) logs are dropped.
func (p *plan) carryOut(ctx context.Context, o Options, store *run.Store, started time.Time, watch *observer, health *healthWatch) (outcome, error) {
	tell := func(now time.Duration, status session.Status) {
		if o.Progress != nil {
			o.Progress(Progress{Now: now, Status: status, Unhealthy: health.unhealthy()})
		}
	}
	heard := func(now time.Duration, node string, body json.RawMessage) { health.take(now, node, body) }
	if p.Driver == Virtual {
		var exact *invariant.Watch
		if p.Exact {
			exact = invariant.New(p.session.Nodes, p.session.Workload.Spreads, p.session.Workload.SpreadsIn)
		}
		var seen network.Observer = watch
		if p.watchedAside(o) {
			a := newAside(watch, health)
			defer a.end()
			seen, heard = a, a.heard
			inStep := tell
			tell = func(now time.Duration, status session.Status) {
				a.settle()
				inStep(now, status)
			}
		}
		observers := virtual.Observers{
			Network: seen, Health: heard,
			Progress: func(progress virtual.Progress) { tell(progress.Now, progress.Status) },
		}
		inner := newInside(p.session.Workload, p.session.Nodes)
		if inner != nil {
			observers.Learnt = inner.learnt
		}
		out, err := virtual.Run(ctx, virtual.Config{
			Session: p.session, Node: p.Node, LogLevel: p.NodeLogLevel, LogStderr: o.LogStderr, PollHealth: o.PollHealth,
			Watch: exact,
		}, observers)
		usage := run.Table{Name: "usage", Columns: []string{"node", "modelled_busy_ms"}, Rows: [][]any{}}
		var logs errgroup.Group // thousands of files take their time
		logs.SetLimit(runtime.GOMAXPROCS(0))
		for _, n := range out.Nodes {
			usage.Rows = append(usage.Rows, []any{n.Node, float64(n.Busy.Microseconds()) / 1000})
			if store != nil {
				logs.Go(func() error { return writeLog(store, n.Node, n.Log) })
			}
		}
		err = errors.Join(err, logs.Wait())
		return outcome{out.Result, usage, exact, inner}, err
	}
	runID := journal.RunName(started.UTC().Format("20060102T150405.000000000"))
	out, err := process.Run(ctx, process.Config{
		Session: p.session, Bin: p.Bin, Args: p.locatedArgs(),
		RunID:  runID,
		LogDir: store.Path("node-logs"), LogStderr: o.LogStderr, PollHealth: o.PollHealth,
	}, process.Observers{
		Network: watch, Health: heard,
		Progress: func(progress process.Progress) { tell(progress.Now, progress.Status) },
	})
	for _, dir := range journalDirs(p.NodeArgs(), os.Getenv("TREECAST_JOURNAL")) {
		err = errors.Join(err, journal.RemoveRun(dir, runID))
	}
	usage := run.Table{Name: "usage", Columns: []string{"node", "cpu_ms", "max_rss_bytes"}, Rows: [][]any{}}
	for _, u := range out.Usage {
		usage.Rows = append(usage.Rows, []any{u.Node, u.CPU.Milliseconds(), u.MaxRSSBytes})
	}
	return outcome{Result: out.Result, usage: usage}, err
}

// locatedArgs are the arguments of another program than treecast, with the paths
// of source files in them made absolute: nodes run elsewhere, and who writes
// --bin /usr/bin/python3 x.py means the file that is here.
func (p *plan) locatedArgs() []string {
	out := p.NodeArgs()
	if p.Gossip != nil {
		return out
	}
	for i, arg := range out {
		if strings.HasPrefix(arg, "-") || !strings.ContainsAny(arg, "./") {
			continue
		}
		info, err := os.Stat(arg)
		abs, absErr := filepath.Abs(arg)
		if err == nil && absErr == nil && info.Mode().IsRegular() {
			out[i] = abs
		}
	}
	return out
}

// journalDirs lists where treecast nodes with these arguments, and this in the
// variable for it, may have had their journals: nodes are killed at the end, and
// leave them. "" is where they are by default.
func journalDirs(args []string, variable string) []string {
	dirs := []string{""}
	add := func(dir string) {
		if dir != "" && !strings.EqualFold(dir, "off") {
			dirs = append(dirs, dir)
		}
	}
	add(variable)
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--journal="); ok {
			add(value)
		} else if arg == "--journal" && i+1 < len(args) {
			add(args[i+1])
		}
	}
	return dirs
}

// writeLog leaves a node's log where its process would have written it.
func writeLog(store *run.Store, node string, text []byte) error {
	file, err := store.Create("node-logs/" + node + ".log")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// checkNodes explains what is wrong with the nodes that a plan names, if
// anything is, before anything is stored.
func (p Plan) checkNodes() error {
	if p.Driver != Virtual {
		if _, err := process.FindProgram(p.Bin); err != nil {
			return err
		}
		return process.CheckLimits(len(p.NodeNames()))
	}
	if p.Bin != "" {
		return errors.New("virtual time is for treecast's own nodes, which live in this process; another program needs real time")
	}
	return nil
}
