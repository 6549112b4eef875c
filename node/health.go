package node

import (
	"math"
	"strconv"
	"time"

	"treecast/backpressure"
	"treecast/chans"
	"treecast/gossip"
)

// healthFields returns the answer to a health request as its fields follow
// in_reply_to. Durations are whole milliseconds, rates rounded to a tenth. It is
// spelt by hand: a thousand nodes that are asked once a second feel it.
func (n *Node) healthFields(now time.Duration) []byte {
	report, _ := n.monitor.Report(now)
	b := jsonWriter{text: make([]byte, 0, 2048)}
	b.text = append(b.text, ',')
	b.number("unhealthy_ms", uint64(report.Unhealthy.Milliseconds())) // of the worst queue; 0: healthy
	if report.Worst != "" {
		b.key("worst")
		b.text = strconv.AppendQuote(b.text, report.Worst)
	}
	b.number("values", uint64(n.state.shown.Load()))
	b.number("entries", uint64(n.state.log.Len()))
	b.number("crashes", n.crashes())
	b.key("queues")
	b.text = append(b.text, '[')
	for _, f := range n.broker.Figures(now) {
		b.queue(&f, report.Queues)
	}
	b.text = append(b.text, ']')
	b.gate("client_gate", n.gates.clients.Figures(now))
	b.gate("own_gate", n.gates.own.Figures(now))
	if n.journaler != nil { // it is on
		b.journal(n.journaler.figures)
	}
	if g := n.gossiper.figures.Load(); g != nil {
		b.permits(&g.Permits)
		b.gossip(&g.Gossip)
	}
	b.open("counters")
	for _, c := range n.counters.figures() {
		b.number(c.name, c.count)
	}
	b.text = append(b.text, '}', '}')
	return b.text
}

// crashes is how often services have been started again.
func (n *Node) crashes() uint64 {
	return n.supervisor.Crashes()
}

// jsonWriter is JSON as it is put together. Names need no escapes.
type jsonWriter struct{ text []byte }

// key begins a field, behind a comma where it is not the first.
func (b *jsonWriter) key(name string) {
	if last := b.text[len(b.text)-1]; last != '{' && last != ',' {
		b.text = append(b.text, ',')
	}
	b.text = append(b.text, '"')
	b.text = append(b.text, name...)
	b.text = append(b.text, '"', ':')
}

func (b *jsonWriter) number(name string, n uint64) {
	b.key(name)
	b.text = strconv.AppendUint(b.text, n, 10)
}

func (b *jsonWriter) open(name string) {
	b.key(name)
	b.text = append(b.text, '{')
}

func (b *jsonWriter) queue(f *chans.Figures, seen []backpressure.QueueHealth) {
	if b.text[len(b.text)-1] != '[' {
		b.text = append(b.text, ',')
	}
	b.text = append(b.text, '{')
	b.key("name")
	b.text = strconv.AppendQuote(b.text, f.Name)
	b.number("depth", uint64(f.Depth))
	b.number("preferred", uint64(f.Preferred))
	b.number("capacity", uint64(f.Capacity))
	b.number("high_water", uint64(f.HighWater))
	b.number("in", f.In)
	b.number("out", f.Out)
	b.number("rejected", f.Rejected)
	b.number("lost", f.Lost)
	b.number("oldest_ms", uint64(f.OldestAge.Milliseconds()))
	b.number("wait_ms", uint64(f.Wait.Milliseconds()))
	b.key("depletion_per_second")
	b.text = strconv.AppendFloat(b.text, math.Round(10*f.DepletionPerSecond)/10, 'f', -1, 64)
	unhealthy := time.Duration(0)
	for _, q := range seen {
		if q.Name == f.Name {
			unhealthy = q.Unhealthy
		}
	}
	b.number("unhealthy_ms", uint64(unhealthy.Milliseconds()))
	b.text = append(b.text, '}')
}

func (b *jsonWriter) gate(name string, f backpressure.GateFigures) {
	b.open(name)
	b.key("open")
	b.text = strconv.AppendBool(b.text, f.Open)
	b.number("closings", f.Closings)
	b.text = append(b.text, '}')
}

func (b *jsonWriter) permits(f *backpressure.PermitFigures) {
	b.open("permits")
	b.number("total", uint64(f.Total))
	b.number("revoked", uint64(f.Revoked))
	b.number("in_use", uint64(f.InUse))
	b.number("available", uint64(f.Available))
	b.number("refused", f.Refused)
	b.number("timed_out", f.TimedOut)
	b.text = append(b.text, '}')
}

// journal tells times from a broadcast's line, or a peer's entries, to their being
// kept.
func (b *jsonWriter) journal(f *journalFigures) {
	b.open("journal")
	b.key("failing")
	b.text = strconv.AppendBool(b.text, f.failing.Load())
	b.number("kept", f.ownLatency.count.Load()) // broadcasts and deliveries
	b.number("p50_us", uint64(f.ownLatency.quantile(0.5).Microseconds()))
	b.number("p99_us", uint64(f.ownLatency.quantile(0.99).Microseconds()))
	b.number("max_us", uint64(time.Duration(f.ownLatency.longest.Load()).Microseconds()))
	b.number("appends", f.appends.Load())
	b.number("entries", f.entries.Load())
	b.number("bytes", f.bytes.Load())
	b.number("recovered", f.recovered.Load())
	b.number("rewritten", f.rewritten.Load())
	b.number("removed", f.removed.Load()) // directories of runs that are over
	b.text = append(b.text, '}')
}

func (b *jsonWriter) gossip(s *gossip.Stats) {
	b.open("gossip")
	for _, f := range gossipFigureList(s) {
		b.number(f.name, f.count)
	}
	b.text = append(b.text, '}')
}

// gossipFigureList lists the figures of the gossip core by name.
func gossipFigureList(s *gossip.Stats) []figure {
	return []figure{
		{"messages_in", s.MessagesIn}, {"messages_out", s.MessagesOut},
		{"entries_in", s.EntriesIn}, {"entries_out", s.EntriesOut}, {"entries_known", s.EntriesKnown},
		{"resends", s.Resends}, {"bare_acks", s.BareAcks},
		{"peer_restarts", s.PeerRestarts}, {"malformed", s.Malformed}, {"permits_refused", s.PermitsRefused},
		{"suspect_links", uint64(s.ProbedLinks)}, {"unacked_links", uint64(s.UnackedLinks)},
		{"suspicions", s.Suspicions}, {"attaches", s.Attaches}, {"adoptions", s.Adoptions}, {"swaps", s.Syncs},
		{"suspects", uint64(s.Unreachable)},
		{"backlog_entries", uint64(s.BacklogEntries)}, {"period_us", uint64(s.Period.Microseconds())},
	}
}
