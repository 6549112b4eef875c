package codec

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
	"treecast/wire"
)

// The names in the worst lines: as long as the core's bounds allow for, of
// characters that take six bytes each on a line.
var (
	worstName   = strings.Repeat("\x01", 24)
	worstSource = rapid.Custom(func(t *rapid.T) gossip.OriginID {
		origin := fmt.Sprintf("%s%d", worstName, rapid.IntRange(0, 400).Draw(t, "origin"))
		return gossip.NewOriginID(origin, worstName[:rapid.IntRange(0, 24).Draw(t, "log")])
	})
	worstValue = rapid.Custom(func(t *rapid.T) string {
		size := rapid.OneOf(rapid.IntRange(1, 30), rapid.IntRange(1, 3000),
			rapid.SampledFrom([]int{10_000, 24_000, 40_000, gossip.MaxLineBytes - 1000, gossip.MaxLineBytes, 70_000})).Draw(t, "size")
		return strings.Repeat("7", size)
	})
)

// lineOf spells a message as the output does, envelope and newline included.
func lineOf(t require.TestingT, m *gossip.Message) []byte {
	var line bytes.Buffer
	w := wire.NewWriter(&line)
	require.NoError(t, w.WriteMessage(worstName, worstName, Append(nil, m)))
	require.NoError(t, w.Flush())
	return line.Bytes()
}

// requireShortLine holds a message to the limit that the gossip core promises.
func requireShortLine(t require.TestingT, m *gossip.Message) {
	line := lineOf(t, m)
	if len(line) <= gossip.MaxLineBytes {
		return
	}
	require.Equal(t, 1, m.Entries(), "a line of %d bytes carries several entries, or none", len(line))
	require.Greater(t, len(m.Runs[0].Values[0])+2000, gossip.MaxLineBytes,
		"a line of %d bytes carries a value that has room in one", len(line))
	require.Nil(t, m.Digest)
}

// wordy is a core that is driven into saying as much as it can.
type wordy struct {
	log  *gossip.Log
	core *gossip.Core
	now  time.Duration
	last map[gossip.OriginID]uint64
	said int
}

// learn adds entries of one source, with or without a gap before.
func (w *wordy) learn(t *rapid.T) {
	s := worstSource.Draw(t, "source")
	counter := w.last[s] + rapid.Uint64Range(1, 2).Draw(t, "gap")
	for _, v := range rapid.SliceOfN(worstValue, 1, 30).Draw(t, "values") {
		w.log.Append(gossip.Entry{Origin: s, Counter: counter, Value: v})
		counter += rapid.Uint64Range(1, 3).Draw(t, "step")
	}
	w.last[s] = counter
	w.core.Learn(w.now)
}

// hear has the peer send batches, most of them with gaps between their
// numbers, so that the acks do not merge.
func (w *wordy) hear(t *rapid.T) {
	from := rapid.SampledFrom([]string{"up", "down"}).Draw(t, "from")
	epoch := rapid.Uint64Range(1, 2).Draw(t, "epoch") // sometimes a new incarnation
	batch := math.MaxInt64 - rapid.Uint64Range(0, 1<<20).Draw(t, "first")
	for range rapid.IntRange(1, 300).Draw(t, "batches") {
		batch -= 2
		w.core.Receive(w.now, from, &gossip.Message{
			Incarnation: epoch, For: 7, Batch: batch, Probe: true, Want: rapid.Bool().Draw(t, "want")})
	}
}

// speak lets time pass and looks at what is said.
func (w *wordy) speak(t *rapid.T) {
	w.now += time.Duration(rapid.IntRange(1, 2000).Draw(t, "ms")) * time.Millisecond
	for _, o := range w.core.Advance(w.now, 50) {
		requireShortLine(t, o.Message)
		w.said++
	}
}

func TestNoLineOfGossipIsTooLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wordy{log: gossip.NewLog(), last: map[gossip.OriginID]uint64{}}
		var err error
		w.core, err = gossip.New(0, gossip.Config{
			Incarnation: math.MaxInt64, Period: 100 * time.Millisecond, GreetAt: 0,
			Rounds:     rapid.SampledFrom([]gossip.Rounds{gossip.Free, gossip.Locked, gossip.Eager}).Draw(t, "rounds"),
			Neighbours: []gossip.Neighbour{{Name: "up", Role: gossip.Parent}, {Name: "down", Role: gossip.Child}},
		}, w.log)
		require.NoError(t, err)
		t.Repeat(map[string]func(*rapid.T){"learn": w.learn, "hear": w.hear, "speak": w.speak, "": func(*rapid.T) {}})
		w.speak(t)
		require.Positive(t, w.said, "a core that greets says something")
	})
}

// A digest of very many gaps, in as many parts as it takes.
func TestNoPartOfAVectorIsTooLong(t *testing.T) {
	for _, sources := range []int{1, 3, 300} {
		log := gossip.NewLog()
		for i := range 6000 {
			s := gossip.NewOriginID(fmt.Sprintf("%s%d", worstName, i%sources), worstName)
			log.Append(gossip.Entry{Origin: s, Counter: math.MaxInt64 - 2*uint64(i), Value: "1"})
		}
		core, err := gossip.New(0, gossip.Config{
			Incarnation: math.MaxInt64, Period: time.Second, GreetAt: 0,
			Neighbours: []gossip.Neighbour{{Name: "up", Role: gossip.Parent}},
		}, log)
		require.NoError(t, err)
		said := core.Advance(time.Second, 1000)
		require.Greater(t, len(said), 5)
		spans := 0
		for _, o := range said {
			requireShortLine(t, o.Message)
			for _, h := range o.Message.Digest.Lines {
				spans += len(h.Counters)
			}
		}
		require.Equal(t, 6000, spans, "the parts together are the vector")
	}
}
