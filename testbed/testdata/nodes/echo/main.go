// Command echo answers echo requests: the smallest node that passes a run. It
// is there to show that the test bed runs a node of the official library
// through Maelstrom's echo workload.
package main

import (
	"encoding/json"
	"log"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

func main() {
	n := maelstrom.NewNode()
	n.Handle("echo", func(m maelstrom.Message) error {
		var body map[string]any
		if err := json.Unmarshal(m.Body, &body); err != nil {
			return err
		}
		return n.Reply(m, map[string]any{"type": "echo_ok", "echo": body["echo"]})
	})
	if err := n.Run(); err != nil {
		log.Fatal(err)
	}
}
