package echo

import (
	"encoding/json"
	"fmt"

	"treecast/checker"
	"treecast/run"
	"treecast/workload"
)

// check is Maelstrom's: every request must be answered with what it carried. As
// there, a request without an answer is wrong too. A completion's value may be
// the reply's body, as Maelstrom keeps it, or what its echo field held.
func check(h run.History, _ workload.Input) workload.Verdict {
	errors, example := run.List{}, ""
	pairs := h.Pairs()
	for i := range h {
		sent := &h[i]
		if sent.Type != run.Invoke || sent.Process == run.NemesisProcess || sent.F != fEcho {
			continue
		}
		var received json.RawMessage
		if pairs[i] >= 0 {
			reply := &h[pairs[i]]
			received = reply.Value
			if reply.Type == run.OK && checker.SameValue(sent.Value, echoOf(reply.Value)) {
				continue
			}
		}
		if example == "" {
			example = wrong(sent.Value, received)
		}
		errors = append(errors, run.Vector{
			"Expected a message with :echo", run.Body(sent.Value), "But received", run.Body(received),
		})
	}
	valid := run.VerdictIf(len(errors) == 0)
	v := workload.Verdict{Maelstrom: run.Workload{Valid: valid, Figures: run.Figures{
		{Key: "valid?", Value: valid}, {Key: "errors", Value: errors},
	}}}
	if len(errors) > 0 {
		noun := "requests"
		if len(errors) == 1 {
			noun = "request"
		}
		v.Why, v.Count = fmt.Sprintf("%d %s not answered with what was sent (%s)", len(errors), noun, example), len(errors)
	}
	return v
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

// wrong is an example of an echo that was not what was sent.
func wrong(sent, received json.RawMessage) string {
	switch {
	case received == nil:
		return fmt.Sprintf("%s was sent, and nothing came back", sent)
	case string(received) == string(sent): // what an operation keeps that was not answered
		return fmt.Sprintf("%s was sent and not answered", sent)
	}
	back := echoOf(received)
	if back == nil {
		back = json.RawMessage("null")
	}
	return fmt.Sprintf("%s was sent, %.200s came back", sent, back)
}
