// Package workloadtest drives generators and clients of workloads in tests: it is
// the workers, and the words in which a test writes a history.
package workloadtest

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"time"

	"treecast/run"
	"treecast/workload"
)

// Workers are workers whose state a test sets.
type Workers struct {
	Rng       *rand.Rand
	Busy      []bool // one per worker
	Processes []int
	turn      int
}

// NewWorkers returns so many free workers.
func NewWorkers(n int, seed uint64) *Workers {
	w := &Workers{Rng: rand.New(rand.NewPCG(seed, 1)), Busy: make([]bool, n), Processes: make([]int, n)}
	for i := range w.Processes {
		w.Processes[i] = i
	}
	return w
}

// Free says whether a worker is not busy.
func (w *Workers) Free(worker int) bool { return !w.Busy[worker] }

// InTurn returns the next free worker.
func (w *Workers) InTurn() int {
	for range w.Busy {
		next := w.turn
		w.turn = (w.turn + 1) % len(w.Busy)
		if !w.Busy[next] {
			return next
		}
	}
	panic("workloadtest: nobody is free")
}

// Any draws a free worker.
func (w *Workers) Any() int {
	for {
		if i := w.Rng.IntN(len(w.Busy)); !w.Busy[i] {
			return i
		}
	}
}

// Process returns a worker's process.
func (w *Workers) Process(worker int) int { return w.Processes[worker] }

// Crash gives a worker its next process.
func (w *Workers) Crash(worker int) { w.Processes[worker] += len(w.Processes) }

// History reads a history from lines of words: process, type, function, value,
// and perhaps at=SECONDS, final, error=NAME. A line is a tenth of a second after
// the one before it unless it says otherwise. Process "nemesis" is the nemesis.
//
//	0 invoke add 5
//	0 ok add 5 at=1.5
func History(text string) run.History {
	var h run.History
	at := time.Duration(0)
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		at += 100 * time.Millisecond
		op := run.Op{Index: len(h), Time: at, Process: run.NemesisProcess, F: words[2]}
		if words[0] != "nemesis" {
			mustUnmarshal(words[0], &op.Process)
		}
		var err error
		if op.Type, err = run.ParseOpType(words[1]); err != nil {
			panic(err)
		}
		for _, word := range words[3:] {
			switch name, value, _ := strings.Cut(word, "="); {
			case word == "final":
				op.Final = true
			case name == "at":
				var seconds float64
				mustUnmarshal(value, &seconds)
				at = time.Duration(seconds * float64(time.Second))
				op.Time = at
			case name == "error":
				op.Error = &run.OpError{Name: value}
			default:
				if !json.Valid([]byte(word)) {
					panic("workloadtest: no JSON: " + word)
				}
				op.Value = json.RawMessage(word)
				op.Micro = strings.HasPrefix(word, `[["`)
			}
		}
		h = append(h, op)
	}
	return h
}

func mustUnmarshal(text string, into any) {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		panic("workloadtest: " + text + ": " + err.Error())
	}
}

// Talk lets a client do an operation, answering its requests with the bodies in
// turn; "" is no answer. It returns the requests, in full, and the completion.
func Talk(c workload.Client, op workload.Op, replies ...string) (requests []string, done workload.Completion) {
	step := c.Begin(op)
	for step.Request.Type != "" {
		requests = append(requests, string(step.Request.AppendBody(nil, int64(len(requests)+1))))
		if len(replies) == 0 {
			panic("workloadtest: there is no reply to " + requests[len(requests)-1])
		}
		var body json.RawMessage
		if replies[0] != "" {
			body = json.RawMessage(replies[0])
		}
		replies = replies[1:]
		step = c.Reply(body)
	}
	if len(replies) > 0 {
		panic("workloadtest: replies are left: " + replies[0])
	}
	return requests, step.Completion
}
