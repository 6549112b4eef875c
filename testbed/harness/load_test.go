package harness_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// outcome is what became of a request.
type outcome uint8

const (
	pending  outcome = iota // no answer
	accepted                // broadcast_ok
	refused                 // error 11
	other                   // another error
	unsent                  // the node's stdin had no room for it
)

// loader is the client of a load, reader the one that reads in the end.
const loader, reader = "l1", "r1"

// load is what one client has asked of the first node, by msg_id from 1 on. The
// value of a broadcast is its msg_id.
type load struct {
	began time.Time

	mu       sync.Mutex
	sent     []time.Duration // since it began
	answered []time.Duration
	outcome  []outcome
	twice    int                     // answered more than once
	known    map[string]map[int]bool // node -> values, as last read
}

func newLoad() *load {
	return &load{began: time.Now(), sent: []time.Duration{0}, answered: []time.Duration{0}, outcome: []outcome{unsent}, known: map[string]map[int]bool{}}
}

func (l *load) now() time.Duration { return time.Since(l.began) }

// request spells the next broadcast.
func (l *load) request(now time.Duration) (id int, line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id = len(l.sent)
	l.sent, l.answered, l.outcome = append(l.sent, now), append(l.answered, 0), append(l.outcome, pending)
	return id, fmt.Appendf(nil, `{"src":"%s","dest":"n0","body":{"type":"broadcast","message":%d,"msg_id":%d}}`+"\n", loader, id, id)
}

func (l *load) set(id int, what outcome) {
	l.mu.Lock()
	l.outcome[id] = what
	l.mu.Unlock()
}

// number is the number that follows a mark, -1 where there is none.
func number(line []byte, mark string) int {
	_, rest, ok := bytes.Cut(line, []byte(mark))
	n := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if !ok || n < 0 {
		return -1
	}
	v, err := strconv.Atoi(string(rest[:n]))
	if err != nil {
		return -1
	}
	return v
}

// heard takes a line from a node to a client of the load, if it is one.
func (l *load) heard(now time.Duration, node string, line []byte) bool {
	dest := string(harness.Between(line, `"dest":"`, '"'))
	typ := string(harness.Between(line, `"type":"`, '"'))
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case dest == reader && typ == "read_ok":
		values := map[int]bool{}
		for text := range bytes.SplitSeq(harness.Between(line, `"messages":[`, ']'), []byte(",")) {
			if v, err := strconv.Atoi(string(text)); err == nil {
				values[v] = true
			}
		}
		l.known[node] = values
	case dest == loader:
		l.take(now, number(line, `"in_reply_to":`), typ, number(line, `"code":`))
	default:
		return dest == reader
	}
	return true
}

func (l *load) take(now time.Duration, id int, typ string, code int) {
	if id <= 0 || id >= len(l.sent) {
		return
	}
	if l.outcome[id] != pending {
		l.twice++
		return
	}
	l.answered[id] = now
	switch {
	case typ == "broadcast_ok":
		l.outcome[id] = accepted
	case code == 11:
		l.outcome[id] = refused
	default:
		l.outcome[id] = other
	}
}

// flood sends broadcasts to a node at a rate until a time. What the node does not
// take is not sent: the client goes on with the next.
func (l *load) flood(p *harness.Process, perSecond float64, until time.Duration) {
	begin, sent := l.now(), 0
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for now := begin; now < until; now = l.now() {
		for due := int((now - begin).Seconds() * perSecond); sent < due; sent++ {
			if id, line := l.request(now); !p.Offer(line) {
				l.set(id, unsent)
			}
		}
		<-tick.C
	}
}

// settle waits until all is answered, or for 6 s: until then whatever is under way has
// arrived, or its time is over.
func (l *load) settle(tb testing.TB) {
	for until := l.now() + 6*time.Second; l.now() < until && l.between(0, until).pending > 0; {
		require.NoError(tb, harness.Pause(tb.Context(), 100*time.Millisecond))
	}
}

// readAll reads all nodes until they all know as much, or for 30 s.
func (l *load) readAll(tb testing.TB, c *harness.Cluster) {
	for range 300 {
		for i, name := range c.Names {
			c.Node(name).Write(fmt.Appendf(nil, `{"src":"%s","dest":"%s","body":{"type":"read","msg_id":%d}}`+"\n", reader, name, i+1))
		}
		require.NoError(tb, harness.Pause(tb.Context(), 100*time.Millisecond))
		l.mu.Lock()
		all := len(l.known) == len(c.Names)
		l.mu.Unlock()
		if all && l.missing(c.Names) == 0 {
			return
		}
	}
}

// window is what became of the requests that were sent in a stretch of time.
type window struct {
	offered, unsent, accepted, refused, other, pending int
	answeredOK                                         int // accepted answers that came in it, whenever asked
	p50, p99, max                                      time.Duration
}

