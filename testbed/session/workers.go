package session

import (
	"encoding/json"
	"math/bits"
	"math/rand/v2"
	"time"

	"treecast/run"
	"treecast/workload"
)

// worker does one operation at a time against one node.
type worker struct {
	process int // its logical process; a new one after an indeterminate operation
	client  *client
	of      int // the process that the client was opened for
	op      workload.Op
	speaker workload.Client // what the client knows and says
}

// pool is Jepsen's context: which threads are free, and whose turn it is. Its
// threads are the workers and, as the last one, the nemesis.
type pool struct {
	workers []worker
	free    []uint64 // one bit per worker
	idle    int      // how many are free
	turn    int      // the thread to look at next; may be the nemesis
	// since is when a worker last became free after none was.
	since time.Duration
}

func newPool(size int) pool {
	p := pool{workers: make([]worker, size), free: make([]uint64, (size+63)/64), idle: size}
	for i := range p.workers {
		p.workers[i].process = i
		p.workers[i].of = -1
		p.free[i/64] |= 1 << (i % 64)
	}
	return p
}

// outstanding returns how many workers are busy.
func (p *pool) outstanding() int { return len(p.workers) - p.idle }

// inTurn returns the next free worker after the last; there must be one.
func (p *pool) inTurn() int {
	if w := p.firstFrom(p.turn); w >= 0 {
		return w
	}
	return p.firstFrom(0)
}

// any draws a free worker; there must be one.
func (p *pool) any(rng *rand.Rand) int { return p.nth(rng.IntN(p.idle)) }

func (p *pool) isFree(w int) bool { return p.free[w/64]>>(w%64)&1 == 1 }

// firstFrom returns the first free worker from i on, or -1.
func (p *pool) firstFrom(i int) int {
	if i/64 >= len(p.free) {
		return -1
	}
	word := p.free[i/64] >> (i % 64) << (i % 64)
	for k := i / 64; ; word = p.free[k] {
		if word != 0 {
			return k*64 + bits.TrailingZeros64(word)
		}
		if k++; k == len(p.free) {
			return -1
		}
	}
}

// nth returns the free worker before which k others are free.
func (p *pool) nth(k int) int {
	w := p.firstFrom(0)
	for range k {
		w = p.firstFrom(w + 1)
	}
	return w
}

// dispatched moves the turn on by one thread, whichever thread it was that got
// an operation. The nemesis has a turn too, which falls to the first worker:
// so in Jepsen worker 0 is asked twice as often as the others.
func (p *pool) dispatched() { p.turn = (p.turn + 1) % (len(p.workers) + 1) }

func (p *pool) busy(w int) {
	p.free[w/64] &^= 1 << (w % 64)
	p.idle--
}

func (p *pool) done(now time.Duration, w int) {
	if p.idle == 0 {
		p.since = now
	}
	p.free[w/64] |= 1 << (w % 64)
	p.idle++
}

// choosable is the workers as a generator sees them.
type choosable struct{ s *Session }

func (c choosable) Free(worker int) bool   { return c.s.pool.isFree(worker) }
func (c choosable) InTurn() int            { return c.s.pool.inTurn() }
func (c choosable) Any() int               { return c.s.pool.any(c.s.rng) }
func (c choosable) Process(worker int) int { return c.s.pool.workers[worker].process }

// generate lets the generator choose a free worker and what it does.
func (s *Session) generate(now time.Duration) {
	worker, op := s.generator.Next(now, choosable{s}, s.rng)
	s.invoke(now, worker, op)
}

// invoke lets a free worker do an operation. Its client is opened at its first
// one, and anew at the first of each process, unless it is kept.
func (s *Session) invoke(now time.Duration, index int, op workload.Op) {
	w := &s.pool.workers[index]
	if w.of != w.process && (w.client == nil || !s.cfg.Workload.Reusable) {
		if w.client != nil {
			s.close(w.client)
		}
		w.client = s.open(index % len(s.nodes))
		w.client.answered = func(now time.Duration, reply *run.Message) { s.answered(now, index, reply) }
		w.speaker = s.cfg.Workload.Client(s.options)
	}
	w.op, w.of = op, w.process
	s.pool.busy(index)
	s.pool.dispatched()
	s.record(now, run.Op{Type: run.Invoke, Process: w.process, F: op.F, Value: op.Value, Micro: op.Micro, Final: op.Final, Extra: op.Extra})
	s.tell(index)
	s.proceed(now, index, w.speaker.Begin(op), nil)
}

// answered goes on with a worker's operation after the reply it got, or without.
func (s *Session) answered(now time.Duration, index int, reply *run.Message) {
	w := &s.pool.workers[index]
	var body json.RawMessage
	if reply != nil {
		body = reply.Body
	}
	s.proceed(now, index, w.speaker.Reply(body), body)
}

// proceed does what a worker's client does next: it asks on or is done. The body
// is that of the reply which brought it there, nil for none.
func (s *Session) proceed(now time.Duration, index int, step workload.Step, body json.RawMessage) {
	w := &s.pool.workers[index]
	if step.Request.Type != "" {
		s.ask(now, w.client, step.Request, s.send)
		return
	}
	if body != nil {
		if why := workload.WhatIsWrong(step.Completion, body); why != "" {
			s.complain(now, w.client, why, body)
		}
	}
	s.complete(now, index, step.Completion)
}

// ask sends a request of a workload's.
func (s *Session) ask(now time.Duration, c *client, r workload.Request, send sender) {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = workload.OpTimeout
	}
	if s.cfg.OpTimeout > 0 {
		timeout = s.cfg.OpTimeout
	}
	s.request(now, c, r.Type, timeout, send, func(msgID int64) []byte { return r.AppendBody(nil, msgID) })
}

func (s *Session) complete(now time.Duration, index int, c workload.Completion) {
	w := &s.pool.workers[index]
	s.record(now, run.Op{
		Type: c.Type, Process: w.process, F: w.op.F, Value: c.Value, Micro: w.op.Micro, Final: w.op.Final, Extra: w.op.Extra, Error: c.Error,
	})
	if c.Type == run.Info {
		w.process += len(s.pool.workers)
	}
	s.pool.done(now, index)
	s.tell(index)
	if s.phase == Final {
		s.final.due = append(s.final.due, index)
	}
}

// tell tells the generator of the last line of the history, a worker's.
func (s *Session) tell(worker int) { s.generator.Update(worker, &s.history[len(s.history)-1]) }

// record writes a line of the history.
func (s *Session) record(now time.Duration, op run.Op) {
	if s.phase == Inquiry {
		return // what is done now is not of the run proper
	}
	op.Index, op.Time = len(s.history), now
	s.history = append(s.history, op)
	if op.Process != run.NemesisProcess {
		s.counts[op.Type]++
	}
	if s.cfg.OnOp != nil {
		s.cfg.OnOp(op)
	}
}
