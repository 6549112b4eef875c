package run

import (
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Spec is what a run is asked to do, and the only place that says so. By the tags
// of its fields it is
//
//   - the flags of 'treecast test' (help, default, env, ...; type is the unit),
//   - the settings in results.json (json),
//   - columns of runs.csv (csv, and what each means); a field without a column goes
//     into the column other,
//   - the command line that makes the run again (Command).
//
// A sweep is many of them, and so is a fuzzer. Specs can be compared with ==.
//
// What is asked may leave things open: clients "per node", no number of nodes. In a
// record they are settled.
type Spec struct {
	Workload    string  `json:"workload" csv:"workload" meaning:"what clients asked for" short:"w" default:"broadcast" env:"TREECAST_TEST_WORKLOAD" group:"maelstrom" help:"What clients ask for: broadcast, echo, g-counter, g-set, kafka, lin-kv, pn-counter, txn-list-append, txn-rw-register or unique-ids. Default: ${default}."`
	Driver      string  `json:"driver" csv:"driver" meaning:"virtual or process" kong:"-"`
	Bin         string  `json:"bin" csv:"bin" meaning:"file name of the node's program, if it was a process" type:"program" env:"TREECAST_TEST_BIN" placeholder:"FILE" group:"maelstrom" help:"The node to test: any Maelstrom binary. Default: treecast itself."`
	Args        Words   `json:"args,omitempty" csv:"args" meaning:"further arguments of the nodes" kong:"-"` // of every node
	NodeCount   int     `json:"node_count" csv:"node_count" meaning:"nodes" type:"nodes" env:"TREECAST_TEST_NODE_COUNT" placeholder:"N" group:"maelstrom" help:"How many nodes, called n0, n1, ... Default: five, called n1 to n5."`
	TimeLimit   Millis  `json:"time_limit_ms" csv:"time_limit_ms" meaning:"length of the load" zero:"shown" type:"seconds" default:"60" env:"TREECAST_TEST_TIME_LIMIT" placeholder:"S" group:"maelstrom" help:"Seconds of load. Default: ${default}."`
	Rate        float64 `json:"rate_per_second" csv:"rate_per_second" meaning:"operations per second" zero:"shown" default:"5" env:"TREECAST_TEST_RATE" placeholder:"HZ" group:"maelstrom" help:"Operations per second, of all clients together. Default: ${default}."`
	Concurrency Clients `json:"concurrency" csv:"concurrency" meaning:"clients" default:"1n" type:"text" env:"TREECAST_TEST_CONCURRENCY" group:"maelstrom" help:"How many clients: a number, or a number and n for so many per node. Each has one operation under way at a time. Default: ${default}."`
	Latency     Millis  `json:"latency_ms" csv:"latency_ms" meaning:"mean latency between nodes" type:"wholemillis" default:"0" env:"TREECAST_TEST_LATENCY" placeholder:"MS" group:"maelstrom" help:"Mean latency between nodes, in whole milliseconds. Default: ${default}."`
	LatencyDist string  `json:"latency_dist" csv:"latency_dist" meaning:"its distribution" default:"constant" enum:"constant,uniform,exponential" env:"TREECAST_TEST_LATENCY_DIST" group:"maelstrom" help:"Its distribution: constant, uniform (from 0 to twice the mean) or exponential. Default: ${default}."`
	Topology    string  `json:"topology" csv:"topology" meaning:"neighbours that a topology request names" default:"grid" enum:"line,grid,tree,tree2,tree3,tree4,total" env:"TREECAST_TEST_TOPOLOGY" group:"maelstrom" help:"The neighbours that a topology request names: line, grid, tree (tree2), tree3, tree4 or total. Default: ${default}."`

	Nemesis         CommaList `json:"nemesis,omitempty" csv:"nemesis" meaning:"faults" type:"text" env:"TREECAST_TEST_NEMESIS" placeholder:"FAULTS" group:"maelstrom" help:"What goes wrong, separated by commas: Maelstrom's partition, kill and pause, and our own one-way, loss, duplicate, reorder, delay, stall and, in virtual time, clock, truncate and remove. Default: nothing."`
	NemesisInterval Millis    `json:"nemesis_interval_ms" csv:"nemesis_interval_ms" meaning:"mean time between the steps of the nemesis" type:"seconds" default:"10" env:"TREECAST_TEST_NEMESIS_INTERVAL" placeholder:"S" group:"maelstrom" help:"Mean seconds between two steps of a fault: it starts with the load, and then stops and starts in turn. Kill and pause share their steps. Default: ${default}."`
	NemesisTargets  string    `json:"nemesis_targets,omitempty" env:"TREECAST_TEST_NEMESIS_TARGETS" placeholder:"NODES" group:"ours" help:"Whom kills, pauses, stalls, clocks and harm to journals strike, drawn from these: some, one, minority-third, minority, majority or all, separated by commas. Default: any of them, as Maelstrom does."`
	NemesisPlan     string    `json:"nemesis_plan,omitempty" env:"TREECAST_TEST_NEMESIS_PLAN" placeholder:"STEPS" group:"ours" help:"What goes wrong when, instead of what --nemesis draws: steps separated by semicolons, each a time since the beginning of the load and what is done then. Below are all of them. What is broken at the end of the load is healed then, as always."`
	Availability    string    `json:"availability,omitempty" csv:"availability" meaning:"goal of --availability" env:"TREECAST_TEST_AVAILABILITY" placeholder:"GOAL" group:"maelstrom" help:"What part of the operations must succeed: total, or a fraction such as 0.99. Default: no goal."`

	// Probabilities with which messages between nodes meet with what; in a record 0
	// where the nemesis does not have that fault.
	LossRate      float64 `json:"loss_rate,omitempty" default:"0.1" env:"TREECAST_TEST_LOSS_RATE" placeholder:"P" group:"ours" help:"Which part of the messages between nodes is lost, with --nemesis loss. Default: ${default}."`
	DuplicateRate float64 `json:"duplicate_rate,omitempty" default:"0.1" env:"TREECAST_TEST_DUPLICATE_RATE" placeholder:"P" group:"ours" help:"Which part arrives twice, with --nemesis duplicate. Default: ${default}."`
	ReorderRate   float64 `json:"reorder_rate,omitempty" default:"0.2" env:"TREECAST_TEST_REORDER_RATE" placeholder:"P" group:"ours" help:"Which part has a latency from 0 to twice the mean (of 10 ms at least), so that messages overtake each other, with --nemesis reorder. Default: ${default}."`
	DelayRate     float64 `json:"delay_rate,omitempty" default:"0.1" env:"TREECAST_TEST_DELAY_RATE" placeholder:"P" group:"ours" help:"Which part takes longer, with --nemesis delay. Default: ${default}."`
	DelayMean     Millis  `json:"delay_mean_ms,omitempty" type:"millis" default:"500" env:"TREECAST_TEST_DELAY_MEAN" placeholder:"MS" group:"ours" help:"How much longer these take, in the mean of an exponential distribution. Default: ${default}."`
	// PhasedMessageFaults lets these start and stop, as other faults do; otherwise
	// they last throughout the load.
	PhasedMessageFaults bool `json:"phased_message_faults,omitempty" name:"message-faults" type:"phases" default:"throughout" env:"TREECAST_TEST_MESSAGE_FAULTS" group:"ours" help:"When loss, duplicate, reorder and delay strike: throughout the load, or in phases, as other faults do. Default: ${default}."`

	Quiet       Millis `json:"quiet_ms" csv:"quiet_ms" meaning:"quiet between the load and the final reads" zero:"shown" name:"quiet-time" type:"seconds" default:"10" env:"TREECAST_TEST_QUIET_TIME" placeholder:"S" group:"ours" help:"Seconds of quiet between the load and the final reads. Maelstrom has 10. Default: ${default}."`
	InitTimeout Millis `json:"init_timeout_ms,omitempty" type:"seconds" default:"10" env:"TREECAST_TEST_INIT_TIMEOUT" placeholder:"S" group:"ours" help:"Seconds that a node has to answer init, as one on a JVM may need. Maelstrom has 10. Default: ${default}."` // 0 in a record: 10 s
	Seed        uint64 `json:"seed,string" kong:"-"`                                                                                                                                                                                                                // text in JSON, because many readers round large numbers

	// Of transactions and logs; 0 or empty where the workload has no such setting
	// or it is the default.
	KeyCount          int       `json:"key_count,omitempty" type:"count" env:"TREECAST_TEST_KEY_COUNT" placeholder:"N" group:"maelstrom" help:"How many keys are in use at a time, in kafka and transactions. Default: 10."`
	MaxWritesPerKey   int       `json:"max_writes_per_key,omitempty" type:"count" default:"16" env:"TREECAST_TEST_MAX_WRITES_PER_KEY" placeholder:"N" group:"maelstrom" help:"How often a key is written before another takes its place, in kafka and transactions. Default: ${default}."`
	MaxTxnLength      int       `json:"max_txn_length,omitempty" type:"count" default:"4" env:"TREECAST_TEST_MAX_TXN_LENGTH" placeholder:"N" group:"maelstrom" help:"The most reads and writes of a transaction. Default: ${default}."`
	ConsistencyModels CommaList `json:"consistency_models,omitempty" default:"strict-serializable" type:"text" env:"TREECAST_TEST_CONSISTENCY_MODELS" placeholder:"MODELS" group:"maelstrom" help:"What transactions must satisfy, separated by commas. Default: ${default}."`
	Nodes             CommaList `json:"nodes,omitempty" kong:"-"` // their names, where they are not Maelstrom's

	// What people tune of treecast's nodes, as their flags have it; empty or 0 if the
	// flag is not given. Setting takes these out of Args, where a record has them.
	NumChildren   string `json:"-" kong:"-" csv:"num_children" meaning:"--num-children of the nodes: fan-out of the tree"`
	Rounds        string `json:"-" kong:"-" csv:"rounds" meaning:"--rounds of the nodes"`
	SyncPeriod    Millis `json:"-" kong:"-" csv:"sync_period_ms" meaning:"--sync-period of the nodes"`
	LatencyTarget Millis `json:"-" kong:"-" csv:"latency_target_ms" meaning:"--latency-target of the nodes, instead of a period"`

	// Unknown are settings in a runs.csv that this version does not know, as
	// key=value, separated by blanks.
	Unknown string `json:"-" kong:"-"`
}

// specField is a field of Spec, by its tags.
type specField struct {
	flag    string // without dashes; empty if the command line does not have it
	key     string // in JSON; empty if it is not there
	unit    string // of its flag: the tag type
	shown   bool   // in commands even if it is 0
	column  string // of runs.csv; empty: none
	meaning string // of the column
	initial string // the default of its flag
	index   int
}

// specFields are the fields, in their order.
var specFields = func() (out []specField) {
	t := reflect.TypeFor[Spec]()
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		field := specField{
			key: strings.TrimPrefix(key, "-"), unit: f.Tag.Get("type"), shown: f.Tag.Get("zero") != "", index: i,
			column: f.Tag.Get("csv"), meaning: f.Tag.Get("meaning"), initial: f.Tag.Get("default"),
		}
		if f.Tag.Get("kong") != "-" {
			field.flag = f.Tag.Get("name")
			if field.flag == "" {
				field.flag = strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(f.Name, "$1-$2"))
			}
		}
		out = append(out, field)
	}
	return out
}()

func (f *specField) of(s *Spec) reflect.Value { return reflect.ValueOf(s).Elem().Field(f.index) }

// Setting is what runs have in common that repeat each other, in a form in which
// they are equal: without the seed, with the nodes' program by its name, and with
// what people tune taken out of the nodes' arguments. The last of equal flags
// wins, as it does for the node; a duration that cannot be read stays among the
// arguments.
func (s Spec) Setting() Spec {
	s.Seed = 0
	if s.Bin != "" {
		s.Bin = filepath.Base(s.Bin)
	}
	if s.Nemesis == "" {
		s.NemesisInterval = 0 // it means nothing
	}
	args := s.Args.Split()
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
		rest = append(rest, words...)
	}
	s.Args = WordsOf(rest...)
	return s
}

// TunedFlags are the nodes' flags that have a field in Spec.
func TunedFlags() []string {
	return []string{"--num-children", "--rounds", "--sync-period", "--latency-target"}
}

func (s *Spec) tune(flag, value string) bool {
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
