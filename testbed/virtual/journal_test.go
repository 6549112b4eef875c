package virtual

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/nemesis"
)

// killing is a run in which one target is killed again and again. There are
// many clients, as each waits for 5 s where it asked a node that then died.
func killing(t *testing.T, target nemesis.Target, more ...nemesis.Fault) Config {
	cfg := struck(t, 7, append(more, nemesis.Kill)...)
	cfg.Session.Nemesis.Targets = []nemesis.Target{target}
	cfg.Session.TimeLimit, cfg.Session.Concurrency = 20*sec, 35
	return cfg
}

// acknowledged lists the values that were, which are many.
func acknowledged(t *testing.T, history []run.Op) (values []string) {
	for _, op := range history {
		if op.F == "broadcast" && op.Type == run.OK {
			values = append(values, string(op.Value))
		}
	}
	require.Greater(t, len(values), 50)
	return values
}

func TestNothingThatWasAcknowledgedIsLostToAKill(t *testing.T) {
	t.Parallel()
	seed := uint64(0)
	for _, target := range nemesis.Targets() {
		for name, more := range map[string][]nemesis.Fault{
			"alone": nil, "with pauses and partitions": {nemesis.Pause, nemesis.Partition}, "with losses": {nemesis.Loss, nemesis.Duplicate},
		} {
			cfg := killing(t, target, more...)
			cfg.Session.Seed = seed
			seed = 1 - seed
			out := carryOut(t, cfg, Observers{})
			requireAcknowledged(t, out.History)
			acknowledged(t, out.History)
			if target == nemesis.AllNodes {
				for _, n := range out.Nodes {
					require.Contains(t, string(n.Log), "a former life of this node has left a journal", name)
				}
			}
		}
	}
}

// A process that was killed may hold its journal for longer than it takes to start
// the next one, whose init waits for it.
func TestNothingThatWasAcknowledgedIsLostWhereTheDeadHoldTheirJournals(t *testing.T) {
	cfg := killing(t, nemesis.AllNodes)
	cfg.Costs = DefaultCosts()
	cfg.Costs.Hold = 4 * sec
	out := carryOut(t, cfg, Observers{})
	requireAcknowledged(t, out.History)
	acknowledged(t, out.History)
	waited := 0
	for _, n := range out.Nodes {
		waited += strings.Count(string(n.Log), "the journal that the init has waited for can be used")
		require.NotContains(t, string(n.Log), "it begins with nothing")
	}
	require.Positive(t, waited)
}

// The proof that the tests above can fail.
func TestWithoutJournalsAKillOfAllLosesWhatWasAcknowledged(t *testing.T) {
	cfg := killing(t, nemesis.AllNodes)
	cfg.Node.NoJournal = true
	out := carryOut(t, cfg, Observers{})
	count := len(acknowledged(t, out.History))
	finals := 0
	for _, op := range out.History {
		if op.Final && op.Type == run.OK {
			finals++
			require.Less(t, len(strings.Fields(sorted(t, op.Value))), count/2)
		}
	}
	require.Positive(t, finals)
}

func TestWhereNobodyIsKilledNobodyHasAJournal(t *testing.T) {
	b, err := prepare(config(t, 3), Observers{})
	require.NoError(t, err)
	for i := range b.hosts {
		require.Nil(t, b.hosts[i].kept)
	}
	b, err = prepare(killing(t, nemesis.OneNode), Observers{})
	require.NoError(t, err)
	for i := range b.hosts {
		require.NotNil(t, b.hosts[i].kept)
	}
}

// What the record has handed to the journal service and what that has not done
// yet is lost with the node, as it is with a process.
func TestAKillLosesWhatTheJournalServiceHadNotDone(t *testing.T) {
	cfg := killing(t, nemesis.MajorityNodes)
	cfg.Costs = DefaultCosts()
	cfg.Costs.Services["journal"] = Cost{Step: 100 * ms} // ten batches a second
	out := carryOut(t, cfg, Observers{})
	acknowledged(t, out.History)
	requireAcknowledged(t, out.History)
	sent, lost := 0, 0
	shown := ""
	for _, op := range out.History {
		if op.Final && op.Type == run.OK {
			shown = " " + sorted(t, op.Value) + " "
		}
	}
	for _, op := range out.History {
		if op.F == "broadcast" && op.Type == run.Invoke {
			if sent++; !strings.Contains(shown, " "+string(op.Value)+" ") {
				lost++
			}
		}
	}
	require.Positive(t, lost)
	require.Less(t, lost, sent/2)
}
