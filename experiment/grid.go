package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxSettings is how many settings a sweep may have: more are a slip of the
// keyboard.
const MaxSettings = 10_000

// Point is one combination of what a sweep varies. Empty and 0 mean that the
// default is left alone.
type Point struct {
	NodeCount   int
	Rate        float64       // operations per second
	Latency     time.Duration // whole milliseconds
	LatencyDist string

	Rounds        string
	NumChildren   string
	SyncPeriod    time.Duration
	LatencyTarget time.Duration
}

// NodeFlags are the flags that a point gives to every node.
func (p Point) NodeFlags() []string {
	var out []string
	flag := func(name, value string) {
		if value != "" {
			out = append(out, name, value)
		}
	}
	inMillis := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return strconv.FormatFloat(float64(d)/1e6, 'f', -1, 64) + "ms"
	}
	flag("--num-children", p.NumChildren)
	flag("--rounds", p.Rounds)
	flag("--sync-period", inMillis(p.SyncPeriod))
	flag("--latency-target", inMillis(p.LatencyTarget))
	return out
}

// Grid is what a sweep varies: every combination of one value of each axis. An
// axis without values leaves the default alone.
type Grid struct {
	NodeCount   []int
	Rate        []float64
	Latency     []time.Duration
	LatencyDist []string

	Rounds      []string
	NumChildren []string
	// Sync periods and latency targets are one axis: a setting has either.
	SyncPeriod    []time.Duration
	LatencyTarget []time.Duration
}

// eager are the rounds in which nodes speak at once.
const eager = "eager"

// Points are the combinations, periods and targets innermost. Eager rounds have
// neither, so they come once for all of them. The error says what is wrong with
// a grid: a value twice on an axis, or more than MaxSettings points.
func (g Grid) Points() ([]Point, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	timing := make([]Point, 0, len(g.SyncPeriod)+len(g.LatencyTarget))
	for _, p := range g.SyncPeriod {
		timing = append(timing, Point{SyncPeriod: p})
	}
	for _, t := range g.LatencyTarget {
		timing = append(timing, Point{LatencyTarget: t})
	}
	var out []Point
	for _, nodes := range atLeast(g.NodeCount) {
		for _, rate := range atLeast(g.Rate) {
			for _, latency := range atLeast(g.Latency) {
				for _, dist := range atLeast(g.LatencyDist) {
					for _, rounds := range atLeast(g.Rounds) {
						for _, fanOut := range atLeast(g.NumChildren) {
							timing := atLeast(timing)
							if rounds == eager {
								timing = []Point{{}}
							}
							for _, p := range timing {
								p.NodeCount, p.Rate, p.Latency, p.LatencyDist = nodes, rate, latency, dist
								p.Rounds, p.NumChildren = rounds, fanOut
								out = append(out, p)
							}
						}
					}
				}
			}
		}
	}
	return out, nil
}

// atLeast are the values of an axis, or its default alone.
func atLeast[T any](values []T) []T {
	if len(values) == 0 {
		return make([]T, 1)
	}
	return values
}

func (g Grid) check() error {
	count := 1
	for _, axis := range []int{
		len(g.NodeCount), len(g.Rate), len(g.Latency), len(g.LatencyDist), len(g.Rounds), len(g.NumChildren), len(g.SyncPeriod) + len(g.LatencyTarget),
	} {
		if count *= max(axis, 1); count > MaxSettings { // each is at most MaxSettings, so nothing overflows
			return fmt.Errorf("that makes more than %d settings; take fewer values, or larger steps", MaxSettings)
		}
	}
	return errors.Join(
		twice("node-count", g.NodeCount), twice("rate", g.Rate), twice("latency", g.Latency), twice("latency-dist", g.LatencyDist),
		twice("rounds", g.Rounds), twice("num-children", g.NumChildren), twice("sync-period", g.SyncPeriod), twice("latency-target", g.LatencyTarget),
	)
}

func twice[T comparable](flag string, values []T) error {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			return fmt.Errorf("--%s has %v twice; once will do, each setting is run with several seeds", flag, v)
		}
	}
	return nil
}

// ParsePoint reads one setting as a list of them is given: KEY=VALUE, separated
// by blanks, on top of a point that holds the rest. Keys are those of the axes.
func ParsePoint(text string, rest Point) (Point, error) {
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
		if err := rest.set(key, value); err != nil {
			return rest, fmt.Errorf("setting %q: %w", text, err)
		}
	}
	return rest, nil
}

func (p *Point) set(key, value string) (err error) {
	switch key {
	case "node-count":
		p.NodeCount, err = one(key, value, ParseWhole)
	case "rate":
		p.Rate, err = one(key, value, ParseNumbers)
	case "latency":
		var ms int
		ms, err = one(key, value, ParseMillis)
		p.Latency = time.Duration(ms) * time.Millisecond
	case "latency-dist":
		p.LatencyDist = value
	case "rounds":
		p.Rounds = value
	case "num-children":
		p.NumChildren = value
	case "sync-period":
		p.SyncPeriod, err = one(key, value, ParseDurations)
	case "latency-target":
		p.LatencyTarget, err = one(key, value, ParseDurations)
	default:
		return fmt.Errorf("there is no %q; there are node-count, rate, latency, latency-dist, rounds, num-children, sync-period and latency-target", key)
	}
	return err
}

func one[T any](key, value string, parse func(string) ([]T, error)) (T, error) {
	values, err := parse(value)
	if err != nil || len(values) != 1 {
		var zero T
		if err == nil {
			err = fmt.Errorf("%q are several values, one is needed", value)
		}
		return zero, fmt.Errorf("%s: %w", key, err)
	}
	return values[0], nil
}
