package gossip

import "time"

// What tests of whole clusters, which stand outside of the package, may look at.

const (
	MaxInterval = maxInterval
	MinMargin   = minMargin
	MinGuard    = minGuard
	MinPeriod   = minPeriod
	Settle      = settle
	HoldFrom    = holdFrom
	MaxTries    = maxPatience
	MaxAckSpans = maxAckSpans

	RepeatedSpans = repeatedSpans
	MinSync       = minSync
	MaxSync       = maxSync
	UsefulSync    = usefulSync
	LittleMore    = littleMore
	MaxFailed     = maxFailed

	MaxIncarnation = maxIncarnation
	MaxCounter     = maxCounter

	ChunkEntries = chunkEntries
)

var LongestPeriod = longestPeriod

// IsValid reports whether a core would read the message.
func (m *Message) IsValid() bool { return m.check() == nil }

// IsEmpty reports whether the message says nothing.
func (m *Message) IsEmpty() bool { return m.empty() }

// Swaps reports whether two nodes show each other what they hold, once.
func (t Relation) Swaps() bool { return t.syncs() }

// Log is the log that the core reads.
func (c *Core) Log() *Log { return c.log }

// Known is how many entries of it have been learnt.
func (c *Core) Known() int { return c.known }

// Settings is what the core was made with.
func (c *Core) Settings() Config { return c.cfg }

// LinkCount is how many links there are.
func (c *Core) LinkCount() int { return len(c.links) }

// EpochOf is the incarnation of a peer that the core knows; 0: none.
func (c *Core) EpochOf(peer string) uint64 {
	if l := c.byPeer[peer]; l != nil {
		return l.incarnation
	}
	return 0
}

// ToldBy is how many entries a peer has said that it holds.
func (c *Core) ToldBy(peer string) uint64 { return c.byPeer[peer].told.Count() }

// RoleOf is what a peer is to this node.
func (c *Core) RoleOf(peer string) Role { return c.byPeer[peer].role }

// IsSuspected reports whether a peer counts as out of reach.
func (c *Core) IsSuspected(peer string) bool { return c.suspicion.isUnreachable(peer) }

// HasOwnParent reports whether the parent is the one that the tree has.
func (c *Core) HasOwnParent() bool { return c.suspicion.parent() == c.scheme.treeParent() }

// IsLonely reports whether this is a root only because nobody before it answers.
func (c *Core) IsLonely() bool { return c.scheme.isOrphan() }

// HasAgain reports whether anything waits to be sent to a peer again, or for the
// first time after its digest came.
func (c *Core) HasAgain(peer string) bool { return len(c.byPeer[peer].resend) > 0 }

// InFlight is what a peer has not acked.
func (c *Core) InFlight(peer string) (batches, bytes int) {
	l := c.byPeer[peer]
	return len(l.inflight), l.unacked
}

// RoundTrip is what the way to a peer and back is taken to be.
func (c *Core) RoundTrip(peer string) time.Duration { return c.byPeer[peer].rtt.roundTrip() }

// DownAt is when deltas go to the children.
func (c *Core) DownAt() time.Duration { return c.downAt }

// Loss is the share of batches that are taken to be lost.
func (c *Core) Loss() float64 { return c.suspicion.loss }

// SetLoss sets it.
func (c *Core) SetLoss(loss float64) { c.suspicion.loss = loss }

// Notice takes an ack after so many lost batches into the estimate of loss.
func (c *Core) Notice(lost int) { c.suspicion.notice(lost, 1) }

// Patience is how many probes in a row may stay unanswered.
func (c *Core) Patience() int { return c.suspicion.patience() }

// Swap is when the newest swap began, and with whom; empty: nobody.
func (c *Core) Swap() (begun time.Duration, partner string) {
	if l := c.entropy.peer; l != nil {
		partner = l.name
	}
	return c.entropy.begun, partner
}

// SetPartner makes a node the one that the newest swap is with.
func (c *Core) SetPartner(name string) { c.entropy.peer = c.linkTo(name) }

// SwapWasUseful notes that the newest swap has brought something.
func (c *Core) SwapWasUseful(now time.Duration) { c.entropy.useful(now) }

// HeldSince is how long the log was some time ago, or a little less.
func (c *Core) HeldSince(t time.Duration) int { return c.entropy.heldSince(t) }

// Overdue is the age at which an entry should be everywhere.
func (c *Core) Overdue() time.Duration { return c.entropy.overdue() }

// KeepsLists reports whether lists of messages that were handed back are kept.
func (c *Core) KeepsLists() bool {
	for _, b := range c.pool.free {
		if cap(b.values) > 0 {
			return true
		}
	}
	return false
}

// States says of every link what the peer is to this node and how far it can be
// reached: "n1 parent streaming", in the order of the links.
func (c *Core) States() (out []string) {
	for _, l := range c.links {
		role := [...]string{"child", "parent", "guest", "partner"}[l.role]
		out = append(out, l.name+" "+role+" "+l.state.String())
	}
	return out
}
