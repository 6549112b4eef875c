package kafka

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

func op(f, value string) workload.Op {
	return workload.Op{F: f, Value: []byte(value), Micro: f != fAssign}
}

// talk has a new client do an operation.
func talk(o workload.Op, replies ...string) (requests []string, done workload.Completion) {
	return workloadtest.Talk(Workload.Client(workload.Options{}), o, replies...)
}

// drawing is a generator and the workers that it draws for.
func drawing(workers int) (workload.Generator, *workloadtest.Workers) {
	return newGenerator(workload.Options{Concurrency: workers}), workloadtest.NewWorkers(workers, 1)
}

func TestClient_pollsFromWhereItLeftOffAndCommits(t *testing.T) {
	c := Workload.Client(workload.Options{})
	poll := op(fPoll, `[["poll"]]`)
	requests, done := workloadtest.Talk(c, poll, `{"type":"poll_ok","in_reply_to":1,"msgs":{}}`)
	require.Equal(t, []string{`{"type":"poll","offsets":{},"msg_id":1}`}, requests)
	require.Equal(t, workload.Completion{Type: run.OK, Value: []byte(`[["poll",{}]]`)}, done)

	assign := op(fAssign, `["9","8"]`)
	requests, done = workloadtest.Talk(c, assign, `{"type":"list_committed_offsets_ok","in_reply_to":1,"offsets":{"9":7}}`)
	require.Equal(t, []string{`{"type":"list_committed_offsets","keys":["9","8"],"msg_id":1}`}, requests)
	require.Equal(t, workload.Completion{Type: run.OK, Value: assign.Value}, done)

	requests, done = workloadtest.Talk(c, poll,
		`{"type":"poll_ok","in_reply_to":1,"msgs":{"9":[[3,4],[5,6]],"8":[]}}`, `{"type":"commit_offsets_ok","in_reply_to":2}`)
	require.Equal(t, []string{
		`{"type":"poll","offsets":{"9":0,"8":0},"msg_id":1}`, // what is committed is not used
		`{"type":"commit_offsets","offsets":{"9":5},"msg_id":2}`,
	}, requests)
	require.Equal(t, `[["poll",{"9":[[3,4],[5,6]],"8":[]}]]`, string(done.Value))

	requests, done = workloadtest.Talk(c, poll, `{"type":"poll_ok","in_reply_to":1,"msgs":{"9":[[8,9]]}}`, `{"type":"error","code":11,"in_reply_to":2}`)
	require.Equal(t, `{"type":"poll","offsets":{"9":6,"8":0},"msg_id":1}`, requests[0])
	require.Equal(t, workload.Completion{Type: run.Fail, Value: poll.Value, Error: &run.OpError{Name: "temporarily-unavailable"}}, done, "the commit was refused")
	requests, _ = workloadtest.Talk(c, poll, ``)
	require.Equal(t, `{"type":"poll","offsets":{"9":9,"8":0},"msg_id":1}`, requests[0], "and yet it has moved on")

	workloadtest.Talk(c, op(fAssign, `["9","7"]`), `{"type":"list_committed_offsets_ok","in_reply_to":1,"offsets":{}}`)
	seek := op(fAssign, `["7","9"]`)
	requests, _ = workloadtest.Talk(c, poll, ``)
	require.Equal(t, `{"type":"poll","offsets":{"9":9,"7":0},"msg_id":1}`, requests[0], "it keeps the offsets of keys that it had")
	seek.Extra = []byte(seekExtra)
	requests, done = workloadtest.Talk(c, seek)
	require.Empty(t, requests)
	require.Equal(t, run.OK, done.Type)
	requests, _ = workloadtest.Talk(c, poll, ``)
	require.Equal(t, `{"type":"poll","offsets":{"7":0,"9":0},"msg_id":1}`, requests[0])
}

func TestClient_sends(t *testing.T) {
	c := Workload.Client(workload.Options{})
	send := op(fSend, `[["send","9",1]]`)
	requests, done := workloadtest.Talk(c, send, `{"type":"send_ok","in_reply_to":1,"offset":12}`)
	require.Equal(t, []string{`{"type":"send","key":"9","msg":1,"msg_id":1}`}, requests)
	require.Equal(t, workload.Completion{Type: run.OK, Value: []byte(`[["send","9",[12,1]]]`)}, done)
}

