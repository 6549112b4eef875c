package cli

import (
	"slices"
	"strconv"
	"strings"

	"treecast/run"
)

// commandLine is what the user typed after the program's name, in two halves,
// and the variables that stand for flags.
type commandLine struct {
	args     []string // before --
	nodeArgs []string // after it
	env      []string // NAME=VALUE
}

// newCommandLine takes a command line apart. A node has no second half.
func newCommandLine(args, environ []string, isNode bool) commandLine {
	line := commandLine{args: args}
	if i := slices.Index(args, "--"); !isNode && i >= 0 {
		line.args, line.nodeArgs = args[:i], args[i+1:]
	}
	for _, v := range environ {
		if strings.HasPrefix(v, "TREECAST_") {
			line.env = append(line.env, v)
		}
	}
	slices.Sort(line.env)
	return line
}

// has reports whether a flag was given before --.
func (l commandLine) has(flag string) bool {
	return slices.ContainsFunc(l.args, func(a string) bool { return a == flag || strings.HasPrefix(a, flag+"=") })
}

// again returns the words of the shell command that does the same, with more
// flags; whatever it is, not with --resume.
func (l commandLine) again(more ...string) []string {
	out := l.variables()
	out = append(out, "treecast")
	for _, a := range l.args {
		if a != "--resume" {
			out = append(out, run.ShellQuote(a))
		}
	}
	return append(append(out, more...), l.tail()...)
}

// nodeEnv are the variables that nodes read.
func (l commandLine) nodeEnv() []string {
	var out []string
	for _, v := range l.env {
		if !slices.ContainsFunc(bedCommands, func(name string) bool {
			return strings.HasPrefix(v, "TREECAST_"+strings.ToUpper(name)+"_")
		}) && !strings.HasPrefix(v, "TREECAST_RUN=") {
			out = append(out, v)
		}
	}
	return out
}

// variables are the settings of variables that matter, quoted for a shell.
func (l commandLine) variables() []string {
	var out []string
	for _, v := range l.env {
		name, value, _ := strings.Cut(v, "=")
		switch name {
		case "TREECAST_TEST_SEED", "TREECAST_TEST_COUNT", "TREECAST_SWEEP_RESUME", "TREECAST_RUN":
		default:
			out = append(out, name+"="+run.ShellQuote(value))
		}
	}
	return out
}

// tail is the second half, with the -- before it, quoted for a shell.
func (l commandLine) tail() []string {
	if len(l.nodeArgs) == 0 {
		return nil
	}
	out := []string{"--"}
	for _, a := range l.nodeArgs {
		out = append(out, run.ShellQuote(a))
	}
	return out
}

// replay returns the words of the shell command that makes the run again: the
// same flags and variables, with the seed that was used.
func (l commandLine) replay(seed uint64) []string {
	out := l.variables()
	out = append(out, "treecast")
	skip := false
	for _, a := range l.args {
		switch {
		case skip:
			skip = false
		case a == "--seed" || a == "--test-count":
			skip = true
		case strings.HasPrefix(a, "--seed=") || strings.HasPrefix(a, "--test-count="):
		default:
			out = append(out, run.ShellQuote(a))
		}
	}
	out = append(out, "--seed", strconv.FormatUint(seed, 10))
	return append(out, l.tail()...)
}
