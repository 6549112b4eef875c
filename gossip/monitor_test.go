package gossip_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// monitor watches every message of a sim and holds the cores to what the
// package promises of each single one.
type monitor struct {
	s      *sim
	t      require.TestingT
	values map[entryKey]string          // what has been broadcast
	sent   map[wayOf]*batches           // by life and receiver
	told   map[[2]uint64]*gossip.Digest // by receiver's and teller's life
	lives  map[uint64]string            // whose life an incarnation is
	recent map[[2]string]*lastSent      // per way, to notice storms
	most   int                          // messages in a second on one way
}

type wayOf struct {
	epoch uint64
	to    string
}

// batches are what has been sent in one incarnation to one receiver, by number.
type batches struct {
	newest  uint64
	entries map[uint64][]entryKey
}

type lastSent struct {
	second time.Duration
	count  int
}

// watch installs a monitor in a sim whose nodes have not spoken yet.
func watch(t require.TestingT, s *sim) *monitor {
	w := &monitor{
		s: s, t: t, values: map[entryKey]string{}, sent: map[wayOf]*batches{},
		told: map[[2]uint64]*gossip.Digest{}, lives: map[uint64]string{}, recent: map[[2]string]*lastSent{},
	}
	s.onSend, s.onTake = w.sending, w.taking
	return w
}

// broadcast has a node broadcast, and takes note of it.
func (w *monitor) broadcast(n *simNode, value string) {
	w.values[entryKey{n.source, n.counter + 1}] = value
	w.s.broadcast(n, value)
}

func (w *monitor) toldOf(receiver, teller uint64) *gossip.Digest {
	key := [2]uint64{receiver, teller}
	if w.told[key] == nil {
		w.told[key] = gossip.NewDigest()
	}
	return w.told[key]
}

func (w *monitor) sentOn(way wayOf) *batches {
	if w.sent[way] == nil {
		w.sent[way] = &batches{entries: map[uint64][]entryKey{}}
	}
	return w.sent[way]
}

func (w *monitor) taking(to *simNode, from string, m *gossip.Message) {
	if to.core.EpochOf(from) != m.Incarnation {
		// If the link changes to this life, it begins anew, even where the
		// life is one that a late message of another had interrupted.
		delete(w.told, [2]uint64{to.core.View().Incarnation(), m.Incarnation})
	}
	told := w.toldOf(to.core.View().Incarnation(), m.Incarnation)
	for _, e := range entriesOf(m.Runs) {
		told.Add(e.Origin, e.Counter)
	}
	if m.Digest != nil {
		for _, h := range m.Digest.Lines {
			for _, span := range h.Counters {
				told.AddSpan(h.Origin, span)
			}
		}
	}
}

func (w *monitor) sending(now time.Duration, from, to string, m *gossip.Message) {
	sender := w.s.index[from]
	// Not by require alone: to spell every message costs more than to run it.
	must := func(ok bool, what string, about ...any) {
		if !ok {
			require.Fail(w.t, what, "%v\nat %v %s>%s: %s", about, now, from, to, show(m))
		}
	}
	must(m.IsValid(), "malformed")
	must(!m.IsEmpty(), "says nothing")
	w.lives[m.Incarnation] = from
	must(m.For == 0 || w.lives[m.For] == to, "made for nobody's life")

	told := w.toldOf(m.Incarnation, m.For)
	var batch []entryKey
	for _, e := range entriesOf(m.Runs) {
		key := entryKey{e.Origin, e.Counter}
		value, broadcast := w.values[key]
		must(broadcast && value == e.Value, "nobody broadcast this", e)
		must(sender.held.Contains(e.Origin, e.Counter), "sends what it does not hold", e)
		must(!told.Contains(e.Origin, e.Counter), "tells back what it was told", e)
		batch = append(batch, key)
	}
	if bytes := gossip.Accounted(m); bytes > gossip.MaxLineBytes {
		must(len(batch) == 1, "too long a line", bytes)
		alone := gossip.Message{Runs: m.Runs}
		must(gossip.Accounted(&alone) > gossip.MaxLineBytes, "too long a line for a value that fits", bytes)
	}

	if m.Batch != 0 {
		sent := w.sentOn(wayOf{m.Incarnation, to})
		must(m.Batch > sent.newest, "batch numbers do not count up", sent.newest)
		sent.newest, sent.entries[m.Batch] = m.Batch, batch
	} else {
		must(len(batch) == 0, "entries that want no ack")
	}
	theirs := w.sentOn(wayOf{m.For, from})
	for _, span := range m.Acks {
		for b := span.First; b <= span.Last; b++ {
			entries, sent := theirs.entries[b]
			must(sent, "acks what was never sent", b)
			for _, key := range entries {
				must(sender.held.Contains(key.source, key.counter), "acks what it does not hold", b, key)
			}
		}
	}
	w.count(now, [2]string{from, to})
}

// count keeps the most messages that went one way within a second.
func (w *monitor) count(now time.Duration, way [2]string) {
	r := w.recent[way]
	if second := now.Truncate(time.Second); r == nil || r.second != second {
		r = &lastSent{second: second}
		w.recent[way] = r
	}
	r.count++
	w.most = max(w.most, r.count)
}

// requireHeldIsTrue checks that no node holds what nobody broadcast, nor
// anything twice.
func (w *monitor) requireHeldIsTrue() {
	for _, n := range w.s.nodes {
		seen := gossip.NewDigest()
		for i := range n.log.Len() {
			e := n.log.At(i)
			value, broadcast := w.values[entryKey{e.Origin, e.Counter}]
			require.True(w.t, broadcast && value == e.Value, "%s holds %v", n.name, e)
			require.True(w.t, seen.Add(e.Origin, e.Counter), "%s holds %v twice", n.name, e)
		}
	}
}

// spread reports whether every neighbour of every node holds all that the
// node holds, which where all agree on one tree means everybody has
// everything.
func (w *monitor) spread() bool {
	for _, n := range w.s.nodes {
		for _, neighbour := range n.core.Settings().Neighbours {
			if n.held.MissingFrom(w.s.index[neighbour.Name].held) > 0 {
				return false
			}
		}
	}
	return true
}
