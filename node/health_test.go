package node

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/backpressure"
	"treecast/isolate/hop"
)

// health is what others read in the answer to a health request, beside type and
// in_reply_to.
type health struct {
	UnhealthyMS int64             `json:"unhealthy_ms"` // of the worst queue; 0: healthy
	Worst       string            `json:"worst,omitempty"`
	Values      int               `json:"values"`
	Entries     int               `json:"entries"`
	Crashes     uint64            `json:"crashes"`
	Queues      []queueHealth     `json:"queues"`
	ClientGate  gateHealth        `json:"client_gate"`
	OwnGate     gateHealth        `json:"own_gate"`
	Permits     *permitHealth     `json:"permits,omitempty"`
	Journal     *journalHealth    `json:"journal,omitempty"` // none: it is off
	Optional    *optionalHealth   `json:"optional,omitempty"`
	Gossip      map[string]uint64 `json:"gossip,omitempty"`
	Limited     []limitedHealth   `json:"limited_peers,omitempty"`
	Isolation   *isolationHealth  `json:"isolation,omitempty"`
	Counters    map[string]uint64 `json:"counters"`
}

type optionalHealth struct {
	GivenUp        bool   `json:"given_up"`
	Times          uint64 `json:"times"`
	LinksRefused   uint64 `json:"links_refused"`
	SyncsPostponed uint64 `json:"syncs_postponed"`
}

type limitedHealth struct {
	Name    string  `json:"name"`
	Dropped uint64  `json:"dropped"`
	Rate    float64 `json:"rate"`
}

type isolationHealth struct {
	Mode     string                       `json:"mode"`
	Children []map[string]json.RawMessage `json:"children"`
}

type queueHealth struct {
	Name        string  `json:"name"`
	Depth       int     `json:"depth"`
	Preferred   int     `json:"preferred"`
	Capacity    int     `json:"capacity"`
	HighWater   int     `json:"high_water"`
	In          uint64  `json:"in"`
	Out         uint64  `json:"out"`
	Rejected    uint64  `json:"rejected"`
	Lost        uint64  `json:"lost"`
	OldestMS    int64   `json:"oldest_ms"`
	WaitMS      int64   `json:"wait_ms"`
	PerSecond   float64 `json:"depletion_per_second"`
	UnhealthyMS int64   `json:"unhealthy_ms"`
}

type permitHealth struct {
	Total     int    `json:"total"`
	Revoked   int    `json:"revoked"`
	InUse     int    `json:"in_use"`
	Available int    `json:"available"`
	Refused   uint64 `json:"refused"`
	TimedOut  uint64 `json:"timed_out"`
}

type journalHealth struct {
	Failing   bool   `json:"failing"`
	Kept      uint64 `json:"kept"`
	P50US     int64  `json:"p50_us"`
	P99US     int64  `json:"p99_us"`
	MaxUS     int64  `json:"max_us"`
	Appends   uint64 `json:"appends"`
	Entries   uint64 `json:"entries"`
	Bytes     uint64 `json:"bytes"`
	Recovered uint64 `json:"recovered"`
	Rewritten uint64 `json:"rewritten"`
	Removed   uint64 `json:"removed"`
}

type gateHealth struct {
	Open     bool   `json:"open"`
	Closings uint64 `json:"closings"`
}

// askHealth returns the answer to a health request, and its keys.
func (r *Rig) askHealth(now time.Duration) (health, map[string]json.RawMessage) {
	r.Settle(now)
	r.AdmitLines(now, Say("c1", "n0", `{"type":"health","msg_id":5}`))
	out := r.Write(now)
	require.Len(r.t, out, 1)
	var line struct{ Body json.RawMessage }
	require.NoError(r.t, json.Unmarshal([]byte(out[0]), &line))
	var h health
	var keys map[string]json.RawMessage
	require.NoError(r.t, json.Unmarshal(line.Body, &h))
	require.NoError(r.t, json.Unmarshal(line.Body, &keys))
	require.Equal(r.t, `"health_ok"`, string(keys["type"]))
	require.Equal(r.t, `5`, string(keys["in_reply_to"]))
	return h, keys
}

// Health before init shows queues and no gossip.
func TestHealth_beforeInitHasNoGossip(t *testing.T) {
	r := NewRig(t)
	h, keys := r.askHealth(0)
	require.NotContains(t, keys, "permits")
	require.NotContains(t, keys, "gossip")
	require.Zero(t, h.Values)
	var names []string
	for _, q := range h.Queues {
		names = append(names, q.Name)
	}
	require.Equal(t, []string{"intake", "gossip", "output"}, names)
	require.Equal(t, []string{Say("n0", "c0", `{"type":"init_ok","in_reply_to":1}`)}, r.Ask(0, InitLine(0, "n0", IDs(2)...)), "init is still to come")
}

