package kafka

import (
	"math"
	"sort"
	"time"

	"treecast/run"
	"treecast/workload/clojure"
)

// known is when offsets of a key were first known to exist: those up to offset,
// from a time on. Of a key they rise.
type known struct {
	offset int64
	at     time.Duration
}

// lag is Jepsen's realtime lag of a key in a poll: how long it had been known,
// when the poll was invoked, that there was something beyond what its process had
// read.
type lag struct {
	process int
	key     string
	at, lag time.Duration
}

// reading is what a process has read of the keys that it is assigned: the highest
// offset, -1 for nothing.
type reading struct {
	keys    []string // in the order in which Clojure's map got them
	offsets map[string]int64
}

// lags calls found for every key of every poll, in order.
func (a *analysis) lags(found func(polled []lag, keys []string)) {
	exists := map[string][]known{}
	for i := range a.events {
		e := &a.events[i]
		for key, offset := range e.maxOffsets() {
			steps := exists[key]
			if offset >= 0 && (len(steps) == 0 || steps[len(steps)-1].offset < offset) {
				exists[key] = append(steps, known{offset, e.op.Time})
			}
		}
	}
	readings := map[int]*reading{}
	for i := range a.events {
		e := &a.events[i]
		if e.op.Type != run.OK {
			continue
		}
		r := readings[e.op.Process]
		if r == nil {
			r = &reading{offsets: map[string]int64{}}
			readings[e.op.Process] = r
		}
		switch e.op.F {
		case fAssign:
			r.assign(keysOf(e.op.Value))
		case fPoll:
			r.polled(e)
			at := e.op.Time
			if pair := a.pairs[e.op.Index]; pair >= 0 {
				at = a.h[pair].Time
			}
			var lags []lag
			for _, key := range r.keys {
				l := lag{process: e.op.Process, key: key, at: at}
				if since := firstBeyond(exists[key], r.offsets[key]); since < at {
					l.lag = at - since
				}
				lags = append(lags, l)
			}
			found(lags, r.keys)
		}
	}
}

// assign replaces the keys; those that are named again keep their offsets.
func (r *reading) assign(keys []string) {
	old := r.offsets
	r.keys, r.offsets = nil, map[string]int64{}
	for _, key := range keys {
		if _, twice := r.offsets[key]; twice {
			continue
		}
		offset, kept := old[key]
		if !kept {
			offset = -1
		}
		r.keys = append(r.keys, key)
		r.offsets[key] = offset
	}
}

func (r *reading) polled(e *event) {
	offsets := e.maxOffsets()
	for _, key := range e.keys() {
		old, assigned := r.offsets[key]
		if !assigned {
			r.keys = append(r.keys, key)
			r.offsets[key] = offsets[key]
		} else {
			r.offsets[key] = max(old, offsets[key])
		}
	}
}

// firstBeyond returns when an offset beyond the given one was first known; the
// end of time if it never was.
func firstBeyond(steps []known, offset int64) time.Duration {
	n := sort.Search(len(steps), func(i int) bool { return steps[i].offset > offset })
	if n == len(steps) {
		return math.MaxInt64
	}
	return steps[n].at
}

// worstLag is the greatest lag, the first of equals.
func (a *analysis) worstLag() run.Figures {
	var worst lag
	any := false
	a.lags(func(polled []lag, keys []string) {
		most := time.Duration(-1)
		for _, l := range polled {
			most = max(most, l.lag)
		}
		if any && most <= worst.lag || len(polled) == 0 {
			return
		}
		byKey := make(map[string]lag, len(polled))
		for _, l := range polled {
			byKey[l.key] = l
		}
		for _, key := range clojure.MapOrder(keys) {
			if l := byKey[key]; l.lag == most {
				worst, any = l, true
				return
			}
		}
	})
	if !any {
		return run.Figures{{Key: "time", Value: 0.0}, {Key: "lag", Value: 0.0}}
	}
	return run.Figures{
		{Key: "time", Value: float64(worst.at) / 1e9}, {Key: "process", Value: worst.process},
		{Key: "key", Value: worst.key}, {Key: "lag", Value: float64(worst.lag) / 1e9},
	}
}