func TestClient_errorsAreMappedAsMaelstromMapsThem(t *testing.T) {
	for _, c := range []struct {
		op    workload.Op
		reply string
		want  run.OpType
		name  string
	}{
		{op(fSend, `[["send","9",1]]`), ``, run.Info, "net-timeout"},
		{op(fSend, `[["send","9",1]]`), `{"type":"error","code":11,"in_reply_to":1}`, run.Fail, "temporarily-unavailable"},
		{op(fSend, `[["send","9",1]]`), `{"type":"error","code":13,"in_reply_to":1}`, run.Info, "crash"},
		{op(fSend, `[["send","9",1]]`), `{"type":"send_ok","offset":"1","in_reply_to":1}`, run.Info, "indeterminate"},
		{op(fPoll, `[["poll"]]`), ``, run.Info, "net-timeout"},
		{op(fPoll, `[["poll"]]`), `{"type":"poll_ok","in_reply_to":1,"msgs":{"9":[[1]]}}`, run.Info, "indeterminate"},
		{op(fPoll, `[["poll"]]`), `{"type":"poll_ok","in_reply_to":1,"msgs":{"9":[["1",2]]}}`, run.Info, "indeterminate"},
		{op(fPoll, `[["poll"]]`), `{"type":"poll_ok","in_reply_to":1,"msgs":{"9":{}}}`, run.Info, "indeterminate"},
		{op(fPoll, `[["poll"]]`), `{"type":"poll_ok","in_reply_to":1,"msgs":[]}`, run.Info, "indeterminate"},
		{op(fAssign, `["9"]`), ``, run.Fail, "net-timeout"},
		{op(fAssign, `["9"]`), `{"type":"error","code":13,"in_reply_to":1}`, run.Fail, "crash"},
		{op(fAssign, `["9"]`), `{"type":"list_committed_offsets_ok","in_reply_to":1,"offsets":{"9":null}}`, run.Info, "indeterminate"},
	} {
		_, done := talk(c.op, c.reply)
		require.Equal(t, c.want, done.Type, "%s %s", c.op.F, c.reply)
		require.Equal(t, c.name, done.Error.Name)
		require.Equal(t, c.op.Value, done.Value)
	}
	requests, done := talk(workload.Op{F: fCrash})
	require.Empty(t, requests)
	require.Equal(t, workload.Completion{Type: run.Info}, done)
}

func TestClient_readsAllThatANodeHasPageByPage(t *testing.T) {
	requests, done := talk(op(fReadAll, `["a","b"]`),
		`{"type":"poll_ok","in_reply_to":1,"msgs":{"a":[[0,1],[1,2]]}}`,
		`{"type":"poll_ok","in_reply_to":2,"msgs":{"a":[[4,3]],"b":[]}}`,
		`{"type":"poll_ok","in_reply_to":3,"msgs":{}}`)
	require.Equal(t, []string{
		`{"type":"poll","offsets":{"a":0,"b":0},"msg_id":1}`, `{"type":"poll","offsets":{"a":2,"b":0},"msg_id":2}`, `{"type":"poll","offsets":{"a":5,"b":0},"msg_id":3}`,
	}, requests)
	require.Equal(t, `{"a":[[0,1],[1,2],[4,3]],"b":[]}`, string(done.Value))
}

func TestGenerator_drawsAsJepsenDoes(t *testing.T) {
	g, workers := drawing(3)
	counts := map[string]int{}
	const ops = 20_000
	offsets := map[string]int{}
	joined := 0
	for i := range ops {
		now := time.Duration(i) * time.Millisecond
		worker, o := g.Next(now, workers, workers.Rng)
		counts[o.F]++
		switch o.F {
		case fSend:
			e := parse(&run.Op{F: fSend, Value: o.Value})
			s := e.sends[0]
			_, done := talk(o, `{"type":"send_ok","in_reply_to":1,"offset":`+strconv.Itoa(offsets[s.key])+`}`)
			offsets[s.key]++
			require.LessOrEqual(t, offsets[s.key], 16)
			g.Update(worker, &run.Op{Type: run.OK, F: fSend, Value: done.Value})
		case fAssign:
			if o.Extra != nil {
				require.Contains(t, string(o.Extra), `{"unseen":{"`)
				joined++
			}
		}
	}
	// Where a key has all its writes, one in 17 is drawn again, half of them as a
	// poll.
	require.InDelta(t, 0.477*ops, counts[fSend], 400)
	require.InDelta(t, 0.507*ops, counts[fPoll], 400)
	require.InDelta(t, ops/64, counts[fAssign], 70)
	require.InDelta(t, counts[fAssign]/3, joined, 35)
	require.InDelta(t, 2, counts[fCrash], 3, "every ten seconds, of three workers")
}

