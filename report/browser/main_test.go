//go:build browser

package browser

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"treecast/cli"
	"treecast/report/page"
	"treecast/run"
)

// chromes are the names under which a Chromium may be found.
var chromes = []string{"chromium", "chromium-browser", "google-chrome", "chrome", "headless-shell"}

// patience is longer than anything takes on the slowest machine. How long it is
// matters to tests that fail and to nobody else.
const patience = 5 * time.Minute

// browserContext is that of a browser which all tests share.
var browserContext context.Context

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	path := ""
	for _, name := range chromes {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		fmt.Fprintf(os.Stderr, "no browser found: install one of %q\n", chromes)
		return 1
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WSURLReadTimeout(patience), chromedp.WindowSize(1200, 900))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel := chromedp.NewContext(allocator)
	defer cancel()
	if err := chromedp.Run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "starting %s: %v\n", path, err)
		return 1
	}
	browserContext = ctx
	return m.Run()
}

// record is the folder of a run with faults in it, made once.
var record = sync.OnceValues(func() (*run.Folder, error) {
	dir, err := os.MkdirTemp("", "treecast-browser-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var said bytes.Buffer
	code := cli.Run(context.Background(), []string{
		"test", "--virtual", "-w", "broadcast", "--node-count", "9", "--time-limit", "8", "--rate", "40", "--latency", "50",
		"--nemesis", "partition", "--nemesis-interval", "2", "--seed", "5", "--store", dir, "--", "--num-children", "3",
	}, strings.NewReader(""), io.Discard, &said)
	if code != cli.ExitOK {
		return nil, fmt.Errorf("the run ended with %d: %s", code, said.String())
	}
	return run.ReadFolder(filepath.Join(dir, "latest"))
})

// healthy is the record of a run.
func healthy(t *testing.T) *run.Folder {
	t.Helper()
	f, err := record()
	require.NoError(t, err)
	return f
}

// visit is a page in a tab of its own, and what happened there.
type visit struct {
	ctx context.Context
	url string

	mu       sync.Mutex
	problems []string // what the console has to complain about
	requests []string
	dialogs  int
}

// open draws a page, opens it from a file and watches it.
func open(t *testing.T, f *run.Folder, before ...chromedp.Action) *visit {
	t.Helper()
	return visitTo(t, func(w io.Writer) error { return page.Write(w, f) }, before...)
}

// visitTo opens what is drawn.
func visitTo(t *testing.T, draw func(io.Writer) error, before ...chromedp.Action) *visit {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, run.WriteFile(path, draw))
	tab, cancel := chromedp.NewContext(browserContext)
	t.Cleanup(cancel)
	ctx, cancel := context.WithTimeout(tab, patience)
	t.Cleanup(cancel)
	v := &visit{ctx: ctx, url: "file://" + path}
	chromedp.ListenTarget(ctx, v.hear)
	v.do(t, append([]chromedp.Action{network.Enable(), log.Enable(), runtime.Enable()}, before...)...)
	v.do(t, chromedp.Navigate(v.url), chromedp.WaitReady("#about"))
	return v
}

func (v *visit) hear(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		for _, arg := range e.Args {
			v.problems = append(v.problems, "console: "+string(arg.Value))
		}
	case *runtime.EventExceptionThrown:
		v.problems = append(v.problems, e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		v.problems = append(v.problems, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		v.requests = append(v.requests, e.Request.URL)
	case *cdp.EventJavascriptDialogOpening:
		v.dialogs++
		go chromedp.Run(v.ctx, cdp.HandleJavaScriptDialog(false))
	}
}

func (v *visit) do(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	require.NoError(t, chromedp.Run(v.ctx, actions...))
}

// eval is the value of an expression in the page.
func eval[T any](t *testing.T, v *visit, expression string) (out T) {
	t.Helper()
	v.do(t, chromedp.Evaluate(expression, &out))
	return out
}

// quiet requires that nothing went wrong, and nothing left the page.
func (v *visit) quiet(t *testing.T) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	require.Empty(t, v.problems)
	require.Zero(t, v.dialogs)
	for _, url := range v.requests {
		url, _, _ = strings.Cut(url, "#")
		require.Equal(t, v.url, url, "a page asks for nothing but itself")
	}
	require.NotEmpty(t, v.requests)
}

// withoutScript forbids scripts.
func withoutScript() chromedp.Action { return emulation.SetScriptExecutionDisabled(true) }
