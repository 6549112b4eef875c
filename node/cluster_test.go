package node

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/gossip/codec"
)

// cluster is some nodes joined by their steps in virtual time, without
// goroutines. Lines between nodes take a latency, lines to clients none.
type cluster struct {
	t       *testing.T
	boots   int
	now     time.Duration
	names   []string
	rigs    map[string]*rig
	latency time.Duration
	drop    func(from, to string) bool

	way     []parcel // sorted by when it arrives
	between []parcel // every line that a node has sent another
	said    []string // every line to a client
}

// parcel is a line on its way to a node.
type parcel struct {
	at       time.Duration // when it arrives
	from, to string
	line     string
}

// newCluster starts and initialises so many nodes at time 0.
func newCluster(t *testing.T, count int, change ...func(*Config)) *cluster {
	c := &cluster{t: t, names: ids(count), rigs: map[string]*rig{}, latency: 10 * time.Millisecond}
	for i := range c.names {
		c.boot(i, i, change...)
	}
	return c
}

// boot starts a node, blank; initID is the id of its init's envelope.
func (c *cluster) boot(i, initID int, change ...func(*Config)) {
	seeded := func(cfg *Config) {
		cfg.Random = rand.New(rand.NewPCG(uint64(i), uint64(c.now)))
		c.boots++
		cfg.Incarnation = uint64(c.boots) << 12
		cfg.SyncPeriod = 100 * time.Millisecond
		cfg.NumChildren = 2
	}
	r := newRig(c.t, append([]func(*Config){seeded}, change...)...)
	c.rigs[c.names[i]] = r
	r.admit(c.now, initLine(initID, c.names[i], c.names...))
	c.settle()
}

// settle has every node do all that it can do now, and takes their lines.
func (c *cluster) settle() {
	for _, name := range c.names {
		if r := c.rigs[name]; r != nil {
			c.send(r.settle(c.now))
		}
	}
}

// send takes lines that a node has written.
func (c *cluster) send(lines []string) {
	for _, line := range lines {
		var head struct{ Src, Dest string }
		require.NoError(c.t, json.Unmarshal([]byte(line), &head))
		if !slices.Contains(c.names, head.Dest) {
			c.said = append(c.said, line)
			continue
		}
		p := parcel{at: c.now + c.latency, from: head.Src, to: head.Dest, line: line}
		c.between = append(c.between, p)
		if c.drop == nil || !c.drop(head.Src, head.Dest) {
			c.way = append(c.way, p)
		}
	}
}

// run lets time pass.
func (c *cluster) run(until time.Duration) {
	for {
		next := until + 1
		for _, name := range c.names {
			next = min(next, c.rigs[name].gossiper.next(c.now))
		}
		if len(c.way) > 0 {
			next = min(next, c.way[0].at)
		}
		if next > until {
			c.now = until
			return
		}
		require.GreaterOrEqual(c.t, next, c.now, "what was due has been done")
		c.now = next
		for len(c.way) > 0 && c.way[0].at <= c.now {
			p := c.way[0]
			c.way = c.way[1:]
			c.rigs[p.to].admit(c.now, p.line)
		}
		c.settle()
	}
}

// client has a client send a line to a node.
func (c *cluster) client(line string) {
	var head struct{ Dest string }
	require.NoError(c.t, json.Unmarshal([]byte(line), &head))
	c.rigs[head.Dest].admit(c.now, line)
	c.settle()
}

// requireValues holds every node to the same set of values.
func (c *cluster) requireValues(want ...string) {
	c.t.Helper()
	slices.Sort(want)
	for _, name := range c.names {
		got := strings.Split(strings.Trim(c.rigs[name].values(c.now), "[]"), ",")
		slices.Sort(got)
		require.Equal(c.t, want, got, "values of %s", name)
	}
}

// requireQuiet holds the cluster to saying nothing more for ten minutes.
func (c *cluster) requireQuiet() {
	c.t.Helper()
	sent := len(c.between)
	c.run(c.now + 10*time.Minute)
	require.Len(c.t, c.between, sent, "there is nothing to say")
}

// gossipOf reads a line between two nodes.
func gossipOf(t *testing.T, line string) *gossip.Message {
	var envelope struct{ Body json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(line), &envelope))
	m, err := codec.NewDecoder(nil).Message(envelope.Body)
	require.NoError(t, err)
	return m
}
