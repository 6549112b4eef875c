package session

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"treecast/run"
	"treecast/testbed/network"
	"treecast/wire"
)

// client is a receiver in the network that has at most one request under way.
type client struct {
	name    string
	node    int        // whom it talks to
	lastID  int64      // msg_id of its last request
	waiting bool       // for the reply to lastID
	asked   []exchange // its requests; that with msg_id 1 is the first

	typ   string          // of its last request
	stray json.RawMessage // a message that came instead of the reply and answers nothing
	// answered is called with the reply, or with nil if there was none in time.
	answered func(now time.Duration, reply *run.Message)
}

// deadline is when a client stops waiting for an answer.
type deadline struct {
	at    time.Duration
	c     *client
	msgID int64
}

func (d *deadline) over() bool { return !d.c.waiting || d.c.lastID != d.msgID }

// open puts a new client into the network. Names are counted through the run.
func (s *Session) open(node int) *client {
	c := &client{name: "c" + strconv.Itoa(s.nextClient), node: node}
	s.nextClient++
	s.clients[c.name] = c
	s.net.AddClient(c.name)
	return c
}

// close takes a client out of the network: a late reply to it is the node's
// mistake from now on.
func (s *Session) close(c *client) {
	c.waiting = false
	s.net.RemoveNode(c.name)
	delete(s.clients, c.name)
	s.gone[c.name] = c
}

// sender is one of the ways into the network.
type sender func(now time.Duration, p network.Packet)

// request sends the body that makeBody returns and waits for its reply.
func (s *Session) request(now time.Duration, c *client, typ string, timeout time.Duration, send sender, makeBody func(msgID int64) []byte) {
	c.lastID++
	c.waiting = true
	body := makeBody(c.lastID)
	c.typ, c.stray = typ, nil
	c.asked = append(c.asked, exchange{at: now, request: excerpt(body)})
	send(now, network.Packet{Src: c.name, Dest: s.nodes[c.node].name, Type: typ, Body: body})
	s.net.Await(now, c.name)
	// Nearly all timeouts are the same; only restarted nodes have longer to
	// answer init, and those few are passed over.
	at := len(s.deadlines)
	for at > 0 && s.deadlines[at-1].at > now+timeout {
		at--
	}
	s.deadlines = slices.Insert(s.deadlines, at, deadline{now + timeout, c, c.lastID})
}

// send puts a message of the session's own into the network, where sender and
// receiver are known to be.
func (s *Session) send(now time.Duration, p network.Packet) {
	if _, err := s.net.Send(now, p); err != nil {
		panic("session: " + err.Error())
	}
}

// sendFirst is send for a message that goes before all others.
func (s *Session) sendFirst(now time.Duration, p network.Packet) {
	if _, err := s.net.SendFirst(now, p); err != nil {
		panic("session: " + err.Error())
	}
}

// receive hands a message to the client it was for. Anything but the awaited
// reply is passed over: the client goes on waiting.
func (s *Session) receive(now time.Duration, m run.Message) {
	c := s.clients[m.Dest]
	if c == nil || !c.waiting {
		return
	}
	if id, ok := replyTo(m.Body); !ok || id != wire.IntID(c.lastID) {
		if !ok || c.exchange(id) == nil { // else it answers an earlier request
			s.astray(now, c, m.Body)
		}
		s.net.Await(now, c.name)
		return
	}
	c.waiting = false
	c.answered(now, &m)
}

// astray notes a message to a client that answers none of its requests.
func (s *Session) astray(now time.Duration, c *client, body json.RawMessage) {
	if c.stray == nil {
		c.stray = body
	}
	if s.phase == Starting || s.phase == Topology {
		return // the time-out says so
	}
	why := "in_reply_to is missing"
	if value, ok := wire.Field(body, "in_reply_to"); ok {
		why = "in_reply_to is the msg_id of no request"
		if _, isInt := wire.ParseID(value); !isInt {
			why = "in_reply_to is not an integer"
		}
	}
	s.complain(now, c, why, body)
}

// expire ends requests whose time is over.
func (s *Session) expire(now time.Duration) {
	for len(s.deadlines) > 0 {
		d := s.deadlines[0]
		if !d.over() && d.at > now && !s.silent {
			return
		}
		s.deadlines = s.deadlines[1:]
		if d.over() {
			continue
		}
		d.c.waiting = false
		s.net.Cease(d.c.name)
		s.giveUp(now, d.c)
		d.c.answered(now, nil)
	}
}
