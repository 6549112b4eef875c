package session

import (
	"encoding/json"
	"strconv"
	"time"

	"treecast/run"
	"treecast/testbed/network"
	"treecast/wire"
	"treecast/workload"
)

// inquiry is what strict asks of nodes when the run proper is over: outside of the
// network, by a client per node that stands in no history.
type inquiry struct {
	ops     []workload.Op // that each node is asked to do
	clients map[string]*inquirer
	begun   bool
	open    int   // clients that have not done
	sent    int64 // messages
}

// inquirer asks one node.
type inquirer struct {
	client
	speaker workload.Client
	ops     []workload.Op // that are left, the one under way being the first
}

// endOfProper ends the run proper, and goes on to ask what strict wants to know
// beside it, if it wants anything. True if there is more to do at once.
func (s *Session) endOfProper(now time.Duration) bool {
	w := s.cfg.Workload
	if w.Inquiry != nil && !s.silent {
		s.inquiry.ops = w.Inquiry(s.history, s.options)
		s.result.Inquiry = run.History{}
	}
	if asked := s.inquired(); len(asked) == 0 {
		s.finish(now, nil)
		return false
	}
	s.endProper(now, nil)
	s.phase = Inquiry
	s.deadlines = nil
	return true
}

// inquired are the nodes that are to be asked. What is wrong with others is said
// already.
func (s *Session) inquired() (nodes []int) {
	if len(s.inquiry.ops) == 0 {
		return nil
	}
	of := s.cfg.Workload.InquireOf
	for i := range s.nodes {
		if n := &s.nodes[i]; !n.note.Bad() && (of == nil || of(s.options, i)) {
			nodes = append(nodes, i)
		}
	}
	return nodes
}

// stepInquiry heals and waits, where the load was not followed by that, asks, and
// ends the run when all is answered.
func (s *Session) stepInquiry(now time.Duration) bool {
	if s.inquiry.begun {
		if s.inquiry.open == 0 {
			s.finish(now, nil)
		}
		return false
	}
	if !s.cfg.Workload.Recovers {
		if s.striking != nil {
			return false
		}
		if s.heal(now) {
			s.rest(now)
			return true
		}
		if s.quietUntil == 0 {
			s.rest(now)
		}
		if now < s.quietUntil && !s.silent {
			return false
		}
	}
	s.inquiry.begun = true
	s.inquiry.clients = map[string]*inquirer{}
	for _, i := range s.inquired() {
		q := &inquirer{client: client{name: "c" + strconv.Itoa(s.nextClient), node: i}, speaker: s.cfg.Workload.Client(s.options), ops: s.inquiry.ops}
		s.nextClient++
		s.inquiry.clients[q.name] = q
		s.inquiry.open++
		q.answered = func(now time.Duration, reply *run.Message) {
			var body json.RawMessage
			if reply != nil {
				body = reply.Body
			}
			s.inquire(now, q, q.speaker.Reply(body))
		}
		s.noteInquiry(now, q, workload.Completion{Type: run.Invoke, Value: q.ops[0].Value})
		s.inquire(now, q, q.speaker.Begin(q.ops[0]))
	}
	return true
}

// inquire does what an inquirer's client does next. A node that does not answer is
// asked for nothing else.
func (s *Session) inquire(now time.Duration, q *inquirer, step workload.Step) {
	for step.Request.Type == "" {
		s.noteInquiry(now, q, step.Completion)
		silent := step.Completion.Error != nil && step.Completion.Error.Name == "net-timeout"
		if q.ops = q.ops[1:]; len(q.ops) == 0 || silent {
			s.inquiry.open--
			return
		}
		s.noteInquiry(now, q, workload.Completion{Type: run.Invoke, Value: q.ops[0].Value})
		step = q.speaker.Begin(q.ops[0])
	}
	s.ask(now, &q.client, step.Request, s.sendAside)
}

// noteInquiry records one end of the operation under way.
func (s *Session) noteInquiry(now time.Duration, q *inquirer, c workload.Completion) {
	op := &q.ops[0]
	s.result.Inquiry = append(s.result.Inquiry, run.Op{
		Index: len(s.result.Inquiry), Time: now, Type: c.Type, Process: q.node, F: op.F, Value: c.Value, Micro: op.Micro, Final: op.Final, Error: c.Error,
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
	if q := s.inquiry.clients[p.Dest]; q != nil {
		if id, ok := wire.ParseID(p.replyTo); ok && q.waiting && id == wire.IntID(q.lastID) {
			q.waiting = false
			q.answered(now, &run.Message{Body: p.Body})
		}
		return
	}
	if s.net.Has(p.Src) && s.net.Has(p.Dest) { // it may have to ask others
		_, _ = s.net.Send(now, p.Packet) // both are known
	}
}

// endedAside gives up what was asked of a node that has ended.
func (s *Session) endedAside(now time.Duration, node int) {
	for _, q := range s.inquiry.clients {
		if q.node == node && q.waiting {
			q.waiting = false
			q.answered(now, nil)
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
