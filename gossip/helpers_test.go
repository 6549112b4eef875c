package gossip

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newTestCore returns a blank core with the neighbour n1, a child, and the
// phase 0, unless the change says otherwise.
func newTestCore(t require.TestingT, change func(*Config)) *Core {
	return newTestCoreOn(t, NewLog(), change)
}

func newTestCoreOn(t require.TestingT, log *Log, change func(*Config)) *Core {
	cfg := validConfig()
	cfg.Epoch = 100
	cfg.Neighbours = []Neighbour{{Name: "n1"}}
	if change != nil {
		change(&cfg)
	}
	c, err := New(0, cfg, log)
	require.NoError(t, err)
	return c
}

// fillLog appends n entries of one source, continuing where it stands.
func fillLog(log *Log, source SourceID, n int) {
	next := uint64(1)
	for i := range log.Len() {
		if e := log.At(i); e.Source == source {
			next = e.Counter + 1
		}
	}
	for i := range n {
		counter := next + uint64(i)
		log.Append(Entry{source, counter, fmt.Sprint(counter)})
	}
}

// spoken is all that a core wants to say at a time, in Advances of small room.
func spoken(c *Core, now time.Duration) []*Message {
	var out []*Message
	for c.Next() <= now {
		for _, o := range c.Advance(now, 2) {
			out = append(out, o.Message)
		}
	}
	return out
}

// store does what a caller does with a delivery that is stored at once.
func store(c *Core, now time.Duration, d Delivery) {
	for _, e := range d.Entries {
		c.log.Append(e)
	}
	c.Learn(now)
	c.Stored(now, d.Ticket)
}

// countedPermits grants as many permits as it has and checks their use.
type countedPermits struct {
	left int
	held map[string]bool
	bad  []string // what the core did wrong
	asks int
}

func newPermits(n int) *countedPermits {
	return &countedPermits{left: n, held: map[string]bool{}}
}

func (p *countedPermits) Acquire(_ time.Duration, holder string) bool {
	p.asks++
	if p.held[holder] {
		p.bad = append(p.bad, holder+" acquires twice")
	}
	if p.left == 0 {
		return false
	}
	p.left--
	p.held[holder] = true
	return true
}

func (p *countedPermits) Progress(_ time.Duration, holder string) {
	if !p.held[holder] {
		p.bad = append(p.bad, holder+" makes progress without a permit")
	}
}

func (p *countedPermits) Release(_ time.Duration, holder string) {
	if !p.held[holder] {
		p.bad = append(p.bad, holder+" releases what it does not hold")
	}
	delete(p.held, holder)
	p.left++
}

// accounted is the size of a message as the core reckons it.
func accounted(m *Message) int {
	bytes := fixedBytes + len(m.Acks)*spanBytes
	for _, r := range m.Runs {
		bytes += runBytes + sourceBytes(r.Source)
		for _, v := range r.Values {
			bytes += len(v) + 1
		}
	}
	if m.Vector != nil {
		for _, h := range m.Vector.Held {
			bytes += runBytes + sourceBytes(h.Source) + len(h.Counters)*spanBytes
		}
	}
	return bytes
}

func requireNoMessage(t *testing.T, c *Core, now time.Duration) {
	t.Helper()
	require.Empty(t, spoken(c, now))
}
