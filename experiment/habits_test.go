package experiment

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// withHabit is a run of nodes of testdata with a habit, long enough for all of
// them to show it.
func withHabit(habit string, nodes int) Plan {
	p := short("habit", "broadcast", nodes)
	p.TimeLimit, p.Quiet, p.Rate = run.Millis(3*time.Second), run.Millis(3*time.Second), 40
	if habit != "" {
		p.Args = run.WordsOf(habit)
	}
	return p
}

// busy is enough where every node has to have been asked some ten times.
func busy(h run.History) bool { return ended(h, "broadcast") >= 30 && ended(h, "read") >= 30 }

func TestStrict_seesWhatMaelstromDoesNot(t *testing.T) {
	t.Parallel()
	for habit, test := range map[string]struct {
		concurrency string
		valid       run.Verdict
		kind        run.FindingKind
		text        string
	}{
		"twice":     {"1n", run.Valid, run.FindingTwice, "a second time; first at"},
		"late":      {"1n", run.Valid, run.FindingLate, "when the client had given up; first at"},
		"mute":      {"1n", run.Valid, run.FindingUnanswered, "never answered 1 request, though no fault was active; the first was sent at"},
		"forger":    {"1n", run.Valid, run.FindingSender, "under another name; first at"},
		"twoinone":  {"1n", run.Valid, run.FindingIgnored, `ignored: {"src":"n`},
		"trailing":  {"1n", run.Valid, run.FindingIgnored, "ignored: // done"},
		"dip":       {"1n", run.Valid, run.FindingBackwards, "lack what it had shown or acknowledged before"},
		"island":    {"1", run.Valid, run.FindingMissing, "lacks"},
		"empty":     {"1", run.Valid, run.FindingMissing, "the final read of n1 lacks"},
		"backwards": {"1", run.Invalid, run.FindingBackwards, "its last read still does"},
	} {
		t.Run(habit, func(t *testing.T) {
			t.Parallel()
			p := withHabit(habit, 3)
			p.Concurrency = run.Clients(test.concurrency)
			if habit == "late" || habit == "mute" {
				p.TimeLimit = run.Millis(9 * time.Second) // its clients wait 5 s for what does not come in time
			}
			r, _ := longEnough(t, p, busy)
			require.Equal(t, test.valid, r.Valid, "%v", r.Strict.Findings)
			require.Equal(t, run.Invalid, r.Strict.Valid)
			require.Contains(t, kinds(r), test.kind, "%v", r.Strict.Findings)
			for _, f := range r.Strict.Findings {
				if f.Kind == test.kind {
					require.Contains(t, f.Text, test.text)
					require.Regexp(t, `^n\d$`, f.Node)
					return
				}
			}
		})
	}
}

func TestStrict_takesWhatMaelstromTakes(t *testing.T) {
	t.Parallel()
	for _, habit := range []string{"", "bigid", "negativeid", "crlf", "spaces", "control", "slow"} {
		t.Run("habit "+habit, func(t *testing.T) {
			t.Parallel()
			p := withHabit(habit, 3)
			p.Concurrency = "2"
			if habit == "slow" {
				p.Rate = 10
			}
			r, _ := longEnough(t, p, func(h run.History) bool { return ended(h, "broadcast") >= 5 })
			require.Equal(t, run.Valid, r.Valid)
			require.Empty(t, r.Strict.Findings)
			require.Equal(t, run.Valid, r.Strict.Valid)
			if habit == "control" {
				require.Len(t, r.Remarks, 3)
				require.Contains(t, r.Remarks[0], "raw control characters in strings")
			} else {
				require.Empty(t, r.Remarks)
			}
		})
	}
}

// A right node of other people's has no findings, whatever goes wrong around it.
func TestStrict_blamesNoRightNode(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *Plan){
		"latency":           func(p *Plan) { p.Latency = run.Millis(100 * time.Millisecond) },
		"random latency":    func(p *Plan) { p.Latency, p.LatencyDist = run.Millis(50*time.Millisecond), "exponential" },
		"many clients":      func(p *Plan) { p.Concurrency = "10n" },
		"partition":         func(p *Plan) { p.Nemesis = "partition" },
		"pause":             func(p *Plan) { p.Nemesis = "pause" },
		"kill":              func(p *Plan) { p.Nemesis = "kill" },
		"kill, many":        func(p *Plan) { p.Nemesis, p.Concurrency = "kill", "5n" },
		"kill and pause":    func(p *Plan) { p.Nemesis, p.Latency = "kill,pause", run.Millis(20*time.Millisecond) },
		"lost messages":     func(p *Plan) { p.Nemesis, p.LossRate = "loss", 0.3 },
		"doubled and swift": func(p *Plan) { p.Nemesis, p.DuplicateRate, p.ReorderRate = "duplicate,reorder", 0.5, 0.5 },
		// It waits 5 s for each answer that a kill has cost it.
		"one client": func(p *Plan) { p.Nemesis, p.Concurrency, p.TimeLimit = "kill", "1", run.Millis(9*time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := withHabit("", 5)
			p.NemesisInterval, p.TimeLimit, p.Quiet = run.Millis(700*time.Millisecond), run.Millis(4*time.Second), run.Millis(5*time.Second)
			change(&p)
			r, _ := longEnough(t, p, func(h run.History) bool { return ended(h, "broadcast") >= 5 })
			require.Empty(t, r.Strict.Findings)
			require.Equal(t, run.Valid, r.Strict.Valid)
			require.Equal(t, run.Valid, r.Valid)
		})
	}
}

// What strict reads for itself is in no history and no figure.
func TestStrict_ownReadsCountNowhere(t *testing.T) {
	p := inVirtualTime()
	p.NodeCount, p.Concurrency = 5, "1"
	r, dir := carryOut(t, p, Options{})
	require.Equal(t, run.Valid, r.Strict.Valid)
	h := history(t, dir)
	finals := 0
	for _, op := range h {
		if op.Final && op.Type == run.OK {
			finals++
		}
	}
	require.Equal(t, 1, finals, "of the one worker")
	require.Equal(t, r.Stats.Count, h.Invocations())
	// init and topology of five nodes, and an operation's request and reply each
	require.Equal(t, int64(2*2*5+2*r.Stats.Count), r.Net.Clients.MsgCount)
}
