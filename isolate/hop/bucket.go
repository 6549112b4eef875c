package hop

import "time"

// Bucket is a token bucket: so many a second, and so many at once. A full one is
// handed out first. It is pure in time, and for one goroutine at a time.
type Bucket struct {
	PerSecond float64
	AtOnce    float64
	used      float64
	at        time.Duration
}

// Take takes tokens, and reports whether they were there. A single taking of more than
// the bucket holds passes when it is full.
func (b *Bucket) Take(now time.Duration, tokens float64) bool {
	if now > b.at {
		b.used = max(0, b.used-(now-b.at).Seconds()*b.PerSecond)
		b.at = now
	}
	if b.used > 0 && b.used+tokens > b.AtOnce {
		return false
	}
	b.used += tokens
	return true
}
