package gossip

import (
	"errors"
	"math"
	"time"
)

// Core is the gossip of one node: see the package comment for the contract.
type Core struct {
	cfg   Config
	log   *Log
	known int     // length of the log that has been learnt
	held  *Vector // what log[:known] holds

	links  []*link
	byPeer map[string]*link
	isLeaf bool

	// upAt and downAt are when deltas go to the parent and to the children.
	upAt, downAt time.Duration
	parent       *link         // nil for the root
	period       time.Duration // ours, or what the root announces
	grid         time.Duration // a time at which the root flushes
	changed      time.Duration // when the root last changed the period
	scarce       time.Duration // until then permits count as scarce
	unkept       bool          // the latency target cannot be kept
	phase        phase         // of our slots, for locked rounds
	root         uint64        // the root's life that the newest flush was of ...
	round        uint64        // ... and the root's count of it, as far as it has come down

	repair
	catch catchUp

	timers deadlines
	due    []*link // links that act in this Advance, in order
	out    []Outgoing
	blanks blanks

	delta   delta
	stats   Stats
	refused error  // why the newest message was
	warmth  uint32 // of no meaning
}

// Outgoing is a message and the neighbour it is for.
type Outgoing struct {
	To      string
	Message *Message
	blank   *blank // what Message is part of
}

// Ticket names a batch of a peer that waits to be stored.
type Ticket struct {
	From  string
	Life  uint64 // the core's own epoch
	Epoch uint64 // the peer's
	Batch uint64
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
		cfg: cfg, log: log, held: NewVector(),
		byPeer: make(map[string]*link, len(cfg.Neighbours)),
		isLeaf: true,
		upAt:   Never, downAt: Never, period: cfg.Period,
		repair: repair{depth: cfg.Depth, adoptAt: Never, search: search{until: Never}, swaps: swaps{at: Never, random: cfg.Seed}},
		catch:  catchUp{until: Never},
		delta:  delta{last: map[SourceID]int{}},
	}
	if cfg.Direct {
		c.delta.own = cfg.Self
	}
	c.absorb()
	c.grown = now
	if cfg.Tree != nil {
		c.index, _ = cfg.Tree.Index(cfg.Self)
	}
	base := c.known
	if cfg.Fresh {
		base = 0
	}
	for _, n := range cfg.Neighbours {
		l := newLink(n, c.serial, base, cfg.FirstRTT)
		l.greetDue = cfg.GreetAt
		l.neighbour, l.missed = true, now-2*recentlyMissed
		if cfg.Tree != nil {
			l.index, _ = cfg.Tree.Index(n.Name)
		}
		c.join(l)
		c.timers.set(l)
		if n.Role == Parent {
			c.parent, c.home = l, l
		}
	}
	if cfg.GreetAt != Never {
		c.beginCatchUp()
	}
	if base < c.known {
		c.plan(now)
	}
	return c, nil
}

