package all

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

// FuzzReply checks that every reply completes an operation of any workload in one
// of the ways that Maelstrom knows: what went well has a value that is JSON, what
// did not says why, and a history keeps both.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		`{"type":"read_ok","messages":[1,2],"in_reply_to":3}`, `{"type":"broadcast_ok","in_reply_to":3,"msg_id":4}`, `{"type":"echo_ok","echo":"a","in_reply_to":1}`,
		`{"type":"error","code":11,"text":"busy","in_reply_to":3}`, `{"type":"error","code":1e9}`, `{"type":"error","code":99999999999,"text":7}`, `{"type":"error"}`,
		`{"type":"read_ok","value":7,"in_reply_to":3}`, `{"type":"read_ok","messages":[],"in_reply_to":3,"x":1}`, `{"type":7}`, `{}`, `{"type":"init_ok"}`, `{"type":"topology_ok","in_reply_to":1}`,
		`{"type":"error","text":"\u0000\ud800 \n]"}`, `{"type":"generate_ok","id":{},"in_reply_to":1}`, `{"type":"poll_ok","msgs":{"9":[[0,1]]},"in_reply_to":1}`,
	} {
		f.Add([]byte(seed), uint64(1))
	}
	f.Fuzz(func(t *testing.T, body []byte, seed uint64) {
		var fields map[string]json.RawMessage
		if json.Unmarshal(body, &fields) != nil || fields == nil {
			return // a line without an object for its body is no message
		}
		for _, name := range Names() {
			w, err := Named(name)
			require.NoError(t, err)
			options := workload.Options{Nodes: []string{"n0"}, Concurrency: 2}
			workers := workloadtest.NewWorkers(2, seed)
			_, op := w.Generator(options).Next(0, workers, workers.Rng)
			c := w.Client(options)
			step := c.Begin(op)
			for range 5 {
				if step.Request.Type != "" {
					require.True(t, json.Valid(step.Request.AppendBody(nil, 1)))
					step = c.Reply(body)
				}
			}
			if step.Request.Type != "" {
				continue // it asks on and on, as long as there is more
			}
			done := step.Completion
			if done.Type == run.OK {
				require.Nil(t, done.Error)
			} else if op.F != "crash" {
				require.NotNil(t, done.Error, "%s: %s", name, body)
				require.NotEmpty(t, done.Error.Name)
			}
			_, err = run.AppendOpEDN(nil, run.Op{Type: done.Type, F: op.F, Value: done.Value, Micro: op.Micro, Extra: op.Extra, Error: done.Error})
			require.NoError(t, err)
		}
		require.False(t, workload.CheckInit(body) == nil && workload.CheckTopology(body) == nil, "it cannot be both")
	})
}

func TestNames_areTheWorkloads(t *testing.T) {
	for _, name := range Names() {
		w, err := Named(name)
		require.NoError(t, err)
		require.Equal(t, name, w.Name)
	}
	_, err := Named("dance")
	require.ErrorContains(t, err, "broadcast, echo")
}