func TestGenerator_endsWhenEveryWorkerHasReadEverything(t *testing.T) {
	g, workers := drawing(2)
	g.Update(0, &run.Op{Type: run.OK, F: fSend, Value: []byte(`[["send","9",[5,1]]]`)})
	g.Update(1, &run.Op{Type: run.OK, F: fSend, Value: []byte(`[["send","10",[3,1]]]`)})
	g.Update(1, &run.Op{Type: run.Fail, F: fSend, Value: []byte(`[["send","11",1]]`)})
	final := func(now time.Duration) workload.FinalStep { return g.Final(now, 1, workers.Rng) }
	require.Equal(t, fCrash, final(0).Op.F)
	assign := final(0).Op
	require.Equal(t, `["9","10"]`, string(assign.Value))
	require.Equal(t, seekExtra, string(assign.Extra))
	poll := final(0).Op
	require.Equal(t, workload.Op{F: fPoll, Value: []byte(`[["poll"]]`), Micro: true, Extra: []byte(finalPoll)}, poll)
	later := final(0)
	require.Positive(t, later.At)
	require.LessOrEqual(t, later.At, 2*finalEvery)
	require.Equal(t, fPoll, final(later.At).Op.F)
	g.Update(1, &run.Op{Type: run.OK, F: fPoll, Value: []byte(`[["poll",{"9":[[5,1]],"10":[[2,1]]}]]`)})
	require.False(t, final(later.At).Done)
	require.True(t, final(finalLimit).Done, "ten seconds are the limit")
	g.Update(1, &run.Op{Type: run.OK, F: fPoll, Value: []byte(`[["poll",{"10":[[3,1]]}]]`)})
	require.True(t, final(later.At).Done)
	require.Equal(t, fCrash, g.Final(time.Second, 0, workers.Rng).Op.F, "each worker for itself")

	empty, _ := drawing(2)
	require.True(t, empty.Final(0, 0, workers.Rng).Done, "there is nothing to read")
}

// sends is the beginning of a history: n messages for "k", each acknowledged at the
// offset after the last one's.
func sends(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "0 invoke send [[\"send\",\"k\",%d]]\n0 ok send [[\"send\",\"k\",[%d,%d]]]\n", i+1, i, i+1)
	}
	return out.String()
}

// types judges as Maelstrom does and lists the types of error.
func types(h run.History) string {
	v := check(h, workload.Input{})
	var out []string
	list, _ := v.Maelstrom.Figures.Get("error-types").(run.List)
	for _, keyword := range list {
		out = append(out, string(keyword.(run.Keyword)))
	}
	if v.Maelstrom.Valid == run.Unknown {
		return "unknown"
	}
	return strings.Join(out, " ")
}

