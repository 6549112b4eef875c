package harness_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// The benchmarks of this package measure nodes as processes. Their names are for
// benchstat:
//
//	go test ./testbed/harness -run '^$' -bench 'Broadcast|Read|Start' -count 6 | benchstat -col /node -
//
// Those that take long are made a number of times, not for a time:
//
//	go test ./testbed/harness -run '^$' -bench 'CatchUp|Hold|Overload|Goodput' -benchtime 1x -timeout 1h
//	go test ./testbed/harness -run '^$' -bench Kills/one -benchtime 3000x
//
// Each has a test beside it that makes a small one.

// programs is where programs are built.
var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "treecast-harness-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// The programs that are measured, each built when it is first asked for.
var built = map[string]func() error{
	"treecast": builder("treecast"), "library": builder("treecast/testbed/testdata/nodes/library"), "loop": builder("treecast/testbed/testdata/nodes/loop"),
}

func builder(path string) func() error {
	return sync.OnceValue(func() error { return harness.Build(programs, path) })
}

// program is the path of one of them.
func program(tb testing.TB, name string) string {
	tb.Helper()
	require.NoError(tb, built[name]())
	return filepath.Join(programs, name)
}
