package run

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Setting is what a run was asked to do, apart from its seed: runs whose
// Settings are equal repeat each other. It is Settings in a form that can be
// compared with == and that names what people tune.
type Setting struct {
	Workload string
	Driver   string // "process" or "virtual"; empty where a record does not say
	Bin      string // file name of the node's program; empty in virtual time

	NodeCount     int
	NumChildren   string // as the flag has it, as are the next three; empty if it was not given
	Rounds        string
	SyncPeriod    Millis
	LatencyTarget Millis
	Args          string // further arguments of the nodes, as a shell would read them

	Rate            float64 // operations per second
	Concurrency     int     // workers
	TimeLimit       Millis
	Quiet           Millis
	Latency         Millis
	LatencyDist     string
	Topology        string
	Nemesis         string // faults, separated by commas
	NemesisInterval Millis // 0 without faults, where it means nothing
	Availability    string

	Other string // settings that have no field here, as key=value, separated by blanks
}

// named are the keys of Settings that have a field in Setting, and the seed.
var named = []string{
	"workload", "bin", "args", "driver", "seed", "node_count", "concurrency", "rate_per_second", "time_limit_ms",
	"quiet_ms", "latency_ms", "latency_dist", "topology", "nemesis", "nemesis_interval_ms", "availability",
}

// SettingOf is the Setting of a run's Settings. What the nodes' arguments say of
// the tree and the rounds is taken out of them.
func SettingOf(s *Settings) Setting {
	out := Setting{
		Workload: s.Workload, Driver: s.Driver, NodeCount: s.NodeCount,
		Rate: s.Rate, Concurrency: s.Concurrency, TimeLimit: s.TimeLimit, Quiet: s.Quiet,
		Latency: s.Latency, LatencyDist: s.LatencyDist, Topology: s.Topology,
		Nemesis: strings.Join(s.Nemesis, ","), Availability: s.Availability,
		Other: others(s),
	}
	if s.Bin != "" {
		out.Bin = filepath.Base(s.Bin)
	}
	if len(s.Nemesis) > 0 {
		out.NemesisInterval = s.NemesisInterval
	}
	out.takeArgs(s.Args)
	return out
}

// TunedFlags are the nodes' flags that have a field in Setting.
func TunedFlags() []string {
	return []string{"--num-children", "--rounds", "--sync-period", "--latency-target"}
}

// takeArgs sorts the nodes' arguments. The last of equal flags wins, as it does
// for the node; a duration that cannot be read stays among the others.
func (s *Setting) takeArgs(args []string) {
	var rest []string
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(args[i], "=")
		words := args[i : i+1]
		if slices.Contains(TunedFlags(), name) {
			if !joined && i+1 < len(args) {
				value, words = args[i+1], args[i:i+2]
				i++
			}
			if s.tune(name, value) {
				continue
			}
		}
		for _, word := range words {
			rest = append(rest, ShellQuote(word))
		}
	}
	s.Args = strings.Join(rest, " ")
}

func (s *Setting) tune(flag, value string) bool {
	to := map[string]*Millis{"--sync-period": &s.SyncPeriod, "--latency-target": &s.LatencyTarget}[flag]
	switch {
	case flag == "--num-children":
		s.NumChildren = value
	case flag == "--rounds":
		s.Rounds = value
	default:
		d, err := time.ParseDuration(value)
		if err != nil {
			return false
		}
		*to = Millis(d)
	}
	return true
}

// others spells the settings that are not named, so that a run with a fault
// that this file knows nothing of is not taken for one without.
func others(s *Settings) string {
	text, err := json.Marshal(s)
	if err != nil {
		return err.Error() // a rate that is no number; never equal to what can be run
	}
	keys := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &keys); err != nil {
		return err.Error()
	}
	var out []string
	for key, value := range keys {
		if empty := []string{"0", `""`, "false", "null", "[]", "{}"}; !slices.Contains(named, key) && !slices.Contains(empty, string(value)) {
			out = append(out, key+"="+string(value))
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// Flags are the words of the shell command that makes a run of the setting,
// without the seed: "test ... -- ...". What is empty is left to the defaults.
func (s *Setting) Flags() []string { return append(s.bedFlags(), s.nodeFlags()...) }

// shellFlags are words of a shell command.
type shellFlags []string

// add appends a flag, unless it is empty.
func (f *shellFlags) add(name, value string) {
	if value != "" {
		*f = append(*f, name, ShellQuote(value))
	}
}

// bedFlags are those of Flags that the test bed takes itself.
func (s *Setting) bedFlags() []string {
	out := shellFlags{"test", "-w", ShellQuote(s.Workload)}
	if s.Driver == "virtual" {
		out = append(out, "--virtual")
	}
	out.add("--bin", s.Bin)
	out.add("--node-count", nonzero(float64(s.NodeCount)))
	out.add("--time-limit", seconds(s.TimeLimit))
	out.add("--rate", strconv.FormatFloat(s.Rate, 'f', -1, 64))
	out.add("--concurrency", nonzero(float64(s.Concurrency)))
	out.add("--latency", nonzero(float64(s.Latency.Whole())))
	out.add("--latency-dist", s.LatencyDist)
	out.add("--topology", s.Topology)
	out.add("--nemesis", s.Nemesis)
	if s.Nemesis != "" {
		out.add("--nemesis-interval", seconds(s.NemesisInterval))
	}
	out.add("--availability", s.Availability)
	out.add("--quiet-time", seconds(s.Quiet))
	for word := range strings.FieldsSeq(s.Other) {
		key, value, _ := strings.Cut(word, "=")
		switch ms, err := strconv.ParseFloat(value, 64); {
		case key == "phased_message_faults":
			key, value = "message_faults", "phases"
		case key == "init_timeout_ms" && err == nil:
			value = strconv.FormatFloat(ms/1000, 'f', -1, 64) // the flag is in seconds
		}
		out.add("--"+strings.ReplaceAll(strings.TrimSuffix(key, "_ms"), "_", "-"), strings.Trim(value, `"`))
	}
	return out
}

// nodeFlags are those of Flags that the nodes get, behind a "--" if there are any.
func (s *Setting) nodeFlags() []string {
	out := shellFlags{"--"}
	out.add("--num-children", s.NumChildren)
	out.add("--rounds", s.Rounds)
	out.add("--sync-period", s.SyncPeriod.flag())
	out.add("--latency-target", s.LatencyTarget.flag())
	if s.Args != "" {
		out = append(out, s.Args)
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

// Command is the shell command that makes the run with a seed.
func (s *Setting) Command(seed uint64) string {
	words := slices.Concat([]string{"treecast"}, s.bedFlags(), []string{"--seed", strconv.FormatUint(seed, 10)}, s.nodeFlags())
	return strings.Join(words, " ")
}

// Label names a setting in a few words, by what people tune.
func (s *Setting) Label() string {
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
	add("%s", s.Args)
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

func seconds(m Millis) string { return strconv.FormatFloat(m.Duration().Seconds(), 'f', -1, 64) }

func nonzero(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
