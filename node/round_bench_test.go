package node

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/node/stdin"
	"treecast/wire"
)

// rounder is a node between neighbours that ack everything.
type rounder struct {
	*Rig
	now    time.Duration
	batch  map[string]uint64 // the newest of each neighbour
	values uint64
	epoch  uint64 // the node's
	bytes  int    // of the last round's messages
	parser wire.Parser
	lines  [][]byte // requests of the next rounds, where the whole node is run
	whole  bool
}

// newRounder returns a star's root whose neighbours have acked so many values.
// Either its gossip service works alone: values are put into the log as the
// record puts them there, mail into the inbox as the reader does, and what it says
// is taken out of the output's queue. Or the whole node does: values come as
// lines, and so do acks; what it says is written.
func newRounder(t require.TestingT, whole bool, neighbours, history int) *rounder {
	r := &rounder{batch: map[string]uint64{}, whole: whole}
	r.Rig = StartedRig(t, IDs(neighbours+1), func(cfg *Config) {
		cfg.NumChildren, cfg.SyncPeriod = neighbours, time.Second
	})
	for history > 0 {
		n := min(history, 100)
		r.prepare(n)
		r.round(n)
		history -= n
	}
	return r
}

// prepare spells the requests of the rounds to come.
func (r *rounder) prepare(values int) {
	for n := r.values; r.whole && values > 0; values-- {
		n++
		r.lines = append(r.lines, []byte(BroadcastLine("n0", int(n), fmt.Sprint(10_000_000+n))))
	}
}

// round has so many values told to all neighbours, each of which acks.
func (r *rounder) round(values int) {
	source := gossip.NewOriginID("n0", "log")
	for range values {
		r.values++
		if r.whole {
			r.request(r.lines[0])
			r.lines = r.lines[1:]
		} else {
			r.state.log.Append(gossip.Entry{Origin: source, Counter: r.values, Value: "1234567"})
		}
	}
	r.bytes = 0
	r.steps()
	r.now += time.Second
	r.steps()
}

// request is a line of a client, up to the reply.
func (r *rounder) request(line []byte) {
	item := r.parser.Item(line)
	r.intake.admit(r.now, r.now, &item, stdin.Waiting)
	if _, err := r.store.Step(r.now); err != nil {
		panic(err)
	}
	reply, _ := r.outputInbox.TryNext()
	r.write(&reply)
}

// write writes one item, and keeps nothing of it.
func (r *rounder) write(item *outgoing) {
	if err := r.output.handle(r.now, item); err != nil {
		panic(err)
	}
	r.outputInbox.Done()
	r.Stdout.Reset()
}

// steps does all that gossip has to do now.
func (r *rounder) steps() {
	for r.gossiper.step(r.now) {
		for item, ok := r.outputInbox.TryNext(); ok; item, ok = r.outputInbox.TryNext() {
			r.bytes += len(item.body)
			if r.epoch == 0 {
				m, err := codec.NewDecoder(nil).Message(item.body)
				require.NoError(r.t, err)
				r.epoch = m.Incarnation
			}
			peer := item.to.client
			if r.whole {
				r.write(&item)
			} else {
				r.gossiper.out.handled(&item)
				r.outputInbox.Done()
			}
			r.ack(peer)
		}
	}
}

// ack is a neighbour's ack of what it was told last.
func (r *rounder) ack(peer string) {
	r.batch[peer]++
	batch := r.batch[peer]
	body := codec.Append(nil, &gossip.Message{
		Incarnation: 7, For: r.epoch, Acks: []gossip.Span{{First: batch, Last: batch}}, Echo: gossip.Echo{Batch: batch},
	})
	if r.whole {
		item := r.parser.Item([]byte(Say(peer, "n0", string(body))))
		r.intake.admit(r.now, r.now, &item, stdin.Waiting)
		return
	}
	if !r.gossiper.gossipBytes.take(len(body)) || !r.intake.gossip.Offer(r.now, peerMsg{from: peer, body: body}) {
		panic("no room for an ack")
	}
}

