package gossip

import (
	"math"
	"time"
)

// Core is the gossip of one node: see the package comment for the contract.
type Core struct {
	cfg   Config
	log   *Log
	known int     // length of the log that has been learnt
	held  *Digest // what log[:known] holds

	links    []*link // in the order in which they were made
	byPeer   map[string]*link
	parent   *link // nil for a root
	children int   // links of role Child; recount counts them
	carriers int   // links that are owed what we know
	depth    int   // our own, as far as the tree tells
	batches  uint64

	// upAt and downAt are when deltas go to the parent and to the children, and
	// period is ours, or what the root announces. The schedule sets them.
	upAt, downAt, period time.Duration
	schedule             schedule
	scarce               time.Duration // until then permits count as scarce
	waiting              []*link       // for a permit, in the order in which they were refused one
	permitFree           bool          // perhaps, for those that wait
	ridesUntil           time.Duration // until then what is not acked in time rides

	scheme    scheme
	suspicion *suspicion // nil without Config.Tree
	entropy   antiEntropy
	catch     catchUp

	timers deadlines
	due    []*link // links that act in this Advance, in order
	out    []Outgoing
	pool   messagePool
	delta  delta
	stats  Stats

	refusal error // why the newest message was refused
}

// Outgoing is a message and the neighbour it is for.
type Outgoing struct {
	To      string
	Message *Message
	pooled  *pooled // what Message is part of
}

// Ticket names a batch of a peer that waits to be stored.
type Ticket struct {
	From            string
	Incarnation     uint64 // the core's own incarnation
	PeerIncarnation uint64 // the peer's
	Batch           uint64
}

// Delivery is what a message taught us: entries to be stored and the ticket
// to be handed to Stored once they are.
type Delivery struct {
	Ticket  Ticket
	Entries []Entry
}

// New returns a core that has learnt what the log holds now. The log stays
// its owner's; the core only reads it.
func New(now time.Duration, cfg Config, log *Log) (*Core, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Core{
		cfg: cfg, log: log, held: NewDigest(),
		byPeer: make(map[string]*link, len(cfg.Neighbours)),
		upAt:   Never, downAt: Never, period: cfg.Period, depth: cfg.Depth,
		delta: delta{last: map[OriginID]int{}},
	}
	c.entropy = antiEntropy{c: c, at: Never, random: cfg.Seed, grown: now}
	c.catch = catchUp{c: c, until: Never}
	c.schedule = newSchedule(c)
	c.absorb()
	base := c.known
	if cfg.Fresh {
		base = 0
	}
	for _, n := range cfg.Neighbours {
		l := c.join(n, base)
		l.askAt = cfg.GreetAt
		l.peer.inTree, l.peer.missed = true, now-2*recentlyMissed
		if cfg.Tree != nil {
			l.peer.index, _ = cfg.Tree.Index(n.Name)
		}
		c.timers.set(l)
		if n.Role == Parent {
			c.parent = l
		}
	}
	c.recount()
	c.chooseScheme()
	if cfg.GreetAt != Never {
		c.catch.begin()
	}
	if base < c.known {
		c.schedule.plan(now)
	}
	return c, nil
}

// newSchedule returns the schedule that the configuration names.
func newSchedule(c *Core) schedule {
	switch c.cfg.Rounds {
	case Locked:
		return &locked{untimed: untimed{c}, turns: turns{lookAt: Never}}
	case Eager:
		return eager{untimed{c}}
	}
	return free{untimed{c}}
}

// chooseScheme makes the scheme that the configuration names.
func (c *Core) chooseScheme() {
	c.scheme = fixedTree{}
	if c.cfg.Tree != nil {
		c.suspicion = &suspicion{channels: channels{c}}
	}
	switch {
	case c.cfg.Direct:
		c.scheme = &direct{c: c}
	case c.cfg.Tree != nil:
		r := &repair{suspicion: c.suspicion, tree: c.cfg.Tree, self: c.cfg.Self, adoptAt: Never, search: search{until: Never}}
		r.index, _ = r.tree.Index(r.self)
		r.home = r.parent()
		c.scheme = r
	}
}

