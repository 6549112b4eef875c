package journal

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// store is a segment in memory, with the batches that were appended and where
// each frame begins.
type written struct {
	data    []byte
	batches [][]entry
	starts  []int // of the batches' frames; then the end
	life    int   // where the life's frame begins
}

// write makes a segment of batches.
func write(t require.TestingT, batches ...[]entry) *written {
	w := &written{}
	store := &memoryStore{}
	h := header{salt: 0x0123456789abcdef, node: "n0"}
	w.life = len(h.append(nil))
	s := begin(store, &h, &incarnation{seen: id(0), number: 1})
	require.NoError(t, s.append(nil))
	for i, entries := range batches {
		w.starts = append(w.starts, len(store.data))
		w.batches = append(w.batches, entries)
		require.NoError(t, s.append(batchOf(id(int64(10*i)), entries...)))
	}
	w.starts = append(w.starts, len(store.data))
	w.data = store.data
	return w
}

// own is a batch of n0's own entries.
func own(first uint64, values ...string) (out []entry) {
	for i, v := range values {
		out = append(out, entry{Origin{"n0", "log"}, first + uint64(i), v})
	}
	return out
}

// What was appended is found.
func TestScan_findsWhatWasAppended(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var batches [][]entry
		var all []entry
		for range rapid.IntRange(0, 6).Draw(t, "batches") {
			b := drawEntries(t)
			batches = append(batches, b)
			all = append(all, b...)
		}
		w := write(t, batches...)
		s, err := scanSegment(w.data)
		require.NoError(t, err)
		require.Equal(t, all, entriesOf(s.each))
		require.Equal(t, len(w.data), s.end)
		require.Zero(t, s.torn)
		require.Zero(t, s.damaged)
		require.Equal(t, 1, s.incarnations)
		require.EqualValues(t, 1, s.incarnation)
		require.Equal(t, id(int64(max(0, 10*(len(batches)-1)))), s.seen)
	})
}

// A torn end is cut and all before it is kept.
func TestScan_tornEndIsCut(t *testing.T) {
	w := write(t, own(1, "1", "2"), own(3, `"three"`), own(4, "4"))
	for cut := w.starts[0]; cut <= len(w.data); cut++ {
		s, err := scanSegment(w.data[:cut:cut])
		require.NoError(t, err)
		whole := 0
		for whole < 3 && w.starts[whole+1] <= cut {
			whole++
		}
		require.Equal(t, slices.Concat(w.batches[:whole]...), entriesOf(s.each), "cut at %d", cut)
		require.Equal(t, w.starts[whole], s.end)
		require.Equal(t, cut-w.starts[whole], s.torn)
		require.Zero(t, s.damaged)
	}
}

// Damage costs the frames it is in and no other.
func TestScan_damageCostsItsFrames(t *testing.T) {
	w := write(t, own(1, "1", "2"), own(3, `"three"`), own(4, "4"), own(5, "5"))
	for at := w.life; at < len(w.data); at++ {
		data := slices.Clone(w.data)
		data[at] ^= 0x10
		s, err := scanSegment(data)
		require.NoError(t, err)
		var want []entry
		for i, b := range w.batches {
			if at < w.starts[i] || at >= w.starts[i+1] {
				want = append(want, b...)
			}
		}
		require.Equal(t, want, entriesOf(s.each), "damaged at %d", at)
		if at >= w.starts[3] {
			require.Equal(t, len(w.data)-w.starts[3], s.torn, "damage of the last frame looks like a torn one")
		} else {
			require.Positive(t, s.damaged)
			require.Equal(t, len(w.data), s.end)
		}
	}
}

// A client chooses the bytes of a value. What looks like a frame in there must
// not pass for one when the frame around it is damaged.
func TestScan_frameInAValueIsNone(t *testing.T) {
	inner := write(t, own(100, "666"))
	w := write(t, own(1, "1"), own(2, string(inner.data), string(inner.data[inner.starts[0]:])), own(4, "4"))
	data := slices.Clone(w.data)
	data[w.starts[1]+frameBytes] ^= 1
	s, err := scanSegment(data)
	require.NoError(t, err)
	require.Equal(t, slices.Concat(w.batches[0], w.batches[2]), entriesOf(s.each))
}

func FuzzDamagedSegment(f *testing.F) {
	f.Add(uint64(1), uint16(3), []byte{0xff}, false)
	f.Add(uint64(2), uint16(200), []byte("treecast"), true)
	f.Add(uint64(3), uint16(70), []byte{}, true)
	f.Fuzz(func(t *testing.T, seed uint64, at uint16, patch []byte, cut bool) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var batches [][]entry
		sent := map[entry]bool{}
		counter := uint64(1)
		for range 1 + rng.IntN(6) {
			var values []string
			for range 1 + rng.IntN(4) {
				values = append(values, string(make([]byte, rng.IntN(20))))
			}
			b := own(counter, values...)
			counter += uint64(len(values))
			for _, e := range b {
				sent[e] = true
			}
			batches = append(batches, b)
		}
		w := write(t, batches...)
		data := slices.Clone(w.data)
		from := int(at) % (len(data) + 1)
		if cut {
			data = append(data[:from:from], patch...)
		} else {
			copy(data[from:], patch)
		}
		s, err := scanSegment(data)
		if err != nil {
			require.Less(t, from, w.life, "only a header is refused")
			return
		}
		found := 0
		for _, e := range entriesOf(s.each) {
			require.True(t, sent[e], "%v was never appended", e)
			found++
		}
		for i, b := range batches { // what lies before the damage, and after it, is there
			if w.starts[i+1] <= from || !cut && w.starts[i] >= from+len(patch) {
				found -= len(b)
			}
		}
		require.GreaterOrEqual(t, found, 0)
		require.Equal(t, len(data), s.end+s.torn)
	})
}

func FuzzScan(f *testing.F) {
	f.Add(write(f, own(1, "1")).data)
	f.Add([]byte("treecast\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := scanSegment(data); err == nil {
			require.LessOrEqual(t, s.end, len(data))
			entriesOf(s.each)
		}
	})
}
