// Command crasher is a broadcast node that exits with status 3 after its fifth
// broadcast_ok, with a line on stderr that says so. It is there to show that
// the test bed names a node that died, its status and its last words.
package main

import (
	"fmt"
	"os"

	"treecast/testbed/testdata/nodes/naive"
)

const (
	crashAfter = 5
	exitStatus = 3
)

func main() {
	n := naive.New()
	n.Acknowledged = func(count int) {
		if count == crashAfter {
			fmt.Fprintf(os.Stderr, "crasher: giving up after %d broadcasts\n", count)
			os.Exit(exitStatus)
		}
	}
	n.Main()
}
