package node

import (
	"encoding/json"
	"time"

	"treecast/backpressure"
	"treecast/chans"
)

// health is the node's answer to a health request, beside type and
// in_reply_to. Durations are whole milliseconds.
type health struct {
	UnhealthyMS int64             `json:"unhealthy_ms"` // of the worst queue; 0: healthy
	Worst       string            `json:"worst,omitempty"`
	Values      int               `json:"values"`
	Entries     int               `json:"entries"`
	Crashes     uint64            `json:"crashes"`
	Queues      []queueHealth     `json:"queues"`
	Permits     *permitHealth     `json:"permits,omitempty"`
	Journal     *journalHealth    `json:"journal,omitempty"` // none: it is off
	Gossip      map[string]uint64 `json:"gossip,omitempty"`
	Counters    map[string]uint64 `json:"counters"`
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
	PerSecond   float64 `json:"depletion_per_second"`
	UnhealthyMS int64   `json:"unhealthy_ms"`
}

// journalHealth times are from a broadcast's line, or a peer's entries, to their
// being kept.
type journalHealth struct {
	Failing   bool   `json:"failing"`
	Kept      uint64 `json:"kept"` // broadcasts and deliveries
	P50US     int64  `json:"p50_us"`
	P99US     int64  `json:"p99_us"`
	MaxUS     int64  `json:"max_us"`
	Appends   uint64 `json:"appends"`
	Entries   uint64 `json:"entries"`
	Bytes     uint64 `json:"bytes"`
	Recovered uint64 `json:"recovered"`
	Removed   uint64 `json:"removed"` // directories of runs that are over
}

type permitHealth struct {
	Total     int    `json:"total"`
	Revoked   int    `json:"revoked"`
	InUse     int    `json:"in_use"`
	Available int    `json:"available"`
	Refused   uint64 `json:"refused"`
	TimedOut  uint64 `json:"timed_out"`
}

// healthFields returns the answer's fields as they follow in_reply_to.
func (n *Node) healthFields(now time.Duration) []byte {
	report, _ := n.monitor.Report(now)
	h := health{
		UnhealthyMS: report.Unhealthy.Milliseconds(),
		Worst:       report.Worst,
		Entries:     n.log.Len(),
		Values:      int(n.record.shownValues.Load()),
		Queues:      queueHealths(n.broker.Figures(now), report.Queues),
		Counters:    n.count.figures(),
	}
	if n.journaler != nil {
		f := n.journaler.figures
		h.Journal = &journalHealth{
			Failing: f.failing.Load(), Kept: f.delays.count.Load(),
			P50US: f.delays.quantile(0.5).Microseconds(), P99US: f.delays.quantile(0.99).Microseconds(),
			MaxUS:   time.Duration(f.delays.longest.Load()).Microseconds(),
			Appends: f.appends.Load(), Entries: f.entries.Load(), Bytes: f.bytes.Load(),
			Recovered: f.recovered.Load(), Removed: f.tidied.Load(),
		}
	}
	if n.supervisor != nil {
		h.Crashes = n.supervisor.Crashes()
	}
	if g := n.gossiper.shown.Load(); g != nil {
		p := g.permits
		h.Permits = &permitHealth{p.Total, p.Revoked, p.InUse, p.Available, p.Refused, p.TimedOut}
		s := g.stats
		h.Gossip = map[string]uint64{
			"messages_in": s.MessagesIn, "messages_out": s.MessagesOut,
			"entries_in": s.EntriesIn, "entries_out": s.EntriesOut, "entries_known": s.EntriesKnown,
			"resends": s.Resends, "bare_acks": s.BareAcks,
			"peer_restarts": s.PeerRestarts, "malformed": s.Malformed, "permits_refused": s.PermitsRefused,
			"suspect_links": uint64(s.SuspectLinks), "unacked_links": uint64(s.UnackedLinks),
			"suspicions": s.Suspicions, "attaches": s.Attaches, "adoptions": s.Adoptions, "swaps": s.Swaps,
			"suspects":        uint64(s.Suspects),
			"backlog_entries": uint64(s.BacklogEntries), "period_us": uint64(s.Period.Microseconds()),
		}
	}
	text, err := json.Marshal(h)
	if err != nil {
		return []byte(`}`)
	}
	text[0] = ','
	return text
}

func queueHealths(figures []chans.Figures, seen []backpressure.QueueHealth) []queueHealth {
	out := make([]queueHealth, len(figures))
	for i, f := range figures {
		out[i] = queueHealth{
			Name: f.Name, Depth: f.Depth, Preferred: f.Preferred, Capacity: f.Capacity, HighWater: f.HighWater,
			In: f.In, Out: f.Out, Rejected: f.Rejected, Lost: f.Lost,
			OldestMS: f.OldestAge.Milliseconds(), PerSecond: f.DepletionPerSecond,
		}
		for _, q := range seen {
			if q.Name == f.Name {
				out[i].UnhealthyMS = q.Unhealthy.Milliseconds()
			}
		}
	}
	return out
}
