package node

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/wire"
)

// errorLine spells an error reply of n0 to a client's message 5.
func errorLine(dest string, code int, text string) string {
	return Say("n0", dest, fmt.Sprintf(`{"type":"error","in_reply_to":5,"code":%d,"text":%s}`, code, wire.AppendString(nil, text)))
}

// Every request, and exactly what is said to it: Maelstrom's schemas allow no
// key beyond the workload's own.
func TestIntake_answers(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"broadcast":                {`{"type":"broadcast","message":1,"msg_id":5}`, `{"type":"broadcast_ok","in_reply_to":5}`},
		"broadcast of null":        {`{"type":"broadcast","message":null,"msg_id":5}`, `{"type":"broadcast_ok","in_reply_to":5}`},
		"broadcast with more keys": {`{"x":{},"msg_id":5,"message":"a","y":[1],"type":"broadcast"}`, `{"type":"broadcast_ok","in_reply_to":5}`},
		"message 0":                {`{"type":"broadcast","message":1,"msg_id":0}`, `{"type":"broadcast_ok","in_reply_to":0}`},
		"negative message id":      {`{"type":"broadcast","message":1,"msg_id":-9}`, `{"type":"broadcast_ok","in_reply_to":-9}`},
		"id beyond 2^53":           {`{"type":"broadcast","message":1,"msg_id":9007199254740993}`, `{"type":"broadcast_ok","in_reply_to":9007199254740993}`},
		"largest id":               {`{"type":"broadcast","message":1,"msg_id":9223372036854775807}`, `{"type":"broadcast_ok","in_reply_to":9223372036854775807}`},
		"id beyond 2^63":           {`{"type":"broadcast","message":1,"msg_id":18446744073709551616}`, `{"type":"broadcast_ok","in_reply_to":18446744073709551616}`},
		"id far below 0":           {`{"type":"echo","echo":1,"msg_id":-1180591620717411303424}`, `{"type":"echo_ok","in_reply_to":-1180591620717411303424,"echo":1}`},
		"read of a large id":       {`{"type":"read","msg_id":9223372036854775808}`, `{"type":"read_ok","in_reply_to":9223372036854775808,"messages":[]}`},
		"read":                     {`{"type":"read","msg_id":5}`, `{"type":"read_ok","in_reply_to":5,"messages":[]}`},
		"topology":                 {`{"type":"topology","topology":{"n0":["n1"]},"msg_id":5}`, `{"type":"topology_ok","in_reply_to":5}`},
		"topology without one":     {`{"type":"topology","msg_id":5}`, `{"type":"topology_ok","in_reply_to":5}`},
		"echo":                     {`{"type":"echo","echo":{"a":[1, 2.50]},"msg_id":5}`, `{"type":"echo_ok","in_reply_to":5,"echo":{"a":[1, 2.50]}}`},
		"echo of nothing":          {`{"type":"echo","msg_id":5}`, `{"type":"echo_ok","in_reply_to":5}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := StartedRig(t, IDs(1))
			require.Equal(t, []string{Say("n0", "c3", c.want)}, r.Ask(time.Second, Say("c3", "n0", c.body)))
			require.Empty(t, r.Settle(time.Hour), "one answer each")
		})
	}
}

func TestIntake_refuses(t *testing.T) {
	r := StartedRig(t, IDs(2))
	for body, want := range map[string]string{
		`{"type":"broadcast","msg_id":5}`:                             errorLine("c3", 12, "a broadcast needs a message"),
		`{"type":"compute","msg_id":5}`:                               errorLine("c3", 10, `"compute" is not a request that this node knows`),
		`{"type":"","msg_id":5}`:                                      errorLine("c3", 10, `"" is not a request that this node knows`),
		`{"type":"read_ok","msg_id":5}`:                               errorLine("c3", 10, `"read_ok" is not a request that this node knows`),
		`{"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":5}`: errorLine("c3", 12, "this node is initialised already, as n0"),
	} {
		require.Equal(t, []string{want}, r.Ask(time.Second, Say("c3", "n0", body)), body)
	}
	require.Equal(t, `[]`, r.Values(time.Second))
	require.Equal(t, uint64(3), r.counters.strayMessages.Load(), "the unknown types")
}

// No one is answered who does not ask.
func TestIntake_answersOnlyRequests(t *testing.T) {
	r := StartedRig(t, IDs(2))
	for _, body := range []string{
		`{"type":"broadcast","message":1}`, `{"type":"broadcast"}`, `{"type":"read"}`, `{"type":"topology"}`,
		`{"type":"echo","echo":1}`, `{"type":"health"}`, `{"type":"generate"}`, `{"type":"broadcast","message":2,"msg_id":null}`,
		`{"type":"init","node_id":"n0","node_ids":["n0"]}`,
		// Replies to what we never asked, whatever they say.
		`{"type":"broadcast","message":3,"msg_id":5,"in_reply_to":0}`, `{"type":"read","msg_id":5,"in_reply_to":7}`,
		`{"type":"error","code":11,"text":"","in_reply_to":7}`,
	} {
		require.Empty(t, r.Ask(time.Second, Say("c3", "n0", body)), body)
	}
	require.Equal(t, `[1,2]`, r.Values(time.Second), "a value counts even if nobody waits for the answer")
}

// Messages for another node are ignored.
func TestIntake_ignoresOtherDestinations(t *testing.T) {
	r := StartedRig(t, IDs(2))
	for _, body := range []string{`{"type":"broadcast","message":1,"msg_id":5}`, `{"type":"gossip","e":1}`, `{"type":"init","node_id":"n1","node_ids":["n1"],"msg_id":5}`} {
		require.Empty(t, r.Ask(time.Second, Say("c3", "n1", body)))
	}
	require.Equal(t, uint64(3), r.counters.strayMessages.Load())
	require.Equal(t, `[]`, r.Values(time.Second))
	require.Contains(t, r.Logs.String(), "for another node")
}

// Gossip is taken from peers only.
func TestIntake_gossipComesFromPeersOnly(t *testing.T) {
	r := StartedRig(t, []string{"n0", "n1"})
	gossip := `{"type":"gossip","e":5,"b":1,"runs":[{"o":"n1","l":"x","c":1,"v":[42]}]}`
	for _, stranger := range []string{"c1", "n0", "n2", ""} {
		require.Empty(t, r.Ask(time.Second, Say(stranger, "n0", gossip)))
	}
	require.Equal(t, uint64(4), r.counters.strayMessages.Load())
	require.Equal(t, `[]`, r.Values(time.Second))
	r.Ask(time.Second, Say("n1", "n0", gossip))
	require.Equal(t, `[42]`, r.Values(time.Second))
	require.Equal(t, uint64(4), r.counters.strayMessages.Load())
}

// A peer that cannot be read changes nothing.
func TestIntake_unreadablePeerChangesNothing(t *testing.T) {
	r := StartedRig(t, []string{"n0", "n1"})
	for i, body := range []string{
		`{"type":"gossip"}`, `{"type":"gossip","e":0,"b":1}`, `{"type":"gossip","e":"5"}`,
		`{"type":"gossip","e":5,"runs":7}`, `{"type":"gossip","e":5,"in_reply_to":3,"runs":[{"c":0,"v":[1]}]}`,
	} {
		require.Empty(t, r.Ask(time.Duration(i)*time.Second, Say("n1", "n0", body)), body)
	}
	require.Equal(t, `[]`, r.Values(time.Minute))
	require.Zero(t, r.gossipBytes.used.Load())
}

// Init is checked and can be tried again.
func TestInit_isCheckedAndCanBeRepeated(t *testing.T) {
	r := NewRig(t)
	for body, complaint := range map[string]string{
		`{"type":"init","msg_id":5}`:                                       "node_id is missing",
		`{"type":"init","msg_id":5,"node_id":null,"node_ids":["n0"]}`:      "node_id is missing",
		`{"type":"init","msg_id":5,"node_id":"","node_ids":[""]}`:          "node_id is missing",
		`{"type":"init","msg_id":5,"node_id":0,"node_ids":["n0"]}`:         "must be a string",
		`{"type":"init","msg_id":5,"node_id":"n0"}`:                        "no node ids",
		`{"type":"init","msg_id":5,"node_id":"n0","node_ids":[]}`:          "no node ids",
		`{"type":"init","msg_id":5,"node_id":"n0","node_ids":"n0"}`:        "must be a list of strings",
		`{"type":"init","msg_id":5,"node_id":"n0","node_ids":[0]}`:         "must be a list of strings",
		`{"type":"init","msg_id":5,"node_id":"n0","node_ids":["n0",null]}`: "node_ids has an empty name",
		`{"type":"init","msg_id":5,"node_id":"n0","node_ids":["n1","n2"]}`: `\"n0\" is not among`,
		`{"type":"init","msg_id":5,"node_id":"n0","node_ids":["n0","n0"]}`: "duplicate",
	} {
		out := r.Ask(time.Second, Say("c0", "n0", body))
		require.Len(t, out, 1, body)
		require.True(t, strings.HasPrefix(out[0], `{"src":"n0","dest":"c0","body":{"type":"error","in_reply_to":5,"code":12,"text":`), out[0])
		require.Contains(t, out[0], complaint, body)
	}
	require.Equal(t, []string{Say("n0", "c0", `{"type":"init_ok","in_reply_to":1}`)}, r.Ask(time.Second, InitLine(0, "n0", IDs(3)...)))
	require.Equal(t, "[]", r.Values(time.Second))
}

