// Command library is a node on the official library with its logging off: what a
// node's cost per request is compared with. Its argument is the workload: broadcast,
// which is the default and has no neighbours, echo, unique-ids, kafka or
// txn-rw-register. It keeps all in memory, answers everything by itself, and tells its
// peers at once of each change, in a message each; nothing that is lost comes again.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"sync"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

func main() {
	log.SetOutput(io.Discard)
	n := maelstrom.NewNode()
	workload := "broadcast"
	if len(os.Args) > 1 {
		workload = os.Args[1]
	}
	serve := map[string]func(*maelstrom.Node){
		"broadcast": broadcast, "echo": echo, "unique-ids": ids, "kafka": kafka, "txn-rw-register": registers,
	}[workload]
	if serve == nil {
		fmt.Fprintf(os.Stderr, "library: no workload is called %q\n", workload)
		os.Exit(2)
	}
	serve(n)
	if err := n.Run(); err != nil {
		os.Exit(1)
	}
}

// handle answers requests of a type, one at a time.
func handle[T any](n *maelstrom.Node, mu *sync.Mutex, typ string, do func(T) map[string]any) {
	n.Handle(typ, func(m maelstrom.Message) error {
		var body T
		if err := json.Unmarshal(m.Body, &body); err != nil {
			return err
		}
		mu.Lock()
		reply := do(body)
		mu.Unlock()
		if reply == nil {
			return nil // a peer's message
		}
		reply["type"] = typ + "_ok"
		return n.Reply(m, reply)
	})
}

// tell sends every peer a message.
func tell(n *maelstrom.Node, body any) {
	for _, peer := range n.NodeIDs() {
		if peer != n.ID() {
			n.Send(peer, body) // it fails only with stdout
		}
	}
}

func broadcast(n *maelstrom.Node) {
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
}

func echo(n *maelstrom.Node) {
	var mu sync.Mutex
	handle(n, &mu, "echo", func(b struct{ Echo json.RawMessage }) map[string]any {
		return map[string]any{"echo": b.Echo}
	})
}

func ids(n *maelstrom.Node) {
	var mu sync.Mutex
	count := 0
	handle(n, &mu, "generate", func(struct{}) map[string]any {
		count++
		return map[string]any{"id": fmt.Sprintf("%s-%d", n.ID(), count)}
	})
}
