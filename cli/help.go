package cli

import (
	"fmt"
	"slices"

	"github.com/alecthomas/kong"
)

// common are the flags of a command that --help shows, those that most people need;
// --help-all shows them all, as --help does for commands that are not named here.
var common = map[string][]string{
	"node": {
		"num-children", "sync-period", "latency-target", "rounds", "ack-delay", "journal", "fsync", "inject", "debug-addr", "log-level",
		"app", "isolate",
	},
	"test": {
		"workload", "bin", "node-count", "time-limit", "rate", "concurrency", "latency", "nemesis", "nemesis-interval", "nemesis-plan",
		"test-count", "virtual", "seed", "verdict",
	},
	"sweep": {
		"num-children", "sync-period", "latency-target", "rounds", "node-count", "latency", "setting", "seeds", "accept", "resume",
		"driver", "time-limit", "nemesis",
	},
}

// helpAll is a flag that shows the help with every flag and ends the program, as
// kong's own --help does.
type helpAll bool

// IgnoreDefault has kong call BeforeReset only where the flag is given.
func (helpAll) IgnoreDefault() {}

// BeforeReset is called by kong before the rest of the line is looked at.
func (helpAll) BeforeReset(c *kong.Context) error {
	err := printHelp(helpOptions, c, true)
	c.Kong.Exit(ExitOK)
	return err
}

var helpOptions = kong.HelpOptions{NoExpandSubcommands: true, WrapUpperBound: 100, NoAppDescFormat: true, ValueFormatter: kong.DefaultHelpValueFormatter}

// showHelp shows the help of a command, with the flags that most people need.
func showHelp(options kong.HelpOptions, c *kong.Context) error { return printHelp(options, c, false) }

// printHelp shows the help of a command. Without one it shows that of treecast as a
// whole, and then the node's, which is what a bare treecast is.
func printHelp(options kong.HelpOptions, c *kong.Context, all bool) error {
	if c.Selected() != nil {
		return printCommand(options, c, all)
	}
	if err := kong.DefaultHelpPrinter(options, c); err != nil {
		return err
	}
	node, err := kong.Trace(c.Kong, []string{"node"})
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Stdout)
	return printCommand(options, node, all)
}

// printCommand shows the help of a command that is selected.
func printCommand(options kong.HelpOptions, c *kong.Context, all bool) error {
	selected := c.Selected()
	shown, limited := common[selected.Name]
	if all || !limited {
		return kong.DefaultHelpPrinter(options, c)
	}
	var hidden []*kong.Flag
	for _, f := range selected.Flags {
		if !f.Hidden && !slices.Contains(shown, f.Name) {
			f.Hidden = true
			hidden = append(hidden, f)
		}
	}
	err := kong.DefaultHelpPrinter(options, c)
	for _, f := range hidden {
		f.Hidden = false
	}
	command := ""
	if selected.Name != "node" {
		command = " " + selected.Name
	}
	fmt.Fprintf(c.Stdout, "\n%d more flags are listed by 'treecast%s --help-all'.\n", len(hidden), command)
	return err
}
