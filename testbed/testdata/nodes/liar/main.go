// Command liar is a broadcast node whose reads show every value twice, and a
// value that nobody sent. Maelstrom's checker does not mind either. It is
// there to show that the test bed's strict verdict does.
package main

import (
	"encoding/json"

	"treecast/testbed/testdata/nodes/naive"
)

func main() {
	n := naive.New()
	n.Shown = func(values []json.RawMessage) []json.RawMessage {
		shown := append([]json.RawMessage{json.RawMessage("-1")}, values...)
		return append(shown, values...)
	}
	n.Main()
}
