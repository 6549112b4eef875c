package session

import (
	"math/bits"
	"math/rand/v2"
	"time"

	"treecast/run"
	"treecast/testbed/workload"
)

// worker does one operation at a time against one node.
type worker struct {
	process int // its logical process; a new one after an indeterminate operation
	client  *client
	of      int // the process that the client was opened for
	op      workload.Op
}

// pool is Jepsen's context: which threads are free, and whose turn it is. Its
// threads are the workers and, as the last one, the nemesis.
type pool struct {
	workers []worker
	free    []uint64 // one bit per worker
	idle    int      // how many are free
	turn    int      // the thread to look at next; may be the nemesis
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

// pick chooses a free worker; there must be one.
func (p *pool) pick(spread workload.Spread, rng *rand.Rand) int {
	if spread == workload.EachWorker {
		return p.nth(rng.IntN(p.idle))
	}
	if w := p.firstFrom(p.turn); w >= 0 {
		return w
	}
	return p.firstFrom(0)
}

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

func (p *pool) done(w int) {
	p.free[w/64] |= 1 << (w % 64)
	p.idle++
}

// invoke lets a free worker do an operation. Its client is opened at its first
// one, and anew at the first of each process.
func (s *Session) invoke(now time.Duration, index int, op workload.Op) {
	w := &s.pool.workers[index]
	if w.of != w.process {
		if w.client != nil {
			s.close(w.client)
		}
		w.client, w.of = s.open(index%len(s.nodes)), w.process
		w.client.answered = func(now time.Duration, reply *run.Message) { s.answered(now, index, reply) }
	}
	w.op = op
	s.pool.busy(index)
	s.pool.dispatched()
	s.record(now, run.Op{Type: run.Invoke, Process: w.process, F: op.F, Value: op.Value, Final: op.Final})
	s.request(now, w.client, s.cfg.Workload.RequestType(op), s.cfg.OpTimeout, s.send, func(msgID int64) []byte {
		return s.cfg.Workload.AppendRequest(nil, op, msgID)
	})
}

// answered completes a worker's operation with the reply it got, or without.
func (s *Session) answered(now time.Duration, index int, reply *run.Message) {
	w := &s.pool.workers[index]
	c := s.cfg.Workload.Timeout(w.op)
	if reply != nil {
		c = s.cfg.Workload.Complete(w.op, reply.Body)
		if why := workload.WhatIsWrong(c, reply.Body); why != "" {
			s.complain(now, w.client, why, reply.Body)
		}
	}
	s.complete(now, index, c)
}

func (s *Session) complete(now time.Duration, index int, c workload.Completion) {
	w := &s.pool.workers[index]
	s.record(now, run.Op{Type: c.Type, Process: w.process, F: w.op.F, Value: c.Value, Final: w.op.Final, Error: c.Error})
	if c.Type == run.Info {
		w.process += len(s.pool.workers)
	}
	s.pool.done(index)
}

// record writes a line of the history.
func (s *Session) record(now time.Duration, op run.Op) {
	op.Index, op.Time = len(s.history), now
	s.history = append(s.history, op)
	if op.Process != run.NemesisProcess {
		s.counts[op.Type]++
	}
	if s.cfg.OnOp != nil {
		s.cfg.OnOp(op)
	}
}
