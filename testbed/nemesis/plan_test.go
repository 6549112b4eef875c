package nemesis

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var ten = []string{"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"}

func parsed(t *testing.T, text string) Plan {
	plan, err := ParsePlan(text)
	require.NoError(t, err, text)
	require.NoError(t, plan.Check(ten, time.Minute), text)
	return plan
}

func TestAPlanIsReadAndSpelt(t *testing.T) {
	for text, want := range map[string]string{
		"":    "",
		" ; ": "",
		"5s kill n0; 8s partition n1,n3|n4-n9; 12s heal": "5s:kill:n0;8s:partition:n1,n3|n4-n9;12s:heal",
		"0s\tloss .25;\n1500ms:loss:0;2s ring;":          "0s:loss:0.25;1.5s:loss:0;2s:ring",
		"1s start all;1s resume n1-n1;1s delay 1":        "1s:start:all;1s:resume:n1-n1;1s:delay:1",
		"1s stall n0,n3-n7 50ms; 2s:stall:all:0.1s":      "1s:stall:n0,n3-n7:50ms;2s:stall:all:100ms",
		"1s truncate n0-n2 .5;2s truncate all 0 whole":   "1s:truncate:n0-n2:0.5;2s:truncate:all:0:whole",
		"1s remove n0,n1": "1s:remove:n0,n1",
	} {
		plan := parsed(t, text)
		require.Equal(t, want, plan.String())
		require.Equal(t, plan, parsed(t, want))
	}
}

func TestWhatIsWrongWithAPlanIsSaid(t *testing.T) {
	for text, why := range map[string]string{
		"kill n0":                  `step 1 of the nemesis' plan, "kill n0": "kill" is no time`,
		"-1s kill n0":              `"-1s" is no time`,
		"1s":                       "what is to be done is missing",
		"1s smash n0":              `nothing is called "smash"; choose from ["kill" "start"`,
		"1s kill":                  "kill needs nodes, such as n0,n3-n7, or all",
		"1s kill n0 n1":            "without blanks",
		"1s kill n0,":              `"n0," names no nodes`,
		"1s truncate n0":           "needs nodes and the share",
		"1s truncate n0 1":         "no share to be left",
		"1s truncate n0 -0.1":      "no share to be left",
		"1s truncate n0 NaN":       "no share to be left",
		"1s truncate n0 0.5 half":  "needs nodes and the share",
		"1s remove":                "needs nodes",
		"1s kill n0-n1-n2":         "names no nodes",
		"1s partition n0||n1":      "names no nodes",
		"1s heal n0":               "heal stands alone",
		"1s stall n0":              "stall needs nodes and how long they stand still",
		"1s stall n0 0s":           `"0s" is no time to stand still for; give more than 0 and at most 10s`,
		"1s stall n0 11s":          "at most 10s",
		"1s stall n11 1s":          `no node is called "n11"`,
		"1s loss 1.1":              `the rate "1.1" is no probability`,
		"1s loss NaN":              "is no probability",
		"2s kill n0; 1s kill n1":   "step 2 of the nemesis' plan, \"1s kill n1\": it is before the step in front of it, at 2s",
		"1s kill n10":              `"1s:kill:n10": no node is called "n10"; there are n0 to n9`,
		"1s kill n3-n1":            `the range "n3-n1" is empty`,
		"1s partition n0-n3|n3-n5": "n3 is in two groups",
		"60s kill n0":              "the load is over after 1m0s",
	} {
		plan, err := ParsePlan(text)
		if err == nil {
			err = plan.Check(ten, time.Minute)
		}
		require.ErrorContains(t, err, why, text)
	}
}

// doings lists when a nemesis did what, in short.
func doings(n *Nemesis, begun time.Duration) (steps []Step, at []time.Duration) {
	n.Begin(begun)
	for now := begun; ; {
		next, ok := n.Next(now)
		if !ok {
			return steps, at
		}
		now = next
		steps, at = append(steps, n.Step(now)), append(at, now)
	}
}

