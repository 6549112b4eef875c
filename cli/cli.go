// Package cli is treecast's command line: every command is a type with its
// flags as fields. Run is the whole of it; it returns an exit code and ends
// nothing by itself.
//
// Commands run one at a time, in the goroutine that calls Run.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"treecast/isolate"
	"treecast/node"
	"treecast/run"
)

// Exit codes. The test bed's are Jepsen's.
const (
	ExitOK      = 0
	ExitInvalid = 1   // test: the run is invalid; summary: not passed
	ExitFailed  = 1   // node: it could not go on
	ExitUsage   = 2   // node: bad flags
	ExitUnknown = 2   // test: nothing can be said
	ExitCrashes = 3   // node: a service crashed again and again
	ExitBadArgs = 254 // the bed: bad flags, or a file that cannot be used
	ExitCrashed = 255 // the bed: what was asked for could not be made
)

// exitError carries an exit code out of a command. Its text, if any, has been
// shown already.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// usageError is a mistake in the arguments that only the command could see.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// commands is the command line as a whole.
type commands struct {
	Node nodeCommand `cmd:"" default:"withargs" help:"Be a Maelstrom node: JSON lines on stdin and stdout, logs on stderr. This is what a bare 'treecast' does."`
	Test testCommand `cmd:"" help:"Run a Maelstrom test on a cluster of nodes, with the embedded test bed."`

	Demo    demoCommand    `cmd:"" help:"Put treecast's own node through every workload that it solves, and show the verdicts."`
	Fuzz    fuzzCommand    `cmd:"" help:"Run many short tests in virtual time, with settings and faults drawn at random, until one goes wrong."`
	Sweep   sweepCommand   `cmd:"" help:"Run a test for every setting of a grid or a list, and say which to choose."`
	Analyze analyzeCommand `cmd:"" help:"Judge a stored history again, of treecast or of real Maelstrom."`
	Compare compareCommand `cmd:"" help:"Put runs, of treecast and of real Maelstrom, and sweeps side by side."`
	Summary summaryCommand `cmd:"" help:"Judge a run by the Fly.io challenges 1 to 6c."`
	Report  reportCommand  `cmd:"" help:"Draw the page of a run: what it came to, message by message."`

	HelpAll helpAll          `env:"-" help:"Show the help with every flag."`
	Version kong.VersionFlag `env:"-" help:"Show the version and quit."`
}

// bedCommands are the commands of the test bed. Whatever else a command line
// begins with, it is a node's.
var bedCommands = []string{"test", "demo", "fuzz", "sweep", "analyze", "compare", "summary", "report"}

const description = `treecast is a Maelstrom node, for broadcast before all, and a test bed for nodes in any language.

  as a node:      maelstrom test -w broadcast --bin treecast --node-count 25 -- --num-children 24
  as a test bed:  treecast test -w broadcast --node-count 25 --time-limit 20 --rate 100 --latency 100
  to tune it:     treecast sweep fanout --num-children 5,24 --sync-period 200ms..1800ms/200ms

Every flag can also be set by an environment variable, shown in brackets. Flags win.`

