package gossip

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func numbered(n int) Entry {
	return Entry{Origin: OriginOf(n % 3), Counter: uint64(n + 1), Value: fmt.Sprint(n)}
}

func TestLogKeepsEntriesInOrder(t *testing.T) {
	log := NewLog()
	for n := range 3*chunkEntries + 1 {
		require.Equal(t, n, log.Len())
		require.Equal(t, n, log.Append(numbered(n)))
	}
	for n := range log.Len() {
		require.Equal(t, numbered(n), log.At(n))
	}
}

func TestWhatLenHasShownCanBeReadWhileTheLogGrows(t *testing.T) {
	const entries, readers = 20 * chunkEntries, 3
	log := NewLog()
	wrong := make(chan string, readers)
	var running sync.WaitGroup
	for range readers {
		running.Go(func() {
			for seen := 0; seen < entries; {
				n := log.Len()
				if n < seen {
					wrong <- fmt.Sprintf("length went from %d back to %d", seen, n)
					return
				}
				for ; seen < n; seen++ {
					if e := log.At(seen); e != numbered(seen) {
						wrong <- fmt.Sprintf("entry %d is %v", seen, e)
						return
					}
				}
				if n > 0 && log.At(0) != numbered(0) {
					wrong <- "a published entry has changed"
					return
				}
			}
		})
	}
	for n := range entries {
		log.Append(numbered(n))
	}
	running.Wait()
	close(wrong)
	for w := range wrong {
		t.Error(w)
	}
	require.Equal(t, entries, log.Len())
}

// Whatever origins follow each other and however large values are.
func TestALogIsTheListOfWhatWasAppended(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log, want := NewLog(), []Entry(nil)
		counters := map[int]uint64{}
		for len(want) < rapid.IntRange(0, 4*chunkEntries).Draw(t, "entries") {
			source := rapid.IntRange(0, 3).Draw(t, "source")
			counters[source] += rapid.Uint64Range(0, 2).Draw(t, "step")
			size := rapid.SampledFrom([]int{0, 1, 7, packedBytes / chunkEntries, packedBytes}).Draw(t, "bytes")
			for range rapid.IntRange(1, 2*chunkEntries).Draw(t, "in a row") {
				counters[source]++
				e := Entry{Origin: OriginOf(source), Counter: counters[source], Value: strings.Repeat("x", size)}
				log.Append(e)
				want = append(want, e)
			}
		}
		require.Equal(t, len(want), log.Len())
		for i, e := range want {
			if log.At(i) != e {
				t.Fatalf("entry %d is not what was appended", i)
			}
		}
	})
}

func TestAChunkIsPackedAsLongAsItsEndsCanBeTold(t *testing.T) {
	for _, over := range []int{0, 1} {
		log, want := NewLog(), []Entry(nil)
		for n := range chunkEntries + 1 {
			e := Entry{Origin: OriginOf(0), Counter: uint64(n + 1), Value: strings.Repeat("x", packedBytes/chunkEntries)}
			if n == chunkEntries-1 {
				e.Value = strings.Repeat("y", packedBytes-(chunkEntries-1)*len(e.Value)+over)
			}
			log.Append(e)
			want = append(want, e)
		}
		require.Equal(t, over > 0, (*log.packed.Load())[0].wide != nil)
		for n, e := range want {
			require.Equal(t, e, log.At(n))
		}
	}
}

// A million small entries are held in so much, and the collector has little to
// look through.
func TestASmallEntryTakesItsValueAndLittleMore(t *testing.T) {
	const chunks = 64
	log := NewLog()
	bytes := 0
	for n := range chunks*chunkEntries + 1 {
		log.Append(Entry{Origin: OriginOf(0), Counter: uint64(n + 1), Value: fmt.Sprint(n)})
		bytes += len(fmt.Sprint(n))
	}
	held, objects := 0, 0
	for _, p := range *log.packed.Load() {
		require.Nil(t, p.wide)
		held += int(reflect.TypeFor[packed]().Size()) + len(p.text) + len(p.runs)*int(reflect.TypeFor[packedRun]().Size())
		objects += 3
	}
	require.Less(t, held, bytes+3*chunks*chunkEntries)
	require.Less(t, objects, chunks*chunkEntries/80)
}