// blockRounds is how many rounds are timed at once: with a thousand known values
// they come to two thousand.
const blockRounds = 10

// clocked is a rounder of which blocks are timed. A history that has doubled begins
// anew, off the clock.
//
// With a thousand known values that is before every block, and what it leaves would
// bring the collector more often than the rounds do, in the middle of them. So where
// it is alone in its process it collects by itself, whenever as much has been
// allocated as a node with this heap allocates between two collections: on the
// clock as often as what the rounds allocate makes due, else off it.
type clocked struct {
	*rounder
	roundShape
	t       require.TestingT
	history int
	alone   bool

	blocks []float64     // ns a round, without collections on the clock
	cpu    time.Duration // of the whole process, with them ...
	spent  time.Duration // ... and theirs
	faults int64

	pace      uint64 // bytes between two collections
	allocated uint64 // by rounds since the last on the clock
	collected uint64 // what had been allocated at the last
}

// newClocked returns one that has its history.
func newClocked(t require.TestingT, s roundShape, history int, alone bool) *clocked {
	c := &clocked{t: t, roundShape: s, history: history, alone: alone}
	c.begin()
	if alone {
		debug.SetGCPercent(-1)
		c.collect()
	}
	return c
}

func (c *clocked) begin() { c.rounder = newRounder(c.t, c.node, c.neighbours, c.history) }

// allocatedBytes is the runtime's name for all that has been allocated so far.
const allocatedBytes = "/gc/heap/allocs:bytes"

// collect runs the collector, and reckons when a node would run it next that is
// configured as nodes are.
func (c *clocked) collect() {
	const least = 4 << 20 // GOGC=100 lets a heap grow this large at least
	runtime.GC()
	live := metric("/gc/heap/live:bytes")
	c.pace, c.collected = max(least, 2*live)-live, metric(allocatedBytes)
}

// block times some rounds.
func (c *clocked) block() {
	if c.values+uint64(blockRounds*c.delta) > uint64(2*c.history) {
		c.begin()
	}
	c.prepare(blockRounds * c.delta)
	bytes := metric(allocatedBytes)
	cpu, faults := usage()
	start := time.Now()
	for range blockRounds {
		c.round(c.delta)
	}
	c.blocks = append(c.blocks, float64(time.Since(start).Nanoseconds())/blockRounds)
	total := metric(allocatedBytes)
	c.allocated += total - bytes
	due := c.alone && c.allocated >= c.pace
	if due {
		c.allocated -= c.pace
		before, _ := usage()
		c.collect()
		after, _ := usage()
		c.spent += after - before
	}
	end, touched := usage()
	c.cpu, c.faults = c.cpu+end-cpu, c.faults+touched-faults
	if c.alone && !due && total-c.collected >= c.pace {
		c.collect()
	}
}

