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
	Time     backpressure.AllowanceConfig // seconds of a processor that its messages have taken
}

// DefaultPeerLimits are above what a peer sends that brings a node back to date as fast
// as the node can take it.
func DefaultPeerLimits() PeerLimits {
	return PeerLimits{
		Messages: backpressure.AllowanceConfig{PerSecond: 20_000},
		Bytes:    backpressure.AllowanceConfig{PerSecond: 64 << 20},
		Spans:    backpressure.AllowanceConfig{PerSecond: 100_000, AtOnce: 400_000},
		Time:     backpressure.AllowanceConfig{PerSecond: 0.8, AtOnce: 3.2},
	}
}

func (l *PeerLimits) check() error {
	for _, c := range []backpressure.AllowanceConfig{l.Messages, l.Bytes, l.Spans, l.Time} {
		if err := c.Check(); err != nil {
			return err
		}
	}
	return nil
}

// peerAllowances hold peers to limits, and each to its share of the queue of peers'
// messages, so that none alone makes the node unhealthy. Any goroutine may use it.
type peerAllowances struct {
	limits PeerLimits
	mu     sync.Mutex
	peers  map[string]*peerAllowance
}

type peerAllowance struct {
	messages, bytes, time      *backpressure.Allowance
	waitingItems, waitingBytes int    // in the queue, or with a child
	unfair                     uint64 // dropped, as that is its share
}

// A peer's share of the queue of peers' messages: an eighth of what is healthy. A
// message passes where none of the peer's waits.
const (
	shareItems = 1024
	shareBytes = maxGossipBytes / 16
)

// take reports whether a message of so many bytes is taken.
func (a *peerAllowances) take(now time.Duration, name string, bytes int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.of(name)
	if p.waitingItems > 0 && (p.waitingItems >= shareItems || p.waitingBytes+bytes > shareBytes) {
		p.unfair++
		return false
	}
	return !p.time.Over(now) && p.messages.Take(now, 1) && p.bytes.Take(now, float64(bytes))
}

// took says how much processor time a message has taken.
func (a *peerAllowances) took(now time.Duration, name string, took time.Duration) {
	if took > 0 {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.of(name).time.Spend(now, took.Seconds())
	}
}

func (a *peerAllowances) of(name string) *peerAllowance {
	p := a.peers[name]
	if p == nil {
		if a.peers == nil {
			a.peers = map[string]*peerAllowance{}
		}
		p = &peerAllowance{
			messages: backpressure.NewAllowance(a.limits.Messages), bytes: backpressure.NewAllowance(a.limits.Bytes), time: backpressure.NewAllowance(a.limits.Time),
		}
		a.peers[name] = p
	}
	return p
}

// waits says that a message that was taken waits, and handled that it does not any
// more.
func (a *peerAllowances) waits(name string, bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.of(name)
	p.waitingItems++
	p.waitingBytes += bytes
}

func (a *peerAllowances) handled(name string, bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.of(name)
	p.waitingItems--
	p.waitingBytes -= bytes
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
		if n := p.messages.Refused() + p.bytes.Refused() + p.time.Refused() + p.unfair; n > 0 {
			all = append(all, limitedPeer{name, n, max(p.messages.Penalty(now), p.bytes.Penalty(now), p.time.Penalty(now))})
		}
	}
	return all
}
