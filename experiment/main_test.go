package experiment

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"treecast/testbed/harness"
)

// programs is where treecast and the reference nodes are built.
var programs string

// program is the path of one of them.
func program(name string) string { return filepath.Join(programs, name) }

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "treecast-experiment-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs = dir
	packages := []string{"treecast"}
	for _, name := range []string{"echo", "lossy", "crasher", "garbage", "stranger", "liar", "habit", "clumsy", "keeper", "transactor"} {
		packages = append(packages, "treecast/testbed/testdata/nodes/"+name)
	}
	if err := harness.Build(dir, packages...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	flag.Parse()
	atOnce()
	status := m.Run()
	if status == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines were left behind:", err)
			status = 1
		}
	}
	return status
}

// atOnce lets more tests run at a time than there are processors, for they
// mostly wait for a run's time to pass. Who asks for a number gets it.
func atOnce() {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if !asked {
		flag.Set("test.parallel", "20")
	}
}