// The order of node ids does not matter.
func TestInit_orderOfIDsDoesNotMatter(t *testing.T) {
	for _, order := range [][]string{{"n0", "n2", "n10"}, {"n10", "n2", "n0"}} {
		r := NewRig(t)
		r.Ask(0, InitLine(0, "n2", order...))
		require.Equal(t, []string{"n0", "n2", "n10"}, r.intake.self.members.Nodes())
	}
}

// An init that cannot be the first of a run is a restart.
func TestInit_lateOneIsARestart(t *testing.T) {
	for id, restart := range map[string]bool{`"id":0,`: false, `"id":5,`: false, `"id":6,`: true, `"id":900,`: true, ``: true, `"id":"x",`: true} {
		r := NewRig(t)
		r.AdmitLines(0, `{`+id+`"src":"c0","dest":"n0","body":{"type":"init","node_id":"n0","node_ids":["n0","n1","n2"],"msg_id":1}}`)
		require.Equal(t, restart, r.intake.self.greet, "it says hello where nobody can tell: %s", id)
		require.Equal(t, restart && strings.Contains(id, `"id":`) && !strings.Contains(id, "x"), r.intake.self.restart, id)
	}
}

// Requests before init are turned away.
func TestInit_requestsBeforeItAreRefused(t *testing.T) {
	r := NewRig(t)
	for _, typ := range []string{"broadcast", "read", "topology", "echo", "generate"} {
		require.Equal(t, []string{errorLine("c3", 11, "this node is not initialised yet: send init first")},
			r.Ask(0, Say("c3", "n0", fmt.Sprintf(`{"type":%q,"message":1,"msg_id":5}`, typ))))
	}
	require.Empty(t, r.Ask(0, Say("c3", "n0", `{"type":"read"}`)))
	// A peer may have been initialised before us.
	require.Empty(t, r.Ask(0, Say("n1", "n0", `{"type":"gossip","e":5,"b":1,"runs":[{"o":"n1","l":"x","c":1,"v":[42]}]}`)))
	require.Equal(t, uint64(1), r.counters.droppedPeerMsgs.Load())
	r.Ask(0, InitLine(0, "n0", IDs(2)...))
	require.Equal(t, "[]", r.Values(0))
}

