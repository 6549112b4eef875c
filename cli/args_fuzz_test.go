package cli

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"treecast/experiment"
	"treecast/run"
	"treecast/testbed/session"
)

// words takes a text of one word a line apart.
func words(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// FuzzNodeArgs checks that any arguments of a node are refused with words about
// them, or make a node whose settings are within their bounds.
func FuzzNodeArgs(f *testing.F) {
	for _, seed := range []string{
		"", "--num-children\n5\n--sync-period=260ms", "--num-children=auto\n--rounds=free", "--latency-target\n1s", "--latency-target=1s\n--sync-period=1s",
		"--rounds\nsoon", "--num-children=0", "--num-children=-1", "--num-children=99999999999", "--ack-delay=9999999h", "--sync-period=0",
		"--inject=store:slow=2x@1s+2s\n--inject=n1/gossip:panic@3", "--permit-revoke=NaN\n--permit-return=Inf", "--permits=-5\n--permit-minimum=7", "--permit-timeout=-1s",
		"--intake-capacity=9223372036854775807\n--gossip-preferred=1", "--intake-preferred=5\n--intake-capacity=2", "--max-line-bytes=9223372036854775807", "--max-crashes=1\n--crash-window=1ns",
		"--monitor-period=1ms\n--monitor-reassert=1ms\n--monitor-stale=2ms", "--journal\noff\n--fsync=always", "--help", "--version", "test", "--", "-", "--=", "--log-level=debug", "--debug-addr=:0", "extra", "node",
		"--max-age=0\n--max-wait=0", "--own-threshold=1s\n--client-threshold=2s",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parsed(words(text))
		if err != nil {
			require.NotEmpty(t, explain(err, true))
			return
		}
		cfg, err := all.Node.tried(commandLine{args: words(text)})
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.GreaterOrEqual(t, cfg.NumChildren, 0)
		require.True(t, cfg.SyncPeriod == 0 || cfg.SyncPeriod >= time.Millisecond && cfg.SyncPeriod <= time.Hour, "%v", cfg.SyncPeriod) // 0: as the app needs it
		require.True(t, cfg.LatencyTarget == 0 || cfg.LatencyTarget >= 10*time.Millisecond && cfg.LatencyTarget <= time.Hour, "%v", cfg.LatencyTarget)
		for _, rate := range []float64{cfg.Permits.RevokePerSecond, cfg.Permits.ReturnPerSecond} {
			require.True(t, rate >= 0 && !math.IsInf(rate, 0), "%v", rate)
		}
		require.Greater(t, cfg.MaxWait, time.Duration(0))
		require.Greater(t, cfg.OwnThreshold, time.Duration(0))
	})
}

// FuzzTestArgs checks that any arguments of a test are refused with words about
// them, or make a plan that can be carried out, and whose command makes it
// again.
func FuzzTestArgs(f *testing.F) {
	for _, seed := range [][2]string{
		{"-w\nbroadcast\n--node-count\n25\n--time-limit=20\n--rate=100\n--latency=100", "--num-children\n24"},
		{"--nemesis=partition,kill\n--nemesis-interval=1.5\n--nemesis-targets=one,all\n--availability=0.99\n--concurrency=2n", ""},
		{"--node-count=99999999999", ""}, {"--node-count=1000000\n--concurrency=1000000n", ""}, {"--time-limit=NaN", ""}, {"--time-limit=1e9\n--quiet-time=0", ""}, {"--rate=Inf", ""}, {"--rate=-0", ""},
		{"--latency=1.5", ""}, {"--latency=2147483647\n--latency-dist=exponential", ""}, {"--seed=18446744073709551615\n--test-count=3", ""}, {"--seed\n1\n--seed\n2", ""},
		{"--virtual\n--nemesis=loss,delay\n--loss-rate=1\n--delay-mean=1e-9\n--message-faults=phases", "--journal\noff"}, {"--delay-mean=0", ""}, {"--loss-rate=NaN\n--nemesis=loss", ""},
		{"--virtual\n--verdict=exact", "--rounds=eager"}, {"--topology=tree4\n-w=echo\n--json\n--no-report\n--health=on", ""}, {"--virtual", "--rounds=never"}, {"--virtual", "--latency-target=10ms"}, {"--", ""}, {"", "--\n--"}, {"--bin=x", ""},
		{"--nemesis-interval=0\n--nemesis=kill", ""}, {"--concurrency=0", ""}, {"--availability=total\n--topology=line\n--latency-dist=uniform", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, flags, nodeArgs string) {
		bin := "--bin=another"
		if strings.HasPrefix(flags, "--virtual") {
			bin = "-wbroadcast"
		}
		line := newCommandLine(slices.Concat([]string{"test", bin}, words(flags), []string{"--"}, words(nodeArgs)), nil, false)
		plan, options, err := planOf(line)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NoError(t, plan.Check())
		require.LessOrEqual(t, plan.NodeCount, session.MaxNodes)
		require.True(t, plan.TimeLimit > 0 && plan.Quiet >= 0 && plan.Latency >= 0, "%+v", plan)
		require.True(t, plan.Rate >= 0 && !math.IsInf(plan.Rate, 0))
		if plan.Driver == experiment.Virtual {
			require.GreaterOrEqual(t, plan.Gossip.NumChildren, 1)
		}

		// The command has the seed that was drawn, if none was given.
		again, _, err := planOf(shellLine(t, strings.Join(options.Command, " ")))
		require.NoError(t, err, "%q", options.Command)
		require.Equal(t, plan, again, "%q", options.Command)
	})
}

