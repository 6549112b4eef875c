package checker

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"treecast/checker/txn"
	"treecast/run"
)

// challenge is one of the Fly.io challenges: the settings that make a run an attempt at
// it, and its bounds, 0 for none.
type challenge struct {
	name       string
	workload   string        // empty: broadcast
	operation  string        // of the workload, that every run has
	timeLimit  time.Duration // of the shortest run that counts; 0: challengeTimeLimit
	total      bool          // every operation must succeed
	nodes      int
	rate       float64 // at least, operations per second
	latency    time.Duration
	partition  bool
	isolation  string        // the model of transactions that the run must be judged by, or a stronger one
	msgsPerOp  float64       // server messages per operation, below
	median     time.Duration // of the stable latencies, below
	maxLatency time.Duration // of the stable latencies, below
}

// challengeWorkload is what those of broadcasts are about, and its operation that counts.
const challengeWorkload = "broadcast"

// challengeTimeLimit is the shortest run that counts.
const challengeTimeLimit = 20 * time.Second

// challenges are those of https://fly.io/dist-sys, as people run them.
var challenges = []challenge{
	{name: "1", workload: "echo", operation: "echo", nodes: 1, timeLimit: 10 * time.Second},
	{name: "2", workload: "unique-ids", operation: "generate", nodes: 3, rate: 1000, timeLimit: 30 * time.Second, partition: true, total: true},
	{name: "3a", nodes: 1, rate: 10},
	{name: "3b", nodes: 5, rate: 10},
	{name: "3c", nodes: 5, rate: 10, partition: true},
	{
		name: "3d", nodes: 25, rate: 100, latency: 100 * time.Millisecond,
		msgsPerOp: 30, median: 400 * time.Millisecond, maxLatency: 600 * time.Millisecond,
	},
	{
		name: "3e", nodes: 25, rate: 100, latency: 100 * time.Millisecond,
		msgsPerOp: 20, median: time.Second, maxLatency: 2 * time.Second,
	},
	{name: "4", workload: "g-counter", operation: "add", nodes: 3, rate: 100, partition: true},
	{name: "5a", workload: "kafka", operation: "send", nodes: 1, rate: 1000},
	{name: "5b", workload: "kafka", operation: "send", nodes: 2, rate: 1000},
	{name: "5c", workload: "kafka", operation: "send", nodes: 2, rate: 1000},
	{name: "6a", workload: "txn-rw-register", operation: "txn", nodes: 1, rate: 1000, total: true, isolation: "read-uncommitted"},
	{name: "6b", workload: "txn-rw-register", operation: "txn", nodes: 2, rate: 1000, partition: true, total: true, isolation: "read-uncommitted"},
	{name: "6c", workload: "txn-rw-register", operation: "txn", nodes: 2, rate: 1000, partition: true, total: true, isolation: "read-committed"},
}

// of is the workload that a challenge is about.
func (c *challenge) of() string { return cmp.Or(c.workload, challengeWorkload) }

// Challenges judges a run by the challenges whose settings it was run with:
// none, one, or both of 3d and 3e. The rate and the time limit may be higher
// than the challenge asks for, all else must be as it says.
func Challenges(r *run.Results) []run.Challenge {
	var out []run.Challenge
	for _, c := range challenges {
		if c.matches(&r.Settings) {
			out = append(out, c.judge(r))
		}
	}
	return out
}

// ChallengeNames are the names of all challenges, in order.
func ChallengeNames() []string { return challengeNames(func(*challenge) bool { return true }) }

// BroadcastChallengeNames are the names of those of broadcasts.
func BroadcastChallengeNames() []string {
	return challengeNames(func(c *challenge) bool { return c.workload == "" })
}

func challengeNames(which func(*challenge) bool) (out []string) {
	for i := range challenges {
		if which(&challenges[i]) {
			out = append(out, challenges[i].name)
		}
	}
	return out
}

// JudgeAs judges a run by one challenge's bounds, whatever its settings are;
// false if there is no such challenge.
func JudgeAs(r *run.Results, name string) (run.Challenge, bool) {
	for _, c := range challenges {
		if c.name == name {
			return c.judge(r), true
		}
	}
	return run.Challenge{}, false
}

func (c *challenge) matches(s *run.Spec) bool {
	faults := run.CommaList("")
	if c.partition {
		faults = "partition"
	}
	return s.Workload == c.of() && s.NodeCount == c.nodes && s.Rate >= c.rate &&
		s.TimeLimit.Duration() >= cmp.Or(c.timeLimit, challengeTimeLimit) && s.Latency.Duration() == c.latency &&
		(c.latency == 0 || s.LatencyDist == "constant") && s.Nemesis == faults && c.isolationOf(s).Passed
}