// absorb takes note of what the log has gained.
func (c *Core) absorb() bool {
	n := c.log.Len()
	if n == c.known {
		return false
	}
	var block [warmBlock]struct {
		source  SourceID
		counter uint64
	}
	for c.known < n {
		gained := block[:min(n-c.known, len(block))]
		for i := range gained {
			e := c.log.At(c.known + i)
			gained[i].source, gained[i].counter = e.Source, e.Counter
			c.warmth += c.held.warm(e.Source)
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
		c.markAge(now)
		c.grown = now
	}
	if c.absorb() {
		c.plan(now)
		c.catchOn(now)
	}
}

// Receive takes a message from a peer, which must be a node of the cluster.
// If ok, the delivery is to be stored and its ticket handed to Stored; a
// delivery that cannot be stored is dropped, and comes again.
func (c *Core) Receive(now time.Duration, from string, m *Message) (d Delivery, ok bool) {
	c.refused = m.check()
	var l *link
	if c.refused == nil {
		if l = c.linkTo(from); l == nil {
			c.refused = errStranger
		}
	}
	if c.refused != nil {
		c.stats.Malformed++
		return Delivery{}, false
	}
	l.used = now
	defer c.timers.set(l)
	c.stats.MessagesIn++

	current, fresh := c.meet(now, l, m)
	if fresh {
		c.restarted(now, l)
	}
	if current {
		c.receiveLinkState(now, l, m)
	}
	flush := current && l == c.parent && c.readRounds(now, l, m)
	for i := range m.Runs {
		c.warmth += l.told.warm(m.Runs[i].Source) + c.held.warm(m.Runs[i].Source)
	}
	var news []Entry
	entries := m.Entries()
	before := 0 // entries of former runs
	for _, r := range m.Runs {
		if current {
			l.told.AddSpan(r.Source, Span{r.First, r.First + uint64(len(r.Values)) - 1})
		}
		for i, v := range r.Values {
			if counter := r.First + uint64(i); !c.held.Contains(r.Source, counter) {
				if news == nil {
					news = make([]Entry, 0, entries-before-i)
				}
				news = append(news, Entry{Source: r.Source, Counter: counter, Value: v})
			}
		}
		before += len(r.Values)
	}
	c.stats.EntriesIn += uint64(entries)
	c.stats.EntriesKnown += uint64(entries - len(news))

	if current {
		c.caught(now, l, len(news) > 0)
	}
	if current && c.cfg.Tree != nil {
		c.seen(now, l, m, len(news) > 0)
	}
	if c.cfg.Direct && (!current || m.For != c.cfg.Epoch && (m.For != 0 || strangers(from, m))) {
		c.delta.pass(news)
	}
	d = Delivery{Entries: news}
	if current && m.Batch != 0 && !m.parting() {
		if m.Batch > l.newest {
			l.newest, l.arrived = m.Batch, now
		}
		a := arrival{batch: m.Batch, at: now, probe: m.Probe, urgent: m.Probe && (m.Resent || len(m.Runs) == 0 || c.catch.on), flush: flush}
		if len(news) == 0 || c.cfg.Mistake == AckBeforeStore {
			c.stored(now, l, a)
		} else {
			l.await(a)
			d.Ticket = Ticket{From: from, Life: c.cfg.Epoch, Epoch: m.Epoch, Batch: m.Batch}
		}
	} else if flush {
		c.flushed(now)
	}
	return d, len(news) > 0
}

// errStranger is why a message is refused whose sender is not in the tree.
var errStranger = errors.New("its sender is no node of the cluster")

// Refused is why the message that Receive was handed last makes no sense; nil if
// it does. Stats.Malformed counts them.
func (c *Core) Refused() error { return c.refused }

// receiveLinkState takes what a message of the peer's present life says of
// the link itself.
func (c *Core) receiveLinkState(now time.Duration, l *link, m *Message) {
	life := m.For
	if c.cfg.Mistake == WrongEpoch {
		life = c.cfg.Epoch
	}
	switch life {
	case 0:
	case c.cfg.Epoch:
		if at, ok := l.departed.at(m.Echo.Batch); ok {
			l.rtt.measure(now, at, now-at-m.Echo.Held)
		}
		if l.acked(now, m.Acks) {
			c.progress(now, l)
		}
	default:
		// The peer means another life than ours, so it cannot know what we lack.
		l.elder = true
		c.showVector(l)
	}
	c.readTie(now, l, m)
	if p := m.Vector; p != nil {
		for _, h := range p.Held {
			for _, s := range h.Counters {
				l.told.AddSpan(h.Source, s)
			}
		}
		l.wanted = false
		if l.vector.take(p) && (l.owed || l.blind) {
			l.blind = false
			c.oweOld(now, l, m)
			if l.owed && l.settle(c.log, c.held, c.known) && l == c.swaps.partner {
				c.useful(now)
			}
			c.send(l)
		}
	}
	if m.Want {
		l.wanted = m.Vector == nil
		c.showVector(l)
	}
	if m.Path > 0 && l.role == Child {
		l.path = m.Path
	}
}

// readRounds takes what the parent says of the rounds, and reports whether
// its message moves the children's: it is a new flush, or it brings entries.
func (c *Core) readRounds(now time.Duration, l *link, m *Message) (flush bool) {
	if c.cfg.Rounds != Locked {
		return false
	}
	if m.Reign > l.reign {
		l.reign = m.Reign
		c.newReign()
	}
	newer := m.Root > c.root || (m.Root == c.root && m.Round > c.round)
	older := m.Root < c.root || (m.Root == c.root && m.Round < c.round && m.Round != 0) ||
		(m.Round == 0 && m.Echo.Batch < l.timed)
	if m.Reign < l.reign {
		newer, older = false, true
	}
	changed := m.Period > 0 && m.Period != c.period && !older
	if changed {
		c.period = m.Period
	}
	at, ok := l.departed.at(m.Echo.Batch)
	switch ok = ok && m.For == c.cfg.Epoch && m.Echo.Planned; {
	case ok && m.Echo.Batch > l.timed:
		lacked := !c.phase.valid(now)
		c.phase.estimate(now, at+m.Echo.Early, c.period)
		if lacked {
			defer c.answerChildren(now)
		}
	case ok && changed && m.Echo.Batch == l.timed:
		c.phase.move(at+l.early, at+m.Echo.Early, c.period)
	case changed:
		c.phase.rebase(now, c.period)
	}
	if ok {
		l.timed, l.early = m.Echo.Batch, m.Echo.Early
		c.aim(now)
	}
	if newer {
		c.root, c.round = m.Root, m.Round
	}
	return (newer && m.Round > 0) || len(m.Runs) > 0
}

// restarted handles a link whose peer has begun a new life.
func (c *Core) restarted(now time.Duration, l *link) {
	c.returnPermit(now, l)
	c.stats.PeerRestarts++
	l.owed = l.owed && c.cfg.Mistake != NoVectorSwap
	if l == c.parent {
		c.phase = phase{}
		c.newReign() // rounds of the former life may have borne any numbers
	}
	if l.owed {
		c.act(l) // to ask for its vector
	}
	if c.cfg.Tree != nil {
		c.reborn(now, l)
	}
}

// progress handles acks: the link works.
func (c *Core) progress(now time.Duration, l *link) {
	held := l.suspect || l.stalled
	if l.neighbour && c.cfg.Tree != nil {
		lost := l.tries
		if l.suspect {
			lost++
		}
		c.notice(lost)
	}
	l.suspect, l.tries, l.stalled = false, 0, false
	if l.permit {
		c.cfg.Permits.Progress(now, l.peer)
	}
	c.returnPermit(now, l)
	c.answered(now, l)
	switch {
	case held && l.behind(c.known):
		c.send(l)
	case l == c.parent && l.behind(c.known):
		c.plan(now) // locked rounds without a phase have waited for this
	}
	if l.show {
		c.act(l)
	}
}

// Stored says that the entries of a delivery are in the log (and in the
// journal, where there is one), so that the batch may be acked.
func (c *Core) Stored(now time.Duration, t Ticket) {
	l := c.byPeer[t.From]
	if l == nil || t.Batch == 0 || t.Epoch != l.epoch || t.Life != c.cfg.Epoch {
		return
	}
	if a, ok := l.arrivedBatch(t.Batch); ok {
		c.stored(now, l, a)
		c.timers.set(l)
	}
}

// stored puts a batch down to be acked, and passes it on if it is a flush.
func (c *Core) stored(now time.Duration, l *link, a arrival) {
	if a.flush {
		c.flushed(now)
	}
	l.acks.Add(a.batch)
	if c.cfg.Mistake == AckOverGap {
		l.acks.AddSpan(Span{1, a.batch})
	}
	l.hurry, l.urgent = l.hurry || a.probe, l.urgent || a.urgent
	due := c.ackTime(now, l, a.at)
	if l.hurry && !c.slotUnknown(l) {
		due = now
	}
	l.ackDue = min(l.ackDue, due)
}

// showVector has our vector sent to a peer, unless it is on its way.
func (c *Core) showVector(l *link) {
	for _, f := range l.flights {
		if f.vector {
			return
		}
	}
	l.show = true
	c.act(l)
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

// Next is when Advance wants to be called: a time, now or in the past if at
// once, Never if not before the next message.
func (c *Core) Next() time.Duration {
	if len(c.due) > 0 {
		return time.Duration(math.MinInt64)
	}
	next := min(c.upAt, c.downAt, c.search.until, c.swaps.at, c.adoptAt, c.catch.until)
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
	Attaches, Adoptions, Swaps uint64 // parents sought, orphans taken, vectors swapped at random
	Suspects                   int    // peers that are taken to be out of reach
	TargetUnkept               bool   // the latency target cannot be kept
	Period                     time.Duration
	SuspectLinks, UnackedLinks int // links that wait for a sign of life; links with anything unacked
	BacklogEntries             int // log positions of the link that is furthest behind
}

// Stats returns the figures as of now.
func (c *Core) Stats() Stats {
	s := c.stats
	s.TargetUnkept, s.Period, s.Suspects = c.unkept, c.period, len(c.suspects)
	for _, l := range c.links {
		if l.suspect {
			s.SuspectLinks++
		}
		if len(l.flights) > 0 {
			s.UnackedLinks++
		}
		if l.role == Guest || l.role == Partner {
			continue // what is left for them waits for the next swap
		}
		behind := c.known - l.cursor
		for _, seg := range l.again {
			behind += seg.to - seg.from
		}
		s.BacklogEntries = max(s.BacklogEntries, behind)
	}
	return s
}
