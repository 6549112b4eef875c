//go:build chansdebug

package catalogue

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// inAnother runs f in another goroutine and returns what it panicked with.
func inAnother(f func()) (cause any) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { cause = recover() }()
		f()
	}()
	<-done
	return cause
}

func TestOwner_secondGoroutineIsFound(t *testing.T) {
	seen := 0
	for _, k := range kindsOf[int]() {
		q := k.make()
		put, take := func() { q.TryPut(1) }, func() { q.TryTake() }
		put()
		take()
		requireFound := func(only bool, use func(), handOver func()) {
			cause := inAnother(use)
			if !only {
				require.Nil(t, cause, k.name)
				return
			}
			seen++
			require.Contains(t, cause, "hand it over first", k.name)
			require.NotPanics(t, use, "it is still the first one's")
			handOver()
			require.Nil(t, inAnother(use), k.name)
			require.Panics(t, use, "it is not the first one's any more")
			handOver() // for the next
			use()
		}
		ends, _ := q.(interface {
			HandOverProducer()
			HandOverConsumer()
		})
		requireFound(k.producers == 1, put, func() { ends.HandOverProducer() })
		requireFound(k.producers == 1, func() { q.TryPutBatch([]int{1}) }, func() { ends.HandOverProducer() })
		requireFound(k.consumers == 1, take, func() { ends.HandOverConsumer() })
		requireFound(k.consumers == 1, func() { q.TryTakeBatch(make([]int, 1)) }, func() { ends.HandOverConsumer() })
	}
	require.Positive(t, seen)
}
