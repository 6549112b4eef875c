package kafka

import (
	"encoding/json"
	"fmt"
	"strings"

	"treecast/run"
)

// meanings say in words what an error of each type is.
var meanings = map[string]string{
	duplicate:           "a message is at several offsets",
	g1a:                 "a poll shows a message whose send had failed",
	g1cRealtime:         "a poll shows a message that was sent only later",
	inconsistentOffsets: "several messages are at one offset",
	intNonmonotonicPoll: "a poll shows messages out of order",
	intPollSkip:         "a poll leaves out messages between those that it shows",
	lostWrite:           "an acknowledged message was read by nobody, though a later one was",
	nonmonotonicPoll:    "a client's poll goes back behind its last one",
	nonmonotonicSend:    "a client's send has a lower offset than its last one",
	pollSkip:            "a client's poll leaves out messages after its last one",
	unseenMessages:      "acknowledged messages that no poll ever showed",
}

// inWords says what an error of a type is and how many there are, with the
// evidence of the first.
func inWords(name string, count int, first run.Figures) string {
	var said []string
	for _, f := range first {
		text := evidence(f.Value)
		switch f.Key {
		case "delta", "count", "type", "time":
			continue
		case "op", "ops", "cycle":
		case "unseen":
			text = "of keys " + text
		default:
			text = f.Key + " " + text
		}
		said = append(said, text)
	}
	text := fmt.Sprintf("%s (%s)", name, meanings[name])
	if count > 1 {
		text += fmt.Sprintf(" %d times, the first", count)
	}
	return text + ": " + strings.Join(said, ", ")
}

// evidenceBytes are how long one piece of evidence may be in words.
const evidenceBytes = 120

// evidence spells a value of an error; empty if it takes more than a few words.
func evidence(value any) string {
	var text string
	switch v := value.(type) {
	case *run.Op:
		if v == nil {
			return ""
		}
		text = describe(v)
	case run.Value:
		text = string(v)
	case string:
		quoted, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		text = string(quoted)
	case int, int64:
		text = fmt.Sprint(v)
	case run.Vector:
		text = several(v)
	case run.List:
		text = several(v)
	case run.Set:
		text = several(v)
	case run.Pairs:
		for i := 0; i+1 < len(v); i += 2 {
			if i > 0 {
				text += "; "
			}
			text += evidence(v[i]) + " " + evidence(v[i+1])
		}
	}
	if len(text) > evidenceBytes {
		return strings.ToValidUTF8(text[:evidenceBytes], "") + "..."
	}
	return text
}

func several(values []any) string {
	words := make([]string, 0, len(values))
	for _, v := range values {
		if text := evidence(v); text != "" {
			words = append(words, text)
		}
	}
	return strings.Join(words, " and ")
}
