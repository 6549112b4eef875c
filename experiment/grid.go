package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"treecast/run"
)

// MaxSettings is how many settings a sweep may have: more are a slip of the
// keyboard.
const MaxSettings = 10_000

// axis is a flag that a sweep varies.
type axis struct {
	flag string
	// read makes of a list of values what each changes in a spec.
	read func(text string) ([]func(*run.Spec), error)
}

func axisOf[T any](flag string, parse func(string) ([]T, error), set func(*run.Spec, T)) axis {
	return axis{flag, func(text string) ([]func(*run.Spec), error) {
		values, err := parse(text)
		var out []func(*run.Spec)
		for _, v := range values {
			out = append(out, func(s *run.Spec) { set(s, v) })
		}
		return out, err
	}}
}

// axes are those of a sweep, the outermost first. The last two are one axis: a
// setting has a period or a target, and in eager rounds neither.
var axes = []axis{
	axisOf("node-count", ParseWhole, func(s *run.Spec, n int) { s.NodeCount = n }),
	axisOf("rate", ParseNumbers, func(s *run.Spec, v float64) { s.Rate = v }),
	axisOf("latency", ParseMillis, func(s *run.Spec, ms int) { s.Latency = run.Millis(ms) * run.Millis(time.Millisecond) }),
	axisOf("latency-dist", ParseWords, func(s *run.Spec, word string) { s.LatencyDist = word }),
	axisOf("rounds", ParseWords, func(s *run.Spec, word string) { s.Rounds = word }),
	axisOf("num-children", ParseFanOuts, func(s *run.Spec, k string) { s.NumChildren = k }),
	axisOf("sync-period", ParseDurations, func(s *run.Spec, d time.Duration) { s.SyncPeriod = run.Millis(d) }),
	axisOf("latency-target", ParseDurations, func(s *run.Spec, d time.Duration) { s.LatencyTarget = run.Millis(d) }),
}

// eager are the rounds in which nodes speak at once.
const eager = "eager"

// Grid is what a sweep varies: lists of values, by the names of their flags. A flag
// without values leaves what is common alone.
type Grid map[string]string

// Points are all combinations of one value of each axis, on top of what they have
// in common. Eager rounds come once for all periods and targets. The error says
// what is wrong with a grid: a list that cannot be read, a value twice on an axis,
// or more than MaxSettings points.
func (g Grid) Points(common run.Spec) ([]run.Spec, error) {
	changes := make([][]func(*run.Spec), len(axes))
	var errs []error
	for i, a := range axes {
		if text := g[a.flag]; text != "" {
			var err error
			if changes[i], err = a.read(text); err != nil {
				errs = append(errs, fmt.Errorf("--%s: %w", a.flag, err))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	last := len(axes) - 2
	timing := slices.Concat(changes[last:]...)
	count := max(1, len(timing))
	for _, change := range changes[:last] {
		if count *= max(1, len(change)); count > MaxSettings { // each is at most MaxSettings, so nothing overflows
			break
		}
	}
	if count > MaxSettings {
		return nil, fmt.Errorf("that makes more than %d settings; take fewer values, or larger steps", MaxSettings)
	}
	for i, change := range changes {
		if err := twice(axes[i].flag, change); err != nil {
			errs = append(errs, err)
		}
	}
	points := []run.Spec{common}
	for _, change := range changes[:last] {
		points = times(points, change, func(*run.Spec) bool { return true })
	}
	points = times(points, timing, func(s *run.Spec) bool { return s.Rounds != eager })
	return points, errors.Join(errs...)
}

// times are the points with every change each; one that is not to be changed, or
// for which there is none, stays as it is.
func times(points []run.Spec, changes []func(*run.Spec), varies func(*run.Spec) bool) (out []run.Spec) {
	for _, p := range points {
		if len(changes) == 0 || !varies(&p) {
			out = append(out, p)
			continue
		}
		for _, change := range changes {
			changed := p
			change(&changed)
			out = append(out, changed)
		}
	}
	return out
}

// twice is an error if an axis has a value twice.
func twice(flag string, changes []func(*run.Spec)) error {
	seen := map[run.Spec]bool{}
	for _, s := range times([]run.Spec{{}}, changes, func(*run.Spec) bool { return true }) {
		if seen[s] {
			return fmt.Errorf("--%s has %s twice; once will do, each setting is run with several seeds", flag, valueOf(flag, s))
		}
		seen[s] = true
	}
	return nil
}

// valueOf spells what a change has made of an empty spec.
func valueOf(flag string, s run.Spec) string {
	words := s.Flags()
	if at := slices.Index(words, "--"+flag); at >= 0 {
		return words[at+1]
	}
	return "0"
}

// ParsePoint reads one setting as a list of them is given: KEY=VALUE, separated
// by blanks, on top of a spec that holds the rest. Keys are those of the axes.
func ParsePoint(text string, rest run.Spec) (run.Spec, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return rest, errors.New("a setting is empty; give something like 'num-children=5 sync-period=260ms'")
	}
	seen := map[string]bool{}
	for _, word := range words {
		key, value, ok := strings.Cut(word, "=")
		switch {
		case !ok || value == "":
			return rest, fmt.Errorf("setting %q: %q is not KEY=VALUE", text, word)
		case seen[key]:
			return rest, fmt.Errorf("setting %q has %s twice", text, key)
		}
		seen[key] = true
		if err := set(&rest, key, value); err != nil {
			return rest, fmt.Errorf("setting %q: %w", text, err)
		}
	}
	return rest, nil
}

// set changes a spec by one value of an axis.
func set(s *run.Spec, key, value string) error {
	at := slices.IndexFunc(axes, func(a axis) bool { return a.flag == key })
	if at < 0 {
		return fmt.Errorf("there is no %q; there are node-count, rate, latency, latency-dist, rounds, num-children, sync-period and latency-target", key)
	}
	changes, err := axes[at].read(value)
	if err == nil && len(changes) != 1 {
		err = fmt.Errorf("%q are several values, one is needed", value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	changes[0](s)
	return nil
}
