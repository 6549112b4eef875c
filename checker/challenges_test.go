package checker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func attempt(nodes int, nemesis ...string) run.Results {
	return run.Results{Settings: run.Spec{
		Workload: "broadcast", NodeCount: nodes, Rate: 10, TimeLimit: ms(20_000), Nemesis: run.CommaListOf(nemesis...),
	}}
}

// attempt3d is a run of 25 nodes with these figures.
func attempt3d(msgsPerOp float32, median, maximum float64) run.Results {
	r := attempt(25)
	r.Settings.Rate, r.Settings.Latency, r.Settings.LatencyDist = 100, ms(100), "constant"
	withFigures(&r, msgsPerOp, median, maximum)
	return r
}

// withFigures gives a run the figures of broadcasts.
func withFigures(r *run.Results, msgsPerOp float32, median, maximum float64) {
	r.Stats.ByF = map[string]run.Counts{"broadcast": {Count: 1034, OKCount: 1034}, "read": {Count: 1000, OKCount: 1000}}
	r.Net.Servers.MsgsPerOp = &msgsPerOp
	high := ms(max(median, maximum))
	r.Workload.SetFull = &run.SetFull{AttemptCount: 1034, StableCount: 1034, StableLatencies: &run.Quantiles{
		Median: ms(median), P95: high, P99: high, Max: ms(maximum),
	}}
}

func TestARunIsJudgedByTheChallengesItsSettingsAreOf(t *testing.T) {
	slow := attempt(5)
	slow.Settings.Rate = 9
	short := attempt(5)
	short.Settings.TimeLimit = ms(19_999)
	echo := attempt(1)
	echo.Settings.Workload = "echo"
	random := attempt3d(1, 1, 1)
	random.Settings.LatencyDist = "uniform"
	faster := attempt(5)
	faster.Settings.Rate = 1000
	for _, test := range []struct {
		name string
		run  run.Results
		want []string
	}{
		{"one node", attempt(1), []string{"3a"}},
		{"five nodes", attempt(5), []string{"3b"}},
		{"five nodes, more load", faster, []string{"3b"}},
		{"five nodes, partitions", attempt(5, "partition"), []string{"3c"}},
		{"25 nodes", attempt3d(1, 1, 1), []string{"3d", "3e"}},
		{"25 nodes without latency", attempt(25), nil},
		{"25 nodes, random latency", random, nil},
		{"two faults", attempt(5, "partition", "kill"), nil},
		{"too slow", slow, nil},
		{"too short", short, nil},
		{"echo", echo, []string{"1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var names []string
			for _, c := range Challenges(&test.run) {
				names = append(names, c.Name)
			}
			require.Equal(t, test.want, names)
		})
	}
}

func TestChallengesPassBelowTheirBounds(t *testing.T) {
	invalid := attempt3d(1, 100, 100)
	invalid.Valid = run.Invalid
	for _, test := range []struct {
		name           string
		run            run.Results
		pass3d, pass3e bool
	}{
		{"below all", attempt3d(19.9, 399, 599), true, true},
		{"too many messages for 3e", attempt3d(20, 399, 599), true, false},
		{"too many messages", attempt3d(30, 399, 599), false, false},
		{"median too high for 3d", attempt3d(1, 400, 599), false, true},
		{"maximum too high for 3d", attempt3d(1, 399, 600), false, true},
		{"median too high", attempt3d(1, 1000, 1500), false, false},
		{"maximum too high", attempt3d(1, 900, 2000), false, false},
		{"invalid", invalid, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Challenges(&test.run)
			require.Len(t, got, 2)
			require.Equal(t, test.pass3d, got[0].Passed)
			require.Equal(t, test.pass3e, got[1].Passed)
		})
	}
}

func TestAChallengeShowsEveryBoundWithItsFigure(t *testing.T) {
	r := attempt3d(22.857, 357, 403)
	require.Equal(t, run.Challenge{Name: "3d", Passed: true, Checks: []run.ChallengeCheck{
		{What: "figures", Target: "of broadcasts", Got: "1034 broadcasts", Passed: true},
		{What: "valid", Target: "true", Got: "true", Passed: true},
		{What: "server messages per operation", Target: "< 30", Got: "22.86", Passed: true},
		{What: "median stable latency", Target: "< 400 ms", Got: "357 ms", Passed: true},
		{What: "maximum stable latency", Target: "< 600 ms", Got: "403 ms", Passed: true},
	}}, Challenges(&r)[0])
}

func TestAFigureThatIsNotThereDoesNotPass(t *testing.T) {
	r := attempt3d(1, 1, 1)
	r.Net.Servers.MsgsPerOp, r.Workload.SetFull = nil, nil
	got := Challenges(&r)[0]
	require.False(t, got.Passed)
	require.Equal(t, "of another workload", got.Checks[0].Got)
	for _, check := range got.Checks[2:] {
		require.Equal(t, "-", check.Got)
		require.False(t, check.Passed)
	}
}

