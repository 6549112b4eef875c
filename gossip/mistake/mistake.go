// Package mistake makes gossip cores that are wrong on purpose, to prove that a
// test bed notices. They stand between a core and its caller and change what the
// two say to each other, so that the core itself has no mistakes in it to choose
// from. Only tests may import it, and a rule of the repository sees to it.
package mistake

import (
	"time"

	"treecast/gossip"
)

// Mistake is a way to be wrong.
type Mistake uint8

// The mistakes.
const (
	AckBeforeStore Mistake = iota // a batch is acked as it comes, whether or not it is stored
	DropOnResend                  // what was sent and not acked in time is forgotten
	WrongEpoch                    // acks for a former incarnation count for this one
	NoDigests                     // a peer that was restarted is not asked what it has
	LoseLastBatch                 // the batch after which there is nothing to send is not kept until it is acked
	AckOverGap                    // an ack names all batches up to the one that arrived
	AttachCycle                   // a node attaches to those that come after it, too
)

// All lists the mistakes.
func All() []Mistake {
	return []Mistake{AckBeforeStore, DropOnResend, WrongEpoch, NoDigests, LoseLastBatch, AckOverGap, AttachCycle}
}

// String names a mistake.
func (m Mistake) String() string {
	return [...]string{
		"ack before store", "drop on re-send", "wrong epoch", "no exchange of digests", "lost last batch", "ack over a gap",
		"attach that makes a cycle",
	}[m]
}

// New returns a core that makes the mistake, as gossip.New does one that makes
// none.
func (m Mistake) New(now time.Duration, cfg gossip.Config, log *gossip.Log) (gossip.Machine, error) {
	if m == AttachCycle && cfg.Tree != nil {
		cfg.Tree = newLiar(cfg.Tree, cfg.Self)
	}
	core, err := gossip.New(now, cfg, log)
	if err != nil {
		return nil, err
	}
	return &wrong{Core: core, mistake: m, peers: map[string]*peer{}}, nil
}

// wrong is a core with something in between.
type wrong struct {
	*gossip.Core
	mistake Mistake
	peers   map[string]*peer
}

// peer is what is known of a peer.
type peer struct {
	epoch     uint64
	restarted bool
}

func (w *wrong) Receive(now time.Duration, from string, m *gossip.Message) (gossip.Delivery, bool) {
	p := w.peers[from]
	if p == nil {
		p = &peer{epoch: m.Incarnation}
		w.peers[from] = p
	}
	if m.Incarnation > p.epoch {
		p.epoch, p.restarted = m.Incarnation, true
	}
	changed := *m
	switch own := w.View().Incarnation(); {
	case w.mistake == WrongEpoch && m.For != 0 && m.For < own:
		changed.For = own
	case w.mistake == NoDigests && p.restarted:
		changed.Digest = nil
	}
	d, ok := w.Core.Receive(now, from, &changed)
	if ok && w.mistake == AckBeforeStore {
		w.Stored(now, d.Ticket)
	}
	return d, ok
}

func (w *wrong) Advance(now time.Duration, room int) []gossip.Outgoing {
	out := w.Core.Advance(now, room)
	last := map[string]*gossip.Message{} // with entries
	for _, o := range out {
		m := o.Message
		switch {
		case w.mistake == DropOnResend && m.Resent:
			m.Runs, m.Resent = nil, false
		case w.mistake == AckOverGap && len(m.Acks) > 0:
			m.Acks = append(m.Acks[:0], gossip.Span{First: 1, Last: m.Acks[len(m.Acks)-1].Last})
		case w.mistake == NoDigests && w.peers[o.To] != nil && w.peers[o.To].restarted:
			m.Want = false
		}
		if len(m.Runs) > 0 && m.For != 0 {
			last[o.To] = m
		}
	}
	if w.mistake == LoseLastBatch {
		for _, o := range out { // in their order
			if m := o.Message; last[o.To] == m {
				w.Core.Receive(now, o.To, &gossip.Message{Incarnation: m.For, For: m.Incarnation, Acks: []gossip.Span{{First: m.Batch, Last: m.Batch}}})
			}
		}
	}
	return out
}

// liar is a tree in which every node believes the half of the others that come
// next after it to come before it, so that they can be each other's ancestors.
type liar struct {
	gossip.Tree
	self int
}

func newLiar(t gossip.Tree, self string) *liar {
	index, _ := t.Index(self)
	return &liar{Tree: t, self: index}
}

func (l *liar) Index(name string) (int, bool) {
	i, ok := l.Tree.Index(name)
	n := len(l.Nodes())
	switch after := (i - l.self + n) % n; {
	case !ok || after == 0:
		return i, ok
	case after <= n/2:
		return -1, true
	}
	return n, true
}
