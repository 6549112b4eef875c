package experiment

import (
	"strings"
	"time"

	"treecast/run"
)

// trouble is how a node's queues are overwhelmed, as far as it has told.
type trouble struct {
	open []run.Overwhelmed // under way, at most one per queue
	over []run.Overwhelmed
}

// note takes note of what a node says of its queues. A queue is overwhelmed
// while it is unhealthy; the intake is, too, if broadcasts were refused since
// the node last spoke, as that is how it is kept healthy.
func (n *nodeHealth) note(now time.Duration, r *healthReply) {
	all := r.Counters["refused_by_wait"] + r.Counters["refused_full"] + r.Counters["refused_by_gate"]
	refused := all - min(all, n.refused) // a node that was restarted counts anew
	for _, q := range r.Queues {
		unhealthy := time.Duration(q.UnhealthyMS) * time.Millisecond
		if bytes := strings.TrimSuffix(r.Worst, " bytes"); unhealthy == 0 && bytes != r.Worst && bytes == q.Name {
			unhealthy = time.Duration(r.UnhealthyMS) * time.Millisecond
		}
		if unhealthy > 0 {
			n.trouble.add(n.name, q.Name, min(now, max(now-unhealthy, 0)), now, unhealthy, q.Depth, refused)
		} else if refused > 0 && q.Name == "intake" && n.now == 0 {
			n.trouble.add(n.name, q.Name, n.seen, now, 0, q.Depth, refused)
		} else {
			n.trouble.close(q.Name)
		}
	}
	n.seen, n.refused = now, all
}

// add goes on with a queue's trouble, or begins it.
func (t *trouble) add(node, queue string, from, to, unhealthy time.Duration, depth int, refused uint64) {
	for i := range t.open {
		o := &t.open[i]
		if o.Queue == queue {
			o.To, o.Unhealthy = run.Millis(to), max(o.Unhealthy, run.Millis(unhealthy))
			o.Deepest, o.Refused = max(o.Deepest, depth), o.Refused+refused
			return
		}
	}
	t.open = append(t.open, run.Overwhelmed{
		Node: node, Queue: queue, From: run.Millis(from), To: run.Millis(to),
		Unhealthy: run.Millis(unhealthy), Deepest: depth, Refused: refused,
	})
}

// close ends a queue's trouble, if there is any.
func (t *trouble) close(queue string) {
	for i := range t.open {
		if t.open[i].Queue == queue {
			t.over = append(t.over, t.open[i])
			t.open = append(t.open[:i], t.open[i+1:]...)
			return
		}
	}
}

// overwhelmed lists when which component could not keep up, node by node.
func (h *healthWatch) overwhelmed() (out []run.Overwhelmed) {
	for _, n := range h.order {
		out = append(append(out, n.trouble.over...), n.trouble.open...)
	}
	return out
}
