package run

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func challengeSpec() Spec {
	return Spec{
		Workload: "broadcast", Driver: "process", Bin: "/somewhere/treecast", Seed: 7, NodeCount: 25, Concurrency: "25",
		Args: WordsOf("--num-children", "5", "--permits", "3", "--sync-period=1.74s"),
		Rate: 100, TimeLimit: Millis(20 * time.Second), Quiet: Millis(10 * time.Second),
		Latency: Millis(100 * time.Millisecond), LatencyDist: "constant", Topology: "grid",
		NemesisInterval: Millis(10 * time.Second),
	}
}

func TestASettingNamesWhatIsTunedAndKeepsTheRest(t *testing.T) {
	s := challengeSpec()
	require.Equal(t, Spec{
		Workload: "broadcast", Driver: "process", Bin: "treecast", NodeCount: 25, Concurrency: "25",
		NumChildren: "5", SyncPeriod: Millis(1740 * time.Millisecond), Args: "--permits 3",
		Rate: 100, TimeLimit: Millis(20 * time.Second), Quiet: Millis(10 * time.Second),
		Latency: Millis(100 * time.Millisecond), LatencyDist: "constant", Topology: "grid",
	}, s.Setting())
}

func TestArgumentsOfNodesAreSortedAsTheNodeReadsThem(t *testing.T) {
	for text, want := range map[string]Spec{
		"":                                     {},
		"--num-children 5 --num-children=6":    {NumChildren: "6"},
		"--num-children auto --rounds free":    {NumChildren: "auto", Rounds: "free"},
		"--latency-target 400ms":               {LatencyTarget: Millis(400 * time.Millisecond)},
		"--sync-period soon -x":                {Args: "--sync-period soon -x"},
		"--sync-period":                        {Args: "--sync-period"},
		"a$b --log-level=debug --rounds=eager": {Rounds: "eager", Args: "'a$b' --log-level=debug"},
	} {
		s := Spec{Args: WordsOf(strings.Fields(text)...)}
		require.Equal(t, want, s.Setting(), text)
	}
}

func TestTheSeedIsNoPartOfASetting(t *testing.T) {
	a, b := challengeSpec(), challengeSpec()
	b.Seed++
	require.Equal(t, a.Setting(), b.Setting())
}

func TestTheIntervalOfNoNemesisIsNoPartOfASetting(t *testing.T) {
	a, b := challengeSpec(), challengeSpec()
	b.NemesisInterval++
	require.Equal(t, a.Setting(), b.Setting())
	a.Nemesis, b.Nemesis = "partition", "partition"
	require.NotEqual(t, a.Setting(), b.Setting())
}

func TestTheCommandOfASettingHasTheSeedBeforeTheNodesFlags(t *testing.T) {
	s := challengeSpec()
	setting := s.Setting()
	require.Equal(t, "treecast test -w broadcast --bin treecast --node-count 25 --time-limit 20 --rate 100 --concurrency 25"+
		" --latency 100 --latency-dist constant --topology grid --quiet-time 10 --seed 7"+
		" -- --num-children 5 --sync-period 1740ms --permits 3", setting.Command(7))
	require.Equal(t, "treecast test -w broadcast --time-limit 1 --rate 0 --quiet-time 0 --seed 7",
		(Spec{Workload: "broadcast", TimeLimit: Millis(time.Second)}).Command(7))
}

func TestTheCommandHasTheRatesOfFaults(t *testing.T) {
	s := Spec{
		Workload: "broadcast", Rate: 5, TimeLimit: Millis(time.Second), Nemesis: "loss,delay", NemesisInterval: Millis(time.Second),
		NemesisTargets: "one,all",
		LossRate:       0.2, DelayMean: Millis(300 * time.Millisecond), PhasedMessageFaults: true,
	}
	setting := s.Setting()
	require.Equal(t, "delay_mean_ms=300 loss_rate=0.2 nemesis_targets=\"one,all\" phased_message_faults=true", setting.Others())
	require.Equal(t, "treecast test -w broadcast --time-limit 1 --rate 5 --nemesis loss,delay --nemesis-interval 1 --quiet-time 0"+
		" --delay-mean 300 --loss-rate 0.2 --nemesis-targets one,all --message-faults phases --seed 7", setting.Command(7))
}

func TestALabelSaysWhatIsTuned(t *testing.T) {
	s := challengeSpec()
	setting := s.Setting()
	require.Equal(t, "k = 5, P = 1740 ms, --permits 3", setting.Label())
	require.Equal(t, "eager, target 1.5 ms", (Spec{Rounds: "eager", LatencyTarget: 1500000}).Label())
	require.Equal(t, "defaults", (Spec{NodeCount: 5}).Label())
}
