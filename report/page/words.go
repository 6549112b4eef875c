package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"treecast/report/figure"
	"treecast/report/plot"
)

// timeTicks are round times from 0 to the end, in seconds.
func timeTicks(from, to time.Duration, count int) []plot.Tick {
	step := figure.NiceStep(to-from, count)
	var out []plot.Tick
	for at := from.Truncate(step); at <= to; at += step {
		if at >= from {
			out = append(out, plot.Tick{Value: at.Seconds(), Label: clock(at, step)})
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
