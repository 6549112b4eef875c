package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"treecast/report/figure"
)

// scale maps values to coordinates.
type scale struct {
	from, to   float64 // values
	start, end float64 // coordinates
	log        bool
}

func (s scale) at(v float64) float64 {
	from, to := s.from, s.to
	if s.log {
		v, from, to = math.Log10(math.Max(v, s.from)), math.Log10(from), math.Log10(to)
	}
	if to == from {
		return s.start
	}
	return s.start + (v-from)/(to-from)*(s.end-s.start)
}

// tick is a value with its label.
type tick struct {
	value float64
	label string
}

// timeTicks are round times from 0 to the end, in seconds.
func timeTicks(from, to time.Duration, count int) []tick {
	step := figure.NiceStep(to-from, count)
	var out []tick
	for at := from.Truncate(step); at <= to; at += step {
		if at >= from {
			out = append(out, tick{at.Seconds(), clock(at, step)})
		}
	}
	return out
}

// clock spells a time into the run, as exact as steps of that size need.
func clock(at, step time.Duration) string {
	decimals := 0
	for unit := time.Second; unit > step && decimals < 3; unit /= 10 {
		decimals++
	}
	if step >= time.Minute {
		return fmt.Sprintf("%d:%02d min", int(at.Minutes()), int(at.Seconds())%60)
	}
	return strconv.FormatFloat(at.Seconds(), 'f', decimals, 64) + " s"
}

// linearTicks are about count round values from 0 to the largest.
func linearTicks(largest float64, count int, label func(float64) string) []tick {
	if !(largest > 0) {
		return []tick{{0, label(0)}}
	}
	step := math.Pow(10, math.Floor(math.Log10(largest/float64(count))))
	for _, factor := range []float64{1, 2, 5, 10} {
		if largest/(step*factor) <= float64(count) {
			step *= factor
			break
		}
	}
	var out []tick
	for i := 0; float64(i)*step <= largest*1.0001; i++ {
		out = append(out, tick{float64(i) * step, label(float64(i) * step)})
	}
	return out
}

// logTicks are the powers of ten between two values and, where these are few,
// their doubles and halves.
func logTicks(from, to float64, label func(float64) string) []tick {
	factors := []float64{1}
	if to/from < 150 {
		factors = []float64{1, 2, 5}
	}
	var out []tick
	for e := math.Floor(math.Log10(from) + 1e-9); e <= math.Log10(to)+1e-9; e++ {
		for _, factor := range factors {
			if v := factor * math.Pow(10, e); v >= from*0.999 && v <= to*1.001 {
				out = append(out, tick{v, label(v)})
			}
		}
	}
	return out
}

// span spells so many milliseconds in a unit that keeps it short.
func span(ms float64) string {
	if ms >= 1000 {
		return trimZeros(strconv.FormatFloat(ms/1000, 'f', 1, 64)) + " s"
	}
	return milliseconds(ms) + " ms"
}

// millis spells a duration in milliseconds with about three digits.
func millis(d time.Duration) string { return milliseconds(d.Seconds()*1000) + " ms" }

func milliseconds(ms float64) string {
	switch {
	case ms >= 100 || ms == 0:
		return whole(ms)
	case ms >= 10:
		return trimZeros(strconv.FormatFloat(ms, 'f', 1, 64))
	case ms >= 1:
		return trimZeros(strconv.FormatFloat(ms, 'f', 2, 64))
	default:
		return trimZeros(strconv.FormatFloat(ms, 'f', 3, 64))
	}
}

func trimZeros(text string) string {
	if !strings.Contains(text, ".") {
		return text
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// whole spells a number without decimals, thousands apart.
func whole(v float64) string { return count(int64(math.Round(v))) }

// count spells a number, thousands apart.
func count(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "\u202f" + text[i:]
	}
	return text
}

// size spells a number of bytes.
func size(n int64) string {
	v, unit := float64(n), "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if v < 1000 {
			break
		}
		v, unit = v/1000, next
	}
	if unit == "B" || v >= 100 {
		return whole(v) + " " + unit
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + unit
}

// percent spells a share of 1.
func percent(share float64) string {
	return trimZeros(strconv.FormatFloat(100*share, 'f', 1, 64)) + " %"
}

// plural is "1 node", "2 nodes".
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}
