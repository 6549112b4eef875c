package service

import (
	"encoding/json"
	"strings"

	"treecast/run"
	"treecast/wire"
)

// clojure spells a JSON value as Clojure prints it: "a" quoted, [1 2], {"k" 1},
// nil. Keys stand in the order in which they came.
func clojure(value json.RawMessage) string {
	text, err := run.AppendPlainEDN(nil, value)
	if err != nil {
		return string(value) // it was JSON when the message was read
	}
	return string(text)
}

// display spells a value as Clojure's str does: a string bare, and nil not at
// all.
func display(value json.RawMessage) string {
	if text, ok := wire.Text(value); ok {
		return text
	}
	return strings.TrimPrefix(clojure(value), "nil")
}