func TestCheck_findsEveryTypeOfError(t *testing.T) {
	for _, c := range []struct{ name, want, text string }{
		{"right", "", `
			0 invoke send [["send","k",1]]
			0 ok send [["send","k",[0,1]]]
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1]]}]]`},
		{"a hole in the offsets is none in the log", "", `
			0 invoke send [["send","k",1]]
			0 ok send [["send","k",[0,1]]]
			0 invoke send [["send","k",2]]
			0 ok send [["send","k",[9,2]]]
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1],[9,2]]}]]`},
		{"two values at an offset", "duplicate inconsistent-offsets", sends(2) + `
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,2],[1,1]]}]]`},
		{"a value at two offsets", "duplicate", `
			0 invoke send [["send","k",1]]
			0 ok send [["send","k",[0,1]]]
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1]]}]]
			1 invoke poll [["poll"]]
			1 ok poll [["poll",{"k":[[1,1]]}]]`},
		{"an aborted value is read", "G1a", `
			0 invoke send [["send","k",1]]
			0 fail send [["send","k",1]]
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1]]}]]`},
		{"a value is read before it is sent", "G1c-realtime", `
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1]]}]]
			0 invoke send [["send","k",1]]
			0 ok send [["send","k",[0,1]]]`},
		{"a lower value is read by nobody", "lost-write unseen", sends(2) + `
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[1,2]]}]]`},
		{"the last value is read by nobody", "unseen", `
			0 invoke send [["send","k",1]]
			0 ok send [["send","k",[0,1]]]`},
		{"an open send may not have happened", "", `
			0 invoke send [["send","k",1]]
			0 info send [["send","k",1]] error=net-timeout
			1 invoke send [["send","k",2]]
			1 ok send [["send","k",[1,2]]]
			1 invoke poll [["poll"]]
			1 ok poll [["poll",{"k":[[1,2]]}]]`},
		{"a poll leaves one out", "int-poll-skip", sends(3) + `
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1],[2,3]]}]]
			1 invoke poll [["poll"]]
			1 ok poll [["poll",{"k":[[0,1],[1,2],[2,3]]}]]`},
		{"a poll goes back", "int-nonmonotonic-poll", sends(2) + `
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[1,2],[0,1]]}]]`},
		{"the next poll leaves one out", "poll-skip", sends(3) + `
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1]]}]]
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[2,3]]}]]
			1 invoke poll [["poll"]]
			1 ok poll [["poll",{"k":[[0,1],[1,2],[2,3]]}]]`},
		{"an assignment forgets where a process was", "", `
			0 invoke send [["send","k",1]]
			0 ok send [["send","k",[0,1]]]
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1]]}]]
			0 invoke assign ["l"]
			0 ok assign ["l"]
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1]]}]]`},
		{"the next poll begins again", "nonmonotonic-poll", `
			0 invoke send [["send","k",1]]
			0 ok send [["send","k",[0,1]]]
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1]]}]]
			0 invoke assign ["k","l"]
			0 ok assign ["k","l"]
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1]]}]]`},
		{"a process' sends go back", "nonmonotonic-send", `
			0 invoke send [["send","k",1]]
			0 ok send [["send","k",[1,1]]]
			0 invoke send [["send","k",2]]
			0 ok send [["send","k",[0,2]]]
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,2],[1,1]]}]]`},
		{"nobody sent it", "unknown", `
			0 invoke poll [["poll"]]
			0 ok poll [["poll",{"k":[[0,1]]}]]`},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, types(workloadtest.History(c.text))) })
	}
}

func TestLag_isTheTimeForWhichMoreWasKnown(t *testing.T) {
	v := check(workloadtest.History(`
		0 invoke assign ["k"]
		0 ok assign ["k"]
		1 invoke send [["send","k",1]]
		1 ok send [["send","k",[0,1]]] at=1
		0 invoke poll [["poll"]] at=3.5
		0 ok poll [["poll",{}]]
		0 invoke poll [["poll"]] at=4
		0 ok poll [["poll",{"k":[[0,1]]}]]`), workload.Input{})
	require.Equal(t, run.Figures{{Key: "time", Value: 3.5}, {Key: "process", Value: 0}, {Key: "key", Value: "k"}, {Key: "lag", Value: 2.5}},
		v.Maelstrom.Figures.Get("worst-realtime-lag"))
}

func TestStrict_asksEveryNodeForEverything(t *testing.T) {
	h := workloadtest.History(`
		0 invoke send [["send","k",1]]
		0 ok send [["send","k",[0,1]]]
		1 invoke send [["send","k",2]]
		1 ok send [["send","k",[1,2]]]
		0 invoke poll [["poll"]]
		0 ok poll [["poll",{"k":[[0,1],[1,2]]}]]`)
	require.Equal(t, []workload.Op{{F: fCommitted, Value: []byte(`["k"]`)}, {F: fReadAll, Value: []byte(`["k"]`)}}, inquiry(h, workload.Options{}))
	require.Empty(t, inquiry(nil, workload.Options{}))
	for _, c := range []struct{ name, want, text string }{
		{"right", "", `
			0 ok list-committed {"k":1}
			0 ok read-all {"k":[[0,1],[1,2]]}
			1 ok list-committed {"k":5}
			1 ok read-all {"k":[[0,1],[1,2]]}`},
		{"not replicated", "unreplicated", `0 ok read-all {"k":[[0,1]]}`},
		{"two orders", "order", `
			0 ok read-all {"k":[[0,1],[1,2]]}
			1 ok read-all {"k":[[0,2],[1,1]]}`},
		{"backwards", "order", `0 ok read-all {"k":[[1,2],[0,1]]}`},
		{"commits are forgotten", "commits commits", `
			0 ok list-committed {}
			1 ok list-committed {"k":0}`},
		{"a node is deaf", "deaf", `0 info read-all ["k"] error=net-timeout`},
		{"nobody sent it", "unsent", `0 ok read-all {"k":[[0,1],[1,2],[2,9]]}`},
		{"twice", "duplicate", `0 ok read-all {"k":[[0,1],[1,2],[2,2]]}`},
	} {
		v := check(h, workload.Input{Options: workload.Options{Nodes: []string{"n1", "n2"}}, Inquiry: workloadtest.History(c.text)})
		require.Equal(t, run.Valid, v.Maelstrom.Valid)
		require.Empty(t, v.Unasked)
		require.Equal(t, c.want, kinds(v), c.name)
	}
	require.NotEmpty(t, check(h, workload.Input{}).Unasked)
}

