package session

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/network"
	"treecast/workload/all"
)

// FuzzSession has nodes print whatever lines there are in answer to requests,
// with the client and the id of the request where they ask for it, and checks
// that the run ends, that its history is sound and that it can be written.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		`{"src":"n1","dest":"$client","body":{"type":"read_ok","messages":[1,"a"],"in_reply_to":$id}}`,
		`{"src":"n1","dest":"$client","body":{"type":"broadcast_ok","in_reply_to":$id}}` + "\n\n" + `{"src":"n1","dest":"$client","body":{"type":"error","code":11,"text":"no","in_reply_to":$id}}`,
		`{"src":"n1","dest":"n2","body":{"type":"gossip","runs":[{"v":[1]}],"msg_id":"x"}}`, `{"src":"n1","dest":"c-health","body":{"type":"health_ok","in_reply_to":1}}`,
		`{"src":"n2","dest":"n1","body":{}}`, `{"src":"n1","dest":"c999","body":{"in_reply_to":0}}`, `{"src":"n1","dest":"lin-kv","body":{"type":"read"}}`, "garbage", `{"src":"n1","dest":"n1","body":{"type":"init","node_ids":7}}`, "",
	} {
		f.Add([]byte(seed), uint64(len(seed)))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		w, err := all.Named(all.Names()[seed%uint64(len(all.Names()))])
		require.NoError(t, err)
		lines := strings.Split(string(text), "\n")
		next := 0
		c := newCluster(t, Config{
			Workload: w, Nodes: []string{"n1", "n2"}, Concurrency: 4, RatePerSec: 20, TimeLimit: time.Second, Quiet: time.Second, Seed: seed,
			Latency:  network.Latency{Mean: 10 * ms, Dist: network.Uniform},
			OnHealth: func(_ time.Duration, _ string, body json.RawMessage) { require.True(t, json.Valid(body)) },
		}, func(name string) program {
			p := naive(name)
			return func(m message) []string {
				out := p(m)
				if m.Body.Type == "init" || name != "n1" || strings.HasPrefix(m.Src, "n") {
					return out
				}
				next++
				made := lines[next%len(lines)]
				if made == "" {
					return out
				}
				return []string{strings.NewReplacer("$client", m.Src, "$id", strconv.Itoa(m.Body.MsgID)).Replace(made)}
			}
		})
		r := c.run()
		requireSound(t, r.History, 4)
		require.Len(t, r.Notes, 2)
		for _, op := range r.History {
			require.True(t, op.Value == nil || json.Valid(op.Value), "%s", op.Value)
			line, err := run.AppendOpEDN(nil, op)
			require.NoError(t, err)
			require.NotContains(t, string(line), "\n")
		}
	})
}