func (c *challenge) judge(r *run.Results) run.Challenge {
	checks := []run.ChallengeCheck{c.figuresOf(r), {
		What: "valid", Target: "true", Got: r.Valid.String(), Passed: r.Valid == run.Valid,
	}}
	if c.isolation != "" {
		checks = append(checks, c.isolationOf(&r.Settings))
	}
	if c.total {
		got := r.Availability.OKFraction
		checks = append(checks, run.ChallengeCheck{
			What: "operations that succeed", Target: "all", Got: number(float64(got)), Passed: got == 1,
		})
	}
	if c.msgsPerOp > 0 {
		check := run.ChallengeCheck{What: "server messages per operation", Target: "< " + number(c.msgsPerOp), Got: "-"}
		if got := r.Net.Servers.MsgsPerOp; got != nil {
			check.Got = strconv.FormatFloat(float64(*got), 'f', 2, 64)
			check.Passed = float64(*got) < c.msgsPerOp
		}
		checks = append(checks, check)
	}
	latencies := (*run.Quantiles)(nil)
	if r.Workload.SetFull != nil {
		latencies = r.Workload.SetFull.StableLatencies
	}
	for _, bound := range []struct {
		what  string
		below time.Duration
		of    func(*run.Quantiles) run.Millis
	}{
		{"median stable latency", c.median, func(q *run.Quantiles) run.Millis { return q.Median }},
		{"maximum stable latency", c.maxLatency, func(q *run.Quantiles) run.Millis { return q.Max }},
	} {
		if bound.below == 0 {
			continue
		}
		check := run.ChallengeCheck{What: bound.what, Target: "< " + millis(bound.below), Got: "-"}
		if latencies != nil {
			got := bound.of(latencies).Duration()
			check.Got, check.Passed = millis(got), got < bound.below
		}
		checks = append(checks, check)
	}
	passed := true
	for _, check := range checks {
		passed = passed && check.Passed
	}
	return run.Challenge{Name: c.name, Passed: passed, Checks: checks}
}

// figuresOf is the check that a run is one of broadcasts, with figures that such
// a run of so many nodes can have: a file may be of another workload, or have
// been written by hand.
func (c *challenge) figuresOf(r *run.Results) run.ChallengeCheck {
	if c.workload != "" {
		return c.workloadOf(r)
	}
	check := run.ChallengeCheck{What: "figures", Target: "of broadcasts", Got: plural(r.Stats.ByF[challengeWorkload].Count, "broadcast")}
	set, perOp := r.Workload.SetFull, r.Net.Servers.MsgsPerOp
	switch {
	case !IsBroadcast(r):
		check.Got = "of another workload"
		if name := r.Settings.Workload; name != "" && name != challengeWorkload {
			check.Got = "of the workload " + name
		}
	case r.Stats.ByF[challengeWorkload].OKCount <= 0 || set.AttemptCount <= 0 || set.StableCount <= 0:
		check.Got = "no value that was broadcast and read"
	case perOp == nil || !(*perOp >= 0) || math.IsInf(float64(*perOp), 0):
		check.Got = "messages per operation that cannot be"
	case c.nodes > 1 && *perOp == 0:
		check.Got = "no message between nodes"
	case !canBe(set.StableLatencies):
		check.Got = "stable latencies that cannot be"
	default:
		check.Passed = true
	}
	return check
}

// workloadOf is the check that a run is one of a challenge's workload. A results.edn does
// not name its own: it has to hold the operation that counts. Sets and counters share it,
// and so do both workloads of transactions.
func (c *challenge) workloadOf(r *run.Results) run.ChallengeCheck {
	check := run.ChallengeCheck{What: "workload", Target: c.workload, Got: r.Settings.Workload}
	fits := check.Got == c.workload
	if check.Got == "" {
		check.Got = "of " + strings.Join(slices.Sorted(maps.Keys(r.Stats.ByF)), ", ")
		fits = r.Stats.ByF[c.operation].OKCount > 0 && r.Workload.SetFull == nil
	}
	check.Passed = fits && r.Stats.OKCount > 0
	return check
}

// isolationOf is the check that a run was judged by what the challenge asks of
// transactions, or by more. A results.edn does not say what it was judged by, and passes.
func (c *challenge) isolationOf(s *run.Spec) run.ChallengeCheck {
	check := run.ChallengeCheck{What: "judged by", Target: c.isolation + " or stronger", Got: "not said", Passed: true}
	if c.isolation == "" || s.Workload != c.workload {
		return check
	}
	models := s.ConsistencyModels.Split()
	if len(models) == 0 {
		models = []string{txn.DefaultModel}
	}
	prohibited := txn.Prohibits(models...)
	check.Got = strings.Join(models, ", ")
	check.Passed = !slices.ContainsFunc(txn.Prohibits(c.isolation), func(a string) bool { return !slices.Contains(prohibited, a) })
	return check
}

// IsBroadcast says whether results are those of the broadcast workload. A
// results.edn does not name its workload, which then shows in its functions.
func IsBroadcast(r *run.Results) bool {
	if name := r.Settings.Workload; name != "" && name != challengeWorkload {
		return false
	}
	return r.Workload.SetFull != nil && r.Stats.ByF[challengeWorkload].Count > 0
}

// canBe says whether a distribution of latencies is one.
func canBe(q *run.Quantiles) bool {
	return q != nil && 0 <= q.Min && q.Min <= q.Median && q.Median <= q.P95 && q.P95 <= q.P99 && q.P99 <= q.Max
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func millis(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
