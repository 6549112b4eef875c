// Package backpressure keeps a node that is slower than its input alive and
// useful: it notices queues that stay too deep, and reports to the rest of the node
// when to take on less. It follows the back-pressure design of the Hedera
// platform.
//
// # Detection and reaction
//
// A Monitor polls gauges (queues with a preferred size, in items or in bytes)
// and reports for how long the worst of them has been beyond it, or has kept
// its oldest item for too long: 0 s is healthy. What to do about
// it is decided apart from that, each with its own patience: a Gate opens and
// closes (one for client work, one for work the node starts by itself),
// Permits bound how many neighbours may be gossiped with at a time. Episodes
// says when a log line is due. They do not know of each other; the caller carries
// durations from one to the next:
//
//	report, publish := monitor.Poll(now)   // at monitor.Next()
//	permits.Report(now, report.Unhealthy)
//	gate.Report(now, report.Unhealthy)
//
// Nothing that is monitored may need a permit to be drained: with all permits
// revoked it would never get better.
//
// # Time
//
// There is no goroutine, no clock and no randomness here. Times are durations
// since an arbitrary start, monotonic, passed in as now; a call with a time
// that lies before an earlier one is taken as being of the same moment.
//
// A consumer that gets no report for too long must not stay throttled for ever.
// After a staleness bound a report counts as unknown, and unknown as healthy: gates
// open, permits return. Memory stays bounded even then, by the hard capacities of
// the queues.
//
// # Concurrency
//
// Each value belongs to one goroutine. The exceptions are Monitor.Report,
// Gate.Open and Gate.Figures, which may be called from any, so that consumers
// on other goroutines can poll instead of being called.
package backpressure

import "time"

// DefaultStale is how long a report is believed: three times the interval in
// which a monitor says the same again by default.
const DefaultStale = 3 * time.Second
