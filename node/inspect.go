package node

import (
	"bytes"
	"fmt"
	"time"
)

// Health returns what a health request is answered with, as a JSON object. Like
// History it may be called from any goroutine while Run runs, and before and
// after; it is for people who look at the process itself.
func (n *Node) Health() []byte {
	text := n.healthFields(n.sinceStart())
	text[0] = '{' // for the comma behind in_reply_to
	return text
}

// History returns the figures of every queue in the last minutes as CSV, one
// line per queue and second; seconds in which the node put off work of its own
// are missing. Times are in milliseconds since the start of Run.
func (n *Node) History() []byte {
	var b bytes.Buffer
	b.WriteString("time_ms,queue,depth,preferred,in,out,rejected,oldest_ms,depletion_per_second\n")
	for _, q := range n.history.Queues() {
		for _, s := range q.Samples {
			fmt.Fprintf(&b, "%d,%s,%d,%d,%d,%d,%d,%d,%.1f\n", s.At.Milliseconds(), q.Name, s.Depth, q.Preferred,
				s.In, s.Out, s.Rejected, s.OldestAge.Milliseconds(), s.PerSecond)
		}
	}
	return b.Bytes()
}

// sinceStart is the time of the running node; 0 where it has none of its own.
func (n *Node) sinceStart() time.Duration {
	start := n.runStart.Load()
	if start == nil {
		return 0
	}
	return time.Since(*start)
}
