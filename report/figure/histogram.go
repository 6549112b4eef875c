package figure

import (
	"maps"
	"slices"
	"time"
)

// Histogram counts durations, from 0 on, by their whole milliseconds. The zero
// value is empty.
type Histogram struct {
	near []int64
	far  map[int]int64 // beyond nearMillis: few, and there may be years between them
}

// nearMillis is a quarter of an hour.
const nearMillis = 900_000

// Add counts a duration.
func (h *Histogram) Add(d time.Duration) {
	ms := int(d.Milliseconds())
	if ms >= nearMillis {
		if h.far == nil {
			h.far = map[int]int64{}
		}
		h.far[ms]++
		return
	}
	if ms >= len(h.near) {
		h.near = append(h.near, make([]int64, ms+1-len(h.near))...)
	}
	h.near[ms]++
}

// Within is the number of whole milliseconds that is more than every duration;
// 0 if there is none.
func (h *Histogram) Within() int {
	within := len(h.near)
	for ms := range h.far {
		within = max(within, ms+1)
	}
	return within
}

// each calls visit for every millisecond that has any, in order.
func (h *Histogram) each(visit func(ms int, n int64)) {
	for ms, n := range h.near {
		if n > 0 {
			visit(ms, n)
		}
	}
	for _, ms := range slices.Sorted(maps.Keys(h.far)) {
		visit(ms, h.far[ms])
	}
}

// Step is a point of a distribution: the share of all that took at most so many
// milliseconds.
type Step struct {
	Millis int
	Share  float64 // 0..1
}

// Distribution turns a histogram into steps, at most limit of them, the first
// and the last included. of is how many there are in all, those that never came
// included.
func (h *Histogram) Distribution(of int64, limit int) []Step {
	var out []Step
	sum := int64(0)
	h.each(func(ms int, n int64) {
		sum += n
		out = append(out, Step{Millis: ms, Share: float64(sum) / float64(of)})
	})
	if len(out) <= limit {
		return out
	}
	thin := make([]Step, 0, limit)
	for i := range limit {
		thin = append(thin, out[i*(len(out)-1)/(limit-1)])
	}
	return thin
}
