package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	errFull  = errors.New("no space left")
	errCut   = errors.New("cannot be cut")
	errFsync = errors.New("the disk is gone")
)

// badStore is storage whose calls fail when they are told to.
type badStore struct {
	memoryStore
	cutFails  bool
	syncFails bool
	syncs     int
}

func (b *badStore) Truncate(size int64) error {
	if b.cutFails {
		return errCut
	}
	return b.memoryStore.Truncate(size)
}

func (b *badStore) Sync() error {
	b.syncs++
	if b.syncFails {
		return errFsync
	}
	return nil
}

// newSegment is a segment on a store, its life written.
func newSegment(t require.TestingT, store storage, always bool) *segment {
	s := begin(store, &header{salt: 5, node: "n0"}, &incarnation{seen: id(0), number: 1})
	s.always = always
	require.NoError(t, s.append(nil))
	return s
}

// holds requires a store to hold exactly these entries.
func holds(t require.TestingT, data []byte, want []entry) {
	s, err := scanSegment(data)
	require.NoError(t, err)
	require.Equal(t, want, entriesOf(s.each))
}

// A failed append leaves nothing and the next one succeeds.
func TestSegment_failedAppendLeavesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store := &badStore{}
		s := newSegment(t, store, false)
		var want []entry
		for i := range rapid.IntRange(1, 20).Draw(t, "appends") {
			entries := own(uint64(i+1), fmt.Sprint(i))
			store.fail = nil
			fails := rapid.Bool().Draw(t, "fails")
			if fails {
				share := rapid.Float64Range(0, 1).Draw(t, "share")
				store.fail = func(n int) (int, error) { return int(float64(n) * share), errFull }
			}
			err := s.append(batchOf(id(0), entries...))
			if fails {
				require.ErrorIs(t, err, errFull)
				require.NotErrorIs(t, err, ErrUncertain)
			} else {
				require.NoError(t, err)
				want = append(want, entries...)
			}
			holds(t, store.data, want)
		}
	})
}

// What cannot be taken back is uncertain and cut before the next append.
func TestSegment_uncertainAppendIsCut(t *testing.T) {
	store := &badStore{}
	s := newSegment(t, store, true)
	require.NoError(t, s.append(batchOf(id(0), own(1, "1")...)))
	store.syncFails, store.cutFails = true, true
	err := s.append(batchOf(id(0), own(2, "refused")...))
	require.ErrorIs(t, err, errFsync)
	require.ErrorIs(t, err, ErrUncertain, "it stands there whole")

	store.syncFails = false
	require.ErrorIs(t, s.append(batchOf(id(0), own(2, "2")...)), errCut, "nothing goes on top of it")
	store.cutFails = false
	require.NoError(t, s.append(batchOf(id(0), own(2, "2")...)))
	holds(t, store.data, own(1, "1", "2"))
}

// Every append is synced if asked.
func TestSegment_syncsEveryAppend(t *testing.T) {
	for _, always := range []bool{false, true} {
		store := &badStore{}
		s := newSegment(t, store, always)
		require.NoError(t, s.append(batchOf(id(0), own(1, "1")...)))
		require.Equal(t, always, store.syncs == 2)
	}
	store := &badStore{}
	s := newSegment(t, store, true)
	store.syncFails = true
	require.ErrorIs(t, s.append(batchOf(id(0), own(1, "1")...)), errFsync)
	holds(t, store.data, nil)
}

// A incarnation that could not be written goes with the first append.
func TestSegment_incarnationGoesWithTheFirstAppend(t *testing.T) {
	store := &badStore{}
	store.fail = func(int) (int, error) { return 0, errFull }
	s := begin(store, &header{salt: 5, node: "n0"}, &incarnation{seen: id(7), number: 3})
	require.Error(t, s.append(nil))
	require.Empty(t, store.data)
	store.fail = nil
	require.NoError(t, s.append(batchOf(id(8), own(1, "1")...)))
	found, err := scanSegment(store.data)
	require.NoError(t, err)
	require.EqualValues(t, 3, found.incarnation)
	require.Equal(t, id(8), found.seen)
	holds(t, store.data, own(1, "1"))

	// A second life, on the same.
	s = resume(store, found, &incarnation{seen: id(20), number: 4})
	require.NoError(t, s.append(batchOf(id(21), own(2, "2")...)))
	found, err = scanSegment(store.data)
	require.NoError(t, err)
	require.Equal(t, 2, found.incarnations)
	require.EqualValues(t, 4, found.incarnation)
	holds(t, store.data, own(1, "1", "2"))
}

// A torn end is overwritten by the next incarnation.
func TestSegment_tornEndIsOverwritten(t *testing.T) {
	w := write(t, own(1, "1"), own(2, "a long value that is torn"))
	store := &memoryStore{data: append([]byte(nil), w.data[:len(w.data)-3]...)}
	found, err := scanSegment(store.data)
	require.NoError(t, err)
	s := resume(store, found, &incarnation{seen: id(20), number: 4})
	require.NoError(t, s.append(batchOf(id(21), own(30, "3")...)))
	holds(t, store.data, append(own(1, "1"), own(30, "3")...))
	again, err := scanSegment(store.data)
	require.NoError(t, err)
	require.Zero(t, again.torn+again.damaged)
}

