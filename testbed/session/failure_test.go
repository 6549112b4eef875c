package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
)

// completions lists how the operations of a history ended.
func completions(history []run.Op) (out []string) {
	for _, op := range history {
		if op.Type != run.Invoke && op.Process != run.NemesisProcess {
			text := fmt.Sprintf("%s %s", typeNames[op.Type], op.F)
			if op.Error != nil {
				text += " " + op.Error.Name
			}
			out = append(out, text)
		}
	}
	return out
}

func TestAnOperationThatIsNotAnsweredTimesOutAfterFiveSeconds(t *testing.T) {
	cfg := config(1)
	cfg.TimeLimit = 30 * sec
	c := newCluster(t, cfg, func(name string) program { return only(naive(name), "init", "topology") })
	r := c.run()
	var invoked time.Duration
	process := 0
	for _, op := range r.History {
		require.Equal(t, process, op.Process)
		if op.Type == run.Invoke {
			invoked = op.Time
			continue
		}
		require.Equal(t, invoked+5*sec, op.Time)
		require.Equal(t, "net-timeout", op.Error.Name)
		require.Equal(t, op.F == "read", op.Type == run.Fail, "a read fails, a broadcast is open")
		if op.Type == run.Info {
			process++ // by the concurrency, which is 1
		}
	}
	require.Positive(t, process)
	require.Nil(t, r.Err)
}

func TestAWorkerGetsANewClientAfterAnIndeterminateOperation(t *testing.T) {
	cfg := config(1)
	cfg.TimeLimit = 30 * sec
	var sources []string
	c := newCluster(t, cfg, func(name string) program {
		p := only(naive(name), "init", "topology")
		return func(m message) []string {
			if len(sources) == 0 || sources[len(sources)-1] != m.Src {
				sources = append(sources, m.Src)
			}
			return p(m)
		}
	})
	r := c.run()
	infos := 0
	for _, op := range r.History {
		if op.Type == run.Info {
			infos++
		}
	}
	var want []string // init, topology, and one client per process, named in order of use
	for i := range 3 + infos {
		want = append(want, fmt.Sprint("c", i))
	}
	if last := r.History[len(r.History)-1]; last.Type == run.Info {
		want = want[:len(want)-1] // its successor was never needed
	}
	require.Equal(t, want, sources)
}

// late answers broadcasts only when the next request comes.
func late(name string) program {
	p := naive(name)
	var kept []string
	return func(m message) []string {
		out := p(m)
		if m.Body.Type == "broadcast" {
			kept = append(kept, out...)
			return nil
		}
		out, kept = append(out, kept...), nil
		return out
	}
}

func TestALateReplyToAClientThatIsGoneDeafensTheNode(t *testing.T) {
	cfg := config(1)
	cfg.TimeLimit = 40 * sec
	r := newCluster(t, cfg, late).run()
	note := r.Notes[0]
	require.True(t, note.Deaf)
	require.Contains(t, note.Why, "is gone")
	require.Contains(t, note.Line, "broadcast_ok")
	require.Contains(t, note.String(), "n0 went deaf at")
	require.Contains(t, note.String(), "it answered too late")
	require.Len(t, r.Remarks, 1)
	require.Contains(t, r.Remarks[0], "the run was cut short")
	require.Less(t, r.Ended, cfg.TimeLimit)
	require.NotContains(t, completions(r.History)[len(completions(r.History))-1], "ok", "nothing it says is heard")
}

func TestALateReplyToAClientThatStillIsThereIsPassedOver(t *testing.T) {
	cfg := config(1)
	cfg.TimeLimit = 40 * sec
	p := naive("")
	reads := 0
	r := newCluster(t, cfg, func(string) program {
		var kept []string
		return func(m message) []string {
			out := p(m)
			if m.Body.Type == "read" {
				if reads++; reads%2 == 1 {
					kept = out // a read that fails keeps its client
					return nil
				}
				out, kept = append(kept, out...), nil
			}
			return out
		}
	}).run()
	require.False(t, r.Notes[0].Bad())
	require.Contains(t, completions(r.History), "fail read net-timeout")
	require.Contains(t, completions(r.History), "ok read")
}

func TestASecondReplyWaitsUntilTheClientTakesItAndIsPassedOver(t *testing.T) {
	cfg := config(1)
	r := newCluster(t, cfg, func(string) program {
		p := naive("")
		return func(m message) []string {
			out := p(m)
			if m.Body.Type == "broadcast" {
				out = append(out, out...)
			}
			return out
		}
	}).run()
	require.False(t, r.Notes[0].Bad())
	for _, c := range completions(r.History) {
		require.True(t, strings.HasPrefix(c, "ok"), c)
	}
}

