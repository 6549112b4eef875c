package kafka

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"treecast/run"
	"treecast/workload"
)

// BenchmarkCheck judges a run of the challenge's size: 20 s at 1000 operations a
// second, with a log per key that answers at once, and the final polls of
// everything.
func BenchmarkCheck(b *testing.B) {
	const workers = 4
	rng := rand.New(rand.NewPCG(1, 1))
	o := workload.Options{Nodes: []string{"n0", "n1"}, Concurrency: workers}
	g, pool := drawing(workers)
	clients := make([]workload.Client, workers)
	logs := map[string][]string{}
	var h run.History
	record := func(worker int, op workload.Op, typ run.OpType, value []byte) {
		h = append(h, run.Op{Index: len(h), Time: time.Duration(len(h)) * 500 * time.Microsecond, Type: typ, Process: pool.Processes[worker], F: op.F, Value: value, Micro: op.Micro, Extra: op.Extra})
		g.Update(worker, &h[len(h)-1])
	}
	do := func(worker int, op workload.Op) {
		if clients[worker] == nil {
			clients[worker] = Workload.Client(o)
		}
		record(worker, op, run.Invoke, op.Value)
		step := clients[worker].Begin(op)
		for step.Request.Type != "" {
			step = clients[worker].Reply(answer(logs, step.Request))
		}
		record(worker, op, step.Completion.Type, step.Completion.Value)
		if step.Completion.Type == run.Info {
			clients[worker] = nil
			pool.Crash(worker)
		}
	}
	for range 20_000 {
		worker, op := g.Next(time.Duration(len(h))*500*time.Microsecond, pool, rng)
		do(worker, op)
	}
	for worker := range workers {
		for now := time.Hour; ; {
			step := g.Final(now, worker, rng)
			if step.Done {
				break
			}
			if step.At > now {
				now = step.At
				continue
			}
			do(worker, step.Op)
		}
	}
	b.ReportMetric(float64(len(h)), "lines")
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if v := check(h, workload.Input{}); v.Maelstrom.Valid != run.Valid {
			b.Fatal(v.Why)
		}
	}
}

// answer is a node that keeps everything.
func answer(logs map[string][]string, r workload.Request) []byte {
	var asked struct {
		Key     string
		Msg     json.RawMessage
		Offsets map[string]int
	}
	if err := json.Unmarshal(append(append([]byte{'{'}, r.Fields...), '}'), &asked); err != nil {
		panic(err)
	}
	switch r.Type {
	case "send":
		logs[asked.Key] = append(logs[asked.Key], string(asked.Msg))
		return fmt.Appendf(nil, `{"type":"send_ok","in_reply_to":1,"offset":%d}`, len(logs[asked.Key])-1)
	case "commit_offsets":
		return []byte(`{"type":"commit_offsets_ok","in_reply_to":1}`)
	case "list_committed_offsets":
		return []byte(`{"type":"list_committed_offsets_ok","in_reply_to":1,"offsets":{}}`)
	}
	msgs := map[string][][2]json.RawMessage{}
	for key, from := range asked.Offsets {
		for i := from; i < len(logs[key]); i++ {
			msgs[key] = append(msgs[key], [2]json.RawMessage{fmt.Append(nil, i), json.RawMessage(logs[key][i])})
		}
	}
	text, err := json.Marshal(msgs)
	if err != nil {
		panic(err)
	}
	return fmt.Appendf(nil, `{"type":"poll_ok","in_reply_to":1,"msgs":%s}`, text)
}
