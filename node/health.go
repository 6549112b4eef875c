package node

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"sync/atomic"
	"time"

	"treecast/backpressure"
	"treecast/chans"
	"treecast/gossip"
	"treecast/gossip/service"
)

// healthFields returns the fields of a health reply, to follow in_reply_to. Durations are in
// whole milliseconds, rates rounded to a tenth. It is encoded by hand, as a bed asks a
// thousand nodes once a second.
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
		b.optional(&g.Optional)
		b.gossip(&g.Gossip)
	}
	b.limited(n.intake.peers.limited(now))
	if n.isolated != nil {
		if children := n.isolated.shown.Load(); children != nil {
			b.isolation(n.cfg.Isolation.Mode, *children)
		}
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

// jsonWriter is a JSON object under construction. Names need no escapes.
type jsonWriter struct{ text []byte }

// key begins a field, after a comma if it is not the first.
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

// journal has the times from the arrival of a broadcast or a delivery until it is durable.
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

// optional tells of what an overwhelmed node gives up first.
func (b *jsonWriter) optional(f *service.OptionalFigures) {
	b.open("optional")
	b.key("given_up")
	b.text = strconv.AppendBool(b.text, f.GivenUp)
	b.number("times", f.Times)
	b.number("links_refused", f.Refused)
	b.number("syncs_postponed", f.SyncsPostponed)
	b.text = append(b.text, '}')
}

// limited tells of the peers that were held to a limit, if there are any: how many of
// their messages were dropped, and what part of its rate each has for now.
func (b *jsonWriter) limited(peers []limitedPeer) {
	if len(peers) == 0 {
		return
	}
	b.key("limited_peers")
	b.text = append(b.text, '[')
	for i, p := range peers {
		if i > 0 {
			b.text = append(b.text, ',')
		}
		b.text = append(b.text, '{')
		b.key("name")
		b.text = strconv.AppendQuote(b.text, p.name)
		b.number("dropped", p.dropped)
		b.key("rate")
		b.text = strconv.AppendFloat(b.text, math.Round(1000*math.Exp2(-p.slowed))/1000, 'f', -1, 64)
		b.text = append(b.text, '}')
	}
	b.text = append(b.text, ']')
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
		{"guard_us", uint64(s.Guard.Microseconds())}, {"slots", s.Slots}, {"slots_missed", s.SlotsMissed},
		{"late_turns", s.LateTurns}, {"waits", s.Waits}, {"again", s.Again},
	}
}

// counters count unusual events: each stays 0 in a healthy run with well-behaved peers. Any
// goroutine may count.
type counters struct {
	malformedLines    atomic.Uint64 // lines that are no message
	longLines         atomic.Uint64 // lines beyond the limit
	strayMessages     atomic.Uint64 // for another node, from a stranger, replies to nothing
	refusedByGate     atomic.Uint64 // broadcasts refused because the node was unhealthy
	refusedByWait     atomic.Uint64 // broadcasts refused because the answer would have taken too long
	refusedFull       atomic.Uint64 // requests refused because the intake was full
	refusedNotDurable atomic.Uint64 // broadcasts refused because the journal could not be written
	droppedPeerMsgs   atomic.Uint64 // peers' messages dropped because the gossip queue was full
	limitedPeerMsgs   atomic.Uint64 // peers' messages dropped because the peer sent more than it may
	badPeerMsgs       atomic.Uint64 // peers' messages that could not be read
	droppedDeliveries atomic.Uint64 // deliveries dropped because the intake or the journal's queue was full
	droppedReplies    atomic.Uint64 // replies dropped because stdout stood still
	lateReplies       atomic.Uint64 // replies dropped because their client has given up
	silenced          atomic.Uint64 // requests not answered, as they waited on stdin for too long
	neverIssued       atomic.Uint64 // peers' messages with own entries that this node never issued
	logSwitches       atomic.Uint64 // switches to another log for that reason
	droppedGossip     atomic.Uint64 // gossip messages that found no room in the output
}

// figure is a number with a name.
type figure struct {
	name  string
	count uint64
}

