package checker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestCheckGathersEveryFigure(t *testing.T) {
	h := script(t, healthy)
	var net Net
	traffic, delivery := NewTraffic(), NewDelivery(twoNodes.Nodes)
	for i := range journal {
		net.Sent(&journal[i])
		traffic.Sent(&journal[i], run.KindData)
	}
	delivery.Sent(0, raws(7)[0])
	settings := run.Settings{Workload: "broadcast", Concurrency: 2, NodeCount: 2}
	r := Check(h, Input{Settings: settings, Nodes: twoNodes.Nodes, Net: &net, Traffic: traffic, Delivery: delivery})
	require.Equal(t, run.Valid, r.Valid)
	require.Equal(t, run.Valid, r.Strict.Valid)
	require.Equal(t, run.SchemaVersion, r.Schema)
	require.Equal(t, settings, r.Settings)
	require.Equal(t, SetFull(h), *r.Workload.SetFull)
	require.Equal(t, Stats(h), r.Stats)
	require.Equal(t, NetOf(journal, 3).Servers.MsgsPerOp, r.Net.Servers.MsgsPerOp)
	require.Equal(t, 4., r.Traffic.MessagesPerBroadcast)
	require.Equal(t, 1, r.Delivery.ValueCount)
}

func TestTheStrictVerdictIsNeverKinderThanMaelstroms(t *testing.T) {
	for _, test := range []struct {
		name, workload, history string
		goal                    string
		valid, strict           run.Verdict
		text                    string // of the last finding
	}{
		{
			name: "no read succeeded", workload: "broadcast",
			history: `
				0 0 invoke broadcast 1
				1 0 ok broadcast 1
				2 0 invoke read -
				3 0 fail read -`,
			valid: run.Invalid, strict: run.Invalid,
			text: "Maelstrom's own verdict is false: no read succeeded (1 tried)",
		},
		{
			name: "a value is lost", workload: "broadcast",
			history: `
				0 0 invoke broadcast 1
				1 0 ok broadcast 1
				2 0 invoke read -
				3 0 ok read []`,
			valid: run.Invalid, strict: run.Invalid,
			text: "Maelstrom's own verdict is false: 1 value lost",
		},
		{
			name: "nothing stable is unknown", workload: "broadcast",
			history: `
				0 0 invoke read - final
				1 0 ok read [] final`,
			valid: run.Unknown, strict: run.Unknown,
		},
		{
			name: "not available enough", workload: "echo", goal: "total",
			history: `
				0 0 invoke echo "a"
				1 0 ok echo "a"
				2 0 invoke echo "b"
				3 0 fail echo "b"`,
			valid: run.Invalid, strict: run.Invalid,
			text: "Maelstrom's own verdict is false: only 0.5 of the operations succeeded; 1 request not answered with what was sent (\"b\" was sent and not answered)",
		},
		{
			name: "echo", workload: "echo",
			history: `
				0 0 invoke echo "a"
				1 0 ok echo "a"`,
		},
		{
			name: "a workload without a checker is unknown", workload: "dance",
			valid: run.Unknown, strict: run.Unknown,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			goal, err := ParseAvailability(test.goal)
			require.NoError(t, err)
			r := Check(script(t, test.history), Input{Settings: run.Settings{Workload: test.workload}, Goal: goal})
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

func TestACrashMakesAnEchoRunStrictlyInvalid(t *testing.T) {
	h := script(t, "0 0 invoke echo 1\n1 0 ok echo 1")
	r := Check(h, Input{Settings: run.Settings{Workload: "echo"}, Crashes: []string{"n0 exited"}})
	require.Equal(t, run.Valid, r.Valid)
	require.Equal(t, run.Strict{
		Valid: run.Invalid, Findings: []run.Finding{{Kind: run.FindingCrash, Count: 1, Text: "n0 exited"}},
	}, r.Strict)
}
