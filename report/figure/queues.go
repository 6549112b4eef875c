package figure

import (
	"slices"
	"time"

	"treecast/run"
)

// Queue is what the queues of one name were like over time, in the whole
// cluster.
type Queue struct {
	Name                string
	Preferred, Capacity int // the largest of any node; Capacity 0 if nobody said
	Points              []QueuePoint
	Deepest             QueuePoint
	Rejected            uint64 // in the whole run, by all nodes
	Unhealthy           time.Duration
}

// QueuePoint is the deepest of the queues of one name in a stretch of time.
type QueuePoint struct {
	From, To time.Duration
	Depth    int
	Node     string
	Rejected uint64 // by all nodes since the stretch before
}

// Health is what nodes said of themselves in a stretch of time.
type Health struct {
	From, To           time.Duration
	Unhealthy          time.Duration // the longest of any node
	Node, Queue        string        // that node and its worst queue; empty if all were healthy
	Permits, Available int           // of all nodes together, as last heard
	Refused            uint64        // broadcasts, by all nodes since the stretch before
}

// maxHealthPoints is how many stretches a run is cut into at most.
const maxHealthPoints = 120

// healthStep is how often nodes are asked.
const healthStep = time.Second

// stretch is the length of the stretches that a run is cut into.
func stretch(end time.Duration) time.Duration {
	return max(NiceStep(end, maxHealthPoints), healthStep)
}

// Queues sums up what nodes said of their queues, by name in the order in which
// names first appear. Counts that fall are those of nodes that began anew.
func Queues(records []run.QueueRecord) []Queue {
	end := time.Duration(0)
	for i := range records {
		end = max(end, records[i].At)
	}
	width := stretch(end)
	var out []Queue
	index := map[string]int{}
	type key struct{ node, queue string }
	rejected := map[key]uint64{}
	for i := range records {
		r := &records[i]
		at, ok := index[r.Name]
		if !ok {
			at = len(out)
			index[r.Name] = at
			out = append(out, Queue{Name: r.Name})
		}
		q := &out[at]
		q.Preferred, q.Capacity = max(q.Preferred, r.Preferred), max(q.Capacity, r.Capacity)
		q.Unhealthy = max(q.Unhealthy, time.Duration(r.UnhealthyMS)*time.Millisecond)
		from := r.At.Truncate(width)
		j, found := slices.BinarySearchFunc(q.Points, from, func(p QueuePoint, at time.Duration) int { return int(p.From - at) })
		if !found {
			q.Points = slices.Insert(q.Points, j, QueuePoint{From: from, To: from + width, Depth: -1})
		}
		p := &q.Points[j]
		if r.Depth > p.Depth {
			p.Depth, p.Node = r.Depth, r.Node
		}
		k := key{r.Node, r.Name}
		more := r.Rejected
		if r.Rejected >= rejected[k] {
			more -= rejected[k]
		}
		rejected[k] = r.Rejected
		p.Rejected += more
		q.Rejected += more
	}
	for i := range out {
		for _, p := range out[i].Points {
			if p.Depth > out[i].Deepest.Depth || out[i].Deepest.Node == "" {
				out[i].Deepest = p
			}
		}
	}
	return out
}

// HealthOverTime sums up what nodes said of themselves.
func HealthOverTime(records []run.HealthRecord) []Health {
	end := time.Duration(0)
	for i := range records {
		end = max(end, records[i].At)
	}
	width := stretch(end)
	type permits struct{ all, available int }
	last, refused := map[string]permits{}, map[string]uint64{}
	sum := permits{}
	var out []Health
	for i := range records {
		r := &records[i]
		from := r.At.Truncate(width)
		if len(out) == 0 || from > out[len(out)-1].From {
			out = append(out, Health{From: from, To: from + width})
		}
		h := &out[len(out)-1]
		if d := time.Duration(r.UnhealthyMS) * time.Millisecond; d > h.Unhealthy {
			h.Unhealthy, h.Node, h.Queue = d, r.Node, r.Worst
		}
		was := last[r.Node]
		last[r.Node] = permits{r.Permits, r.Available + r.InUse}
		sum.all += r.Permits - was.all
		sum.available += r.Available + r.InUse - was.available
		h.Permits, h.Available = sum.all, sum.available
		all := r.RefusedByGate + r.RefusedByWait + r.RefusedFull
		if before := refused[r.Node]; all >= before {
			h.Refused += all - before
		} else {
			h.Refused += all
		}
		refused[r.Node] = all
	}
	return out
}
