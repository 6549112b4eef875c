// Command stranger is a broadcast node that sends a message to a node that
// does not exist after its fifth broadcast_ok, and goes on. Under Maelstrom
// that silences a node for the rest of the run, just as a line that is no JSON
// does. It is there to show that the test bed does the same, and names the
// destination.
package main

import (
	"log"

	"treecast/testbed/testdata/nodes/naive"
)

const strangeAfter = 5

func main() {
	n := naive.New()
	n.Acknowledged = func(count int) {
		if count == strangeAfter {
			if err := n.Send("nobody", map[string]any{"type": "hello"}); err != nil {
				log.Print(err)
			}
		}
	}
	n.Main()
}
