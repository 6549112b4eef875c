package node

import "sync/atomic"

// counters count what is unusual; every one of them stays 0 in a healthy run
// with well-behaved peers. Any goroutine may count.
type counters struct {
	malformedLines    atomic.Uint64 // lines that are no message
	longLines         atomic.Uint64 // lines beyond the limit
	strayMessages     atomic.Uint64 // for another node, from a stranger, replies to nothing
	refusedByGate     atomic.Uint64 // broadcasts refused because the node was unhealthy
	refusedByWait     atomic.Uint64 // broadcasts refused because the answer would have taken too long
	refusedFull       atomic.Uint64 // requests refused because the intake was full
	refusedNotDurable atomic.Uint64 // broadcasts refused because the journal could not be written
	droppedPeerMsgs   atomic.Uint64 // peers' messages dropped because the gossip queue was full
	badPeerMsgs       atomic.Uint64 // peers' messages that could not be read
	droppedDeliveries atomic.Uint64 // deltas dropped because the intake was full
	droppedReplies    atomic.Uint64 // replies dropped because stdout stood still
	lateReplies       atomic.Uint64 // replies dropped because nobody waits for them any more
	silenced          atomic.Uint64 // requests not answered, as they had waited on stdin for too long
	neverIssued       atomic.Uint64 // peers' messages with entries of this node's own that it has not given out
	logSwitches       atomic.Uint64 // times that the node has gone on in another log for that
	droppedGossip     atomic.Uint64 // own gossip messages that found no room after all
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

// budget bounds the bytes that wait in a queue. Any goroutine may use it. It is
// a gauge for the health monitor, which weighs by bytes what the queue weighs by
// items.
type budget struct {
	name  string
	limit int64
	used  atomic.Int64
}

// Name is how reports call it.
func (b *budget) Name() string { return b.name }

// Depth is how many bytes wait.
func (b *budget) Depth() int { return int(b.used.Load()) }

// Preferred is how many bytes may wait in a healthy node.
func (b *budget) Preferred() int { return int(b.limit / 2) }

// take reserves n bytes and reports whether they were there. A single item
// larger than the whole budget passes when nothing else is waiting.
func (b *budget) take(n int) bool {
	if used := b.used.Add(int64(n)); n > 0 && used > b.limit && used != int64(n) {
		b.used.Add(int64(-n))
		return false
	}
	return true
}

// put gives n bytes back.
func (b *budget) put(n int) { b.used.Add(int64(-n)) }

// journalFigures is what a health reply tells of the journal.
type journalFigures struct {
	ownLatency      latencyHistogram // from a broadcast's line to its being kept
	deliveryLatency latencyHistogram // from peers' entries to their being kept
	appends         atomic.Uint64    // writes
	entries         atomic.Uint64    // appended
	bytes           atomic.Uint64    // appended
	recovered       atomic.Uint64    // entries that a former life had left
	rewritten       atomic.Uint64    // times that the journal was gone and was written again
	removed         atomic.Uint64    // directories of other runs that were removed
	failing         atomic.Bool
}
