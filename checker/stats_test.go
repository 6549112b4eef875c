package checker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

const mixedHistory = `
	0 0 invoke broadcast 1
	1 0 ok     broadcast 1
	2 1 invoke broadcast 2
	3 1 fail   broadcast 2 !temporarily-unavailable
	4 2 invoke broadcast 3
	5 2 info   broadcast 3 !net-timeout
	6 3 invoke read -
	7 3 fail   read - !net-timeout
	8 nemesis info start-partition "one"
	9 4 invoke read -`

func TestStatsCountCompletionsOfClients(t *testing.T) {
	require.Equal(t, run.Stats{
		Counts: run.Counts{Valid: run.Invalid, Count: 4, OKCount: 1, FailCount: 2, InfoCount: 1},
		ByF: map[string]run.Counts{
			"broadcast": {Valid: run.Valid, Count: 3, OKCount: 1, FailCount: 1, InfoCount: 1},
			"read":      {Valid: run.Invalid, Count: 1, FailCount: 1},
		},
	}, Stats(script(t, mixedHistory)))
}

func TestStatsOfNothingAreValid(t *testing.T) {
	require.Equal(t, run.Stats{ByF: map[string]run.Counts{}}, Stats(nil))
}

func TestAvailabilityIsSuccessesByInvocations(t *testing.T) {
	h := script(t, mixedHistory)
	for _, test := range []struct {
		goal string
		want run.Verdict
	}{
		{"", run.Valid}, {"total", run.Invalid}, {":total", run.Invalid},
		{"0", run.Valid}, {"0.2", run.Valid}, {"0.21", run.Invalid}, {"1", run.Invalid},
	} {
		goal, err := ParseAvailability(test.goal)
		require.NoError(t, err)
		require.Equal(t, run.Availability{Valid: test.want, OKFraction: 0.2, InvokeCount: 5}, Availability(h, goal), test.goal)
	}
}

func TestAvailabilityOfNothingIsTotal(t *testing.T) {
	require.Equal(t, run.Availability{OKFraction: 1}, Availability(nil, AvailabilityGoal{Total: true}))
}

func TestNineOfTenDoNotReachNineTenthsBecauseMaelstromDividesInSinglePrecision(t *testing.T) {
	text := `0 0 invoke read -
		1 0 fail read -`
	for range 9 {
		text += "\n2 0 invoke read -\n3 0 ok read []"
	}
	goal, err := ParseAvailability("0.9")
	require.NoError(t, err)
	got := Availability(script(t, text), goal)
	require.Equal(t, float32(0.9), got.OKFraction)
	require.Equal(t, run.Invalid, got.Valid)
}

func TestAnAvailabilityGoalIsTotalOrAFraction(t *testing.T) {
	for _, text := range []string{"1.1", "-0.1", "most", "NaN"} {
		_, err := ParseAvailability(text)
		require.ErrorContains(t, err, "neither", text)
	}
}
