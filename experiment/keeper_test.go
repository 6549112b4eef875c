package experiment

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// kept is a run of a node of testdata that keeps what it is told in Maelstrom's
// services, with a habit or right.
func kept(name, kind, habit string) Plan {
	p := short("keeper", name, 2)
	p.Concurrency, p.Rate, p.TimeLimit, p.Quiet = "2n", 60, run.Millis(4*time.Second), run.Millis(time.Second)
	p.Args = run.WordsOf(kind)
	if habit != "" {
		p.Args = run.WordsOf(kind, habit)
	}
	return p
}

// enough is as many operations as a habit needs to show.
func enough(h run.History) bool { return ended(h, "") >= 120 }

// Nodes on the official library and Maelstrom's services are right, with latency,
// partitions and pauses, which strike no service.
func TestKeeper_isRightInEveryWorkload(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{
		"unique-ids": "ids", "g-set": "set", "g-counter": "counter", "pn-counter": "counter", "kafka": "log", "lin-kv": "register",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := kept(name, kind, "")
			p.Nemesis, p.NemesisInterval, p.Latency = "partition", run.Millis(500*time.Millisecond), run.Millis(2*time.Millisecond)
			r, dir := longEnough(t, p, enough)
			require.Equal(t, run.Valid, r.Valid, "%v", r.Strict.Findings)
			require.Empty(t, r.Strict.Findings)
			require.Empty(t, r.Strict.Unasked)
			require.Equal(t, run.Valid, r.Strict.Valid)
			if kind != "ids" {
				require.NotZero(t, r.Net.Servers.MsgCount, "services are servers")
			}
			again, err := run.ReadFolder(dir)
			require.NoError(t, err)
			require.NotEmpty(t, again.History)
		})
	}
}

// wrongKeepers are habits with the verdicts that they get, and what strict names.
var wrongKeepers = []struct {
	workload, kind, habit string
	valid                 run.Verdict
	finding               run.FindingKind
}{
	{"unique-ids", "ids", "bare", run.Invalid, run.FindingMaelstrom},
	{"unique-ids", "ids", "mixed", run.Unknown, ""},
	{"g-set", "set", "local", run.Invalid, run.FindingMissing},
	{"g-set", "set", "forget", run.Invalid, run.FindingMissing},
	{"g-set", "set", "misnamed", run.Invalid, run.FindingReply},
	{"g-set", "set", "double", run.Valid, run.FindingDuplicate},
	{"g-counter", "counter", "local", run.Invalid, run.FindingMaelstrom},
	{"g-counter", "counter", "lose", run.Invalid, run.FindingMaelstrom},
	{"g-counter", "counter", "late", run.Valid, "own-adds"},
	{"g-counter", "counter", "more", run.Valid, "unsent"},
	{"g-counter", "counter", "dip", run.Valid, "backwards"},
	{"pn-counter", "counter", "private", run.Valid, "differ"},
	{"kafka", "log", "split", run.Valid, "unreplicated"},
	{"kafka", "log", "clash", run.Invalid, "order"},
	{"kafka", "log", "lose", run.Invalid, run.FindingMaelstrom},
	{"kafka", "log", "twice", run.Invalid, run.FindingDuplicate},
	{"kafka", "log", "skip", run.Invalid, run.FindingMaelstrom},
	{"kafka", "log", "reverse", run.Invalid, "order"},
	{"kafka", "log", "invent", run.Unknown, run.FindingUnsent},
	{"kafka", "log", "careless", run.Valid, "commits"},
	{"lin-kv", "register", "island", run.Invalid, run.FindingMaelstrom},
	{"lin-kv", "register", "sequential", run.Invalid, run.FindingMaelstrom},
	{"lin-kv", "register", "sloppy", run.Invalid, run.FindingMaelstrom},
	{"lin-kv", "register", "blank", run.Valid, "absence"},
	{"lin-kv", "register", "absent", run.Valid, "absence"},
}

func TestKeeper_mistakesGetTheVerdictsTheyDeserve(t *testing.T) {
	t.Parallel()
	for _, test := range wrongKeepers {
		t.Run(test.workload+" "+test.habit, func(t *testing.T) {
			t.Parallel()
			r, _ := longEnough(t, kept(test.workload, test.kind, test.habit), func(h run.History) bool {
				return test.habit == "misnamed" || enough(h)
			})
			require.Equal(t, test.valid, r.Valid, "%v", r.Strict.Findings)
			if test.finding == "" {
				require.Equal(t, run.Unknown, r.Strict.Valid)
				return
			}
			require.Equal(t, run.Invalid, r.Strict.Valid)
			require.Contains(t, kinds(r), test.finding, "%v", r.Strict.Findings)
		})
	}
}

// A node whose counter begins anew when it is killed gives ids twice.
func TestKeeper_killedNodesRepeatTheirIDs(t *testing.T) {
	t.Parallel()
	p := kept("unique-ids", "ids", "")
	p.NemesisPlan = "1s kill n0; 1500ms start n0"
	r, _ := longEnough(t, p, enough)
	require.Equal(t, run.Invalid, r.Valid)
}
