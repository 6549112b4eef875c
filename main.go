// Command treecast is a Maelstrom node for broadcast and its sisters, and the
// test bed that runs, breaks and measures such nodes.
package main

import (
	"context"
	"os"

	"treecast/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
