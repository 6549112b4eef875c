package node

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// untold has nobody tell the node what it is for.
func untold(cfg *Config) { cfg.App = "" }

// The first request that only one workload has tells the node what it is for; what other
// workloads have is refused from then on, but for what needs no state.
func TestChoice_firstRequestThatTells(t *testing.T) {
	for _, test := range []struct{ tells, ok, read string }{
		{`{"type":"topology","topology":{},"msg_id":1}`, "topology_ok", `"messages":[]`},
		{`{"type":"broadcast","message":7,"msg_id":1}`, "broadcast_ok", `"messages":[7]`},
		{`{"type":"add","element":7,"msg_id":1}`, "add_ok", `"value":[7]`},
		{`{"type":"add","delta":7,"msg_id":1}`, "add_ok", `"value":7`},
	} {
		r := StartedRig(t, IDs(1), untold)
		require.Contains(t, r.Ask(0, Say("c1", "n0", `{"type":"echo","echo":1,"msg_id":1}`))[0], "echo_ok")
		require.Contains(t, r.Ask(0, Say("c1", "n0", `{"type":"generate","msg_id":1}`))[0], "generate_ok")
		require.Contains(t, r.Ask(0, Say("c1", "n0", test.tells))[0], test.ok)
		require.Contains(t, r.Ask(0, ReadLine("n0", 2))[0], test.read)
		require.Contains(t, r.Ask(0, Say("c1", "n0", `{"type":"send","key":"k","msg":1,"msg_id":3}`))[0], `"code":10`)
		require.Contains(t, r.Ask(0, Say("c1", "n0", `{"type":"echo","echo":1,"msg_id":4}`))[0], "echo_ok")
	}
}

// A read that comes before anybody knows is answered when somebody does, or refused
// before its client gives up.
func TestChoice_readWaits(t *testing.T) {
	r := StartedRig(t, IDs(1), untold)
	require.Empty(t, r.Ask(0, ReadLine("n0", 1)))
	require.Contains(t, r.Ask(time.Second, Say("c2", "n0", `{"type":"add","delta":3,"msg_id":1}`)), Say("n0", "c1", `{"type":"read_ok","in_reply_to":1,"value":0}`))

	r = StartedRig(t, IDs(1), untold)
	require.Empty(t, r.Ask(0, ReadLine("n0", 1)))
	require.Empty(t, r.Settle(999*time.Millisecond))
	refused := r.Settle(time.Second)
	require.Len(t, refused, 1)
	require.Contains(t, refused[0], `"code":11`)
	require.Contains(t, r.Ask(5*time.Second, BroadcastLine("n0", 2, "1"))[0], "broadcast_ok", "it is not too late to tell")
}

// A restarted node waits longer: its peers may know.
func TestChoice_restartedReadWaitsLonger(t *testing.T) {
	r := restartedRig(t, 90, IDs(2), untold)
	require.Empty(t, r.Ask(0, ReadLine("n0", 1)))
	for _, line := range r.Settle(3 * time.Second) {
		require.NotContains(t, line, "c1", "peers are asked, and clients wait")
	}
	require.Contains(t, strings.Join(r.Settle(3900*time.Millisecond), "\n"), `"code":11`)
}

// A restarted node knows it by its journal.
func TestChoice_isInTheJournal(t *testing.T) {
	m := Memory()
	r := StartedRig(t, IDs(2), untold, KeptBy(m))
	require.Contains(t, r.Ask(0, Say("c1", "n0", `{"type":"add","delta":3,"msg_id":1}`))[0], "add_ok")
	next := restartedRig(t, 90, IDs(2), untold, KeptBy(m), another(2))
	require.Contains(t, next.Ask(0, ReadLine("n0", 1))[0], `"value":3`)
}
