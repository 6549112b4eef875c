package experiment

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The values of an axis are given as a list, separated by commas, of single
// values and ranges FROM..TO/STEP, both ends included if the step meets them.
// A range of whole numbers has a step of 1 if it names none.

// ParseWhole reads whole numbers, 0 or more: "2,3,5..9,10..100/10".
func ParseWhole(text string) ([]int, error) {
	return parseAxis(text, "a whole number", 1, parseWhole,
		func(from, step, i int) int { return from + i*step },
		func(from, to, step int) float64 { return math.Floor(float64(to-from) / float64(step)) })
}

// ParseMillis reads whole numbers of milliseconds as ParseWhole does; a unit may be
// named: "100", "100ms,0.2s", "0..100ms/50".
func ParseMillis(text string) ([]int, error) {
	return parseAxis(text, "a whole number of milliseconds", 1, func(word string) (int, error) {
		d, err := time.ParseDuration(word)
		if err != nil || d < 0 || d%time.Millisecond != 0 || d > math.MaxInt32*time.Millisecond {
			return parseWhole(word)
		}
		return int(d / time.Millisecond), nil
	},
		func(from, step, i int) int { return from + i*step },
		func(from, to, step int) float64 { return math.Floor(float64(to-from) / float64(step)) })
}

func parseWhole(word string) (int, error) {
	n, err := strconv.ParseInt(word, 10, 32)
	if err == nil && n < 0 {
		err = strconv.ErrRange
	}
	return int(n), err
}

// ParseFanOuts reads whole numbers as ParseWhole does, and words, which are for
// the node to understand.
func ParseFanOuts(text string) ([]string, error) {
	var out []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" && !strings.ContainsAny(item, "0123456789") {
			out = append(out, item)
		} else {
			numbers, err := ParseWhole(item)
			if err != nil {
				return nil, err
			}
			for _, n := range numbers {
				out = append(out, strconv.Itoa(n))
			}
		}
		if len(out) > MaxSettings {
			return nil, errTooMany
		}
	}
	return out, nil
}

// ParseNumbers reads numbers, 0 or more: "0.5,10,20..100/20".
func ParseNumbers(text string) ([]float64, error) {
	// What decimal steps miss by is no more than a billionth.
	const slack = 1e-9
	return parseAxis(text, "a number", 0, func(word string) (float64, error) {
		v, err := strconv.ParseFloat(word, 64)
		if err == nil && !(v >= 0 && v <= 1e9) {
			err = strconv.ErrRange
		}
		return v, err
	},
		func(from, step float64, i int) float64 { return math.Round((from+float64(i)*step)*1e9) / 1e9 },
		func(from, to, step float64) float64 { return math.Floor((to-from)/step + slack) })
}

// ParseDurations reads durations above 0: "260ms,0.5s,100ms..1800ms/100ms".
func ParseDurations(text string) ([]time.Duration, error) {
	return parseAxis(text, "a duration such as 450ms", 0, func(word string) (time.Duration, error) {
		d, err := time.ParseDuration(word)
		if err == nil && d <= 0 {
			err = strconv.ErrRange
		}
		return d, err
	},
		func(from, step time.Duration, i int) time.Duration { return from + time.Duration(i)*step },
		func(from, to, step time.Duration) float64 { return math.Floor(float64(to-from) / float64(step)) })
}

// ParseWords reads words.
func ParseWords(text string) ([]string, error) {
	out := strings.Split(text, ",")
	for i := range out {
		if out[i] = strings.TrimSpace(out[i]); out[i] == "" {
			return nil, errNothing
		}
	}
	return out, nil
}

var (
	errNothing = errors.New("there is nothing where a value should be; separate values with single commas")
	errTooMany = fmt.Errorf("that is more than %d values; take fewer, or larger steps", MaxSettings)
)

// parseAxis reads a list of values and ranges. step is that of a range without
// one, 0 if there is no natural one; at is the i-th value of a range, steps how
// many it has beyond the first.
func parseAxis[T int | float64 | time.Duration](text, what string, step T, parse func(string) (T, error),
	at func(from, step T, i int) T, steps func(from, to, step T) float64,
) ([]T, error) {
	read := func(word string) (T, error) {
		v, err := parse(strings.TrimSpace(word))
		if err != nil {
			return v, fmt.Errorf("%q is not %s that can be used here", strings.TrimSpace(word), what)
		}
		return v, nil
	}
	var out []T
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			return nil, errNothing
		}
		first, rest, isRange := strings.Cut(item, "..")
		from, err := read(first)
		if err != nil {
			return nil, err
		}
		if !isRange {
			if out = append(out, from); len(out) > MaxSettings {
				return nil, errTooMany
			}
			continue
		}
		last, stride, hasStep := strings.Cut(rest, "/")
		to, err := read(last)
		if err != nil {
			return nil, err
		}
		by := step
		if hasStep {
			if by, err = read(stride); err != nil {
				return nil, err
			}
		}
		switch {
		case by == 0 && !hasStep:
			return nil, fmt.Errorf("the range %q has no step; give one: %s..%s/STEP", item, first, last)
		case by == 0:
			return nil, fmt.Errorf("the range %q never ends: its step is 0", item)
		case to < from:
			return nil, fmt.Errorf("the range %q ends before it begins; give the smaller end first", item)
		}
		count := steps(from, to, by)
		if count+float64(len(out)) >= MaxSettings {
			return nil, errTooMany
		}
		for i := range int(count) + 1 {
			out = append(out, at(from, by, i))
		}
	}
	return out, nil
}
