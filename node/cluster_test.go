package node

import (
	"encoding/json"
	"fmt"
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
type Cluster struct {
	t       *testing.T
	boots   int
	Now     time.Duration
	Names   []string
	Rigs    map[string]*Rig
	Latency time.Duration
	Drop    func(from, to string) bool

	Way     []Parcel // sorted by when it arrives
	Between []Parcel // every line that a node has sent another
	Said    []string // every line to a client
}

// parcel is a line on its way to a node.
type Parcel struct {
	At       time.Duration // when it arrives
	From, To string
	Line     string
}

// newCluster starts and initialises so many nodes at time 0.
func NewCluster(t *testing.T, count int, change ...func(*Config)) *Cluster {
	c := &Cluster{t: t, Names: IDs(count), Rigs: map[string]*Rig{}, Latency: 10 * time.Millisecond}
	for i := range c.Names {
		c.Boot(i, i, change...)
	}
	return c
}

// boot starts a node, blank; initID is the id of its init's envelope.
func (c *Cluster) Boot(i, initID int, change ...func(*Config)) {
	seeded := func(cfg *Config) {
		cfg.Random = rand.New(rand.NewPCG(uint64(i), uint64(c.Now)))
		c.boots++
		cfg.Incarnation = uint64(c.boots) << 12
		cfg.SyncPeriod = 100 * time.Millisecond
		cfg.NumChildren = 2
	}
	r := NewRig(c.t, append([]func(*Config){seeded}, change...)...)
	c.Rigs[c.Names[i]] = r
	r.AdmitLines(c.Now, InitLine(initID, c.Names[i], c.Names...))
	c.Settle()
}

// settle has every node do all that it can do now, and takes their lines.
func (c *Cluster) Settle() {
	for _, name := range c.Names {
		if r := c.Rigs[name]; r != nil {
			c.Send(r.Settle(c.Now))
		}
	}
}

// send takes lines that a node has written.
func (c *Cluster) Send(lines []string) {
	for _, line := range lines {
		var head struct{ Src, Dest string }
		require.NoError(c.t, json.Unmarshal([]byte(line), &head))
		if !slices.Contains(c.Names, head.Dest) {
			c.Said = append(c.Said, line)
			continue
		}
		p := Parcel{At: c.Now + c.Latency, From: head.Src, To: head.Dest, Line: line}
		c.Between = append(c.Between, p)
		if c.Drop == nil || !c.Drop(head.Src, head.Dest) {
			c.Way = append(c.Way, p)
		}
	}
}

// run lets time pass.
func (c *Cluster) Run(until time.Duration) {
	for {
		next := until + 1
		for _, name := range c.Names {
			next = min(next, c.Rigs[name].GossipNext(c.Now))
		}
		if len(c.Way) > 0 {
			next = min(next, c.Way[0].At)
		}
		if next > until {
			c.Now = until
			return
		}
		require.GreaterOrEqual(c.t, next, c.Now, "what was due has been done")
		c.Now = next
		for len(c.Way) > 0 && c.Way[0].At <= c.Now {
			p := c.Way[0]
			c.Way = c.Way[1:]
			c.Rigs[p.To].AdmitLines(c.Now, p.Line)
		}
		c.Settle()
	}
}

// client has a client send a line to a node.
func (c *Cluster) Client(line string) {
	var head struct{ Dest string }
	require.NoError(c.t, json.Unmarshal([]byte(line), &head))
	c.Rigs[head.Dest].AdmitLines(c.Now, line)
	c.Settle()
}

// requireValues holds every node to the same set of values.
func (c *Cluster) RequireValues(want ...string) {
	c.t.Helper()
	slices.Sort(want)
	for _, name := range c.Names {
		got := strings.Split(strings.Trim(c.Rigs[name].Values(c.Now), "[]"), ",")
		slices.Sort(got)
		require.Equal(c.t, want, got, "values of %s", name)
	}
}

// requireQuiet holds the cluster to saying nothing more for ten minutes.
func (c *Cluster) RequireQuiet() {
	c.t.Helper()
	sent := len(c.Between)
	c.Run(c.Now + 10*time.Minute)
	require.Len(c.t, c.Between, sent, "there is nothing to say")
}

// gossipOf reads a line between two nodes.
func GossipOf(t *testing.T, line string) *gossip.Message {
	var envelope struct{ Body json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(line), &envelope))
	m, err := codec.NewDecoder(nil).Message(envelope.Body)
	require.NoError(t, err)
	return m
}

// Spread has so many values broadcast, each at a random node, over a time.
func (c *Cluster) Spread(seed uint64, count int, over time.Duration) (values []string) {
	random := rand.New(rand.NewPCG(seed, 7))
	start := c.Now
	for i := range count {
		c.Run(start + over*time.Duration(i)/time.Duration(count))
		values = append(values, fmt.Sprint(1000+i))
		c.Client(BroadcastLine(c.Names[random.IntN(len(c.Names))], i, values[i]))
	}
	return values
}
