package backpressure

import (
	"fmt"
	"sync/atomic"
	"time"
)

// DefaultThreshold is the unhealthy duration beyond which a gate closes, for
// client work and for self-started work alike.
const DefaultThreshold = time.Second

// Gate says whether a kind of work may be taken on: while the node is not
// unhealthy for longer than a threshold. Clients should be refused no later
// than the node's own work is put off, so give their gate no longer threshold.
//
// It opens with the first report at or below the threshold, which is when the
// worst queue was seen at or below its preferred size. What then is left in it
// is what keeps its consumer busy until the next report: hence preferred sizes
// of at least 0.2 s of work where reports come every 0.1 s.
//
// Report is for one goroutine, the monitor's; Open and Figures are for any, as each
// service asks for itself.
type Gate struct {
	threshold time.Duration
	stale     time.Duration
	unhealthy atomic.Int64 // as last reported
	reported  atomic.Int64 // and when
	closings  atomic.Uint64
}

// GateFigures describe a gate at one moment.
type GateFigures struct {
	Open     bool
	Closings uint64 // how often it went from open to closed
}

// NewGate returns an open gate. A threshold of 0 closes it at any sight of
// trouble. stale is how long a report is believed, 0 for DefaultStale; after
// that the gate is open. It returns an error if either is negative.
func NewGate(threshold, stale time.Duration) (*Gate, error) {
	if threshold < 0 {
		return nil, fmt.Errorf("gate: threshold %v: make it 0 or more (the default is %v)", threshold, DefaultThreshold)
	}
	if stale < 0 {
		return nil, fmt.Errorf("gate: staleness bound %v: make it longer than the interval between reports", stale)
	}
	if stale == 0 {
		stale = DefaultStale
	}
	return &Gate{threshold: threshold, stale: stale}, nil
}

// Report says for how long the node has been unhealthy, 0 for healthy.
func (g *Gate) Report(now, unhealthy time.Duration) {
	wasOpen := g.Open(now)
	g.unhealthy.Store(int64(unhealthy))
	g.reported.Store(max(g.reported.Load(), int64(now)))
	if wasOpen && !g.Open(now) {
		g.closings.Add(1)
	}
}

// Open says whether work may be taken on now.
func (g *Gate) Open(now time.Duration) bool {
	return time.Duration(g.unhealthy.Load()) <= g.threshold || now-time.Duration(g.reported.Load()) > g.stale
}

// Figures returns the figures as of now.
func (g *Gate) Figures(now time.Duration) GateFigures {
	return GateFigures{Open: g.Open(now), Closings: g.closings.Load()}
}
