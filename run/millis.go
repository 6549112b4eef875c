package run

import (
	"fmt"
	"math"
	"strconv"
	"strings"
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
func (m Millis) MarshalJSON() ([]byte, error) { return []byte(m.number()), nil }

// number is m in milliseconds with as many decimals as it needs.
func (m Millis) number() string {
	whole, nanos := m.Whole(), int64(m)%int64(time.Millisecond)
	if nanos == 0 {
		return strconv.FormatInt(whole, 10)
	}
	sign := ""
	if m < 0 {
		sign, whole, nanos = "-", -whole, -nanos
	}
	return strings.TrimRight(fmt.Sprintf("%s%d.%06d", sign, whole, nanos), "0")
}

// UnmarshalJSON reads a number of milliseconds. The error says so if it is none,
// or more than a time.Duration holds.
func (m *Millis) UnmarshalJSON(data []byte) error {
	if exact, ok := exactMillis(data); ok {
		*m = exact
		return nil
	}
	ms, err := strconv.ParseFloat(string(data), 64)
	nanos := math.Round(ms * float64(time.Millisecond))
	if err != nil || !isJSONNumber(data) || !(-1<<63 <= nanos && nanos < 1<<63) {
		return fmt.Errorf("run: %q is no number of milliseconds, or too large", data)
	}
	*m = Millis(nanos)
	return nil
}

// exactMillis reads what number writes; false for any other spelling. A float
// would be exact for a hundred days.
func exactMillis(data []byte) (Millis, bool) {
	whole, decimals, _ := strings.Cut(string(data), ".")
	if len(decimals) > 6 || !isJSONNumber(data) {
		return 0, false
	}
	nanos, err := strconv.ParseInt(whole+decimals+"000000"[len(decimals):], 10, 64)
	return Millis(nanos), err == nil
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