// absorb takes note of what the log has gained.
func (c *Core) absorb() bool {
	n := c.log.Len()
	if n == c.known {
		return false
	}
	var block [prefetchBlock]struct {
		source  OriginID
		counter uint64
	}
	for c.known < n {
		gained := block[:min(n-c.known, len(block))]
		for i := range gained {
			e := c.log.At(c.known + i)
			gained[i].source, gained[i].counter = e.Origin, e.Counter
			c.held.prefetch(e.Origin)
		}
		for i := range gained {
			c.held.Add(gained[i].source, gained[i].counter)
		}
		c.known += len(gained)
	}
	return true
}

// Learn tells the core that the log has grown.
func (c *Core) Learn(now time.Duration) {
	if c.cfg.Tree != nil && c.log.Len() > c.known {
		c.entropy.grows(now)
	}
	if c.absorb() {
		c.schedule.plan(now)
		c.catch.goOn(now)
	}
}

// send has a link send its entries in the next Advance, outside the rounds.
func (c *Core) send(l *link) {
	l.dataDue = true
	c.act(l)
}

// act puts a link among those that speak in the next Advance.
func (c *Core) act(l *link) {
	if !l.queued {
		l.queued = true
		c.due = append(c.due, l)
	}
}

// showDigest has our digest sent to a peer, unless it is on its way.
func (c *Core) showDigest(l *link) {
	if !l.carrying(digestPart) {
		l.exchange.ours = due
		c.act(l)
	}
}

// Next is when Advance wants to be called: a time, now or in the past if at
// once, Never if not before the next message.
func (c *Core) Next() time.Duration {
	if len(c.due) > 0 || c.servesLine() {
		return time.Duration(math.MinInt64)
	}
	next := min(c.upAt, c.downAt, c.schedule.next(), c.scheme.next(), c.entropy.at, c.catch.until)
	if len(c.timers) > 0 {
		next = min(next, c.timers[0].wake)
	}
	return next
}

// Carriers is how many links are owed what this node knows, each of which needs
// a permit at times. It changes when links are repaired.
func (c *Core) Carriers() int { return c.carriers }

// Stats is what a core has done so far.
type Stats struct {
	MessagesIn, MessagesOut    uint64
	EntriesIn, EntriesOut      uint64
	EntriesKnown               uint64 // entries received that were known already
	Resends                    uint64 // messages that carried entries again
	BareAcks                   uint64 // messages with acks only
	PeerRestarts, Malformed    uint64
	PermitsRefused             uint64
	Suspicions                 uint64 // peers that were taken to be out of reach
	Attaches, Adoptions, Syncs uint64 // parents sought, orphans taken, digests exchanged at random
	Unreachable                int    // peers that are taken to be out of reach
	TargetMissed               bool   // the latency target cannot be kept
	Period                     time.Duration
	Guard                      time.Duration // how long before its slot's end this node speaks; 0: it has no slot
	Slots, SlotsMissed         uint64        // messages upwards in its slots, and those that came after the parent had spoken
	LateTurns                  uint64        // messages of children that came soon after this node had spoken
	Waits, Again               uint64        // rounds that the root put off as it stood still when others were to speak, and rounds in which this node spoke once more for what was late
	ProbedLinks, UnackedLinks  int           // links that wait for a sign of life; links with anything unacked
	BacklogEntries             int           // log positions of the link that is furthest behind
}

// Stats returns the figures as of now.
func (c *Core) Stats() Stats {
	s := c.stats
	s.Guard = c.schedule.guard()
	s.TargetMissed, s.Period = c.schedule.targetMissed(), c.period
	if c.suspicion != nil {
		s.Unreachable = len(c.suspicion.unreachable)
	}
	for _, l := range c.links {
		if l.isProbed() {
			s.ProbedLinks++
		}
		if len(l.inflight) > 0 {
			s.UnackedLinks++
		}
		if l.role == Guest || l.role == SyncPeer {
			continue // what is left for them waits for the next exchange
		}
		behind := c.known - l.cursor
		for _, seg := range l.resend {
			behind += seg.to - seg.from
		}
		s.BacklogEntries = max(s.BacklogEntries, behind)
	}
	return s
}
