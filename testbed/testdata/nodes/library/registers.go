package main

import (
	"encoding/json"
	"sync"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

// written is the last write of a key. The highest stamp wins, and of two that are
// the same the one of the node whose name is greater.
type written struct {
	Value json.RawMessage `json:"value"`
	Stamp int             `json:"stamp"`
	Node  string          `json:"node"`
}

func (w written) comesAfter(v written) bool {
	return w.Stamp > v.Stamp || w.Stamp == v.Stamp && w.Node > v.Node
}

// registers carries out transactions on what is known here, and tells the last writes
// of each.
func registers(n *maelstrom.Node) {
	var mu sync.Mutex
	store, clock := map[string]written{}, 0
	type told struct {
		Type   string             `json:"type"`
		Writes map[string]written `json:"writes"`
	}
	handle(n, &mu, "txn", func(b struct{ Txn [][3]json.RawMessage }) map[string]any {
		clock++
		writes := map[string]written{}
		for i, op := range b.Txn {
			key := string(op[1])
			if string(op[0]) == `"w"` {
				writes[key] = written{op[2], clock, n.ID()}
				store[key] = writes[key]
			} else if w, ok := store[key]; ok {
				b.Txn[i][2] = w.Value
			}
		}
		if len(writes) > 0 {
			tell(n, told{"wrote", writes})
		}
		return map[string]any{"txn": b.Txn}
	})
	handle(n, &mu, "wrote", func(b told) map[string]any {
		for key, w := range b.Writes {
			clock = max(clock, w.Stamp)
			if w.comesAfter(store[key]) {
				store[key] = w
			}
		}
		return nil
	})
}
