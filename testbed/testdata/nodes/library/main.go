// Command library is a broadcast node on the official library with its logging
// off: each value once, read answers them all. It has no neighbours. It is what
// a node's cost per request is compared with.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"
	"sync"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

func main() {
	log.SetOutput(io.Discard)
	n := maelstrom.NewNode()
	var mu sync.Mutex
	seen, values := map[int]bool{}, []int{}
	n.Handle("topology", func(m maelstrom.Message) error {
		return n.Reply(m, map[string]any{"type": "topology_ok"})
	})
	n.Handle("broadcast", func(m maelstrom.Message) error {
		var body struct {
			Message int `json:"message"`
		}
		if err := json.Unmarshal(m.Body, &body); err != nil {
			return err
		}
		mu.Lock()
		if !seen[body.Message] {
			seen[body.Message] = true
			values = append(values, body.Message)
		}
		mu.Unlock()
		return n.Reply(m, map[string]any{"type": "broadcast_ok"})
	})
	n.Handle("read", func(m maelstrom.Message) error {
		mu.Lock()
		all := values[:len(values):len(values)] // only ever appended to
		mu.Unlock()
		return n.Reply(m, map[string]any{"type": "read_ok", "messages": all})
	})
	if err := n.Run(); err != nil {
		os.Exit(1)
	}
}