func TestChallenges_passOnlyRunsOfBroadcastsWithFiguresThatCanBe(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(r *run.Results)
		got   string
	}{
		"an echo run": {func(r *run.Results) { r.Settings.Workload, r.Workload.SetFull = "echo", nil }, "of the workload echo"},
		"a results.edn of kafka": {func(r *run.Results) {
			*r = run.Results{Stats: run.Stats{ByF: map[string]run.Counts{"send": {OKCount: 573}}}}
		}, "of another workload"},
		"a results.edn of a set":  {func(r *run.Results) { r.Settings.Workload = ""; delete(r.Stats.ByF, "broadcast") }, "of another workload"},
		"nothing acknowledged":    {func(r *run.Results) { r.Stats.ByF["broadcast"] = run.Counts{Count: 3} }, "no value that was broadcast and read"},
		"nothing stable":          {func(r *run.Results) { r.Workload.SetFull.StableCount = 0 }, "no value that was broadcast and read"},
		"no count of messages":    {func(r *run.Results) { r.Net.Servers.MsgsPerOp = nil }, "messages per operation that cannot be"},
		"a negative count":        {func(r *run.Results) { *r.Net.Servers.MsgsPerOp = -1 }, "messages per operation that cannot be"},
		"no message in a cluster": {func(r *run.Results) { *r.Net.Servers.MsgsPerOp = 0 }, "no message between nodes"},
		"a negative latency":      {func(r *run.Results) { r.Workload.SetFull.StableLatencies.Min = ms(-1) }, "stable latencies that cannot be"},
		"a median above the rest": {func(r *run.Results) { r.Workload.SetFull.StableLatencies.P95 = 0 }, "stable latencies that cannot be"},
	} {
		t.Run(name, func(t *testing.T) {
			r := attempt3d(1, 100, 200)
			test.spoil(&r)
			for _, challenge := range []string{"3b", "3c", "3d", "3e"} {
				c, ok := JudgeAs(&r, challenge)
				require.True(t, ok)
				require.False(t, c.Passed)
				require.Equal(t, test.got, c.Checks[0].Got)
			}
		})
	}
}

func TestARunCanBeJudgedByAnyChallenge(t *testing.T) {
	r := &run.Results{Valid: run.Valid}
	withFigures(r, 25, 900, 1900)
	require.Equal(t, []string{"1", "2", "3a", "3b", "3c", "3d", "3e", "4", "5a", "5b", "5c", "6a", "6b", "6c"}, ChallengeNames())
	require.Equal(t, []string{"3a", "3b", "3c", "3d", "3e"}, BroadcastChallengeNames())
	for _, name := range BroadcastChallengeNames() {
		c, ok := JudgeAs(r, name)
		require.True(t, ok)
		require.Equal(t, name, c.Name)
		require.Equal(t, name < "3d", c.Passed, "these figures are beyond the bounds of 3d and 3e")
	}
	_, ok := JudgeAs(r, "3f")
	require.False(t, ok)
}

// Those of other workloads ask for validity, and where it is total, for all operations.
func TestChallenges_ofOtherWorkloads(t *testing.T) {
	r := run.Results{Valid: run.Valid, Settings: run.Spec{
		Workload: "unique-ids", NodeCount: 3, Rate: 1000, TimeLimit: ms(30_000), Nemesis: run.CommaListOf("partition"),
	}}
	r.Stats.OKCount, r.Availability.OKFraction = 25_000, 1
	got := Challenges(&r)
	require.Len(t, got, 1)
	require.Equal(t, "2", got[0].Name)
	require.True(t, got[0].Passed)
	r.Availability.OKFraction = 0.9999
	require.False(t, Challenges(&r)[0].Passed)
	r.Settings.Workload, r.Settings.NodeCount, r.Settings.Nemesis = "kafka", 2, ""
	got = Challenges(&r)
	require.Len(t, got, 2)
	require.True(t, got[0].Passed && got[1].Passed, "crashes of clients count as failures there, and are none")
	r.Valid = run.Invalid
	require.False(t, Challenges(&r)[0].Passed)
	other, ok := JudgeAs(&r, "4")
	require.True(t, ok)
	require.False(t, other.Passed)
}

// 6a and 6b ask for read-uncommitted, 6c for read-committed: a run that was judged by less
// shows nothing of the sort, and one that was judged by more shows that, too.
func TestChallenges_ofTransactionsLookAtWhatTheRunWasJudgedBy(t *testing.T) {
	of := func(nodes int, models run.CommaList) *run.Results {
		r := &run.Results{Valid: run.Valid, Settings: run.Spec{
			Workload: "txn-rw-register", NodeCount: nodes, Rate: 1000, TimeLimit: ms(20_000), ConsistencyModels: models,
		}}
		if nodes > 1 {
			r.Settings.Nemesis = "partition"
		}
		r.Stats.OKCount, r.Availability.OKFraction = 20_000, 1
		r.Stats.ByF = map[string]run.Counts{"txn": {Count: 20_000, OKCount: 20_000}}
		return r
	}
	for models, passed := range map[run.CommaList][]string{
		"":                                {"6b", "6c"}, // Maelstrom's default, strict-serializable
		"strict-serializable":             {"6b", "6c"},
		"read-committed":                  {"6b", "6c"},
		"PL-2":                            {"6b", "6c"},
		"read-uncommitted,read-committed": {"6b", "6c"},
		"read-uncommitted":                {"6b"},
		"PL-1":                            {"6b"},
		"linearizable":                    nil, // of single objects: prohibits nothing here
	} {
		var got []string
		for _, c := range Challenges(of(2, models)) {
			require.True(t, c.Passed, "%v", c.Checks)
			got = append(got, c.Name)
		}
		require.Equal(t, passed, got, models)
		require.Len(t, Challenges(of(1, models)), min(1, len(passed)), models)
	}
	c, ok := JudgeAs(of(2, "read-uncommitted"), "6c")
	require.True(t, ok)
	require.False(t, c.Passed)
	require.Contains(t, c.Checks, run.ChallengeCheck{What: "judged by", Target: "read-committed or stronger", Got: "read-uncommitted"})

	theirs := of(2, "")
	theirs.Settings = run.Spec{} // a results.edn
	c, ok = JudgeAs(theirs, "6c")
	require.True(t, ok)
	require.True(t, c.Passed)
	require.Contains(t, c.Checks, run.ChallengeCheck{What: "judged by", Target: "read-committed or stronger", Got: "not said", Passed: true})
}
