package experiment

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"treecast/checker"
	"treecast/run"
	"treecast/workload"
)

// observer feeds what the network does to the figures that are counted as a
// run goes on.
type observer struct {
	workload *workload.Workload
	net      checker.Net
	traffic  *checker.Traffic
	delivery *checker.Delivery
	record   *run.MessageLog
	unread   int64  // server messages whose values no reader found
	unreadAs string // the first of them, cut
	// underWay is what was found in messages between servers that have not
	// arrived yet, so that each is read once.
	underWay map[int64][]json.RawMessage
	copies   bool // messages may arrive twice

	logSent, logDelivered io.Writer // nil: not logged
}

// newObserver watches a cluster of these nodes. A nil record is none.
func newObserver(w *workload.Workload, nodes []string, record *run.MessageLog) *observer {
	return &observer{
		workload: w,
		traffic:  checker.NewTraffic(), delivery: checker.NewDelivery(nodes), record: record,
		underWay: map[int64][]json.RawMessage{},
	}
}

// brings says whether a client's request brings a value that is followed.
func (o *observer) brings(m *run.Message) bool {
	return o.workload.Spreads != "" && m.Type == o.workload.Spreads
}

// read finds the values that a body carries, where the workload follows them.
func (o *observer) read(body json.RawMessage) (workload.Reading, bool) {
	if o.workload.Carries == nil {
		return workload.Reading{Kind: workload.Other}, false
	}
	return o.workload.Carries(body)
}

// Sent is called for every message that the network takes.
func (o *observer) Sent(m run.Message) {
	o.net.Sent(&m)
	if o.logSent != nil {
		logMessage(o.logSent, "send", m.Sent, &m)
	}
	if checker.IsClient(m.Src) {
		if o.brings(&m) {
			r, _ := o.read(m.Body)
			for _, v := range r.Values {
				o.delivery.Sent(m.Sent, v)
			}
			o.record.Sent(&m, string(r.Kind), r.Values)
		}
		return
	}
	if checker.IsClient(m.Dest) {
		return
	}
	r, ok := o.read(m.Body)
	if len(r.Values) > 0 {
		o.underWay[m.ID] = r.Values
	}
	if !ok {
		if o.unread++; o.unread == 1 {
			o.unreadAs = fmt.Sprintf("%.120s", m.Body)
		}
	}
	o.traffic.Sent(&m, string(r.Kind))
	o.record.Sent(&m, string(r.Kind), r.Values)
}

// Delivered is called for every message that reaches its receiver.
func (o *observer) Delivered(m run.Message) {
	o.net.Delivered(&m)
	if o.logDelivered != nil {
		logMessage(o.logDelivered, "recv", m.Delivered, &m)
	}
	o.traffic.Delivered(&m)
	if checker.IsClient(m.Dest) {
		return
	}
	if !checker.IsClient(m.Src) {
		o.record.Delivered(m.ID, m.Delivered)
		values, ok := o.underWay[m.ID]
		if ok {
			delete(o.underWay, m.ID)
		} else if o.copies { // the other one has been here
			r, _ := o.read(m.Body)
			values = r.Values
		}
		if len(values) > 0 {
			o.delivery.Handed(m.Delivered, m.Dest, values)
		}
	} else if o.brings(&m) {
		o.record.Delivered(m.ID, m.Delivered)
		if r, ok := o.read(m.Body); ok && len(r.Values) > 0 {
			o.delivery.Handed(m.Delivered, m.Dest, r.Values)
		}
	}
}

// Dropped is called for every message that never arrives.
func (o *observer) Dropped(m run.Message, at time.Duration) {
	delete(o.underWay, m.ID)
	o.traffic.Dropped(&m)
	if !checker.IsClient(m.Dest) && (!checker.IsClient(m.Src) || o.brings(&m)) {
		o.record.Lost(m.ID, at)
	}
	if o.logDelivered != nil {
		logMessage(o.logDelivered, "lost", at, &m)
	}
}

// figures returns the delivery's figures, nil where the nodes' messages are
// not understood and the figures would say nothing.
func (o *observer) figures() *checker.Delivery {
	if o.unread > 0 || o.workload.Carries == nil {
		return nil
	}
	return o.delivery
}

// withoutFigures says why there are no figures of the delivery; empty if there are.
func (o *observer) withoutFigures() string {
	switch o.unread {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("a message between nodes is not understood: %s", o.unreadAs)
	default:
		return fmt.Sprintf("%d messages between nodes are not understood, the first: %s", o.unread, o.unreadAs)
	}
}

// logMessage writes one message as --log-net-send and --log-net-recv do.
func logMessage(w io.Writer, what string, at time.Duration, m *run.Message) {
	if m.Copy {
		what += " copy"
	}
	fmt.Fprintf(w, "%9.3f %s {\"id\":%d,\"src\":%s,\"dest\":%s,\"body\":%s}\n",
		at.Seconds(), what, m.ID, quoted(m.Src), quoted(m.Dest), run.Visible(string(m.Body)))
}

func quoted(s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`)
	}
	return text
}
