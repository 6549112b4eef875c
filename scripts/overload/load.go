package main

import (
	"fmt"
	"sort"
	"sync"
	"time"
)

// The outcomes of a request.
const (
	pending  = iota // no answer
	accepted        // broadcast_ok
	refused         // error 11
	other           // another error
	unsent          // the node's stdin had no room for it
)

// load is what one client has asked of the first node, by msg_id from 1 on. The
// value of a broadcast is its msg_id.
type load struct {
	mu       sync.Mutex
	sent     []time.Duration
	answered []time.Duration
	outcome  []uint8
	twice    int // answered more than once
	health   []sample
	known    map[int]map[int]bool // node -> values, as last read
	asked    bool
}

// sample is what the first node said of its health.
type sample struct {
	at        time.Duration
	unhealthy int // ms
	worst     string
	depth     [3]int // intake, gossip, output
	available int    // permits
	permits   int
	byWait    int // refused so far
	byGate    int
	bytes     int64 // resident
	backlog   int
}

func newLoad() *load {
	return &load{sent: []time.Duration{0}, answered: []time.Duration{0}, outcome: []uint8{unsent}, known: map[int]map[int]bool{}}
}

// request spells the next broadcast.
func (l *load) request(now time.Duration, node string) (id int, line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	id = len(l.sent)
	l.sent, l.answered, l.outcome = append(l.sent, now), append(l.answered, 0), append(l.outcome, pending)
	return id, fmt.Appendf(nil, `{"src":"c1","dest":"%s","body":{"type":"broadcast","message":%d,"msg_id":%d}}`+"\n", node, id, id)
}

func (l *load) set(id int, outcome uint8) {
	l.mu.Lock()
	l.outcome[id] = outcome
	l.mu.Unlock()
}

// reply takes a line from a node to a client.
func (l *load) reply(now time.Duration, node int, line []byte) {
	id := number(line, `"in_reply_to":`)
	typ := string(between(line, `"type":"`, '"'))
	l.mu.Lock()
	defer l.mu.Unlock()
	switch typ {
	case "read_ok":
		values := map[int]bool{}
		n, in := 0, false
		for _, c := range between(line, `"messages":[`, ']') {
			if c >= '0' && c <= '9' {
				n, in = 10*n+int(c-'0'), true
				continue
			}
			if in {
				values[n] = true
			}
			n, in = 0, false
		}
		if in {
			values[n] = true
		}
		l.known[node] = values
		return
	case "health_ok":
		l.health = append(l.health, readHealth(now, line))
		return
	}
	if string(between(line, `"dest":"`, '"')) != "c1" || id <= 0 || id >= len(l.sent) {
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
	case number(line, `"code":`) == 11:
		l.outcome[id] = refused
	default:
		l.outcome[id] = other
	}
}

// flood sends broadcasts to a node at a rate until a time. What the node does
// not take is not sent: the client goes on with the next.
func (l *load) flood(c *cluster, perSecond float64, until time.Duration) {
	begin := c.now()
	sent := 0
	to := c.nodes[0]
	for {
		now := c.now()
		if now >= until {
			return
		}
		for due := int((now - begin).Seconds() * perSecond); sent < due; sent++ {
			id, line := l.request(now, to.name)
			if !to.toClient.put(line) {
				l.set(id, unsent)
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// poll asks the first node for its health ten times a second until a time.
func (l *load) poll(c *cluster, until time.Duration) {
	for id := 1; c.now() < until; id++ {
		c.nodes[0].toPeer.put(fmt.Appendf(nil, `{"src":"c2","dest":"n0","body":{"type":"health","msg_id":%d}}`+"\n", id))
		time.Sleep(100 * time.Millisecond)
	}
}

// readHealth picks what is shown from a health reply.
func readHealth(now time.Duration, line []byte) (s sample) {
	s.at, s.unhealthy, s.worst = now, number(line, `"unhealthy_ms":`), string(between(line, `"worst":"`, '"'))
	for i, name := range []string{"intake", "gossip", "output"} {
		s.depth[i] = number(between(line, `"name":"`+name+`"`, '}'), `"depth":`)
	}
	permits := between(line, `"permits":{`, '}')
	s.available, s.permits = number(permits, `"available":`)+number(permits, `"in_use":`), number(permits, `"total":`)
	s.byWait, s.byGate = number(line, `"refused_by_wait":`), number(line, `"refused_by_gate":`)
	s.backlog = number(line, `"backlog_entries":`)
	return s
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
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	if n := len(latencies); n > 0 {
		w.p50, w.p99, w.max = latencies[n/2], latencies[min(n-1, n*99/100)], latencies[n-1]
	}
	return w
}

// missing counts the accepted values that some node does not know, by the last
// reads.
func (l *load) missing(nodes int) (missing int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := 1; id < len(l.sent); id++ {
		if l.outcome[id] != accepted {
			continue
		}
		for n := range nodes {
			if !l.known[n][id] {
				missing++
				break
			}
		}
	}
	return missing
}

// strange counts the values that a node knows though their request was refused:
// error 11 says that nothing was done.
func (l *load) strange(nodes int) (strange int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := 1; id < len(l.sent); id++ {
		for n := range nodes {
			if l.outcome[id] == refused && l.known[n][id] {
				strange++
				break
			}
		}
	}
	return strange
}
