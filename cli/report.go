package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"treecast/report/page"
	"treecast/run"
)

// reportFile is the page's name in a run's directory.
const reportFile = "report.html"

// reportCommand draws the page of a run, or of a sweep.
type reportCommand struct {
	Path string `arg:"" name:"run" help:"The run: its directory, such as store/latest, or its results.json. Or a sweep: its directory, such as results/fanout."`
	Out  string `short:"o" placeholder:"FILE" env:"TREECAST_REPORT_OUT" group:"report" help:"Where to write the page; - is stdout. Default: report.html in that directory."`
}

// Help is shown below the flags.
func (reportCommand) Help() string {
	return `The page is one HTML file that needs no network: open it in any browser.
'treecast test' leaves one at the end of every run.

Exit codes: 0 the page is written, 254 bad arguments or no run there, 255 the page could not be made.`
}

// Run writes the page.
func (c *reportCommand) Run(s streams) error {
	dir, draw, err := c.read()
	switch {
	case errors.Is(err, run.ErrNoRun):
		return usageError{err}
	case errors.Is(err, run.ErrNotReadable):
		return inputError{err}
	}
	if err != nil {
		return err
	}
	out := c.Out
	switch out {
	case "-":
		return draw(s.out)
	case "":
		out = filepath.Join(dir, reportFile)
	}
	if err := run.WriteTo(out, dir, draw); errors.Is(err, run.ErrOwnFile) {
		return usageError{err}
	} else if err != nil {
		return err
	}
	if info, statErr := os.Stat(out); statErr == nil && !info.Mode().IsRegular() {
		return nil // it may be where the page went
	}
	_, err = fmt.Fprintln(s.out, out)
	return err
}

func (*reportCommand) patience() time.Duration { return 0 }

// leave takes away what was written of the page.
func (c *reportCommand) leave() { run.Abandon() }

// read finds out what the page is about, and returns what draws it.
func (c *reportCommand) read() (dir string, draw func(io.Writer) error, err error) {
	sweep, err := run.ReadSweepFolder(c.Path)
	if err == nil {
		return sweep.Dir, func(w io.Writer) error { return page.WriteSweep(w, sweep) }, nil
	}
	if !errors.Is(err, run.ErrNoRun) {
		return "", nil, err
	}
	folder, err := run.ReadFolder(c.Path)
	if err != nil {
		return "", nil, err
	}
	return folder.Dir, func(w io.Writer) error { return page.Write(w, folder) }, nil
}

// writePage leaves the page of a run that has just ended in its directory.
func writePage(dir string) error {
	folder, err := run.ReadFolder(dir)
	if err != nil {
		return err
	}
	return run.WriteFile(filepath.Join(dir, reportFile), func(w io.Writer) error { return page.Write(w, folder) })
}