// between returns the window from..to.
func (l *load) between(from, to time.Duration) (w window) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var latencies []time.Duration
	for id := 1; id < len(l.sent); id++ {
		if l.outcome[id] == accepted && l.answered[id] >= from && l.answered[id] < to {
			w.answeredOK++
		}
		if l.sent[id] < from || l.sent[id] >= to {
			continue
		}
		w.offered++
		switch l.outcome[id] {
		case pending:
			w.pending++
		case accepted:
			w.accepted++
			latencies = append(latencies, l.answered[id]-l.sent[id])
		case refused:
			w.refused++
		case other:
			w.other++
		case unsent:
			w.unsent++
		}
	}
	slices.Sort(latencies)
	if n := len(latencies); n > 0 {
		w.p50, w.p99, w.max = latencies[n/2], latencies[min(n-1, n*99/100)], latencies[n-1]
	}
	return w
}

// missing counts the accepted values that some node does not know, by the last reads.
func (l *load) missing(nodes []string) int { return l.count(nodes, accepted, false) }

// strange counts the values that a node knows though their request was refused:
// error 11 says that nothing was done.
func (l *load) strange(nodes []string) int { return l.count(nodes, refused, true) }

// count counts the values of an outcome that some node knows, or does not.
func (l *load) count(nodes []string, what outcome, known bool) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := 1; id < len(l.sent); id++ {
		if l.outcome[id] == what && slices.ContainsFunc(nodes, func(name string) bool { return l.known[name][id] == known }) {
			n++
		}
	}
	return n
}

// recovered is how long after a fault's end the node took to serve as before: to the
// first 100 ms of which at least nine in ten requests were accepted; -1: never.
func (l *load) recovered(from, to time.Duration) time.Duration {
	const step = 100 * time.Millisecond
	for at := from; at+step <= to; at += step {
		if w := l.between(at, at+step); w.offered > 0 && 10*w.accepted >= 9*w.offered {
			return at - from
		}
	}
	return -1
}

// answer has a node answer a request of the load.
func answer(l *load, now time.Duration, id int, typ, more string) {
	l.heard(now, "n0", fmt.Appendf(nil, `{"src":"n0","dest":"l1","body":{"type":%q,"in_reply_to":%d%s}}`, typ, id, more))
}

const ms = time.Millisecond

func TestLoad_everyRequestHasTheOutcomeThatItGot(t *testing.T) {
	l := newLoad()
	for i := range 6 {
		id, line := l.request(time.Duration(i) * 100 * ms)
		require.Equal(t, i+1, id)
		require.Contains(t, string(line), fmt.Sprintf(`"message":%d,"msg_id":%d}`, id, id))
	}
	answer(l, 250*ms, 1, "broadcast_ok", "")
	answer(l, 350*ms, 2, "error", `,"code":11`)
	answer(l, 350*ms, 3, "error", `,"code":13`)
	l.set(4, unsent)
	answer(l, 700*ms, 5, "broadcast_ok", "")
	answer(l, 800*ms, 5, "broadcast_ok", "")
	answer(l, 800*ms, 99, "broadcast_ok", "")
	require.Equal(t, 1, l.twice)
	require.Equal(t, window{offered: 6, accepted: 2, refused: 1, other: 1, unsent: 1, pending: 1, answeredOK: 2, p50: 300 * ms, p99: 300 * ms, max: 300 * ms},
		l.between(0, time.Second))
	require.Equal(t, 1, l.between(200*ms, 300*ms).answeredOK, "which was sent before")
}

func TestLoad_whatIsAcceptedMustBeKnownAndWhatIsRefusedMustNot(t *testing.T) {
	l := newLoad()
	for range 3 {
		l.request(0)
	}
	answer(l, 1, 1, "broadcast_ok", "")
	answer(l, 1, 2, "error", `,"code":11`)
	for node, values := range map[string]string{"n0": "[1,2]", "n1": "[3]"} {
		require.True(t, l.heard(1, node, []byte(`{"src":"n","dest":"r1","body":{"type":"read_ok","in_reply_to":1,"messages":`+values+`}}`)))
	}
	require.Equal(t, 1, l.missing([]string{"n0", "n1"}), "the second node lacks 1")
	require.Equal(t, 1, l.strange([]string{"n0", "n1"}), "2 was refused")
	require.Zero(t, l.missing([]string{"n0"}))
	require.False(t, l.heard(1, "n0", []byte(`{"src":"n0","dest":"c7","body":{"type":"init_ok","in_reply_to":1}}`)))
}

func TestLoad_aNodeIsBackWhenItAcceptsNineInTenAgain(t *testing.T) {
	l := newLoad()
	for i := range 100 {
		id, _ := l.request(time.Duration(i) * 10 * ms)
		if i >= 45 {
			answer(l, time.Second, id, "broadcast_ok", "")
		}
	}
	require.Equal(t, 500*ms, l.recovered(0, time.Second))
	require.Equal(t, time.Duration(-1), l.recovered(0, 400*ms))
}
