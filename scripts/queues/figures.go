package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// key says what was measured: the parts of a benchmark's name.
type key struct {
	bench     string // Alone, Beside, Single, New
	shape     string // SPSC, MPSC, MPMC; empty for Single and New
	size      int    // of an item, bytes
	batch     int
	producers int // 0: alone
	queue     string
}

// figures are all runs of all benchmarks.
type figures struct {
	cpu   string
	order []key
	nanos map[key][]float64 // per item
	allot map[key][]float64 // allocations per item
}

// parse reads what go test -bench printed, any number of times.
func parse(r io.Reader) (*figures, error) {
	f := &figures{nanos: map[key][]float64{}, allot: map[key][]float64{}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if cpu, ok := strings.CutPrefix(line, "cpu: "); ok {
			f.cpu = strings.TrimSpace(cpu)
		}
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "Benchmark") || len(fields) < 4 {
			continue
		}
		k, err := parseName(fields[0])
		if err != nil {
			return nil, err
		}
		if _, seen := f.nanos[k]; !seen {
			f.order = append(f.order, k)
		}
		for i := 2; i+1 < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("benchmark %s: %w", fields[0], err)
			}
			switch fields[i+1] {
			case "ns/op":
				f.nanos[k] = append(f.nanos[k], v)
			case "allocs/op":
				f.allot[k] = append(f.allot[k], v)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(f.order) == 0 {
		return nil, fmt.Errorf("there is no benchmark in it")
	}
	return f, nil
}

// parseName takes a name apart, without its end, which is GOMAXPROCS.
func parseName(name string) (key, error) {
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			name = name[:i]
		}
	}
	parts := strings.Split(strings.TrimPrefix(name, "Benchmark"), "/")
	k := key{bench: parts[0]}
	for _, part := range parts[1:] {
		label, value, ok := strings.Cut(part, "=")
		if !ok {
			return key{}, fmt.Errorf("benchmark %s: %q is no label=value", name, part)
		}
		var err error
		switch label {
		case "shape":
			k.shape = value
		case "queue":
			k.queue = value
		case "size":
			k.size, err = strconv.Atoi(value)
		case "batch":
			k.batch, err = strconv.Atoi(value)
		case "producers":
			k.producers, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("unknown label")
		}
		if err != nil {
			return key{}, fmt.Errorf("benchmark %s: %s: %w", name, part, err)
		}
	}
	return k, nil
}

// runs returns how often everything was measured, at least.
func (f *figures) runs() int {
	n := 0
	for i, k := range f.order {
		if m := len(f.nanos[k]); i == 0 || m < n {
			n = m
		}
	}
	return n
}

// median of the nanoseconds an item took; false if it was not measured.
func (f *figures) median(k key) (float64, bool) {
	all := slices.Sorted(slices.Values(f.nanos[k]))
	if len(all) == 0 {
		return 0, false
	}
	if mid := len(all) / 2; len(all)%2 == 0 {
		return (all[mid-1] + all[mid]) / 2, true
	} else {
		return all[mid], true
	}
}

// family is whose a queue is.
type family int

const (
	catalogue family = iota
	rival
	house // package chans, which is neither
)

func (k key) family() family {
	switch {
	case strings.HasPrefix(k.queue, "channel"), strings.HasPrefix(k.queue, "xsync."):
		return rival
	case strings.HasPrefix(k.queue, "chans."):
		return house
	default:
		return catalogue
	}
}

// best returns the fastest of those that fit, by median.
func (f *figures) best(fits func(key) bool) (best key, nanos float64, ok bool) {
	for _, k := range f.order {
		if !fits(k) {
			continue
		}
		if v, _ := f.median(k); !ok || v < nanos {
			best, nanos, ok = k, v, true
		}
	}
	return best, nanos, ok
}
