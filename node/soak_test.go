package node_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"treecast/node"

	"github.com/stretchr/testify/require"

	"treecast/wire"
)

var soakFor = flag.Duration("soak", 3*time.Minute, "virtual time of the soak; -soak 1h takes minutes")

const (
	soakNodes   = 5
	soakTick    = 10 * time.Millisecond
	soakRate    = 100 // broadcasts per second
	soakChecks  = 6   // the heap is looked at so many times, evenly
	soakLatency = 2   // ticks between nodes

	// soakRings is what the nodes' queues may keep of the slots that they once
	// needed.
	soakRings = soakNodes * 3 * 512 * 200
)

// soak is a cluster under a steady load in which, if it is disturbed, services
// of nodes do a tenth of the load for seconds at random times.
type soak struct {
	t       *testing.T
	random  *rand.Rand
	rigs    []*node.Rig
	now     time.Duration
	way     [soakLatency + 1][]string // lines between nodes, by the tick of their arrival
	acked   map[string]bool
	codes   map[int]int
	slow    [3]time.Duration // until when each service is, of the node that suffers
	victim  int
	value   int
	entries int // of the first node, at the last look
}

func newSoak(t *testing.T) *soak {
	s := &soak{t: t, random: rand.New(rand.NewPCG(7, 7)), acked: map[string]bool{}, codes: map[int]int{}}
	for i := range soakNodes {
		r := node.NewRig(t, func(c *node.Config) {
			c.Random = rand.New(rand.NewPCG(uint64(i), 1))
			c.Incarnation = uint64(i+1) << 12
			c.NumChildren, c.SyncPeriod = 2, 200*time.Millisecond
			c.Queues = map[string]node.QueueSizes{"intake": {Preferred: 20, Capacity: 400}}
		})
		r.AdmitLines(0, node.InitLine(i, node.IDs(soakNodes)[i], node.IDs(soakNodes)...))
		s.rigs = append(s.rigs, r)
	}
	return s
}

// tick lets a hundredth of a second pass: one broadcast comes, a read a second,
// and every service does what it can.
func (s *soak) tick(broadcast, disturbed bool) {
	s.now += soakTick
	if disturbed && s.random.IntN(500) == 0 {
		s.victim = s.random.IntN(soakNodes)
		s.slow[s.random.IntN(len(s.slow))] = s.now + time.Duration(s.random.IntN(5000))*time.Millisecond
	}
	arrived := s.way[0]
	copy(s.way[:], s.way[1:])
	s.way[soakLatency] = nil
	for _, line := range arrived {
		dest := line[strings.Index(line, `"dest":"n`)+9] - '0'
		s.line(int(dest), line)
	}
	if broadcast {
		s.value++
		to := s.random.IntN(soakNodes)
		s.line(to, node.BroadcastLine(fmt.Sprint("n", to), s.value, fmt.Sprint(s.value)))
	}
	if s.now%time.Second == 0 {
		s.line(1, node.ReadLine("n1", 0))
	}
	for i, r := range s.rigs {
		if s.now >= r.NextTick() {
			r.Tick(s.now)
		}
		for number, service := range r.Services() {
			steps := 1000
			if i == s.victim && s.now < s.slow[number] {
				steps = 0
				if s.now%(1000/(soakRate/10)*time.Millisecond) == 0 {
					steps = 1
				}
			}
			for ; steps > 0 && service.Next(s.now) <= s.now; steps-- {
				_, err := service.Step(s.now)
				require.NoError(s.t, err)
			}
		}
		s.take(r)
	}
}

func (s *soak) line(to int, line string) {
	item, err := wire.NewReader(strings.NewReader(line), 0).Next()
	require.NoError(s.t, err)
	s.rigs[to].Admit(s.now, &item)
	s.rigs[to].Dry(s.now)
}

// take takes what a node has written.
func (s *soak) take(r *node.Rig) {
	text := r.Stdout.String()
	r.Stdout.Reset()
	for line := range strings.Lines(text) {
		switch {
		case strings.Contains(line, `"dest":"n`):
			s.way[soakLatency] = append(s.way[soakLatency], line)
		case strings.Contains(line, `"broadcast_ok"`):
			_, id, _ := strings.Cut(line, `"in_reply_to":`)
			s.acked[strings.Clone(id[:strings.IndexByte(id, '}')])] = true
		case strings.Contains(line, `"error"`):
			var reply struct{ Body struct{ Code int } }
			require.NoError(s.t, json.Unmarshal([]byte(line), &reply))
			s.codes[reply.Body.Code]++
		}
	}
}

// heap is what the nodes hold, in bytes.
func (s *soak) heap() int64 {
	s.entries = s.rigs[0].Entries()
	for _, r := range s.rigs {
		r.Stdout = bytes.Buffer{} // it has grown with the reads
	}
	acked, way := s.acked, s.way
	s.acked, s.way = nil, [soakLatency + 1][]string{}
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.acked, s.way = acked, way
	runtime.KeepAlive(acked)
	return int64(m.HeapAlloc)
}

// A cluster that is disturbed again and again holds, at any time, as much memory
// as one that never was and knows as many values: what is under way, refused or
// dropped leaves nothing behind.
func TestSoak_losesNothing(t *testing.T) {
	type look struct {
		heap, entries int
	}
	measure := func(disturbed bool, goal []look) (looks []look, s *soak) {
		base := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}()
		s = newSoak(t)
		for i := range soakChecks {
			if disturbed {
				for until := *soakFor * time.Duration(i+1) / soakChecks; s.now < until; {
					s.tick(true, true)
				}
			} else {
				for s.entriesEverywhere() < goal[i].entries {
					s.tick(s.value < goal[i].entries, false)
				}
			}
			for range 1500 { // nothing is under way any more
				s.tick(false, false)
			}
			bookkeeping := int64(len(s.acked)) * 32
			looks = append(looks, look{int(s.heap() - base - bookkeeping), s.entries})
		}
		return looks, s
	}
	looks, s := measure(true, nil)
	require.Positive(t, s.codes[11], "it was too much at times")
	require.Len(t, s.codes, 1, "and nothing but that was said: %v", s.codes)
	require.Greater(t, len(s.acked), s.value/3)
	for i, r := range s.rigs {
		require.Equal(t, looks[soakChecks-1].entries, r.Entries(), "n%d", i)
		for v := range s.acked {
			require.True(t, r.Knows([]byte(v)), "n%d lacks %s", i, v)
		}
		report, _ := r.Report(s.now)
		require.Zero(t, report.Unhealthy)
	}
	refused := s.codes[11]
	s = nil
	calm, _ := measure(false, looks)
	t.Logf("%v: %d entries, %d refusals; heap of 5 nodes, and of undisturbed ones: %v, %v", *soakFor, looks[soakChecks-1].entries, refused, looks, calm)
	for i := range looks {
		require.Equal(t, calm[i].entries, looks[i].entries)
		extra := looks[i].heap - calm[i].heap
		require.Less(t, float64(extra), 0.01*float64(calm[i].heap)+soakRings, "after %d of %d", i+1, soakChecks)
	}
}

// entriesEverywhere is what every node knows.
func (s *soak) entriesEverywhere() int {
	n := s.rigs[0].Entries()
	for _, r := range s.rigs {
		n = min(n, r.Entries())
	}
	return n
}
