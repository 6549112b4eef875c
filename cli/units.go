package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// secondsFlag is a number of seconds, as Maelstrom's flags are; a unit may be
// named instead, as the nodes' own flags have it: 90, 1.5, 90s, 2m.
type secondsFlag float64

// UnmarshalText reads what was typed.
func (s *secondsFlag) UnmarshalText(text []byte) error {
	v, err := inUnits(string(text), time.Second, "seconds", "20, or with a unit, such as 20s")
	*s = secondsFlag(v)
	return err
}

// millisFlag is a number of milliseconds, as Maelstrom's flags are, or a
// duration with its unit: 100, 100ms, 0.1s.
type millisFlag float64

// UnmarshalText reads what was typed.
func (m *millisFlag) UnmarshalText(text []byte) error {
	v, err := inUnits(string(text), time.Millisecond, "milliseconds", "100, or with a unit, such as 100ms")
	*m = millisFlag(v)
	return err
}

// inUnits reads a number of units, or a duration.
func inUnits(text string, unit time.Duration, name, example string) (float64, error) {
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return v, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no number of %s; give one such as %s", text, name, example)
	}
	return float64(d) / float64(unit), nil
}

// joinNegatives puts numbers below zero where they belong: "--rate -1" is
// "--rate=-1", which then can be called too small, and not the flag -1.
func joinNegatives(args []string) []string {
	var out []string
	for i, a := range args {
		if a == "--" {
			return append(out, args[i:]...)
		}
		number := len(a) > 1 && a[0] == '-' && (a[1] == '.' || a[1] >= '0' && a[1] <= '9')
		if last := len(out) - 1; number && last >= 0 && strings.HasPrefix(out[last], "--") && !strings.Contains(out[last], "=") {
			out[last] += "=" + a
			continue
		}
		out = append(out, a)
	}
	return out
}