// Bad lines are answered where the sender is known.
func TestIntake_answersBadLinesOfKnownSenders(t *testing.T) {
	long := strings.Repeat("7", 2000)
	for name, c := range map[string]struct {
		line   string
		answer string // part of the error's text; empty: none
	}{
		"no JSON":                  {`hello`, ""},
		"half a message":           {`{"src":"c3","dest":"n0","body":{"type":"read","msg_id":5,`, "not JSON: ends too early"},
		"half, sender unknown":     {`{"dest":"n0","body":{"type":"read","msg_id":5`, ""},
		"half, no message id":      {`{"src":"c3","dest":"n0","body":{"type":"read","mess`, ""},
		"not an object":            {`[1]`, ""},
		"body is no object":        {`{"src":"c3","dest":"n0","body":7}`, ""},
		"type missing":             {Say("c3", "n0", `{"msg_id":5}`), "body.type is missing"},
		"type is no string":        {Say("c3", "n0", `{"type":7,"msg_id":5}`), "body.type is not a string"},
		"dest missing":             {`{"src":"c3","body":{"type":"read","msg_id":5}}`, "dest is missing"},
		"src missing":              {`{"dest":"n0","body":{"type":"read","msg_id":5}}`, ""},
		"msg_id is no integer":     {Say("c3", "n0", `{"type":"read","msg_id":5.5}`), ""},
		"in_reply_to is no number": {Say("c3", "n0", `{"type":"read","msg_id":5,"in_reply_to":"1"}`), "body.in_reply_to is not an integer"},
		"a reply":                  {`{"src":"c3","dest":"n0","body":{"msg_id":5,"in_reply_to":4}}`, ""},
		"from a peer":              {Say("n1", "n0", `{"msg_id":5}`), ""},
		"too long":                 {Say("c3", "n0", `{"type":"broadcast","msg_id":5,"message":`+long+`}`), "line too long: 2074 bytes, the limit is 1024"},
		"too long, id too late":    {Say("c3", "n0", `{"type":"broadcast","message":`+long+`,"msg_id":5}`), ""},
		"too long, from a peer":    {Say("n1", "n0", `{"type":"gossip","msg_id":5,"message":`+long+`}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := StartedRig(t, IDs(2), func(c *Config) { c.MaxLineBytes = 1024 })
			out := r.Ask(time.Second, c.line)
			if c.answer == "" {
				require.Empty(t, out)
			} else {
				require.Len(t, out, 1)
				require.True(t, strings.HasPrefix(out[0], `{"src":"n0","dest":"c3","body":{"type":"error","in_reply_to":5,"code":12,"text":"`), out[0])
				require.Contains(t, out[0], c.answer)
			}
			require.Equal(t, uint64(1), r.counters.malformedLines.Load()+r.counters.longLines.Load())
			require.Equal(t, strings.HasPrefix(name, "too long"), r.counters.longLines.Load() == 1)
			require.Contains(t, r.Logs.String(), "a line on stdin is no message")
			require.Equal(t, "[]", r.Values(time.Second), "the node goes on")
		})
	}
}

// A bad line before init is answered under the name it was sent to.
func TestInit_badLineBeforeItGetsTheNameItUsed(t *testing.T) {
	r := NewRig(t)
	require.Equal(t, []string{Say("n4", "c3", `{"type":"error","in_reply_to":5,"code":12,"text":"body.type is missing"}`)},
		r.Ask(0, Say("c3", "n4", `{"msg_id":5}`)))
}
