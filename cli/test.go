package cli

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"treecast/experiment"
	"treecast/gossip"
	"treecast/node"
	"treecast/report"
	"treecast/run"
	"treecast/testbed/session"
	"treecast/topology"
)

// testCommand is one run of the test bed, or a few. Its flags are Maelstrom's,
// in Maelstrom's units; those that are our own say so.
type testCommand struct {
	run.Spec

	LogStderr  bool `env:"TREECAST_TEST_LOG_STDERR" group:"maelstrom" help:"Show what the nodes write to stderr."`
	LogNetSend bool `env:"TREECAST_TEST_LOG_NET_SEND" group:"maelstrom" help:"Show every message as it is sent."`
	LogNetRecv bool `env:"TREECAST_TEST_LOG_NET_RECV" group:"maelstrom" help:"Show every message as it is received."`
	TestCount  int  `default:"1" env:"TREECAST_TEST_COUNT" placeholder:"N" group:"maelstrom" help:"How often to run the test; it ends with the first run that is not valid. Default: ${default}."`

	Virtual  bool    `env:"TREECAST_TEST_VIRTUAL" group:"ours" help:"Run treecast's own nodes in this process and in virtual time: the same files and verdicts in a fraction of the time, and the same history, to the byte, for the same seed. Not together with --bin."`
	Seed     *uint64 `env:"TREECAST_TEST_SEED" placeholder:"N" group:"ours" help:"Seed of all that the bed draws at random: operations, latencies, faults. Default: a fresh one, which is shown."`
	Store    string  `default:"store" env:"TREECAST_TEST_STORE" placeholder:"DIR" group:"ours" help:"Where the files of runs are kept. Default: ${default}."`
	Verdict  string  `default:"strict" enum:"strict,maelstrom,exact" env:"TREECAST_TEST_VERDICT" group:"ours" help:"What the exit code says: strict (no duplicate, nothing nobody sent, nothing missing on any node, no deaf node), maelstrom, or, in virtual time, exact: strict, but where nodes have no journal a value may be missing if every node that had it was killed, and the nodes are looked into all the time. Default: ${default}."`
	Health   string  `default:"auto" enum:"auto,on,off" env:"TREECAST_TEST_HEALTH" group:"ours" help:"Whether to ask the nodes for their health once a second, outside of the network. Only treecast understands it; auto asks where the binary is this one. Default: ${default}."`
	NoReport bool    `env:"TREECAST_TEST_NO_REPORT" group:"ours" help:"Leave no page about the run, report.html, in its directory."`
	JSON     bool    `name:"json" env:"TREECAST_TEST_JSON" group:"ours" help:"Print results.json to stdout instead of a table, one document per run."`

	nodeFlags
	idleFlags

	Args []string `arg:"" optional:"" name:"argument" help:"Arguments for every node of --bin, as Maelstrom takes them; what follows -- comes behind them."`
}

// defaultTest is a test of which nothing was said but in variables.
func defaultTest() (*testCommand, error) {
	var parsed commands
	if _, err := newParser(&parsed, kong.Writers(io.Discard, io.Discard)).Parse([]string{"test"}); err != nil {
		return nil, usageError{errors.New(explain(err, false))}
	}
	return &parsed.Test, nil
}

// Help is shown below the flags.
func (testCommand) Help() string {
	return `What follows -- is passed to every node:

    treecast test -w broadcast -- --num-children 5

The run leaves store/WORKLOAD/TIME/ with results.edn, history.edn and history.txt as
Maelstrom writes them, results.json, history.jsonl, messages.csv, node-logs/, and report.html, a page
to open in a browser; store/latest leads there.

The steps of a --nemesis-plan, such as "5s kill n0; 8s partition n1,n3|n4-n9; 12s heal":

    kill, start, pause, resume NODES   n0,n3-n7 or all
    stall NODES D                      they stand still for D, such as 50ms, and go on
    truncate NODES SHARE [whole]       so much is left of their journals, such as 0.7
    remove NODES                       their journals are gone
    partition GROUPS                   n0-n4|n5-n9; nodes not named are one more group
    one-way NODES>NODES                the second do not hear the first
    ring                               everyone reaches a majority, no two the same
    heal                               the whole network
    loss, duplicate, reorder, delay P  the rate from then on; 0 ends it

Exit codes: 0 valid, 1 invalid, 2 unknown, 130 interrupted, 254 bad arguments, 255 the run could not be made.`
}

// ExitInterrupted is the exit code of a run that was stopped by Ctrl-C.
const ExitInterrupted = 130

// Run carries out the test.
func (c *testCommand) Run(ctx context.Context, s streams, line commandLine) error {
	if c.TestCount < 1 {
		return usageError{fmt.Errorf("--test-count is %d; give 1 or more", c.TestCount)}
	}
	for i := range c.TestCount {
		if i > 0 {
			fmt.Fprintf(s.err, "\nrun %d of %d\n", i+1, c.TestCount)
		}
		if code, err := c.once(ctx, s, line, i); err != nil || code != ExitOK {
			if err == nil {
				err = exitError{code}
			}
			return err
		}
	}
	return nil
}

