// Package naive is the broadcast node that most people write first, with the
// official library: it tells each value it has not seen to its neighbours in
// the topology message, once, and never looks back. The reference nodes of the
// test bed are this node with a fault of their own each, so that the bed is
// proven against nodes that share no code with treecast's.
package naive

import (
	"encoding/json"
	"log"
	"sync"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

// Node is a naive broadcast node. The library calls its handlers from one
// goroutine per message. Set the hooks before Run.
type Node struct {
	*maelstrom.Node

	// Acknowledged, if set, is called after each reply to a broadcast request
	// with the number of such replies so far.
	Acknowledged func(count int)
	// Shown, if set, returns the list that a read shows in place of values.
	Shown func(values []json.RawMessage) []json.RawMessage

	mu           sync.Mutex
	neighbours   []string
	known        map[string]bool // by spelling: Maelstrom's values are integers
	values       []json.RawMessage
	acknowledged int
}

// New returns a node on stdin and stdout.
func New() *Node {
	n := &Node{Node: maelstrom.NewNode(), known: make(map[string]bool)}
	n.Handle("topology", n.topology)
	n.Handle("broadcast", n.broadcast)
	n.Handle("read", n.read)
	return n
}

// Main runs the node until the end of its input.
func (n *Node) Main() {
	if err := n.Run(); err != nil {
		log.Fatal(err)
	}
}

func (n *Node) topology(m maelstrom.Message) error {
	var body struct {
		Topology map[string][]string `json:"topology"`
	}
	if err := json.Unmarshal(m.Body, &body); err != nil {
		return err
	}
	n.mu.Lock()
	n.neighbours = body.Topology[n.ID()]
	n.mu.Unlock()
	return n.Reply(m, map[string]any{"type": "topology_ok"})
}

func (n *Node) broadcast(m maelstrom.Message) error {
	var body struct {
		maelstrom.MessageBody
		Message json.RawMessage `json:"message"`
	}
	if err := json.Unmarshal(m.Body, &body); err != nil {
		return err
	}
	for _, neighbour := range n.learn(body.Message) {
		if neighbour == m.Src {
			continue
		}
		if err := n.Send(neighbour, map[string]any{"type": "broadcast", "message": body.Message}); err != nil {
			return err
		}
	}
	if body.MsgID == 0 { // from a neighbour, by Send
		return nil
	}
	if err := n.Reply(m, map[string]any{"type": "broadcast_ok"}); err != nil {
		return err
	}
	n.mu.Lock()
	n.acknowledged++
	count := n.acknowledged
	n.mu.Unlock()
	if n.Acknowledged != nil {
		n.Acknowledged(count)
	}
	return nil
}

// learn keeps a value and returns whom to tell of it: nobody, if it was known.
func (n *Node) learn(value json.RawMessage) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known[string(value)] {
		return nil
	}
	n.known[string(value)] = true
	n.values = append(n.values, value)
	return n.neighbours
}

func (n *Node) read(m maelstrom.Message) error {
	n.mu.Lock()
	values := append([]json.RawMessage{}, n.values...) // an empty list, never null
	n.mu.Unlock()
	if n.Shown != nil {
		values = n.Shown(values)
	}
	return n.Reply(m, map[string]any{"type": "read_ok", "messages": values})
}
