package node

import (
	"maps"
	"slices"
	"sync"
	"time"

	"treecast/backpressure"
)

// PeerLimits are what the node takes from one peer. What is beyond them is dropped,
// counted, and lowers that peer's rate for a while: see backpressure.Allowance. It is not
// acked, so a peer that means well sends it again. The zero value takes everything.
type PeerLimits struct {
	Messages backpressure.AllowanceConfig // of gossip
	Bytes    backpressure.AllowanceConfig // of their bodies
	Spans    backpressure.AllowanceConfig // lines and spans of digests, spans of acks
}

// DefaultPeerLimits are above what a peer sends that brings a node back to date as fast
// as the node can take it.
func DefaultPeerLimits() PeerLimits {
	return PeerLimits{
		Messages: backpressure.AllowanceConfig{PerSecond: 20_000},
		Bytes:    backpressure.AllowanceConfig{PerSecond: 64 << 20},
		Spans:    backpressure.AllowanceConfig{PerSecond: 100_000, AtOnce: 400_000},
	}
}

func (l *PeerLimits) check() error {
	for _, c := range []backpressure.AllowanceConfig{l.Messages, l.Bytes, l.Spans} {
		if err := c.Check(); err != nil {
			return err
		}
	}
	return nil
}

// peerAllowances hold peers to limits. The reader takes; any goroutine may look.
type peerAllowances struct {
	limits PeerLimits
	mu     sync.Mutex
	peers  map[string]*peerAllowance
}

type peerAllowance struct{ messages, bytes *backpressure.Allowance }

// take reports whether a message of so many bytes is taken.
func (a *peerAllowances) take(now time.Duration, peer string, bytes int) bool {
	if a.limits.Messages.PerSecond == 0 && a.limits.Bytes.PerSecond == 0 {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.peers[peer]
	if p == nil {
		if a.peers == nil {
			a.peers = map[string]*peerAllowance{}
		}
		p = &peerAllowance{backpressure.NewAllowance(a.limits.Messages), backpressure.NewAllowance(a.limits.Bytes)}
		a.peers[peer] = p
	}
	return p.messages.Take(now, 1) && p.bytes.Take(now, float64(bytes))
}

// limitedPeer is what is told of a peer that was held to a limit.
type limitedPeer struct {
	name    string
	dropped uint64
	slowed  float64 // its rate is this part of what it was, as of now
}

// limited lists the peers of which anything was dropped.
func (a *peerAllowances) limited(now time.Duration) (all []limitedPeer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(a.peers)) {
		p := a.peers[name]
		if n := p.messages.Refused() + p.bytes.Refused(); n > 0 {
			all = append(all, limitedPeer{name, n, max(p.messages.Penalty(now), p.bytes.Penalty(now))})
		}
	}
	return all
}
