package cli

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"

	"github.com/alecthomas/kong"

	"treecast/node"
)

// nodeSettings reads the arguments of a node that is to live in this process:
// the same flags and variables, with the same meaning, as a process of its own
// would have. A mistake in them is a mistake of the test's command line.
func nodeSettings(args []string) (cfg node.Config, level slog.Level, err error) {
	fail := func(err error) (node.Config, slog.Level, error) {
		return node.Config{}, 0, usageError{fmt.Errorf("the nodes' arguments: %w", err)}
	}
	type asked struct{}
	defer func() {
		switch r := recover(); r {
		case nil:
		case asked{}:
			cfg, level, err = fail(errors.New("--help and --version show something and run no node"))
		default:
			panic(r)
		}
	}()
	var cli commands
	parsed, err := newParser(&cli, kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) { panic(asked{}) })).Parse(joinNegatives(args))
	if err != nil {
		return fail(errors.New(explain(err, true)))
	}
	if command := parsed.Command(); command != "node" {
		return fail(fmt.Errorf("%q is no node", command))
	}
	cfg, err = cli.Node.tried(commandLine{args: args})
	if err != nil {
		return fail(err)
	}
	return cfg, logLevel(cli.Node.LogLevel), nil
}

// tried is settings, and what only the node itself can tell of them: it tells a
// trial one.
func (c *nodeCommand) tried(line commandLine) (node.Config, error) {
	cfg, err := c.settings(line)
	if err != nil {
		return cfg, err
	}
	trial := cfg
	trial.Random, trial.Log = rand.New(rand.NewPCG(1, 1)), slog.New(slog.DiscardHandler)
	_, err = node.New(trial, io.Discard)
	return cfg, err
}
