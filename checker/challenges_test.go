package checker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func attempt(nodes int, nemesis ...string) run.Results {
	return run.Results{Settings: run.Settings{
		Workload: "broadcast", NodeCount: nodes, Rate: 10, TimeLimit: ms(20_000), Nemesis: nemesis,
	}}
}

// attempt3d is a run of 25 nodes with these figures.
func attempt3d(msgsPerOp float32, median, maximum float64) run.Results {
	r := attempt(25)
	r.Settings.Rate, r.Settings.Latency, r.Settings.LatencyDist = 100, ms(100), "constant"
	r.Net.Servers.MsgsPerOp = &msgsPerOp
	r.Workload.SetFull = &run.SetFull{StableLatencies: &run.Quantiles{Median: ms(median), Max: ms(maximum)}}
	return r
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
		{"echo", echo, nil},
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
	for _, check := range got.Checks[1:] {
		require.Equal(t, "-", check.Got)
		require.False(t, check.Passed)
	}
}

func TestARunCanBeJudgedByAnyChallenge(t *testing.T) {
	r := &run.Results{Valid: run.Valid}
	require.Equal(t, []string{"3a", "3b", "3c", "3d", "3e"}, ChallengeNames())
	for _, name := range ChallengeNames() {
		c, ok := JudgeAs(r, name)
		require.True(t, ok)
		require.Equal(t, name, c.Name)
		require.Equal(t, name < "3d", c.Passed, "what has no figures keeps no bounds")
	}
	_, ok := JudgeAs(r, "3f")
	require.False(t, ok)
}
