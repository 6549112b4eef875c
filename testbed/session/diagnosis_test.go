package session

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/workload"
)

// instead is a naive node that prints other lines in place of its answers to
// requests of a type.
func instead(request string, lines func(m message, answer []string) []string) func(string) program {
	return func(name string) program {
		p := naive(name)
		return func(m message) []string {
			out := p(m)
			if m.Body.Type == request {
				out = lines(m, out)
			}
			return out
		}
	}
}

// respelt replaces a text in what a node answers.
func respelt(old, new string) func(message, []string) []string {
	return func(_ message, answer []string) (out []string) {
		for _, l := range answer {
			out = append(out, strings.ReplaceAll(l, old, new))
		}
		return out
	}
}

func TestSetup_saysWhatCameInsteadOfAnAnswer(t *testing.T) {
	nothing := func(message, []string) []string { return nil }
	for _, c := range []struct {
		request string
		lines   func(m message, answer []string) []string
		why     string
	}{
		{"init", nothing, "n0 has printed nothing; is its stdout buffered?"},
		{"init", nothing, "--init-timeout"},
		{"init", respelt(`"in_reply_to":1`, `"in_reply_to":"1"`), `n0 answered init_ok, but its in_reply_to is "1", not 1`},
		{"init", respelt(`"in_reply_to":1`, `"in_reply_to":1.0`), `n0 answered init_ok, but its in_reply_to is 1.0, not 1`},
		{"init", respelt(`"in_reply_to":1,`, ``), `n0 answered init_ok, but its in_reply_to is missing; 1 was expected`},
		{"init", respelt(`"in_reply_to":1,`, `"in_reply_to":null,`), `n0 answered init_ok, but its in_reply_to is null, not 1`},
		{"init", respelt(`"in_reply_to":1,`, `"in_reply_to":7,`), `n0 answered init_ok, but its in_reply_to is 7, not 1`},
		{"init", respelt(`"dest":"c0"`, `"dest":"n0"`), `n0 has printed 1 line, but no answer to init; the last: {"src":"n0","dest":"n0"`},
		{"topology", nothing, "n0 has printed 1 line, but no answer to topology"},
		{"topology", respelt(`"in_reply_to":1`, `"in_reply_to":"1"`), `n0 answered topology_ok, but its in_reply_to is "1", not 1`},
	} {
		r := newCluster(t, config(1), instead(c.request, c.lines)).run()
		require.ErrorContains(t, r.Err, "node n0 could not be set up: it did not answer "+c.request+" within")
		require.ErrorContains(t, r.Err, c.why)
		require.True(t, r.Notes[0].Unready)
	}
}

func TestSetup_saysHowManyOthersAreNotReady(t *testing.T) {
	r := newCluster(t, config(3), instead("init", func(message, []string) []string { return nil })).run()
	require.ErrorContains(t, r.Err, "neither did 2 other nodes")
	require.Empty(t, r.Findings, "that says it")
}

func TestSetup_quotesWhatLacksItsNewline(t *testing.T) {
	cfg := config(1)
	cfg.InitTimeout = 25 * sec
	cfg.Unfinished = func(node string) ([]byte, int) { return []byte(`{"src":"n0"} `), 75 }
	r := newCluster(t, cfg, instead("init", func(message, []string) []string { return nil })).run()
	require.ErrorContains(t, r.Err, `n0 has printed 75 bytes without a newline: {"src":"n0"}; a newline ends a message`)
	require.ErrorContains(t, r.Err, "within 25s")
	require.Equal(t, 25*sec, r.Ended)
}

func TestSetup_doesNotWaitForADeafNode(t *testing.T) {
	for request, phase := range map[string]Phase{"init": Starting, "topology": Topology} {
		r := newCluster(t, config(3), instead(request, func(m message, answer []string) []string {
			return append([]string{"Listening on stdin"}, answer...)
		})).run()
		require.Regexp(t, `^node (n\d) could not be set up: n\d went deaf at 0.00\d s: it printed a bad line`, r.Err.Error(), phase)
		require.ErrorContains(t, r.Err, "stdout is for messages alone: log to stderr")
		require.Less(t, r.Ended, 10*ms)
		for _, note := range r.Notes {
			require.False(t, note.Bad() && !note.Unready)
		}
	}
}

