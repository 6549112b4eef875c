package gossip

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// NewTestCore returns a blank core with the neighbour n1, a child, and the
// phase 0, unless the change says otherwise.
func NewTestCore(t require.TestingT, change func(*Config)) *Core {
	return NewTestCoreOn(t, NewLog(), change)
}

func NewTestCoreOn(t require.TestingT, log *Log, change func(*Config)) *Core {
	cfg := ValidConfig()
	cfg.Incarnation = 100
	cfg.Neighbours = []Neighbour{{Name: "n1"}}
	if change != nil {
		change(&cfg)
	}
	c, err := New(0, cfg, log)
	require.NoError(t, err)
	return c
}

// FillLog appends n entries of one source, continuing where it stands.
func FillLog(log *Log, source OriginID, n int) {
	next := uint64(1)
	for i := range log.Len() {
		if e := log.At(i); e.Origin == source {
			next = e.Counter + 1
		}
	}
	for i := range n {
		counter := next + uint64(i)
		log.Append(Entry{source, counter, fmt.Sprint(counter)})
	}
}

// Spoken is all that a core wants to say at a time, in Advances of small room.
func Spoken(c *Core, now time.Duration) []*Message {
	var out []*Message
	for c.Next() <= now {
		for _, o := range c.Advance(now, 2) {
			out = append(out, o.Message)
		}
	}
	return out
}

// Store does what a caller does with a delivery that is stored at once.
func Store(c *Core, now time.Duration, d Delivery) {
	for _, e := range d.Entries {
		c.log.Append(e)
	}
	c.Learn(now)
	c.Stored(now, d.Ticket)
}

// Accounted is the size of a message as the core reckons it.
func Accounted(m *Message) int {
	bytes := fixedBytes + len(m.Acks)*spanBytes
	for _, r := range m.Runs {
		bytes += runBytes + originBytes(r.Origin)
		for _, v := range r.Values {
			bytes += len(v) + 1
		}
	}
	if m.Digest != nil {
		for _, h := range m.Digest.Lines {
			bytes += runBytes + originBytes(h.Origin) + len(h.Counters)*spanBytes
		}
	}
	return bytes
}

func RequireNoMessage(t *testing.T, c *Core, now time.Duration) {
	t.Helper()
	require.Empty(t, Spoken(c, now))
}

// OriginOf returns the origin number i.
func OriginOf(i int) OriginID { return NewOriginID(fmt.Sprint("n", i), "log") }

// ValidConfig returns a configuration that New takes.
func ValidConfig() Config {
	return Config{Incarnation: 1, Period: 400 * ms, GreetAt: Never}
}