// live begins a life on a journal in memory.
func live(t require.TestingT, m *Memory, init int64, epoch uint64) *Recovered {
	r, err := m.Open(Start{Node: "n0", Nodes: 2, Init: id(init), Log: fmt.Sprint("fresh", init), Incarnation: epoch})
	require.NoError(t, err)
	return r
}

// A killed node goes on with what it had appended.
func TestSegment_goesOnAfterAKill(t *testing.T) {
	m := NewMemory(rand.New(rand.NewPCG(1, 2)))
	first := live(t, m, 0, 100)
	require.Equal(t, &Recovered{Log: "fresh0", Incarnation: 100}, first)
	for i := range 3 {
		b := batchOf(id(int64(10+i)), entry{Origin{"n0", first.Log}, uint64(i + 1), fmt.Sprint(i)}, entry{Origin{"n1", "x"}, uint64(i + 1), fmt.Sprint(-i)})
		require.NoError(t, m.Append(b))
	}
	// Killed: the next life is all there is.
	second := live(t, m, 40, 200)
	require.True(t, second.Former)
	require.Equal(t, "fresh40", second.Log, "nothing shows that the end is not missing")
	require.EqualValues(t, 100+incarnationRoom+200, second.Incarnation, "a clock that was set back does not matter")
	require.Len(t, entriesOf(second.Each), 6)
	require.Empty(t, second.Warnings)

	third := live(t, m, 41, 1<<40)
	require.Equal(t, "fresh41", third.Log)
	require.EqualValues(t, uint64(1<<40), third.Incarnation)

	other := live(t, m, 1, 300)
	require.False(t, other.Former, "the first init of another run")
	require.Equal(t, "fresh1", other.Log)
	require.NotEmpty(t, other.Warnings)
	require.Empty(t, entriesOf(other.Each))
	require.Len(t, entriesOf(third.Each), 6, "what was found before stays")

	require.NoError(t, m.Close(true))
	require.Zero(t, m.Bytes())
	require.False(t, live(t, m, 90, 1).Former)
}

// A cut between two frames cannot be seen in what is left. Whatever is left, no
// counter that a former life gave out is given out again.
func TestMemory_everyLifeHasALogOfItsOwnWhereverTheFormerWasCut(t *testing.T) {
	m := NewMemory(rand.New(rand.NewPCG(1, 2)))
	r := live(t, m, 0, 1)
	begun := m.Bytes()
	for i := range 20 {
		require.NoError(t, m.Append(batchOf(id(int64(i)), entry{Origin{"n0", r.Log}, uint64(i + 1), fmt.Sprint(i)})))
	}
	whole := slices.Clone(m.store.data)
	left := map[int]bool{}
	for cut := begun; cut <= len(whole); cut++ {
		m.store.data = slices.Clone(whole[:cut])
		again, err := m.Open(Start{Node: "n0", Nodes: 2, Init: id(40), Log: "another", Incarnation: 1})
		require.NoError(t, err)
		require.Equal(t, "another", again.Log)
		left[len(entriesOf(again.Each))] = true
	}
	require.Len(t, left, 21)
}

// The life in between was cut off, and the clock has been set back: what is left
// must not be taken for that life.
func TestMemory_noTwoLivesHaveOneEpochWhateverIsCut(t *testing.T) {
	m := NewMemory(rand.New(rand.NewPCG(1, 2)))
	live(t, m, 0, 1<<50)
	rest := m.Bytes()
	seen := map[uint64]bool{1 << 50: true}
	for i := range 100 {
		r := live(t, m, int64(10+i), 1<<49+uint64(i)<<4)
		require.Greater(t, r.Incarnation, uint64(1<<50)+incarnationRoom-1)
		require.Less(t, r.Incarnation, uint64(1<<50)+incarnationRoom+incarnationSpread)
		require.False(t, seen[r.Incarnation])
		seen[r.Incarnation] = true
		m.Cut(rest)
	}
	require.EqualValues(t, 1<<51, live(t, m, 200, 1<<51).Incarnation, "as the clock has it, where that will do")
}

// A journal is what a model of it is.
func TestSegment_behavesLikeItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := NewMemory(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)))
		var kept []entry
		clock, log, counter := int64(0), "", uint64(0)
		logs := map[string]bool{}
		start := func() {
			r := live(t, m, clock, 1)
			clock++
			require.Equal(t, kept, entriesOf(r.Each))
			require.Equal(t, clock > 1, r.Former)
			require.False(t, logs[r.Log], "a log is of one life")
			logs[r.Log] = true
			log, counter = r.Log, 0
		}
		start()
		clock = 10
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				clock++
				start()
			case 1:
				m.store.fail = func(n int) (int, error) { return rapid.IntRange(0, n).Draw(t, "written"), errFull }
				require.Error(t, m.Append(batchOf(id(clock), entry{Origin{"n0", log}, counter + 1, "no"})))
				m.store.fail = nil
			default:
				clock++
				counter++
				e := entry{Origin{"n0", log}, counter, fmt.Sprint(clock)}
				kept = append(kept, e)
				require.NoError(t, m.Append(batchOf(id(clock), e)))
			}
		}
		clock++
		start()
	})
}