func TestReplies_thatAreWrongAreCountedByTheirReasons(t *testing.T) {
	for _, c := range []struct {
		request, old, new, why string
	}{
		{"broadcast", `"type":"broadcast_ok"`, `"type":"brodcast_ok"`, `type is "brodcast_ok", not "broadcast_ok"`},
		{"broadcast", `"type":"broadcast_ok"`, `"type":"broadcast_ok","debug":1`, `a broadcast_ok has no key "debug"`},
		{"broadcast", `,"type":"broadcast_ok"`, ``, `it has no type; "broadcast_ok" was expected`},
		{"broadcast", `"type":"broadcast_ok"`, `"type":"error","code":"11"`, `the code of an error is "11", not an integer`},
		{"broadcast", `"type":"broadcast_ok"`, `"type":"error","text":"busy"`, `an error has no code`},
		{"read", `"messages":`, `"value":`, `a read_ok has no key "value"`},
		{"read", `"messages":`, `"messages":"7","x":`, `messages is no list`},
		{"broadcast", `"in_reply_to":`, `"in_reply_to":1`, "in_reply_to is the msg_id of no request"},
		{"broadcast", `"in_reply_to":`, `"for":`, "in_reply_to is missing"},
	} {
		cfg := config(2)
		r := newCluster(t, cfg, instead(c.request, respelt(c.old, c.new))).run()
		require.NoError(t, r.Err)
		require.NotEmpty(t, r.Findings, c.why)
		f := r.Findings[0]
		require.Equal(t, run.FindingReply, f.Kind)
		for _, other := range r.Findings[1:] {
			require.Equal(t, run.FindingUnanswered, other.Kind, "a reply that matches no request is none")
		}
		require.Contains(t, f.Text, c.why)
		require.Contains(t, f.Text, " to "+c.request+": ")
		require.Contains(t, f.Text, ` was sent {"type":"`+c.request+`"`)
		require.Contains(t, f.Text, ` and answered {`)
		require.Positive(t, f.Count)
		bad := 0
		for _, op := range r.History {
			if op.Type == run.Info || op.Type == run.Fail {
				bad++
			}
		}
		require.LessOrEqual(t, f.Count, bad)
	}
}

func TestReplies_thatAreErrorsAreNoMistake(t *testing.T) {
	r := newCluster(t, config(1), instead("broadcast", respelt(`"type":"broadcast_ok"`, `"type":"error","code":1234,"text":"own"`))).run()
	require.Empty(t, r.Findings)
	require.Contains(t, completions(r.History), "info broadcast unknown")
}

func TestReplies_ofManyReasonsAreNotListedForEver(t *testing.T) {
	count := 0
	cfg := config(1)
	cfg.RatePerSec = 100
	r := newCluster(t, cfg, instead("broadcast", func(m message, answer []string) []string {
		count++
		return respelt("broadcast_ok", strings.Repeat("x", count))(m, answer)
	})).run()
	require.Len(t, r.Findings, maxComplaints)
	total := 0
	for _, f := range r.Findings {
		total += f.Count
	}
	require.Equal(t, count, total)
}

func TestLateReplies_areNamedAsThat(t *testing.T) {
	twice := instead("init", func(_ message, answer []string) []string { return append(answer, answer...) })
	r := newCluster(t, config(2), twice).run()
	require.True(t, r.Notes[0].Deaf)
	require.Contains(t, r.Notes[0].String(), `it answered twice (client "c0" is gone: its request {"type":"init"`)
	require.NotContains(t, r.Notes[0].String(), "bad line")

	cfg := config(1)
	cfg.TimeLimit = 40 * sec
	r = newCluster(t, cfg, late).run()
	require.Regexp(t, `it answered too late \(client "c\d+" is gone: it had sent \{"type":"broadcast".*\} at [\d.]+ s, and gave up after 5.000 s; the answer came [\d.]+ s after that\)`, r.Notes[0].String())
}

func TestSilence_endsARunButNotItsVerdict(t *testing.T) {
	cfg := config(2)
	cfg.TimeLimit, cfg.Quiet = time.Hour, time.Hour
	deaf := instead("broadcast", func(m message, answer []string) []string {
		if m.Body.MsgID > 3 {
			return []string{"oops"}
		}
		return answer
	})
	r := newCluster(t, cfg, deaf).run()
	require.NoError(t, r.Err)
	require.Less(t, r.Ended, time.Minute)
	require.Len(t, r.Remarks, 1)
	requireSound(t, r.History, 2)
	finals := 0
	failed := map[string]bool{}
	for _, op := range r.History {
		if op.Final && op.Type == run.Fail {
			finals++
		}
		if op.Error != nil {
			failed[op.F] = true
		}
	}
	require.Equal(t, 2, finals, "final reads are asked for, and fail")
	require.Equal(t, map[string]bool{"broadcast": true, "read": true}, failed, "every kind of operation has failed")
}

