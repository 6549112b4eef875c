package experiment

import (
	"encoding/json"
	"time"

	"treecast/run"
)

// healthWatch keeps the worst of what nodes have said of their health. It
// reads the replies of treecast nodes; what it does not know it ignores.
type healthWatch struct {
	nodes map[string]*nodeHealth
}

// nodeHealth is one node's figures, the worst or the last of a run.
type nodeHealth struct {
	now          time.Duration // unhealthy duration as last reported
	worst        time.Duration
	worstQueue   string
	rejected     uint64
	revoked      int
	refusedSyncs uint64
	resends      uint64
	crashes      uint64
	unusual      uint64 // all counters together
	deepest      map[string]int
}

// healthReply is the part of a health reply that is read here.
type healthReply struct {
	UnhealthyMS int64  `json:"unhealthy_ms"`
	Worst       string `json:"worst"`
	Crashes     uint64 `json:"crashes"`
	Queues      []struct {
		Name      string `json:"name"`
		HighWater int    `json:"high_water"`
		Rejected  uint64 `json:"rejected"`
	} `json:"queues"`
	Permits struct {
		Revoked int    `json:"revoked"`
		Refused uint64 `json:"refused"`
	} `json:"permits"`
	Gossip struct {
		Resends uint64 `json:"resends"`
	} `json:"gossip"`
	Counters map[string]uint64 `json:"counters"`
}

func newHealthWatch() *healthWatch { return &healthWatch{nodes: map[string]*nodeHealth{}} }

// take reads one reply.
func (h *healthWatch) take(node string, body json.RawMessage) {
	var r healthReply
	if json.Unmarshal(body, &r) != nil {
		return
	}
	n := h.nodes[node]
	if n == nil {
		n = &nodeHealth{deepest: map[string]int{}}
		h.nodes[node] = n
	}
	n.now = time.Duration(r.UnhealthyMS) * time.Millisecond
	if n.now > n.worst {
		n.worst, n.worstQueue = n.now, r.Worst
	}
	n.rejected = 0
	for _, q := range r.Queues {
		n.rejected += q.Rejected
		n.deepest[q.Name] = max(n.deepest[q.Name], q.HighWater)
	}
	n.revoked = max(n.revoked, r.Permits.Revoked)
	n.refusedSyncs, n.resends, n.crashes = r.Permits.Refused, r.Gossip.Resends, r.Crashes
	n.unusual = 0
	for _, c := range r.Counters {
		n.unusual += c
	}
}

// unhealthy is how many nodes said at last that they are unhealthy.
func (h *healthWatch) unhealthy() int {
	count := 0
	for _, n := range h.nodes {
		if n.now > 0 {
			count++
		}
	}
	return count
}

// table returns the figures of the nodes, in their order; false if no node
// ever told any.
func (h *healthWatch) table(nodes []string) (run.Table, bool) {
	t := run.Table{Name: "health", Columns: []string{
		"node", "worst_unhealthy_ms", "worst_queue", "rejected", "permits_revoked", "syncs_refused",
		"resends", "service_crashes", "unusual_events", "deepest_intake", "deepest_gossip", "deepest_output",
	}}
	for _, name := range nodes {
		n := h.nodes[name]
		if n == nil {
			continue
		}
		t.Rows = append(t.Rows, []any{
			name, n.worst.Milliseconds(), n.worstQueue, n.rejected, n.revoked, n.refusedSyncs,
			n.resends, n.crashes, n.unusual, n.deepest["intake"], n.deepest["gossip"], n.deepest["output"],
		})
	}
	return t, len(t.Rows) > 0
}