// Health tells what the node knows and how it is.
func TestHealth_hasValuesAndQueues(t *testing.T) {
	r := StartedRig(t, IDs(3))
	for i, value := range []string{"1", "2", "1"} {
		r.Ask(time.Second, BroadcastLine("n0", i, value))
	}
	h, _ := r.askHealth(2 * time.Second)
	require.Equal(t, 2, h.Values)
	require.Equal(t, 3, h.Entries, "the same value twice is two entries")
	require.Zero(t, h.UnhealthyMS)
	require.Zero(t, h.Crashes)
	require.Equal(t, &permitHealth{Total: 2, InUse: 2}, h.Permits, "both links have something unacked")
	require.Contains(t, h.Gossip, "backlog_entries")
	require.Len(t, h.Counters, 17)
	for name, n := range h.Counters {
		require.Zero(t, n, name)
	}
	require.Equal(t, DefaultIntake.Preferred, h.Queues[0].Preferred)
	require.Equal(t, DefaultIntake.Capacity, h.Queues[0].Capacity)
	require.Equal(t, uint64(4), h.Queues[0].In, "the beginning and three requests")
	require.Equal(t, uint64(4), h.Queues[0].Out)
}

// Health names the worst queue and counts what is unusual.
func TestHealth_namesTheWorstQueue(t *testing.T) {
	r := tinyRig(t)
	r.AdmitLines(0, ReadLine("n0", 1), ReadLine("n0", 2), ReadLine("n0", 3), Say("c1", "n0", `{"type":"what"}`), "garbage")
	r.beat(100*time.Millisecond, 700*time.Millisecond)
	r.AdmitLines(700*time.Millisecond, Say("c1", "n0", `{"type":"health","msg_id":5}`))
	out := r.Write(700 * time.Millisecond)
	require.Len(t, out, 1)
	require.True(t, strings.HasPrefix(out[0], `{"src":"n0","dest":"c1","body":{"type":"health_ok","in_reply_to":5,"unhealthy_ms":700,"worst":"intake",`), out[0])
	require.Contains(t, out[0], `"stray_messages":1`)
	require.Contains(t, out[0], `"malformed_lines":1`)
	require.Contains(t, out[0], `"name":"intake","depth":3,"preferred":2,"capacity":4,"high_water":3,`)
	require.Contains(t, out[0], `"unhealthy_ms":700}`)
}

// The reply is spelt by hand: it must be JSON whatever the figures are.
func TestHealth_isWhatAnEncoderMakes(t *testing.T) {
	for _, prepare := range []func() (*Rig, time.Duration){
		func() (*Rig, time.Duration) { return NewRig(t), 0 },
		func() (*Rig, time.Duration) { return behind(t), 300 * time.Millisecond },
		func() (*Rig, time.Duration) {
			r := tinyRig(t)
			r.AdmitLines(0, ReadLine("n0", 1), ReadLine("n0", 2), ReadLine("n0", 3), "garbage")
			r.beat(100*time.Millisecond, 2*time.Second)
			return r, 2 * time.Second
		},
		func() (*Rig, time.Duration) {
			r := StartedRig(t, IDs(3), func(c *Config) {
				c.PeerLimits.Messages = backpressure.AllowanceConfig{PerSecond: 1}
			})
			for range 3 {
				r.AdmitLines(0, Say("n2", "n0", `{"type":"gossip","e":1,"f":0}`))
			}
			require.Contains(t, string(r.healthFields(0)), `"limited_peers":[{"name":"n2","dropped":2,"rate":0.5}]`)
			return r, 0
		},
		func() (*Rig, time.Duration) {
			r := NewRig(t, func(c *Config) { c.Isolation.Mode = hop.Links })
			r.AdmitLines(0, InitLine(0, "n0", "n0", "n1", "n2"))
			for range 3 {
				_, err := r.isolated.Step(0)
				require.NoError(t, err)
			}
			r.AdmitLines(0, Say("n2", "n0", `{"type":"gossip","e":1,"f":0}`))
			_, err := r.isolated.Step(time.Second)
			require.NoError(t, err)
			require.Contains(t, string(r.healthFields(time.Second)), `"isolation":{"mode":"links","children":[{"name":"gossip","up":true,`)
			require.Contains(t, string(r.healthFields(time.Second)), `{"name":"link n2","up":true,"inside":false,"started":1,`)
			return r, time.Second
		},
	} {
		r, now := prepare()
		fields := r.healthFields(now)
		require.Equal(t, byte(','), fields[0])
		fields[0] = '{'
		var h health
		decoder := json.NewDecoder(bytes.NewReader(fields))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&h), "%s", fields)
		require.NotEmpty(t, h.Queues)
		again, err := json.Marshal(h)
		require.NoError(t, err)
		require.JSONEq(t, string(again), string(fields))
	}
}

func BenchmarkHealthReply(b *testing.B) {
	r := StartedRig(b, IDs(25))
	b.ReportAllocs()
	for b.Loop() {
		r.healthFields(time.Second)
	}
}
