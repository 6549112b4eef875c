package checker

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"treecast/run"
)

// Of how many values, and how many nodes of one, Delivery's result tells.
const (
	worstDeliveries = 8
	partialShown    = 8
	lackingShown    = 8
)

// Delivery measures the true delivery latency of values: from the moment the
// network took the first broadcast request of a value to the moment the last
// node was handed it. Feed it as the run goes on, with times that do not
// decrease. It keeps one bit per value and node while a value is on its way,
// and a few words per value afterwards.
type Delivery struct {
	values *elements
	names  []string
	nodes  map[string]int32
	state  []delivery // by element id
	spare  []bitset   // sets of values that have arrived, for reuse

	handed, repeats int64
}

// delivery is how far one value has come.
type delivery struct {
	isSent  bool
	sent    time.Duration // of its first broadcast request
	last    time.Duration // when it reached the latest node
	lastOn  int32         // that node
	handed  int32         // nodes that have it
	holders bitset        // those nodes; nil once they are all
}

// NewDelivery watches a cluster of these nodes.
func NewDelivery(nodes []string) *Delivery {
	d := &Delivery{values: newElements(), names: slices.Clone(nodes), nodes: make(map[string]int32, len(nodes))}
	for i, name := range d.names {
		d.nodes[name] = int32(i)
	}
	return d
}

// Sent notes that the network took a client's broadcast request of the value.
// Only the first one of a value counts.
func (d *Delivery) Sent(now time.Duration, value json.RawMessage) {
	v := d.of(d.values.id(value))
	if !v.isSent {
		v.isSent, v.sent = true, now
	}
}

// Handed notes that the network handed the node a message with these values:
// the client's own request to the first node, a peer's message to others.
// Values nobody has sent and nodes not of the cluster are ignored.
func (d *Delivery) Handed(now time.Duration, node string, values []json.RawMessage) {
	index, ok := d.nodes[node]
	if !ok {
		return
	}
	for _, value := range values {
		d.hand(now, index, d.of(d.values.id(value)))
	}
}

// Empty reports whether no value was sent.
func (d *Delivery) Empty() bool { return len(d.state) == 0 }

func (d *Delivery) of(id elementID) *delivery {
	for int(id) >= len(d.state) {
		d.state = append(d.state, delivery{lastOn: -1})
	}
	return &d.state[id]
}

func (d *Delivery) hand(now time.Duration, node int32, v *delivery) {
	if !v.isSent {
		return
	}
	d.handed++
	if v.handed == int32(len(d.names)) || v.holders.has(node) {
		d.repeats++
		return
	}
	if v.holders == nil && len(d.spare) > 0 {
		v.holders = d.spare[len(d.spare)-1]
		d.spare = d.spare[:len(d.spare)-1]
	}
	v.holders.add(node)
	v.handed++
	v.last, v.lastOn = now, node
	if v.handed == int32(len(d.names)) {
		clear(v.holders)
		d.spare = append(d.spare, v.holders)
		v.holders = nil
	}
}

// Result gives the figures so far.
func (d *Delivery) Result() run.Delivery {
	out := run.Delivery{
		NodeCount: len(d.names), HandedCount: d.handed, RepeatCount: d.repeats,
		Worst: []run.Delivered{}, Partial: []run.Partial{},
	}
	var full []elementID
	var latencies []time.Duration
	for id := range d.state {
		v := &d.state[id]
		if !v.isSent {
			continue
		}
		out.ValueCount++
		if len(d.names) > 0 && int(v.handed) == len(d.names) {
			full = append(full, elementID(id))
			latencies = append(latencies, v.last-v.sent)
		} else if len(out.Partial) < partialShown {
			out.Partial = append(out.Partial, d.partial(elementID(id)))
		}
	}
	out.FullCount = len(full)
	out.Latencies = quantiles(latencies)
	// Ids count in the order values were sent: of equals the first sent is first.
	slices.SortStableFunc(full, func(a, b elementID) int {
		return cmp.Compare(d.state[b].last-d.state[b].sent, d.state[a].last-d.state[a].sent)
	})
	for _, id := range full[:min(len(full), worstDeliveries)] {
		v := &d.state[id]
		out.Worst = append(out.Worst, run.Delivered{
			Value: d.values.json(id), Sent: run.Millis(v.sent), Latency: run.Millis(v.last - v.sent),
			LastNode: d.names[v.lastOn],
		})
	}
	return out
}

func (d *Delivery) partial(id elementID) run.Partial {
	v := &d.state[id]
	out := run.Partial{Value: d.values.json(id), Sent: run.Millis(v.sent), HandedCount: int(v.handed)}
	for i, name := range d.names {
		if len(out.Lacking) == lackingShown {
			break
		}
		if !v.holders.has(int32(i)) {
			out.Lacking = append(out.Lacking, name)
		}
	}
	return out
}
