package run

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Flags are the words of the shell command that makes a run of the spec, without
// the seed: "test ... -- ...". What is empty is left to the defaults.
func (s Spec) Flags() []string { return slices.Concat(s.bedFlags(), s.nodeTail()) }

// Command is the shell command that makes the run with a seed.
func (s Spec) Command(seed uint64) string {
	words := slices.Concat([]string{"treecast"}, s.bedFlags(), []string{"--seed", strconv.FormatUint(seed, 10)}, s.nodeTail())
	return strings.Join(words, " ")
}

// ShortCommand is Command with the spec's own seed, with more flags, and without
// those that name a default.
func (s Spec) ShortCommand(more ...string) string {
	bed := s.flags(func(f *specField, value string) bool { return value == f.initial })
	bed = slices.Insert(bed, max(1, slices.Index(bed, "--virtual")+1), more...)
	words := slices.Concat([]string{"treecast"}, bed, []string{"--seed", strconv.FormatUint(s.Seed, 10)}, s.nodeTail())
	return strings.Join(words, " ")
}

// bedFlags are those of Flags that the test bed takes itself.
func (s Spec) bedFlags() []string { return s.flags(func(*specField, string) bool { return false }) }

func (s Spec) flags(omit func(f *specField, value string) bool) []string {
	out := []string{"test"}
	type flag struct{ key, name, value string }
	var more []flag // behind the others, by their keys
	for i := range specFields {
		f := &specFields[i]
		value := f.text(&s)
		if value == "" && f.shown {
			value = "0"
		}
		switch {
		case omit(f, value):
		case f.flag == "workload":
			out = append(out, "-w", ShellQuote(value))
		case f.key == "driver" && value == "virtual":
			out = append(out, "--virtual")
		case value == "", f.key == "node_count" && s.Nodes != "": // it would override their names
		case f.key == "nodes":
			more = append(more, flag{f.key, "--nodes", value})
		case f.flag == "":
		case f.key == "quiet_ms":
			more = append(more, flag{"", "--" + f.flag, value})
		case f.column == "":
			more = append(more, flag{f.key, "--" + f.flag, value})
		default:
			out = append(out, "--"+f.flag, ShellQuote(value))
		}
	}
	slices.SortStableFunc(more, func(a, b flag) int { return cmp.Compare(a.key, b.key) })
	for _, m := range more {
		out = append(out, m.name, ShellQuote(m.value))
	}
	return out
}

// text spells a field as its flag takes it; empty if it is 0.
func (f *specField) text(s *Spec) string {
	v := f.of(s)
	if v.IsZero() {
		return ""
	}
	switch value := v.Interface().(type) {
	case bool:
		return "phases" // the one there is
	case Millis:
		if f.unit == "seconds" {
			return strconv.FormatFloat(value.Duration().Seconds(), 'f', -1, 64)
		}
		return value.number()
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	if v.Kind() == reflect.String {
		return v.String()
	}
	return fmt.Sprint(v.Interface())
}

// NodeArgs are the arguments of the nodes, what is tuned first.
func (s Spec) NodeArgs() []string { return append(s.tunedArgs(), s.Args.Split()...) }

func (s Spec) tunedArgs() (out []string) {
	add := func(name, value string) {
		if value != "" {
			out = append(out, name, value)
		}
	}
	add("--num-children", s.NumChildren)
	add("--rounds", s.Rounds)
	add("--sync-period", s.SyncPeriod.flag())
	add("--latency-target", s.LatencyTarget.flag())
	return out
}

// nodeTail are the nodes' arguments as words of a shell, behind a "--" if there
// are any.
func (s Spec) nodeTail() []string {
	out := []string{"--"}
	for _, word := range s.tunedArgs() {
		out = append(out, ShellQuote(word))
	}
	if s.Args != "" {
		out = append(out, string(s.Args))
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

// Label names a setting in a few words, by what people tune.
func (s Spec) Label() string {
	var out []string
	add := func(format, value string) {
		if value != "" {
			out = append(out, fmt.Sprintf(format, value))
		}
	}
	add("%s", s.Rounds)
	add("k = %s", s.NumChildren)
	add("P = %s", s.SyncPeriod.text())
	add("target %s", s.LatencyTarget.text())
	add("%s", string(s.Args))
	if len(out) == 0 {
		return "defaults"
	}
	return strings.Join(out, ", ")
}

// flag spells m as a flag takes it, in milliseconds; empty for 0.
func (m Millis) flag() string {
	if m == 0 {
		return ""
	}
	return m.number() + "ms"
}

// text is flag for people.
func (m Millis) text() string {
	if m == 0 {
		return ""
	}
	return m.number() + " ms"
}
