package session

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/nemesis"
)

// changed is a right node but for what one node of the cluster makes of its
// replies to requests of one type.
func changed(node, request string, change func(reply string, m message) []string) func(string) program {
	return func(name string) program {
		p := naive(name)
		return func(m message) []string {
			out := p(m)
			if name != node || m.Body.Type != request || len(out) == 0 {
				return out
			}
			last := len(out) - 1
			return append(out[:last:last], change(out[last], m)...)
		}
	}
}

// only one finding may be there, of the kind and node given.
func requireFinding(t *testing.T, r Result, kind run.FindingKind, node string, texts ...string) {
	t.Helper()
	require.Len(t, r.Findings, 1, "%v", r.Findings)
	require.Equal(t, kind, r.Findings[0].Kind, r.Findings[0].Text)
	require.Equal(t, node, r.Findings[0].Node)
	for _, text := range texts {
		require.Contains(t, r.Findings[0].Text, text)
	}
}

func TestConduct_ofRightNodesIsNoFinding(t *testing.T) {
	r := newCluster(t, config(3), naive).run()
	require.Empty(t, r.Findings)
	require.Empty(t, r.Remarks)
}

func TestConduct_namesWhatIsIgnoredBehindAMessage(t *testing.T) {
	r := newCluster(t, config(2), changed("n1", "broadcast", func(reply string, _ message) []string {
		return []string{reply + ` {"src":"n1","dest":"n0","body":{"type":"tell"}}`}
	})).run()
	require.Contains(t, completions(r.History), "ok broadcast", "the first counts")
	requireFinding(t, r, run.FindingIgnored, "n1", "with more than a message on it", `ignored: {"src":"n1","dest":"n0","body":{"type":"tell"}}, behind {"src":"n1","dest":"c`)
	acknowledged := 0
	for _, op := range r.History {
		if op.F == "broadcast" && op.Type == run.OK && op.Process == 1 {
			acknowledged++
		}
	}
	require.Equal(t, acknowledged, r.Findings[0].Count)
}

func TestConduct_remarksOnRawControlCharacters(t *testing.T) {
	c := newCluster(t, config(2), changed("n1", "broadcast", func(reply string, _ message) []string {
		return []string{line("n1", "n0", "{\"type\":\"hello\",\"text\":\"a\tb\x01\"}"), reply}
	}))
	r := c.run()
	require.Empty(t, r.Findings)
	require.Len(t, r.Remarks, 1)
	require.Contains(t, r.Remarks[0], "n1 printed")
	require.Contains(t, r.Remarks[0], "raw control characters in strings")
	require.Contains(t, strings.Join(c.trace, "\n"), `"text":"a\u0009b\u0001"`, "others are handed them escaped")
}

func TestConduct_namesASecondReply(t *testing.T) {
	r := newCluster(t, config(2), changed("n1", "broadcast", func(reply string, _ message) []string {
		return []string{reply, reply}
	})).run()
	require.False(t, r.Notes[1].Bad(), "the worker's client is there still")
	requireFinding(t, r, run.FindingTwice, "n1", "a second time; first at", `to {"type":"broadcast","message":`, "and was answered at", `"type":"broadcast_ok"`)

	r = newCluster(t, config(2), changed("n1", "init", func(reply string, _ message) []string {
		return []string{reply, reply}
	})).run()
	requireFinding(t, r, run.FindingTwice, "n1", `to {"type":"init"`)
	require.Contains(t, r.Notes[1].Why, `client "c`)
	require.Contains(t, r.Notes[1].Why, `was answered already`)
}

func TestConduct_namesARequestThatIsNeverAnswered(t *testing.T) {
	dropped := 0
	r := newCluster(t, config(2), changed("n1", "broadcast", func(reply string, m message) []string {
		if dropped++; dropped == 2 {
			return nil
		}
		return []string{reply}
	})).run()
	requireFinding(t, r, run.FindingUnanswered, "n1", "n1 never answered 1 request, though no fault was active; the first was sent at", `{"type":"broadcast","message":`, " of c")
}

func TestConduct_excusesWhatIsNotAnsweredUnderAFault(t *testing.T) {
	unanswered := func(steps string) (findings []run.Finding) {
		cfg := config(2)
		cfg.TimeLimit = 10 * sec
		cfg.Nemesis = nemesis.Config{Plan: plan(t, steps)}
		c := newCluster(t, cfg, nil)
		c.make = changed("n1", "read", func(reply string, _ message) []string {
			if 2*sec < c.now && c.now < 8*sec {
				return nil
			}
			return []string{reply}
		})
		r := c.run()
		require.Contains(t, completions(r.History), "fail read net-timeout")
		return r.Findings
	}
	require.Empty(t, unanswered("0s partition n0|n1; 9s heal"))
	require.Empty(t, unanswered("0s partition n0|n1; 4s heal"), "a cluster needs time to come together again")
	require.Empty(t, unanswered("0s loss 0.1"))
	require.Empty(t, unanswered("0s pause n0; 9s resume n0"))
	require.Empty(t, unanswered("2s stall n0 5s"))
	require.Len(t, unanswered("9.5s partition n0|n1"), 1)
}

func plan(t *testing.T, text string) nemesis.Plan {
	t.Helper()
	p, err := nemesis.ParsePlan(text)
	require.NoError(t, err)
	return p
}

func TestConduct_namesAReplyAfterTheTimeOut(t *testing.T) {
	cfg := config(2)
	c := newCluster(t, cfg, nil)
	c.make = changed("n1", "read", func(reply string, _ message) []string {
		c.at(c.now+5300*ms, func(now time.Duration) []Output { return c.s.FromNode(now, "n1", []byte(reply)) })
		return nil
	})
	r := c.run()
	late := 0
	for _, f := range r.Findings {
		if f.Kind == run.FindingLate {
			late++
			require.Equal(t, "n1", f.Node)
			require.Contains(t, f.Text, "when the client had given up; first at")
			require.Contains(t, f.Text, "5.300 s before")
			require.Contains(t, f.Text, `to {"type":"read","msg_id":`)
		}
	}
	require.Equal(t, 1, late, "%v", r.Findings)
}

func TestConduct_namesMessagesUnderAnothersName(t *testing.T) {
	r := newCluster(t, config(2), changed("n1", "broadcast", func(reply string, _ message) []string {
		return []string{strings.Replace(reply, `"src":"n1"`, `"src":"n0"`, 1)}
	})).run()
	require.Contains(t, completions(r.History), "ok broadcast", "Maelstrom does not look at who sends")
	requireFinding(t, r, run.FindingSender, "n1", "n1 sent", "under another name; first at", "as n0 to c", `to the request {"type":"broadcast"`)
	require.Equal(t, fmt.Sprint(r.Findings[0].Count), strings.Fields(r.Findings[0].Text)[2])
}