// metric reads one of the runtime's figures.
func metric(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// usage is the process's CPU so far, and how many pages it has touched for the
// first time.
func usage() (cpu time.Duration, faults int64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), int64(u.Minflt) //nolint:unconvert // it has 32 bits where words have
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// roundShape is what a round is to do: node says that the whole node does it.
type roundShape struct {
	node              bool
	neighbours, delta int
}

func (s roundShape) String() string {
	who := "gossip"
	if s.node {
		who = "node"
	}
	return fmt.Sprintf("%s/neighbours=%d/delta=%d", who, s.neighbours, s.delta)
}

var (
	roundShapes = []roundShape{{false, 3, 10}, {false, 3, 100}, {false, 24, 10}, {false, 24, 100}, {true, 3, 100}, {true, 24, 100}}
	histories   = [2]int{1000, 1_000_000}
)

// Units of what BenchmarkRound reports.
const (
	medianUnit = "median-ns/round" // of blocks, without the collector
	cpuUnit    = "cpu-ns/round"    // of the whole process, with it
	spentUnit  = "gc-ns/round"     // of the collector alone
	faultsUnit = "faults/round"    // pages that were touched for the first time
)

// BenchmarkRound is rounds of one size; an iteration is ten. Run alone, in a
// process of its own, the heap is that of a node that holds so much.
func BenchmarkRound(b *testing.B) {
	for _, s := range roundShapes {
		for _, history := range histories {
			b.Run(fmt.Sprintf("%v/history=%d", s, history), func(b *testing.B) {
				defer debug.SetGCPercent(debug.SetGCPercent(100))
				c := newClocked(b, s, history, true)
				for b.Loop() {
					c.block()
				}
				require.Zero(b, c.GossipFigures(c.now).Gossip.Resends)
				require.Greater(b, c.bytes, s.delta*s.neighbours*8)
				rounds := float64(blockRounds * len(c.blocks))
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(median(c.blocks), medianUnit)
				b.ReportMetric(float64(c.cpu.Nanoseconds())/rounds, cpuUnit)
				b.ReportMetric(float64(c.spent.Nanoseconds())/rounds, spentUnit)
				b.ReportMetric(float64(c.faults)/rounds, faultsUnit)
			})
		}
	}
}

// BenchmarkRoundsInTurns is ten rounds with 1 000 known values and ten with
// 1 000 000, in turns in one process: whatever else the machine does meets both, and
// so does the collector, which has the same heap to look through. It shows what
// the rounds themselves take. An iteration is ten rounds of each.
func BenchmarkRoundsInTurns(b *testing.B) {
	for _, s := range roundShapes {
		b.Run(s.String(), func(b *testing.B) {
			short, long := newClocked(b, s, histories[0], false), newClocked(b, s, histories[1], false)
			var quotients []float64
			for b.Loop() {
				first, second := short, long
				if len(quotients)%2 == 1 {
					first, second = long, short
				}
				first.block()
				second.block()
				n := len(quotients)
				quotients = append(quotients, long.blocks[n]/short.blocks[n])
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(short.blocks), "short-ns/round")
			b.ReportMetric(median(long.blocks), "long-ns/round")
			b.ReportMetric(median(quotients), "long/short")
		})
	}
}

// BenchmarkRoundsInProcesses runs BenchmarkRound with 1 000 and with 1 000 000 known
// values in turns, each time in a new process. It shows what a node of either size
// takes, its collector and its heap included. An iteration is a process of each; the
// quotients are medians of those of one iteration.
func BenchmarkRoundsInProcesses(b *testing.B) {
	self, err := os.Executable()
	require.NoError(b, err)
	for _, s := range roundShapes {
		b.Run(s.String(), func(b *testing.B) {
			var runs [2]map[string][]float64
			turn := 0
			for b.Loop() {
				for i := range histories {
					i = (i + turn) % 2
					runs[i] = ofProcess(b, runs[i], self, fmt.Sprintf("BenchmarkRound$/%v/history=%d$", s, histories[i]))
				}
				turn++
			}
			b.ReportMetric(0, "ns/op")
			for _, unit := range []string{medianUnit, cpuUnit, spentUnit, faultsUnit} {
				b.ReportMetric(median(runs[0][unit]), "short-"+unit)
				b.ReportMetric(median(runs[1][unit]), "long-"+unit)
			}
			for _, unit := range []string{medianUnit, cpuUnit} {
				var quotients []float64
				for n, short := range runs[0][unit] {
					quotients = append(quotients, runs[1][unit][n]/short)
				}
				b.ReportMetric(median(quotients), strings.ReplaceAll(unit, "-ns/round", "-long/short"))
			}
		})
	}
}

// ofProcess appends to figures what a benchmark reports in a process of its own.
func ofProcess(b *testing.B, figures map[string][]float64, self, name string) map[string][]float64 {
	if figures == nil {
		figures = map[string][]float64{}
	}
	out, err := exec.Command(self, "-test.run", "^$", "-test.bench", name, "-test.benchtime", "500x").Output()
	require.NoError(b, err)
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		for i := 3; i < len(fields) && strings.HasPrefix(line, "Benchmark"); i += 2 {
			value, err := strconv.ParseFloat(fields[i-1], 64)
			require.NoError(b, err)
			figures[fields[i]] = append(figures[fields[i]], value)
		}
	}
	require.Len(b, figures, 4, "%s", out)
	return figures
}