func TestAPlanIsDoneAtItsTimes(t *testing.T) {
	cfg := Config{Plan: parsed(t, "1s kill n1,n3-n4; 1s partition n0|n1-n4; 2s loss 0.5; 3s delay 0.1; 4s loss 0; 5s start all; 6s ring; 7s heal")}
	require.NoError(t, cfg.Validate())
	n := New(cfg, ten, rand.New(rand.NewPCG(1, 1)))
	require.True(t, n.Active())
	steps, at := doings(n, time.Minute)
	require.Len(t, steps, 8)
	for i, after := range []time.Duration{1, 1, 2, 3, 4, 5, 6, 7} {
		require.Equal(t, time.Minute+after*time.Second, at[i])
	}

	require.Equal(t, Step{F: "kill", Value: json.RawMessage(`["n1","n3","n4"]`), Deed: DoKill, Nodes: []string{"n1", "n3", "n4"}}, steps[0])
	cut := steps[1]
	require.Equal(t, "start-partition", cut.F)
	require.JSONEq(t, `[["n5","n6","n7","n8","n9"],["n0"],["n1","n2","n3","n4"]]`, string(cut.Value))
	require.True(t, cut.Heal, "it takes the place of what was cut before")
	require.Len(t, cut.Cut, len(ten))
	require.Len(t, cut.Cut[0].Refuses, 9, "n0 is alone")
	require.Equal(t, []string{"n0", "n5", "n6", "n7", "n8", "n9"}, cut.Cut[1].Refuses)
	require.Equal(t, []string{"n0", "n1", "n2", "n3", "n4"}, cut.Cut[9].Refuses, "who is not named is with the others who are not")
	require.Equal(t, "start-loss", steps[2].F)
	require.InDelta(t, 0.5, steps[2].Messages.Loss, 0)
	require.InDelta(t, 0.5, steps[3].Messages.Loss, 0, "the one does not end the other")
	require.InDelta(t, 0.1, steps[3].Messages.Delay, 0)
	require.Equal(t, DefaultMessages().DelayMean, steps[3].Messages.DelayMean)
	require.Equal(t, "stop-loss", steps[4].F)
	require.Zero(t, steps[4].Messages.Loss)
	require.InDelta(t, 0.1, steps[4].Messages.Delay, 0)
	require.Equal(t, ten, steps[5].Nodes)
	for _, r := range steps[6].Cut {
		require.LessOrEqual(t, len(r.Refuses), len(ten)-majority(len(ten)), "everyone reaches a majority")
	}
	require.True(t, steps[7].Heal)
	require.Nil(t, steps[7].Cut)

	var finals []string
	for _, s := range n.Finals() {
		finals = append(finals, s.F)
	}
	require.Equal(t, []string{"stop-partition", "stop-loss", "stop-delay", "start"}, finals)
}

func TestAPlanHasTheFaultsThatItBringsAbout(t *testing.T) {
	cfg := Config{Plan: parsed(t, "1s kill n0; 2s ring; 3s duplicate 0.1")}
	for _, f := range Faults() {
		require.Equal(t, f == Kill || f == Partition || f == Duplicate, cfg.Has(f), f)
	}
	cfg.Faults, cfg.Interval = []Fault{Kill}, time.Second
	require.ErrorContains(t, cfg.Validate(), "a plan and faults to draw")
}

func FuzzParsePlan(f *testing.F) {
	for _, seed := range []string{
		"5s kill n0; 8s partition n0-n3|n4,n6; 12s heal", "0s:ring;1ms:loss:1e-3", "1h pause all;;2h resume all",
		"1s kill", "1s delay Inf", "9999999999h heal", "1s partition |", "1s start n0-",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := ParsePlan(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		again, err := ParsePlan(plan.String())
		require.NoError(t, err, plan.String())
		require.Equal(t, plan, again)
		if plan.Check(ten, time.Hour) != nil {
			return
		}
		n := New(Config{Plan: plan}, ten, rand.New(rand.NewPCG(1, 2)))
		steps, at := doings(n, time.Second)
		require.Len(t, steps, len(plan))
		for i := range steps {
			require.Equal(t, time.Second+plan[i].At, at[i])
		}
		n.Finals()
	})
}
