package harness

import (
	"fmt"
	"os"
	"os/exec"
)

// Build builds programs of this module into a directory, each under the last part
// of its path; "treecast" is the product, "treecast/testbed/testdata/nodes/echo" a
// reference node. They come without tables for debuggers, which take as long to link
// as the rest.
func Build(dir string, packages ...string) error {
	args := append([]string{"build", "-ldflags=-s -w", "-o", dir + string(os.PathSeparator)}, packages...)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("harness: building %v: %w\n%s", packages, err, out)
	}
	return nil
}
