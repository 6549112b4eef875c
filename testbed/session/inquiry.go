package session

import (
	"strconv"
	"time"

	"treecast/run"
	"treecast/testbed/network"
	"treecast/testbed/workload"
	"treecast/wire"
)

// inquiry is what strict asks of nodes when the run proper is over: outside of the
// network, by a client per node that stands in no history.
type inquiry struct {
	clients map[string]*client
	open    int   // clients that have not done
	sent    int64 // messages
}

// inquiries are the operations that a node is asked to do when the run proper is
// over. With fewer workers than nodes, some nodes had no final operation.
func (s *Session) inquiries(node int) []workload.Op {
	op, has := s.cfg.Workload.Final()
	if !has || node < len(s.pool.workers) {
		return nil
	}
	return []workload.Op{op}
}

// inquire ends the run proper, and asks what strict wants to know beside it.
func (s *Session) inquire(now time.Duration) {
	s.endProper(now, nil)
	s.phase = Inquiry
	s.inquiry.clients = map[string]*client{}
	s.deadlines = nil
	for i := range s.nodes {
		ops := s.inquiries(i)
		if n := &s.nodes[i]; len(ops) == 0 || n.note.Bad() {
			continue // what is wrong with it is said already
		}
		c := &client{name: "c" + strconv.Itoa(s.nextClient), node: i}
		s.nextClient++
		s.inquiry.clients[c.name] = c
		s.inquiry.open++
		s.ask(now, c, ops)
	}
}

// ask has a client do the first of some operations, and then the rest.
func (s *Session) ask(now time.Duration, c *client, ops []workload.Op) {
	op := ops[0]
	note := func(now time.Duration, typ run.OpType, value []byte, err *run.OpError) {
		s.result.Inquiry = append(s.result.Inquiry, run.Op{
			Index: len(s.result.Inquiry), Time: now, Type: typ, Process: c.node, F: op.F, Value: value, Final: op.Final, Error: err,
		})
	}
	note(now, run.Invoke, op.Value, nil)
	c.answered = func(now time.Duration, reply *run.Message) {
		done := s.cfg.Workload.Timeout(op)
		if reply != nil {
			done = s.cfg.Workload.Complete(op, reply.Body)
		}
		note(now, done.Type, done.Value, done.Error)
		if len(ops) == 1 || reply == nil {
			s.inquiry.open--
			return
		}
		s.ask(now, c, ops[1:])
	}
	s.request(now, c, s.cfg.Workload.RequestType(op), s.cfg.OpTimeout, s.sendAside, func(msgID int64) []byte {
		return s.cfg.Workload.AppendRequest(nil, op, msgID)
	})
}

// sendAside hands a message to a node past the network, with an id that none of
// the network's has.
func (s *Session) sendAside(_ time.Duration, p network.Packet) {
	s.emit(Output{Action: ToNode, Node: p.Dest, Packet: p, ID: s.result.Messages + s.inquiry.sent})
	s.inquiry.sent++
}

// takeAside takes what a node prints when the run proper is over. Whatever is
// wrong with it then is nothing that Maelstrom would have seen.
func (s *Session) takeAside(now time.Duration, line []byte) {
	p, err := readLine(line)
	if err != nil {
		return
	}
	if c := s.inquiry.clients[p.Dest]; c != nil {
		if id, ok := wire.ParseID(p.replyTo); ok && c.waiting && id == wire.IntID(c.lastID) {
			c.waiting = false
			c.answered(now, &run.Message{Body: p.Body})
		}
		return
	}
	if s.net.Has(p.Src) && s.net.Has(p.Dest) { // it may have to ask others
		_, _ = s.net.Send(now, p.Packet) // both are known
	}
}

// endedAside gives up what was asked of a node that has ended.
func (s *Session) endedAside(now time.Duration, node int) {
	for _, c := range s.inquiry.clients {
		if c.node == node && c.waiting {
			c.waiting = false
			c.answered(now, nil)
		}
	}
}

// proper passes on what happens in the run proper, and nothing of what comes after.
type proper struct {
	to network.Observer
	s  *Session
}

func (p *proper) Sent(m run.Message) {
	if p.s.phase != Inquiry {
		p.to.Sent(m)
	}
}

func (p *proper) Delivered(m run.Message) {
	if p.s.phase != Inquiry {
		p.to.Delivered(m)
	}
}

func (p *proper) Dropped(m run.Message, at time.Duration) {
	if p.s.phase != Inquiry {
		p.to.Dropped(m, at)
	}
}
