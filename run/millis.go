package run

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Millis is a duration that results.json spells as a number of milliseconds,
// the unit of Maelstrom's figures, with as many decimals as it needs. Names of
// such keys end in _ms.
type Millis time.Duration

// Duration is m as the standard library's type.
func (m Millis) Duration() time.Duration { return time.Duration(m) }

// Whole is m in whole milliseconds, cut towards zero as Jepsen cuts.
func (m Millis) Whole() int64 { return int64(m) / int64(time.Millisecond) }

// String spells m as "12.5ms" would be: the standard library's form.
func (m Millis) String() string { return time.Duration(m).String() }

// MarshalJSON spells m as a number of milliseconds, exact to the nanosecond.
func (m Millis) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(m)/float64(time.Millisecond), 'f', -1, 64), nil
}

// UnmarshalJSON reads a number of milliseconds.
func (m *Millis) UnmarshalJSON(data []byte) error {
	ms, err := strconv.ParseFloat(string(data), 64)
	if err != nil {
		return fmt.Errorf("run: %q is no number of milliseconds", data)
	}
	*m = Millis(math.Round(ms * float64(time.Millisecond)))
	return nil
}

// Quantiles are the points Jepsen reports of a distribution: the element at
// index floor(n*q) of the sorted list, the last one at most
// (jepsen.checker/frequency-distribution).
type Quantiles struct {
	Min    Millis `json:"0"`
	Median Millis `json:"0.5"`
	P95    Millis `json:"0.95"`
	P99    Millis `json:"0.99"`
	Max    Millis `json:"1"`
}

// QuantilesOf draws the quantiles from samples sorted in ascending order; nil
// if there are none.
func QuantilesOf(sorted []time.Duration) *Quantiles {
	n := len(sorted)
	if n == 0 {
		return nil
	}
	at := func(q float64) Millis {
		return Millis(sorted[min(n-1, int(math.Floor(float64(n)*q)))])
	}
	return &Quantiles{Min: at(0), Median: at(0.5), P95: at(0.95), P99: at(0.99), Max: at(1)}
}
