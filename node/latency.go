package node

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// latencyHistogram is a histogram of times, in buckets of an eighth of their size. One
// goroutine adds, any may read.
type latencyHistogram struct {
	count   atomic.Uint64
	longest atomic.Int64
	buckets [256]atomic.Uint64
}

// bucketOf is the bucket of a number of microseconds: exact below 16, then
// eight to each doubling.
func bucketOf(us uint64) int {
	if us < 16 {
		return int(us)
	}
	shift := bits.Len64(us) - 4
	return min(16+(shift-1)*8+int(us>>shift)-8, 255)
}

// highestOf is the largest number of microseconds of a bucket.
func highestOf(bucket int) uint64 {
	if bucket < 16 {
		return uint64(bucket)
	}
	shift := (bucket-16)/8 + 1
	return uint64((bucket-16)%8+9)<<shift - 1
}

// add takes one in.
func (l *latencyHistogram) add(t time.Duration) {
	l.count.Add(1)
	l.buckets[bucketOf(uint64(max(t, 0).Microseconds()))].Add(1)
	if int64(t) > l.longest.Load() {
		l.longest.Store(int64(t))
	}
}

// quantile is what a share q of all is not above, 0 if there is none.
func (l *latencyHistogram) quantile(q float64) time.Duration {
	rank := uint64(q * float64(l.count.Load()))
	var seen uint64
	for i := range l.buckets {
		if seen += l.buckets[i].Load(); seen > rank {
			return min(time.Duration(highestOf(i))*time.Microsecond, time.Duration(l.longest.Load()))
		}
	}
	return time.Duration(l.longest.Load())
}