func TestBadLinesDeafenANodeForGood(t *testing.T) {
	for bad, why := range map[string]string{
		`hello`:                              "not JSON",
		``:                                   "empty",
		`[1]`:                                "not an object",
		`{"src":"n0","dest":"n1"}`:           "body is missing",
		`{"src":"n0","dest":"n1","body":7}`:  "body is 7, not an object",
		`{"src":1,"dest":"n1","body":{}}`:    "src is 1, not a string",
		`{"dest":"n1","body":{}}`:            "src is missing",
		`{"src":"n0","body":{}}`:             "dest is missing",
		`{"src":"n0","dest":null,"body":{}}`: "dest is null, not a string",
		`{"src":"n0","dest":"n1","body":{},"id":"x"}`:       `id is "x", not an integer`,
		`{"src":"n0","dest":"n1","body":{},"extra":1}`:      `no key "extra"`,
		`{"src":"n0","dest":"n7","body":{}}`:                `"n7" is not in the network`,
		`{"src":"n7","dest":"n0","body":{}}`:                `src "n7" is not in the network`,
		`{"src":"n0","dest":"c999","body":{}}`:              `"c999" is not in the network`,
		`{"src":"n0","dest":"c0","body":{}}`:                `client "c0" is gone`,
		`{"src":"n0","dest":"redis","body":{}}`:             `"redis" is not in the network`,
		`{"src":"n0","dest":"c-health","body":{}}`:          "is not in the network",
		`{"src":"n0","dest":"n1","body":{}`:                 "not JSON",
		`{"src":"n0","dest":"n1","body":{},"id":1.0}`:       "id is 1.0, not an integer",
		`{"src":"n0","dest":"n1","body":{"a":NaN}}`:         "not JSON",
		"\ufeff" + `{"src":"n0","dest":"n1","body":{}}`:     "not JSON",
		"\x01" + `{"src":"n0","dest":"n1","body":{}}`:       "not JSON",
		`{"src":"n0","dest":"n1","body":{"a":"\` + "\t\"}}": "not JSON",
		`hello {"src":"n0","dest":"n1","body":{}}`:          "not JSON",
	} {
		cfg := config(2)
		c := newCluster(t, cfg, func(name string) program {
			p := naive(name)
			return func(m message) []string {
				out := p(m)
				if name == "n0" && m.Body.Type == "broadcast" {
					out = append(out, bad)
				}
				return out
			}
		})
		r := c.run()
		note := r.Notes[0]
		require.True(t, note.Deaf, bad)
		require.Contains(t, note.Why, why, bad)
		require.Equal(t, bad, note.Line)
		require.Positive(t, note.Ignored)
		require.False(t, r.Notes[1].Bad())
		require.Empty(t, r.Notes[1].String())
		require.Len(t, c.s.Status().Bad, 1)
		require.Contains(t, completions(r.History), "ok read", "the run goes on")
		require.Contains(t, completions(r.History), "fail read net-timeout")
	}
}

func TestHarmlessOdditiesDoNotDeafen(t *testing.T) {
	for _, odd := range []string{
		`{"src":"n0","dest":"n1","body":{},"id":5}`,
		`{"src":"n0","dest":"n1","body":{},"id":null}`,
		`{"src":"n0","dest":"n1","body":{"msg_id":18446744073709551616},"id":1180591620717411303424}`,
		`{"src":"n0","dest":"n1","body":{}} {"more":"x"}`,
		`{"src":"n0","dest":"n1","body":{}}]`,
		"{\"src\":\"n0\",\"dest\":\"n1\",\"body\":{\"a\":\"\t\x01\"}}",
		"{\"src\":\"n0\",\"dest\":\"n1\",\"body\":{}}\r",
		"{\"src\":\"n0\",\"dest\":\"n1\",\"body\":{}}\r{\"src\":\"n0\",\"dest\":\"n1\",\"body\":{}}",
		` {"dest":"n1","body":{"msg_id":null,"x":7},"src":"n1"} `, // another's name is not checked
		`{"src":"n0","dest":"n0","body":{"type":"self"}}`,
	} {
		c := newCluster(t, config(2), func(name string) program {
			p := naive(name)
			return func(m message) []string {
				out := p(m)
				if m.Body.Type == "broadcast" {
					out = append(out, odd)
				}
				return out
			}
		})
		for _, note := range c.run().Notes {
			require.False(t, note.Bad(), odd)
		}
	}
}

func TestAMessageToANodeThatHasNotJoinedDeafensItsSender(t *testing.T) {
	c := newCluster(t, config(2), func(name string) program {
		p := naive(name)
		return func(m message) []string {
			out := p(m)
			if name == "n0" && m.Body.Type == "init" {
				out = append(out, line("n0", "n1", `{"type":"hello"}`))
			}
			return out
		}
	})
	c.joinAt["n1"] = 5 * ms
	r := c.run()
	require.Contains(t, r.Notes[0].Why, "has not joined the network yet")
	require.ErrorContains(t, r.Err, "node n0 could not be set up")
	require.ErrorContains(t, r.Err, "n0 went deaf", "the reason is named")
}

func TestANodeThatExitsIsNamedAndTheRunGoesOn(t *testing.T) {
	cfg := config(3)
	cfg.TimeLimit = 8 * sec
	c := newCluster(t, cfg, naive)
	c.at(sec, func(now time.Duration) []Output { return c.s.NodeExited(now, "n1", "exit status 3") })
	c.at(sec, func(now time.Duration) []Output { return c.s.NodeExited(now, "n1", "exit status 4") })
	r := c.run()
	require.NoError(t, r.Err)
	require.Equal(t, Note{Node: "n1", Exited: true, Status: "exit status 3", At: sec}, r.Notes[1])
	require.Equal(t, "n1 ended by itself at 1.000 s: exit status 3", r.Notes[1].String())
	require.Contains(t, completions(r.History), "fail read net-timeout")
	require.Equal(t, []string{"n0", "n1", "n2"}, c.ended)
	for _, l := range c.trace {
		if strings.Contains(l, "n1 <") {
			require.Less(t, l[:9], "    1.001", "nothing is written to a node that is gone")
		}
	}
}

func TestANodeThatCannotBeSetUpEndsTheRun(t *testing.T) {
	refusing := func(request, answer string) func(string) program {
		return func(name string) program {
			p := naive(name)
			return func(m message) []string {
				if name == "n1" && m.Body.Type == request {
					if answer == "" {
						return nil
					}
					return []string{line("n1", m.Src, `{"in_reply_to":1,%s}`, answer)}
				}
				return p(m)
			}
		}
	}
	for _, c := range []struct {
		request, answer, why string
		at                   time.Duration
	}{
		{"init", "", "did not answer init within 10s", 10 * sec},
		{"init", `"type":"error","code":12,"text":"no"`, `it answered init with error 12 (malformed-request): no`, 0},
		{"init", `"type":"hello"`, "not init_ok", 0},
		{"topology", "", "did not answer topology within 5s", 5 * sec},
		{"topology", `"type":"error","code":10,"text":"no"`, `it answered topology with error 10 (not-supported): no`, 0},
		{"topology", `"type":"topology_ok","own":1`, `no key "own"`, 0},
	} {
		cl := newCluster(t, config(3), refusing(c.request, c.answer))
		r := cl.run()
		require.ErrorContains(t, r.Err, "node n1 could not be set up: ")
		require.ErrorContains(t, r.Err, c.why)
		require.InDelta(t, c.at, r.Ended, float64(10*ms), "three nodes are started within 8 ms")
		require.Empty(t, r.History)
		require.Len(t, cl.ended, 3)
	}

	c := newCluster(t, config(3), refusing("init", ""))
	c.at(sec, func(now time.Duration) []Output { return c.s.NodeExited(now, "n1", "exit status 1") })
	r := c.run()
	require.ErrorContains(t, r.Err, "n1 ended by itself at 1.000 s: exit status 1")
	require.Equal(t, sec, r.Ended, "nobody waits for a node that is gone")
}

func TestAnInterruptKeepsWhatThereIs(t *testing.T) {
	cfg := config(3)
	cfg.TimeLimit = 20 * sec
	c := newCluster(t, cfg, func(name string) program { return only(naive(name), "init", "topology") })
	c.at(sec, func(now time.Duration) []Output { return c.s.Interrupt(now) })
	r := c.run()
	require.True(t, r.Interrupted)
	require.Equal(t, sec, r.Ended)
	require.Len(t, r.History, 6, "every operation is completed")
	for _, c := range completions(r.History) {
		require.Contains(t, c, "interrupted")
	}
	require.Len(t, c.ended, 3)
	require.Empty(t, c.s.Interrupt(2*sec))
	require.Empty(t, c.s.FromNode(2*sec, "n0", []byte("late")))
	require.Empty(t, c.s.NodeExited(2*sec, "n0", "killed"))
	require.Empty(t, c.s.PollHealth(2*sec))
	require.False(t, c.s.Result().Notes[0].Bad(), "what happens after the end does not count")
}

func TestPartitionsLoseWhatIsSentOnlyOnce(t *testing.T) {
	lost := func(faults ...nemesis.Fault) int {
		cfg := config(5)
		cfg.TimeLimit = 20 * sec
		cfg.Nemesis = nemesis.Config{Faults: faults, Interval: 4 * sec}
		r := newCluster(t, cfg, naive).run()
		least := 1 << 30
		sent := 0
		for _, op := range r.History {
			if op.F == "broadcast" && op.Type == run.OK {
				sent++
			}
			if op.Final && op.Type == run.OK {
				var values []int
				require.NoError(t, json.Unmarshal(op.Value, &values))
				least = min(least, len(values))
			}
		}
		return sent - least
	}
	require.Zero(t, lost())
	require.Positive(t, lost(nemesis.Partition))
}

func TestHealthIsAskedOutsideOfTheNetwork(t *testing.T) {
	cfg := config(3)
	var got []string
	cfg.OnHealth = func(now time.Duration, node string, body json.RawMessage) {
		got = append(got, fmt.Sprintf("%v %s %s", now, node, body))
	}
	asked := 0
	c := newCluster(t, cfg, func(name string) program {
		p := naive(name)
		return func(m message) []string {
			if m.Body.Type != "health" {
				return p(m)
			}
			asked++
			require.Equal(t, "c-health", m.Src)
			switch name {
			case "n0":
				return []string{line(name, m.Src, `{"type":"health_ok","in_reply_to":%d,"unhealthy_ms":0}`, m.Body.MsgID)}
			case "n1":
				return []string{line(name, m.Src, `{"type":"error","in_reply_to":%d,"code":10}`, m.Body.MsgID)}
			}
			return []string{line(name, m.Src, `{"type":"error","in_reply_to":%d,"code":14}`, m.Body.MsgID)}
		}
	})
	c.joinAt["n2"] = 200 * ms
	for _, at := range []time.Duration{100 * ms, 500 * ms, 900 * ms} {
		c.at(at, c.s.PollHealth)
	}
	before := newCluster(t, config(3), naive)
	before.joinAt["n2"] = 200 * ms
	require.Equal(t, before.run().Messages, c.run().Messages, "health is not counted")
	require.Equal(t, []string{
		`100ms n0 {"type":"health_ok","in_reply_to":1,"unhealthy_ms":0}`,
		`500ms n0 {"type":"health_ok","in_reply_to":2,"unhealthy_ms":0}`,
		`900ms n0 {"type":"health_ok","in_reply_to":3,"unhealthy_ms":0}`,
	}, got)
	require.Equal(t, 3+1+2, asked, "who knows no such request is asked once, who crashed on it again, who has not joined not at all")
	require.False(t, c.s.Result().Notes[1].Bad())
}

func TestMessagesBetweenServersAreCountedApart(t *testing.T) {
	cfg := config(4)
	c := newCluster(t, cfg, naive)
	r := c.run()
	broadcasts := 0
	for _, op := range r.History {
		if op.F == "broadcast" && op.Type == run.OK {
			broadcasts++
		}
	}
	require.Equal(t, int64(3*broadcasts), r.ServerMessages)
	st := c.s.Status()
	require.Equal(t, Done, st.Phase)
	require.Equal(t, st.Invoked, st.OK)
	require.Equal(t, r.Messages, r.ServerMessages+2*int64(st.Invoked)+4*4)
}

func TestStrangersAreIgnored(t *testing.T) {
	s, err := New(config(1))
	require.NoError(t, err)
	s.Begin(0)
	require.Empty(t, s.NodeStarted(0, "n5"))
	require.Empty(t, s.NodeExited(0, "n5", "x"))
	require.Empty(t, s.FromNode(0, "n5", []byte("x")))
	require.Len(t, s.NodeStarted(0, "n0"), 1)
	require.Empty(t, s.NodeStarted(0, "n0"), "a node joins once")
}

func TestOnlyUnknownNamesAreExplained(t *testing.T) {
	s, err := New(config(1))
	require.NoError(t, err)
	other := errors.New("other")
	require.Equal(t, other, s.explain(0, other, network.Packet{}))
}
