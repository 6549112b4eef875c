package hop

import (
	"math/bits"
	"time"
)

// Figures are what is told of a port and its children, since it was made.
type Figures struct {
	Name       string
	State      string // up or down
	Inside     bool   // children crashed again and again, so the work is done in this process
	Generation uint32 // children started
	Pid        int    // of the one there is; 0: there is none
	Restarts   [causes]uint64

	Sent, Answered, Received uint64 // pieces of work; messages of children
	Lost                     uint64 // pieces of work that children took along
	Dropped                  uint64 // messages of children, beyond what they may say
	BytesOut, BytesIn        uint64
	Unanswered               int // work in the window of the child
	UnansweredBytes          int
	Memory                   int64         // bytes of the child's own
	Start                    time.Duration // from its start until it was ready
	Hop                      Latencies     // from a piece of work to its answer, where somebody waits for it

	startedAt time.Duration
}

// RestartCauses calls do for every cause and how many children ended by it.
func (f *Figures) RestartCauses(do func(name string, count uint64)) {
	for c := Crashed; c < causes; c++ {
		do(c.String(), f.Restarts[c])
	}
}

// Latencies are counts of durations by size: 8 steps to each doubling, from 1 us on.
type Latencies struct {
	counts  [8 * 30]uint32
	total   uint64
	Longest time.Duration
}

func (l *Latencies) add(d time.Duration) {
	l.Longest = max(l.Longest, d)
	l.total++
	l.counts[step(d)]++
}

// step is where a duration is counted.
func step(d time.Duration) int {
	us := uint64(max(1, d.Microseconds()))
	octave := bits.Len64(us) - 1
	within := int(us<<3>>octave) & 7
	return min(octave*8+within, 8*30-1)
}

// Quantile is the duration that a share of all does not exceed, up to an eighth more;
// 0 if there is none.
func (l *Latencies) Quantile(share float64) time.Duration {
	want := uint64(share * float64(l.total))
	for i, n := range l.counts {
		if uint64(n) > want {
			return time.Duration(uint64(8+i%8+1)<<(i/8)>>3) * time.Microsecond
		}
		want -= min(want, uint64(n))
	}
	return l.Longest
}