// Run carries out a command line, given without the program's name, and
// returns the exit code.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	if len(args) == 1 && args[0] == isolate.Command {
		return isolate.Child()
	}
	s := streams{stdin, stdout, stderr}
	unsetEmpty()
	args = asCommand(args)
	if len(args) == 0 && isTerminal(stdin) {
		fmt.Fprintf(stdout, "%s\n\nA node reads Maelstrom messages from stdin, which is a terminal here, so there is nothing to do.\n'treecast --help' lists the flags and commands.\n", description)
		return ExitOK
	}

	// SIGPIPE would end a node without a word when its stdout is closed, and SIGXFSZ
	// a bed whose files may grow no further. Both are errors of a write instead. They
	// are taken, not ignored: what is ignored is ignored by children as well.
	mere := make(chan os.Signal, 1)
	signal.Notify(mere, syscall.SIGPIPE, syscall.SIGXFSZ)
	defer signal.Stop(mere)
	ending := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ending = append(ending, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(ctx, ending...)
	defer stop()
	// The first signal ends what is under way in order; a second one at once.
	context.AfterFunc(ctx, stop)

	type exited struct{ code int }
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = e.code
		}
	}()

	isNode := len(args) == 0 || !slices.Contains(bedCommands, args[0])
	line := newCommandLine(args, os.Environ(), isNode)
	parser := newParser(&commands{},
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(exited{code}) }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s, line),
	)
	parsed, err := parser.Parse(joinNegatives(line.args))
	if err == nil {
		err = runUntil(ctx, parsed)
	}
	var exit exitError
	var usage usageError
	var parse *kong.ParseError
	var input inputError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &parse), errors.As(err, &usage):
		command := ""
		if !isNode {
			command = " " + args[0]
		}
		text := explain(err, isNode)
		if isNode && len(args) > 0 && strings.HasPrefix(text, "unexpected argument "+args[0]) {
			text = "unexpected argument " + args[0] + mistyped(args[0])
		}
		fmt.Fprintf(stderr, "treecast: %s (see 'treecast%s --help')\n", run.Visible(text), command)
		if isNode {
			return ExitUsage
		}
		return ExitBadArgs
	case errors.As(err, &input):
		fmt.Fprintf(stderr, "treecast: %s\n", run.VisibleLines(err.Error()))
		return ExitBadArgs
	default:
		fmt.Fprintf(stderr, "treecast: %s\n", run.VisibleLines(err.Error()))
		if isNode && errors.Is(err, node.ErrTooManyCrashes) {
			return ExitCrashes
		}
		if isNode {
			return ExitFailed
		}
		return ExitCrashed
	}
}

// letsGo is a command that can be left where it stands, because all that it has
// done is kept as it is done.
type letsGo interface {
	// patience is how long it may take to end by itself once a signal has come.
	patience() time.Duration
	leave()
}

// runUntil runs a command. One that can be left is, at the first signal, whatever
// it waits for: a reader of its output, say, that has stopped reading.
func runUntil(ctx context.Context, parsed *kong.Context) error {
	command, ok := parsed.Selected().Target.Addr().Interface().(letsGo)
	if !ok {
		return parsed.Run()
	}
	done := make(chan error, 1)
	go func() { done <- parsed.Run() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(command.patience()):
		command.leave()
		return exitError{ExitInterrupted}
	}
}

// newParser returns the parser of treecast's command line.
func newParser(to *commands, options ...kong.Option) *kong.Kong {
	parser, err := kong.New(to, append(slices.Concat(options, units),
		kong.Name("treecast"), kong.Description(description),
		kong.DefaultEnvars("TREECAST"),
		kong.ConfigureHelp(helpOptions),
		kong.Help(showHelp),
		kong.Vars{"version": version()},
	)...)
	if err != nil {
		panic(err) // a mistake in the types above
	}
	return parser
}

// explain says what is wrong with the arguments. The parser knows the end of the
// line as a token of its own, which would tell nobody that a value is missing.
func explain(err error, isNode bool) string {
	text := strings.NewReplacer(": is ", " is ", ": must be ", " must be ").Replace(err.Error()) // as units complain
	if flag, _, missing := strings.Cut(text, ": expected "); missing && strings.HasSuffix(text, `but got "EOL" (<EOL>)`) {
		return flag + " needs a value"
	}
	if flag, unknown := strings.CutPrefix(text, "unknown flag "); unknown && strings.HasPrefix(flag, "--") {
		flag, _, _ = strings.Cut(flag, ",")
		switch onNode := hasFlag(nodeCommand{}, flag); {
		case !isNode && onNode:
			return text + "; it is a flag of the nodes: put it behind --"
		case isNode && hasFlag(testCommand{}, flag):
			return text + "; it is a flag of 'treecast test'"
		}
	}
	return text
}

// hasFlag reports whether a command has a flag, given with its dashes.
func hasFlag(command any, flag string) bool {
	t := reflect.TypeOf(command)
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("kong") == "-" {
			continue
		}
		if f.Anonymous && hasFlag(reflect.Zero(f.Type).Interface(), flag) {
			return true
		}
		name := f.Tag.Get("name")
		if name == "" {
			name = strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(f.Name, "$1-$2"))
		}
		if "--"+name == flag {
			return true
		}
	}
	return false
}

// version is the version of the module, or of the revision it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	revision := "unknown revision"
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return revision
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && !isNull(info)
}

// isNull reports whether a file is the null device, which is a character
// device too.
func isNull(info os.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}