// figures lists the counters by name.
func (c *counters) figures() []figure {
	return []figure{
		{"malformed_lines", c.malformedLines.Load()},
		{"long_lines", c.longLines.Load()},
		{"stray_messages", c.strayMessages.Load()},
		{"refused_by_gate", c.refusedByGate.Load()},
		{"refused_by_wait", c.refusedByWait.Load()},
		{"refused_full", c.refusedFull.Load()},
		{"refused_unkept", c.refusedNotDurable.Load()},
		{"dropped_mail", c.droppedPeerMsgs.Load()},
		{"limited_peer_messages", c.limitedPeerMsgs.Load()},
		{"bad_mail", c.badPeerMsgs.Load()},
		{"dropped_stores", c.droppedDeliveries.Load()},
		{"dropped_replies", c.droppedReplies.Load()},
		{"late_replies", c.lateReplies.Load()},
		{"silenced_requests", c.silenced.Load()},
		{"dropped_gossip", c.droppedGossip.Load()},
		{"not_given_out", c.neverIssued.Load()},
		{"own_logs", c.logSwitches.Load()},
	}
}

// journalFigures are the journal's figures in a health reply.
type journalFigures struct {
	ownLatency      latencyHistogram // from a broadcast's arrival until it is durable
	deliveryLatency latencyHistogram // from a delivery until it is durable
	appends         atomic.Uint64    // writes
	entries         atomic.Uint64    // appended
	bytes           atomic.Uint64    // appended
	recovered       atomic.Uint64    // entries that an earlier incarnation had left
	rewritten       atomic.Uint64    // times that a missing journal was written again
	removed         atomic.Uint64    // directories of other runs that were removed
	failing         atomic.Bool
}

// Health returns the body of a health reply as a JSON object. Like History it may be called
// from any goroutine at any time, for pages that show the process.
func (n *Node) Health() []byte {
	text := n.healthFields(n.sinceStart())
	text[0] = '{' // for the comma behind in_reply_to
	return text
}

// History returns the figures of every queue in the last minutes as CSV, one line per queue
// and second. Seconds of overload, in which self-started work is put off, are missing. Times
// are in milliseconds since the start of Run.
func (n *Node) History() []byte {
	var b bytes.Buffer
	b.WriteString("time_ms,queue,depth,preferred,in,out,rejected,oldest_ms,depletion_per_second\n")
	for _, q := range n.history.Queues() {
		for _, s := range q.Samples {
			fmt.Fprintf(&b, "%d,%s,%d,%d,%d,%d,%d,%d,%.1f\n", s.At.Milliseconds(), q.Name, s.Depth, q.Preferred,
				s.In, s.Out, s.Rejected, s.OldestAge.Milliseconds(), s.PerSecond)
		}
	}
	return b.Bytes()
}

// sinceStart is the time of the running node; 0 where it has none of its own.
func (n *Node) sinceStart() time.Duration {
	start := n.runStart.Load()
	if start == nil {
		return 0
	}
	return time.Since(*start)
}

// latencyHistogram is a histogram of times with buckets of 12.5 %. One goroutine adds, any
// may read.
type latencyHistogram struct {
	count   atomic.Uint64
	longest atomic.Int64
	buckets [256]atomic.Uint64
}

// bucketOf is the bucket of a number of microseconds: exact below 16, then eight buckets per
// doubling.
func bucketOf(us uint64) int {
	if us < 16 {
		return int(us)
	}
	shift := bits.Len64(us) - 4
	return min(16+(shift-1)*8+int(us>>shift)-8, 255)
}

// highestOf is the largest number of microseconds of a bucket.
func highestOf(bucket int) uint64 {
	if bucket < 16 {
		return uint64(bucket)
	}
	shift := (bucket-16)/8 + 1
	return uint64((bucket-16)%8+9)<<shift - 1
}

// add adds a time.
func (l *latencyHistogram) add(t time.Duration) {
	l.count.Add(1)
	l.buckets[bucketOf(uint64(max(t, 0).Microseconds()))].Add(1)
	if int64(t) > l.longest.Load() {
		l.longest.Store(int64(t))
	}
}

// quantile is the time that a share q of all does not exceed; 0 if there is none.
func (l *latencyHistogram) quantile(q float64) time.Duration {
	rank := uint64(q * float64(l.count.Load()))
	var seen uint64
	for i := range l.buckets {
		if seen += l.buckets[i].Load(); seen > rank {
			return min(time.Duration(highestOf(i))*time.Microsecond, time.Duration(l.longest.Load()))
		}
	}
	return time.Duration(l.longest.Load())
}