// once carries out one run and returns its exit code.
func (c *testCommand) once(ctx context.Context, s streams, line commandLine, number int) (int, error) {
	plan, options, err := c.plan(s, line, number)
	if err != nil {
		return 0, err
	}
	show := newProgress(s.err, plan)
	options.Progress = show.update
	results, dir, err := experiment.Test(ctx, plan, options)
	show.done()
	if results != nil {
		if !c.NoReport && run.Fullness(err) == 0 {
			// A run is not worse for want of a page.
			if err := writePage(dir); err != nil {
				fmt.Fprintf(s.err, "treecast: no page was drawn: %s\n", run.VisibleLines(err.Error()))
			}
		}
		if err := c.show(s.out, results, dir); err != nil {
			return 0, fmt.Errorf("writing the result: %w", err)
		}
	}
	switch {
	case err != nil && results != nil && results.Error != "" && !c.JSON:
		return ExitCrashed, nil // the table has said why
	case err != nil:
		return ExitCrashed, err
	case results.Interrupted:
		return ExitInterrupted, nil
	}
	verdict := results.Valid
	switch c.Verdict {
	case "strict":
		verdict = run.MergeVerdicts(verdict, results.Strict.Valid)
	case "exact":
		verdict = results.Strict.Valid
	}
	return verdict.ExitCode(), nil
}

func (c *testCommand) show(w io.Writer, results *run.Results, dir string) error {
	if c.JSON {
		return results.WriteJSON(w)
	}
	return report.Summary(w, results, dir)
}

// plan turns the flags into what to run.
func (c *testCommand) plan(s streams, line commandLine, number int) (experiment.Plan, experiment.Options, error) {
	fail := func(err error) (experiment.Plan, experiment.Options, error) {
		return experiment.Plan{}, experiment.Options{}, usageError{err}
	}
	if c.InitTimeout == 0 {
		return fail(errors.New("--init-timeout is 0; give a number of seconds, more than 0"))
	}
	if err := c.checkEffect(line); err != nil {
		return fail(err)
	}
	if c.DelayMean == 0 {
		return fail(errors.New("--delay-mean is 0; give milliseconds, more than 0"))
	}
	names, err := c.names()
	if err != nil {
		return fail(err)
	}
	if c.Seed == nil {
		var random [8]byte
		if _, err := crand.Read(random[:]); err != nil {
			return experiment.Plan{}, experiment.Options{}, fmt.Errorf("drawing a seed: %w", err)
		}
		seed := binary.LittleEndian.Uint64(random[:]) >> 11 // exact in every JSON reader
		c.Seed = &seed                                      // of the runs after this one, too
	}
	p := experiment.Plan{Spec: c.Spec, Exact: c.Verdict == "exact"}
	p.Seed, p.Nodes = *c.Seed+uint64(number), run.CommaListOf(names...)
	p.Args = run.WordsOf(slices.Concat(c.Args, line.nodeArgs)...)
	treecast, err := c.nodes(&p)
	if err != nil {
		return experiment.Plan{}, experiment.Options{}, err
	}
	if err := p.Check(); err != nil {
		return fail(err)
	}
	o := experiment.Options{
		Store: c.Store, Version: version(), Command: line.replay(p.Seed),
		PollHealth: c.Health == "on" || (c.Health == "auto" && treecast),
	}
	if c.LogStderr {
		o.LogStderr = s.err
	}
	if c.LogNetSend {
		o.LogNetSend = s.err
	}
	if c.LogNetRecv {
		o.LogNetDeliver = s.err
	}
	return p, o, nil
}

// nodes puts into a plan what its nodes are, and reports whether they are
// treecast's own.
func (c *testCommand) nodes(p *experiment.Plan) (treecast bool, err error) {
	if c.Virtual {
		if c.Bin != "" {
			return false, usageError{fmt.Errorf("--virtual runs treecast's own nodes in this process, so it cannot run --bin %s: leave one of them out", c.Bin)}
		}
		if len(c.Args) > 0 {
			return false, usageError{fmt.Errorf("unexpected argument %s: arguments of the nodes follow --", c.Args[0])}
		}
		p.Driver = experiment.Virtual
		if p.Node, p.NodeLogLevel, err = nodeSettings(p.NodeArgs()); err == nil {
			p.Gossip = gossipSettings(p.Node, p.Workload, p.NodeCount)
			err = checkInjected(p.Node, p)
		}
		return true, err
	}
	self, err := os.Executable()
	if err != nil {
		return false, fmt.Errorf("finding this program: %w", err)
	}
	p.Bin = self
	if c.Bin == "" && len(c.Args) > 0 {
		return false, usageError{fmt.Errorf("unexpected argument %s: arguments of the nodes follow --, or name their program by --bin", c.Args[0])}
	}
	if c.Bin != "" {
		p.Bin = c.Bin
	}
	if !sameFile(p.Bin, self) {
		return false, nil
	}
	// A mistake in the arguments is the node's to explain, but for faults in services
	// that do not exist: without them it is another test.
	cfg, _, err := nodeSettings(p.NodeArgs())
	switch {
	case err == nil:
		p.Gossip, p.Ailing = gossipSettings(cfg, p.Workload, p.NodeCount), len(cfg.Faults) > 0
		err = checkInjected(cfg, p)
	case !strings.Contains(err.Error(), "--inject"):
		err = nil
	}
	return true, err
}

// gossipSettings is what a run's record tells of its nodes' configuration.
func gossipSettings(cfg node.Config, workload string, nodes int) *run.GossipSettings {
	if cfg.NumChildren == 0 { // the nodes choose
		cfg.NumChildren = topology.AutoNumChildren(len(session.NodeNames(nodes)))
	}
	rounds := map[gossip.Rounds]string{gossip.Locked: "locked", gossip.Free: "free", gossip.Eager: "eager"}
	return &run.GossipSettings{
		NumChildren: cfg.NumChildren, Rounds: rounds[cfg.Rounds], SyncPeriod: run.Millis(cfg.PeriodFor(workload)),
		LatencyTarget: run.Millis(cfg.LatencyTarget), AckDelay: run.Millis(cfg.AckDelay),
	}
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}
