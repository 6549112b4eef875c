package checker

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"treecast/run"
)

// shownReasons are how many reasons of failures a sentence names.
const shownReasons = 3

// Reasons counts why operations of a function did not succeed, the most frequent
// first: "24 net-timeout, 1 abort: try again".
func Reasons(h run.History, f string) string {
	counts := map[string]int{}
	for i := range h {
		if op := &h[i]; op.F == f && op.Process != run.NemesisProcess && op.Error != nil {
			text := op.Error.Name
			if op.Error.Text != "" {
				text += ": " + op.Error.Text
			}
			counts[text]++
		}
	}
	all := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	var out []string
	for _, text := range all[:min(len(all), shownReasons)] {
		out = append(out, fmt.Sprintf("%d %s", counts[text], text))
	}
	if len(all) > shownReasons {
		out = append(out, "...")
	}
	return strings.Join(out, ", ")
}

// mistype says how a value that was read is one that was sent but for its type;
// empty if it is nothing of the kind.
func (s *strict) mistype(read elementID) string {
	raw := s.values.json(read)
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '[':
		return fmt.Sprintf("; the types differ: a list stands in the list, and numbers were sent: %.100s", raw)
	case '{':
		return fmt.Sprintf("; the types differ: an object was read, and numbers were sent: %.100s", raw)
	}
	text := string(raw)
	if raw[0] == '"' {
		if json.Unmarshal(raw, &text) != nil {
			return ""
		}
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || number != float64(int64(number)) {
		return ""
	}
	sent, ok := s.values.lookUp(int64(number))
	if !ok || sent == read || !s.attempted.has(sent) {
		return ""
	}
	return fmt.Sprintf("; the types differ: %s was read, %s was sent", raw, s.values.json(sent))
}

// lookUp finds the id of an integer that was met.
func (e *elements) lookUp(n int64) (elementID, bool) {
	if n >= 0 && n < int64(len(e.dense)) && e.dense[n] != 0 {
		return e.dense[n] - 1, true
	}
	id, ok := e.ints[n]
	return id, ok
}

// restarts says when a node was killed and started again, if it was: one that
// begins with nothing lacks what it had.
func (s *strict) restarts(place int) string {
	if place >= len(s.workers.nodes) {
		return ""
	}
	name := s.workers.nodes[place]
	var killed, started []string
	for i := range s.h[:s.proper] {
		op := &s.h[i]
		if op.Process != run.NemesisProcess || op.F != "kill" && op.F != "start" {
			continue
		}
		var did map[string]string
		if json.Unmarshal(op.Value, &did) != nil {
			continue // it says what was wanted
		}
		at := fmt.Sprintf("%.1f s", op.Time.Seconds())
		switch did[name] {
		case "killed":
			killed = append(killed, at)
		case "started":
			started = append(started, at)
		}
	}
	if len(killed) == 0 {
		return ""
	}
	text := fmt.Sprintf("; %s was killed at %s", name, strings.Join(killed, ", "))
	if len(started) > 0 {
		text += fmt.Sprintf(" and started again at %s: what it did not keep is gone", strings.Join(started, ", "))
	}
	return text
}

// orNull is a value for a sentence; none is null.
func orNull(value json.RawMessage) json.RawMessage {
	if value == nil {
		return json.RawMessage("null")
	}
	return value
}