// FuzzSweepArgs checks that any arguments of a sweep are refused with words about
// them, or make settings of which none is there twice, and no more than there
// may be.
func FuzzSweepArgs(f *testing.F) {
	for _, seed := range []string{
		"x\n--num-children=2,5..9,auto\n--sync-period=100ms..1800ms/100ms", "x\n--setting=num-children=5 rounds=eager\n--setting\nsync-period=1s", "x\n--rate=0.5,10..100/20\n--latency=0..100/50",
		"x\n--node-count=1..10000\n--rate=1,2", "x\n--latency-dist=constant,uniform\n--rounds=locked,,free", "x\n--latency-target=1s,500ms\n--sync-period=1s", "x\n--num-children=5,5", "..\n--seeds=0", "",
		"x\n--accept=0s", "x\n--accept=1s,2s\n--driver=process\n--jobs=2", "x\n--virtual\n--bin=y", "x\n--setting=\n--rate=1,2", "x\n--sync-period=1ns..1h/1ns", "x\n--rate=0..1e9/1e-9",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parsed(append([]string{"sweep"}, words(text)...))
		if err != nil {
			require.NotEmpty(t, explain(err, false))
			return
		}
		c := &all.Sweep
		if err := c.check(); err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.True(t, c.jobs() >= 1 && c.Seeds >= 1)
		points, err := c.points()
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NotEmpty(t, points)
		require.LessOrEqual(t, len(points), experiment.MaxSettings)
		seen := map[run.Spec]bool{}
		for _, p := range points {
			require.False(t, seen[p], "%+v is there twice", p)
			seen[p] = true
		}
	})
}

// One parser serves all: making it takes longer than all the rest.
var (
	theCommands commands
	theParser   *kong.Kong
)

// asked is thrown where a program would end.
type asked struct{}

// parsed are the commands as their flags have them.
func parsed(args []string) (all *commands, err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != (asked{}) {
				panic(r)
			}
			err = errors.New("--help and --version show something and run nothing")
		}
	}()
	if theParser == nil {
		theParser = newParser(&theCommands, kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) { panic(asked{}) }))
	}
	theCommands = commands{}
	_, err = theParser.Parse(args)
	return &theCommands, err
}

// planOf is what a command line of test asks for.
func planOf(line commandLine) (plan experiment.Plan, o experiment.Options, err error) {
	all, err := parsed(line.args)
	if err != nil {
		return plan, o, err
	}
	return all.Test.plan(streams{strings.NewReader(""), io.Discard, io.Discard}, line, 0)
}

// shellLine takes the command of a run apart, as a shell does.
func shellLine(t *testing.T, command string) commandLine {
	var out []string
	var word strings.Builder
	inWord, inQuotes := false, false
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case c == '\'':
			inQuotes, inWord = !inQuotes, true
		case c == '\\' && !inQuotes:
			i++
			word.WriteByte(command[i])
		case c == ' ' && !inQuotes:
			if inWord {
				out = append(out, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		out = append(out, word.String())
	}
	require.False(t, inQuotes, "%q", command)
	require.Equal(t, "treecast", out[0])
	return newCommandLine(out[1:], nil, false)
}
