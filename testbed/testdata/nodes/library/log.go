package main

import (
	"encoding/json"
	"slices"
	"sync"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

// entry is a message under its offset, as a poll shows it.
type entry struct {
	offset int
	text   json.RawMessage
}

func (e entry) MarshalJSON() ([]byte, error) { return json.Marshal([]any{e.offset, e.text}) }

// topic is a key.
type topic struct {
	entries   []entry // by offset
	committed int     // -1: nothing is
}

// put puts a message in its place.
func (t *topic) put(e entry) {
	i, known := slices.BinarySearchFunc(t.entries, e.offset, func(e entry, offset int) int { return e.offset - offset })
	if !known {
		t.entries = slices.Insert(t.entries, i, e)
	}
}

// kafka gives the offsets that treecast's own node gives: of n nodes the i-th has c n + i,
// c one more than the highest that it knows. A poll shows all that is known here, so a
// client of one of several nodes may skip a message.
func kafka(n *maelstrom.Node) {
	var mu sync.Mutex
	topics := map[string]*topic{}
	of := func(key string) *topic {
		if topics[key] == nil {
			topics[key] = &topic{committed: -1}
		}
		return topics[key]
	}
	type told struct {
		Type    string          `json:"type"`
		Key     string          `json:"key,omitempty"`
		Offset  int             `json:"offset,omitempty"`
		Msg     json.RawMessage `json:"msg,omitempty"`
		Commits map[string]int  `json:"commits,omitempty"`
	}
	commit := func(offsets map[string]int) {
		for key, offset := range offsets {
			of(key).committed = max(of(key).committed, offset)
		}
	}
	handle(n, &mu, "send", func(b struct {
		Key string
		Msg json.RawMessage
	}) map[string]any {
		t, nodes := of(b.Key), len(n.NodeIDs())
		offset := slices.Index(n.NodeIDs(), n.ID())
		if k := len(t.entries); k > 0 {
			offset += (t.entries[k-1].offset/nodes + 1) * nodes
		}
		t.put(entry{offset, b.Msg})
		tell(n, told{Type: "sent", Key: b.Key, Offset: offset, Msg: b.Msg})
		return map[string]any{"offset": offset}
	})
	handle(n, &mu, "sent", func(b told) map[string]any {
		of(b.Key).put(entry{b.Offset, b.Msg})
		return nil
	})
	handle(n, &mu, "poll", func(b struct{ Offsets map[string]int }) map[string]any {
		msgs := map[string][]entry{}
		for key, from := range b.Offsets {
			all := of(key).entries
			i, _ := slices.BinarySearchFunc(all, from, func(e entry, offset int) int { return e.offset - offset })
			msgs[key] = slices.Clone(all[i:])
		}
		return map[string]any{"msgs": msgs}
	})
	handle(n, &mu, "commit_offsets", func(b struct{ Offsets map[string]int }) map[string]any {
		commit(b.Offsets)
		tell(n, told{Type: "committed", Commits: b.Offsets})
		return map[string]any{}
	})
	handle(n, &mu, "committed", func(b told) map[string]any {
		commit(b.Commits)
		return nil
	})
	handle(n, &mu, "list_committed_offsets", func(b struct{ Keys []string }) map[string]any {
		offsets := map[string]int{}
		for _, key := range b.Keys {
			if c := of(key).committed; c >= 0 {
				offsets[key] = c
			}
		}
		return map[string]any{"offsets": offsets}
	})
}
