package gossip

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func numbered(n int) Entry {
	return Entry{Source: testSource(n % 3), Counter: uint64(n + 1), Value: fmt.Sprint(n)}
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
