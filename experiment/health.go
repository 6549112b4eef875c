package experiment

import (
	"encoding/json"
	"time"

	"treecast/run"
)

// healthWatch keeps the worst of what nodes have said of their health, when
// they were overwhelmed, and has all of it recorded. It reads the replies of
// treecast nodes; what it does not know it ignores.
type healthWatch struct {
	nodes map[string]*nodeHealth
	order []*nodeHealth  // as they first spoke
	log   *run.HealthLog // nil: not recorded
}

// nodeHealth is one node's figures, the worst or the last of a run.
type nodeHealth struct {
	name         string
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
	kept99       int64 // us from a request's line to its being in the journal, worst life
	keptMax      int64
	recovered    uint64 // entries that the last life found
	slots        uint64 // messages upwards that the last life sent in its slots
	missed       uint64 // those of them that came too late
	guard        uint64 // us, the widest

	children map[string]*childWatch // processes of its own, by name

	seen    time.Duration // when it last spoke
	refused uint64        // broadcasts, as last told
	trouble trouble
}

// healthReply is the part of a health reply that is read here.
type healthReply struct {
	UnhealthyMS int64             `json:"unhealthy_ms"`
	Worst       string            `json:"worst"`
	Crashes     uint64            `json:"crashes"`
	Entries     uint64            `json:"entries"`
	Queues      []run.QueueRecord `json:"queues"`
	Permits     struct {
		Total     int    `json:"total"`
		Revoked   int    `json:"revoked"`
		InUse     int    `json:"in_use"`
		Available int    `json:"available"`
		Refused   uint64 `json:"refused"`
	} `json:"permits"`
	Gossip struct {
		Resends     uint64 `json:"resends"`
		GuardUS     uint64 `json:"guard_us"`
		Slots       uint64 `json:"slots"`
		SlotsMissed uint64 `json:"slots_missed"`
	} `json:"gossip"`
	Journal struct {
		P99US     int64  `json:"p99_us"`
		MaxUS     int64  `json:"max_us"`
		Recovered uint64 `json:"recovered"`
	} `json:"journal"`
	Isolation struct {
		Children []childReply `json:"children"`
	} `json:"isolation"`
	Counters map[string]uint64 `json:"counters"`
}

// newHealthWatch returns a watch that records what it hears in log, if that is
// not nil.
func newHealthWatch(log *run.HealthLog) *healthWatch {
	return &healthWatch{nodes: map[string]*nodeHealth{}, log: log}
}

// take reads one reply.
func (h *healthWatch) take(now time.Duration, node string, body json.RawMessage) {
	r := &healthReply{}
	if json.Unmarshal(body, r) != nil {
		return
	}
	n := h.nodes[node]
	if n == nil {
		n = &nodeHealth{name: node, deepest: map[string]int{}}
		h.nodes[node] = n
		h.order = append(h.order, n)
	}
	n.now = time.Duration(r.UnhealthyMS) * time.Millisecond
	if n.now > n.worst {
		n.worst, n.worstQueue = n.now, r.Worst
	}
	n.rejected = 0
	for _, q := range r.Queues {
		n.rejected += q.Rejected
		n.deepest[q.Name] = max(n.deepest[q.Name], q.HighWater)
		q.At, q.Node = now, node
		h.log.Queue(&q)
	}
	n.revoked = max(n.revoked, r.Permits.Revoked)
	n.refusedSyncs, n.resends, n.crashes = r.Permits.Refused, r.Gossip.Resends, r.Crashes
	n.guard, n.slots, n.missed = max(n.guard, r.Gossip.GuardUS), r.Gossip.Slots, r.Gossip.SlotsMissed
	n.kept99, n.keptMax = max(n.kept99, r.Journal.P99US), max(n.keptMax, r.Journal.MaxUS)
	n.recovered = r.Journal.Recovered
	n.takeChildren(r.Isolation.Children)
	n.unusual = 0
	for _, c := range r.Counters {
		n.unusual += c
	}
	h.log.Health(&run.HealthRecord{
		At: now, Node: node, UnhealthyMS: r.UnhealthyMS, Worst: r.Worst, Permits: r.Permits.Total, Revoked: r.Permits.Revoked,
		InUse: r.Permits.InUse, Available: r.Permits.Available, PermitsRefused: r.Permits.Refused,
		RefusedByGate: r.Counters["refused_by_gate"], RefusedByWait: r.Counters["refused_by_wait"],
		RefusedFull: r.Counters["refused_full"], Crashes: r.Crashes, Entries: r.Entries,
	})
	n.note(now, r)
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
		"deepest_journal", "journal_p99_us", "journal_max_us", "recovered_entries",
		"slots", "slots_missed", "widest_guard_us",
	}}
	for _, name := range nodes {
		n := h.nodes[name]
		if n == nil {
			continue
		}
		t.Rows = append(t.Rows, []any{
			name, n.worst.Milliseconds(), n.worstQueue, n.rejected, n.revoked, n.refusedSyncs,
			n.resends, n.crashes, n.unusual, n.deepest["intake"], n.deepest["gossip"], n.deepest["output"],
			n.deepest["journal"], n.kept99, n.keptMax, n.recovered,
			n.slots, n.missed, n.guard,
		})
	}
	return t, len(t.Rows) > 0
}
