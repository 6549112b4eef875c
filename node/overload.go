package node

import (
	"fmt"
	"sync/atomic"
	"time"

	"treecast/backpressure"
)

// logOverload logs when the node becomes overloaded and when that is over.
func (n *Node) logOverload(now time.Duration, r backpressure.Report) {
	switch line := n.episodes.Note(now, r.Unhealthy > n.cfg.ClientThreshold); line.Kind {
	case backpressure.Started:
		n.cfg.Log.Warn("overloaded", "queue", r.Worst, "for", r.Unhealthy)
	case backpressure.Ended:
		n.cfg.Log.Warn("no longer overloaded", "after", line.Lasted, "episodes_not_logged", line.Suppressed)
	}
}

// Poll makes the health monitor look at the queues, and passes its report to the gates and
// to gossip when it is to be published.
func (n *Node) Poll(now time.Duration) (report backpressure.Report, publish bool) {
	n.broker.Observe(now)
	report, publish = n.monitor.Poll(now)
	if publish && n.gates.report(now, report) {
		n.storedSignal.notify() // gossip holds the permits
	}
	return report, publish
}

// fewWaiting is the number of waiting items below which no wait is expected: so few may have
// waited for the machine.
const fewWaiting = 128

// wait is the expected time until a broadcast that is accepted now is stored. The reader
// itself waits for stdout.
func (n *Node) wait() time.Duration {
	waiting, wait := n.intakeQueue.Depth(), n.intakeQueue.Wait()
	if n.journalQueue != nil {
		waiting += n.journalQueue.Depth()
		wait += n.journalQueue.Wait()
	}
	if waiting <= fewWaiting {
		return 0
	}
	return wait
}

// budget bounds the bytes that wait in a queue, as the queue bounds its items. It is a gauge
// for the health monitor. Any goroutine may use it.
type budget struct {
	name  string
	limit int64
	used  atomic.Int64
}

// Name is its name in reports.
func (b *budget) Name() string { return b.name }

// Depth is how many bytes wait.
func (b *budget) Depth() int { return int(b.used.Load()) }

// Preferred is how many bytes may wait in a healthy node.
func (b *budget) Preferred() int { return int(b.limit / 2) }

// take reserves n bytes and reports whether they were free. A single item larger than the
// budget is accepted while nothing else waits.
func (b *budget) take(n int) bool {
	if used := b.used.Add(int64(n)); n > 0 && used > b.limit && used != int64(n) {
		b.used.Add(int64(-n))
		return false
	}
	return true
}

// put returns n bytes.
func (b *budget) put(n int) { b.used.Add(int64(-n)) }

// gates decide which work the node accepts while it is unhealthy. The monitor's goroutine
// reports to them; any goroutine may ask.
type gates struct {
	clients *backpressure.Gate // broadcasts
	own     *backpressure.Gate // self-started work

	maxWait   time.Duration // for an answer
	slowText  string        // the error text for a longer wait
	closeText atomic.Pointer[string]
	unhealthy bool        // as last reported; the monitor's alone
	ownOpen   atomic.Bool // as of the last report, for callers without a clock
}

// make makes the gates. The error names a setting that cannot work.
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

// report passes a report of the monitor to the gates. It returns true if gossip has to know:
// the node is unhealthy, or has just become healthy.
func (g *gates) report(now time.Duration, r backpressure.Report) bool {
	was := g.unhealthy
	g.unhealthy = r.Unhealthy > 0
	if g.unhealthy {
		// Formatted here, ten times a second, and not for every request of a flood.
		text := fmt.Sprintf("overloaded: queue %s of this node has been unhealthy for %v; try again", r.Worst, r.Unhealthy)
		g.closeText.Store(&text)
	}
	g.clients.Report(now, r.Unhealthy)
	g.own.Report(now, r.Unhealthy)
	g.ownOpen.Store(g.own.Open(now))
	return g.unhealthy || was
}
