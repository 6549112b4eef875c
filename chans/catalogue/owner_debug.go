//go:build chansdebug

package catalogue

import (
	"bytes"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
)

// ownersChecked says whether enter does anything.
const ownersChecked = true

// roles are the two ends of a queue of which at least one is a single
// goroutine's.
type roles struct{ producer, consumer owner }

// owner is who has an end: the goroutine that used it first, since it was
// handed over.
type owner struct{ goroutine atomic.Uint64 }

// enter panics if the end is another goroutine's.
func (o *owner) enter() {
	self := goroutine()
	if !o.goroutine.CompareAndSwap(0, self) && o.goroutine.Load() != self {
		panic(fmt.Sprintf("catalogue: goroutine %d uses the end of a queue that is goroutine %d's; hand it over first",
			self, o.goroutine.Load()))
	}
}

// HandOverProducer says that another goroutine puts from now on.
func (r *roles) HandOverProducer() { r.producer.goroutine.Store(0) }

// HandOverConsumer says that another goroutine takes from now on.
func (r *roles) HandOverConsumer() { r.consumer.goroutine.Store(0) }

// goroutine returns the number of the calling goroutine. Go tells it only in
// the first line of a stack trace: "goroutine 7 [running]:".
func goroutine() uint64 {
	var buf [64]byte
	fields := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	n, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		panic("catalogue: a stack trace without the number of its goroutine: " + string(buf[:]))
	}
	return n
}