func TestHints_sayWhatToDo(t *testing.T) {
	good := `{"src":"n0","dest":"c9","body":{"type":"x"}}`
	for line, want := range map[string]string{
		"\xef\xbb\xbf" + good:                 "byte order mark (BOM)",
		"":                                    "it is empty: every line of stdout is a message",
		"   ":                                 "every line of stdout is a message",
		"{":                                   "a message is one line",
		`{"src": "n0",`:                       "a message is one line",
		"[" + good + "]":                      "every message is a line of its own",
		"[":                                   "a message is one line",
		"Starting server on stdin...":         "log to stderr",
		"debug: " + good:                      "text stands before the message",
		`{"src":"n0","body":{"x":NaN}}`:       "NaN and Infinity are no JSON",
		`{"src":"n0","body":{"x":-Infinity}}`: "NaN and Infinity are no JSON",
		`{'src': 'n0'}`:                       "print json.dumps(message)",
		`{"src":"n0","body":{"x":None}}`:      "print json.dumps(message)",
		`{"src":"n0","dest":"n1","body":"{\"type\":\"x\"}"}`: "it was encoded twice",
		`{"src":"n0","body":{"x":True}}`:                     "print json.dumps(message)",
	} {
		_, err := readLine([]byte(line))
		require.Error(t, err, line)
		require.Contains(t, explainLine([]byte(line), err).Error(), want, line)
	}
	for _, line := range []string{`{"src":"n0","dest":"n1","body":7}`, `{"src":"NaN","dest":"n1"}`} {
		_, err := readLine([]byte(line))
		require.Empty(t, hint([]byte(line), err), line)
	}
}

func TestInit_answersAreReadable(t *testing.T) {
	for answer, why := range map[string]string{
		`{"type":"error","in_reply_to":1,"code":12,"text":"cannot start: no database"}`: "it answered init with error 12 (malformed-request): cannot start: no database",
		`{"type":"error","in_reply_to":1,"code":5000}`:                                  "it answered init with error 5000",
		`{"type":"error","in_reply_to":1,"code":"12"}`:                                  "it answered init with an error without a code that is an integer",
		`{"type":"error","in_reply_to":1,"text":"no disk"}`:                             "it answered init with an error without a code that is an integer: no disk",
		`{"type":"init","in_reply_to":1}`:                                               `it answered init with {"type":"init","in_reply_to":1}, not init_ok`,
	} {
		require.EqualError(t, workload.CheckInit([]byte(answer)), why)
	}
}

func TestUnanswered_quotesWhatLacksItsNewline(t *testing.T) {
	cfg := config(1)
	cfg.TimeLimit = 20 * sec
	cfg.Unfinished = func(string) ([]byte, int) { return []byte(`{"src":"n0"}`), 12 }
	r := newCluster(t, cfg, instead("broadcast", func(message, []string) []string { return nil })).run()
	require.NoError(t, r.Err)
	require.Equal(t, run.FindingUnanswered, r.Findings[0].Kind)
	require.Contains(t, r.Findings[0].Text, `; n0 has printed 12 bytes without a newline: {"src":"n0"}; a newline ends a message`)
}

func TestInit_thatIsRefusedByANewLifeIsSaid(t *testing.T) {
	refusing := func(from int) func(name string) program {
		lives := map[string]int{}
		return func(name string) program {
			if lives[name]++; lives[name] != from {
				return naive(name)
			}
			return func(m message) []string {
				return []string{line(m.Dest, m.Src, `{"type":"error","in_reply_to":%d,"code":11,"text":"the disk is gone: give --blank"}`, m.Body.MsgID)}
			}
		}
	}
	remarks := func(steps string, from int) []string {
		cfg := config(3)
		cfg.Nemesis = nemesis.Config{Plan: plan(t, steps)}
		r := newCluster(t, cfg, refusing(from)).run()
		require.NoError(t, r.Err)
		return r.Remarks
	}
	said := "n1 was started again and did not take its init, so it answered nothing after that: " +
		"it answered init with error 11 (temporarily-unavailable): the disk is gone: give --blank"
	require.Equal(t, []string{said}, remarks("0.5s kill n1; 1s start n1", 2))
	require.Equal(t, []string{said + "; neither did 1 other node"}, remarks("0.5s kill n1,n2; 1s start n1,n2", 2))
	require.Empty(t, remarks("0.5s kill n1; 1s start n1", 3))
	require.Empty(t, remarks("0.5s kill n1; 0.7s start n1; 1s kill n1; 1.5s start n1", 2), "the last life is what counts")

	r := newCluster(t, config(1), refusing(1)).run()
	require.Error(t, r.Err)
	require.Empty(t, r.Remarks, "the error says it")
}