func kinds(v workload.Verdict) string {
	var out []string
	for _, f := range v.Findings {
		out = append(out, string(f.Kind))
	}
	return strings.Join(out, " ")
}

func TestStrict_seesSkipsBehindPollsOfNothing(t *testing.T) {
	h := workloadtest.History(sends(3) + `
		0 invoke poll [["poll"]]
		0 ok poll [["poll",{"k":[[0,1]]}]]
		0 invoke poll [["poll"]]
		0 ok poll [["poll",{"k":[]}]]
		0 invoke poll [["poll"]]
		0 ok poll [["poll",{"k":[[2,3]]}]]
		1 invoke poll [["poll"]]
		1 ok poll [["poll",{"k":[[0,1],[1,2],[2,3]]}]]`)
	v := check(h, workload.Input{})
	require.Equal(t, run.Valid, v.Maelstrom.Valid, "Jepsen forgets where the process was")
	require.Equal(t, "skipped", kinds(v))
}

func TestViews_showTheLag(t *testing.T) {
	h := workloadtest.History(`
		0 invoke assign ["k"]
		0 ok assign ["k"]
		1 invoke send [["send","k",1]]
		1 ok send [["send","k",[0,1]]] at=1
		0 invoke poll [["poll"]] at=3.5
		0 ok poll [["poll",{}]]`)
	views := views(h, workload.Verdict{}, workload.Input{})
	require.Equal(t, []run.Point{{X: 3.5, Y: 2.5}}, views[0].Chart.Lines[0].Points)
	require.Equal(t, [][]string{{"k", "1", "2.500"}}, views[1].Rows)
}

// A history that anybody wrote ends in a verdict, and so does any reply.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("{:index 0, :type :ok, :process 0, :f :poll, :value [[:poll {\"k\" [[0 1] [-1 nil]]}]]}\n{:index 1, :type :ok, :process 0, :f :send, :value [[:send \"k\" [99999999999999999999 1]]]}"), []byte(`{"type":"poll_ok","in_reply_to":1,"msgs":{"k":[[0,1]]}}`))
	f.Add([]byte("{:type :ok, :f :assign, :value [\"k\" 1 nil]}\n{:type :ok, :f :send, :value [[:send] 7 [:poll]]}"), []byte(`{"type":"send_ok"}`))
	f.Fuzz(func(t *testing.T, text, reply []byte) {
		if h, err := run.ReadHistoryEDN(strings.NewReader(string(text))); err == nil {
			for i := range h {
				h[i].Index = i
			}
			v := check(h, workload.Input{Inquiry: h})
			require.Contains(t, []run.Verdict{run.Valid, run.Invalid, run.Unknown}, v.Maelstrom.Valid)
			views(h, v, workload.Input{})
		}
		if !jsonObject(reply) {
			return
		}
		for _, o := range []workload.Op{op(fPoll, `[["poll"]]`), op(fSend, `[["send","9",1]]`), op(fAssign, `["9"]`), op(fReadAll, `["9"]`), op(fCommitted, `["9"]`)} {
			c := Workload.Client(workload.Options{})
			step := c.Begin(o)
			for range 3 {
				if step.Request.Type == "" {
					break
				}
				require.True(t, jsonObject(step.Request.AppendBody(nil, 1)))
				step = c.Reply(reply)
			}
			if step.Request.Type == "" && step.Completion.Value != nil {
				require.True(t, jsonValid(step.Completion.Value), "%s", step.Completion.Value)
			}
		}
	})
}

func jsonObject(text []byte) bool {
	var fields map[string]json.RawMessage
	return json.Unmarshal(text, &fields) == nil && fields != nil
}

func jsonValid(text []byte) bool { return json.Valid(text) }
