package checker

import (
	"encoding/json"

	"treecast/run"
)

// Echo is the checker of Maelstrom's echo workload: every request must be
// answered with what it carried. As there, a request without an answer is
// wrong too. A completion's value may be the reply's body, as Maelstrom keeps
// it, or what its echo field held.
func Echo(h run.History) run.Echo {
	out := run.Echo{Errors: []run.EchoError{}}
	pairs := h.Pairs()
	for i := range h {
		sent := &h[i]
		if sent.Type != run.Invoke || sent.Process == run.NemesisProcess || sent.F != "echo" {
			continue
		}
		var received json.RawMessage
		if pairs[i] >= 0 {
			reply := &h[pairs[i]]
			received = reply.Value
			if reply.Type == run.OK && sameValue(sent.Value, echoOf(reply.Value)) {
				continue
			}
		}
		out.Errors = append(out.Errors, run.EchoError{Sent: sent.Value, Received: received})
	}
	out.Valid = run.VerdictIf(len(out.Errors) == 0)
	return out
}

func echoOf(value json.RawMessage) json.RawMessage {
	var body struct {
		Type string           `json:"type"`
		Echo *json.RawMessage `json:"echo"`
	}
	if err := json.Unmarshal(value, &body); err == nil && body.Type == "echo_ok" {
		if body.Echo == nil {
			return nil
		}
		return *body.Echo
	}
	return value
}

func sameValue(a, b json.RawMessage) bool {
	values := newElements()
	return values.id(a) == values.id(b)
}
