package all

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/checker"
	"treecast/run"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

// judge judges a history of a workload.
func judge(t *testing.T, name, history string, in workload.Record) run.Results {
	t.Helper()
	w, err := Named(name)
	require.NoError(t, err)
	in.Settings.Workload = name
	return w.Judge(workloadtest.History(history), in)
}

const healthy = `
	0 invoke broadcast 7
	0 ok broadcast 7
	0 invoke read null final
	1 invoke read null final
	0 ok read [7] final
	1 ok read [7] final`

func TestJudge_gathersEveryFigure(t *testing.T) {
	h := workloadtest.History(healthy)
	nodes := []string{"n0", "n1"}
	messages := []run.Message{
		{ID: 0, Src: "c0", Dest: "n0", Sent: 1, Delivered: 2}, {ID: 1, Src: "n0", Dest: "n1", Sent: 2, Delivered: 3},
		{ID: 2, Src: "n1", Dest: "n0", Sent: 3, Delivered: 4}, {ID: 3, Src: "n0", Dest: "c0", Sent: 3, Delivered: 4},
	}
	var net checker.Net
	traffic, delivery := checker.NewTraffic(), checker.NewDelivery(nodes)
	for i := range messages {
		net.Sent(&messages[i])
		if i == 1 || i == 2 {
			traffic.Sent(&messages[i], run.KindData)
		}
	}
	delivery.Sent(0, []byte("7"))
	r := judge(t, "broadcast", healthy, workload.Record{
		Input:    workload.Input{Options: workload.Options{Nodes: nodes, Concurrency: 2}},
		Settings: run.Spec{NodeCount: 2}, Net: &net, Traffic: traffic, Delivery: delivery,
	})
	require.Equal(t, run.Valid, r.Valid)
	require.Equal(t, run.Valid, r.Strict.Valid)
	require.Equal(t, run.SchemaVersion, r.Schema)
	require.Equal(t, run.Spec{Workload: "broadcast", NodeCount: 2}, r.Settings)
	require.Equal(t, 1, r.Workload.SetFull.StableCount)
	require.Equal(t, checker.Stats(h), r.Stats)
	require.Equal(t, float32(2)/3, *r.Net.Servers.MsgsPerOp)
	require.Equal(t, 2., r.Traffic.MessagesPerBroadcast)
	require.Equal(t, 1, r.Delivery.ValueCount)
	require.Equal(t, "broadcast", r.Followed)
}

func TestJudge_strictIsNeverKinderThanMaelstrom(t *testing.T) {
	for _, test := range []struct {
		name, workload, history string
		goal                    string
		valid, strict           run.Verdict
		text                    string // of the last finding
	}{
		{
			name: "no read succeeded", workload: "broadcast",
			history: `
				0 invoke broadcast 1
				0 ok broadcast 1
				0 invoke read null
				0 fail read null`,
			valid: run.Invalid, strict: run.Invalid,
			text: "Maelstrom's own verdict is false: no read succeeded (1 tried)",
		},
		{
			name: "a value is lost", workload: "broadcast",
			history: `
				0 invoke broadcast 1
				0 ok broadcast 1
				0 invoke read null
				0 ok read []`,
			valid: run.Invalid, strict: run.Invalid,
			text: "Maelstrom's own verdict is false: 1 value lost",
		},
		{
			name: "nothing stable is unknown", workload: "broadcast",
			history: `
				0 invoke read null final
				0 ok read [] final`,
			valid: run.Unknown, strict: run.Unknown,
		},
		{
			name: "not available enough", workload: "echo", goal: "total",
			history: `
				0 invoke echo "a"
				0 ok echo "a"
				0 invoke echo "b"
				0 fail echo "b"`,
			valid: run.Invalid, strict: run.Invalid,
			text: "Maelstrom's own verdict is false: only 0.5 of the operations succeeded; 1 request not answered with what was sent (\"b\" was sent and not answered)",
		},
		{
			name: "echo", workload: "echo",
			history: `
				0 invoke echo "a"
				0 ok echo "a"`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			goal, err := checker.ParseAvailability(test.goal)
			require.NoError(t, err)
			r := judge(t, test.workload, test.history, workload.Record{Goal: goal})
			require.Equal(t, test.valid, r.Valid)
			require.Equal(t, test.strict, r.Strict.Valid)
			if test.text == "" {
				require.Empty(t, r.Strict.Findings)
				return
			}
			last := r.Strict.Findings[len(r.Strict.Findings)-1]
			require.Equal(t, run.FindingMaelstrom, last.Kind)
			require.Equal(t, test.text, last.Text)
		})
	}
}

func TestJudge_crashesAndWhatTheBedSawAreStrictlyInvalid(t *testing.T) {
	crash, seen := run.Finding{Kind: run.FindingCrash, Count: 1, Text: "n0 exited"}, run.Finding{Kind: run.FindingLate, Count: 1, Text: "n1 was late"}
	r := judge(t, "echo", "0 invoke echo 1\n0 ok echo 1", workload.Record{Crashes: []string{"n0 exited"}, Findings: []run.Finding{seen}})
	require.Equal(t, run.Valid, r.Valid)
	require.Equal(t, run.Strict{Valid: run.Invalid, Findings: []run.Finding{crash, seen}}, r.Strict)
}

func TestJudge_crashesOfClientsMayAllFail(t *testing.T) {
	text := `
		0 invoke crash
		0 info crash`
	require.Equal(t, run.Valid, judge(t, "kafka", text, workload.Record{}).Stats.Valid)
	require.Equal(t, run.Invalid, judge(t, "kafka", text+`
		0 invoke send [["send","k",1]]
		0 info send [["send","k",1]]`, workload.Record{}).Stats.Valid)
}
