package node

import (
	"fmt"
	"sync/atomic"
	"time"

	"treecast/backpressure"
)

// gates decide what the node takes on while it is unhealthy. The monitor's
// goroutine reports to them; any goroutine may ask.
type gates struct {
	clients *backpressure.Gate // broadcasts
	own     *backpressure.Gate // work that the node starts by itself

	maxWait   time.Duration // for an answer
	slowText  string        // what a client is told that would wait for longer
	closeText atomic.Pointer[string]
	ill       bool        // as last reported; the monitor's alone
	ownOpen   atomic.Bool // as of the last report, for those who have no clock
}

// make makes the gates, or says which setting cannot work.
func (g *gates) make(cfg *Config, stale time.Duration) (err error) {
	if g.clients, err = backpressure.NewGate(cfg.ClientThreshold, stale); err != nil {
		return fmt.Errorf("broadcasts: %w", err)
	}
	if g.own, err = backpressure.NewGate(cfg.OwnThreshold, stale); err != nil {
		return fmt.Errorf("self-started work: %w", err)
	}
	g.maxWait = cfg.MaxWait
	g.ownOpen.Store(true)
	g.slowText = fmt.Sprintf("overloaded: an answer would take longer than %v; try again", cfg.MaxWait)
	return nil
}

// report hands on what the monitor published, and says whether that concerns
// more than the gates: the node is unhealthy, or has just become healthy.
func (g *gates) report(now time.Duration, r backpressure.Report) bool {
	wasIll := g.ill
	g.ill = r.Unhealthy > 0
	if g.ill {
		// Spelt here, ten times a second, and not for every request of a flood.
		text := fmt.Sprintf("overloaded: queue %s of this node has been unhealthy for %v; try again", r.Worst, r.Unhealthy)
		g.closeText.Store(&text)
	}
	g.clients.Report(now, r.Unhealthy)
	g.own.Report(now, r.Unhealthy)
	g.ownOpen.Store(g.own.Open(now))
	return g.ill || wasIll
}
