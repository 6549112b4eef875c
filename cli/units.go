package cli

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"treecast/run"
	"treecast/testbed/session"
)

// units are how flags are read whose tag type names one. What a reader complains of
// begins with "is", for the flag's name stands before it.
var units = []kong.Option{
	unit("seconds", func(text string) (any, error) {
		return duration(text, time.Second, "seconds", "20, or with a unit, such as 20s")
	}),
	unit("millis", func(text string) (any, error) {
		return duration(text, time.Millisecond, "milliseconds", "100, or with a unit, such as 100ms")
	}),
	unit("wholemillis", func(text string) (any, error) {
		v, err := duration(text, time.Millisecond, "milliseconds", "100, or with a unit, such as 100ms")
		if err != nil && strings.HasPrefix(err.Error(), "is -") || v%run.Millis(time.Millisecond) != 0 {
			ms, _ := inUnits(text, time.Millisecond)
			return nil, fmt.Errorf("is %v; give whole milliseconds, 0 or more", ms)
		}
		return v, err
	}),
	unit("text", func(text string) (any, error) { return text, nil }), // of types that JSON spells otherwise
	unit("nodes", func(text string) (any, error) { return whole(text, 1, session.MaxNodes) }),
	unit("count", func(text string) (any, error) {
		n, err := whole(text, 1, maxCount)
		if err != nil {
			err = fmt.Errorf("is %s; give 1 to %d", text, maxCount)
		}
		return n, err
	}),
	unit("phases", func(text string) (any, error) {
		if text != "throughout" && text != "phases" {
			return nil, fmt.Errorf(`must be one of "throughout","phases" but got %q`, text)
		}
		return text == "phases", nil
	}),
	unit("program", func(text string) (any, error) {
		if text == "" { // mostly a variable of a script that is not set
			return nil, errNoBin
		}
		return text, nil
	}),
}

// maxCount is more than a count of keys or writes may be.
const maxCount = 1_000_000

// errNoBin refuses --bin "": another program than the one meant must not be tested in
// silence.
var errNoBin = errors.New(`is empty; name the program of the node, or leave --bin out to test treecast itself`)

// unit is the reader of flags of a type.
func unit(name string, read func(text string) (any, error)) kong.Option {
	return kong.NamedMapper(name, kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		var text string
		if err := ctx.Scan.PopValueInto(name, &text); err != nil {
			return err
		}
		value, err := read(text)
		if err == nil {
			target.Set(reflect.ValueOf(value).Convert(target.Type()))
		}
		return err
	}))
}

func whole(text string, least, most int) (int, error) {
	switch n, err := strconv.Atoi(text); {
	case err != nil:
		return 0, fmt.Errorf("is %q; give a whole number", text)
	case n < least:
		return 0, fmt.Errorf("is %d; give %d or more", n, least)
	case n > most:
		return 0, fmt.Errorf("is %d; give %d or fewer", n, most)
	default:
		return n, nil
	}
}

// duration reads a number of units, as Maelstrom's flags are, or a duration with its
// unit, as the nodes' own are: 90, 1.5, 90s, 2m.
func duration(text string, unit time.Duration, name, example string) (run.Millis, error) {
	v, err := inUnits(text, unit)
	switch {
	case err != nil:
		return 0, fmt.Errorf("is %q, which is no number of %s; give one such as %s", text, name, example)
	case !(v >= 0) || v > math.MaxInt32:
		return 0, fmt.Errorf("is %v; give a number of %s", v, name)
	}
	return run.Millis(math.Round(v * float64(unit))), nil
}

// inUnits reads a number of units, or a duration.
func inUnits(text string, unit time.Duration) (float64, error) {
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return v, nil
	}
	d, err := time.ParseDuration(text)
	return float64(d) / float64(unit), err
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
