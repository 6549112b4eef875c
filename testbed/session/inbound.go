package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"treecast/testbed/network"
	"treecast/wire"
)

// FromNode takes a line that a node printed on stdout, without its newline. The
// line must not be changed afterwards.
//
// A line that Maelstrom would choke on makes the node deaf: this line and all
// that follow are ignored, and the node's Note says why.
func (s *Session) FromNode(now time.Duration, name string, line []byte) []Output {
	s.outputs = s.outputs[:0]
	i, known := s.index[name]
	if !known || s.phase == Done {
		return s.outputs
	}
	s.deliver(now)
	// Java, which reads for Maelstrom, ends lines at \r, at \n and at both.
	for {
		part, rest, more := bytes.Cut(line, []byte{'\r'})
		s.takeLine(now, &s.nodes[i], part)
		if line = rest; !more || len(rest) == 0 {
			return s.pump(now)
		}
	}
}

// takeLine takes one line of Maelstrom's.
func (s *Session) takeLine(now time.Duration, n *node, line []byte) {
	switch {
	case n.down:
		// It was killed before this was read.
	case s.phase == Inquiry && !n.deaf:
		s.takeAside(now, line)
	case n.deaf:
		n.note.Ignored++
	default:
		n.printed++
		if s.awaits(n) {
			n.lastLine = shorten(string(line), evidenceBytes)
		}
		if err := s.accept(now, n, line); err != nil {
			n.deaf = true
			n.note.deafened(now, err, line)
			s.noteFaults(now)
			s.lookForSilence(now)
			s.deliver(now) // what it said before is heard
			if s.awaits(n) {
				s.setupFailed(now, n, err) // whatever it answers is not heard
			}
		}
	}
}

// accept puts a node's message into the network. An error says what is wrong
// with the line.
func (s *Session) accept(now time.Duration, n *node, line []byte) error {
	read, err := readLine(line)
	if err != nil {
		return err
	}
	s.judgeSent(now, n, &read)
	p := read.Packet
	if len(read.ignored) > 0 {
		n.conduct.ignored.add(now, func() string {
			return fmt.Sprintf("%s, behind %s", excerpt(read.ignored), excerpt(line[:len(line)-len(read.ignored)]))
		})
	}
	if read.control {
		n.conduct.control.add(now, func() string { return strconv.Quote(excerpt(line)) })
	}
	if p.Dest == HealthClient && s.cfg.OnHealth != nil {
		s.healthReply(now, n, p.Body)
		return nil
	}
	if _, err = s.net.Send(now, p); err != nil {
		return s.explain(now, err, p)
	}
	if !network.IsClient(p.Src) && !network.IsClient(p.Dest) {
		s.servers++
	}
	return nil
}

// explain tells a user what an unknown name in a message means.
func (s *Session) explain(now time.Duration, err error, p network.Packet) error {
	if !errors.Is(err, network.ErrUnknownNode) {
		return err
	}
	if !s.net.Has(p.Src) {
		return fmt.Errorf("src %q is not in the network", p.Src)
	}
	if i, isNode := s.index[p.Dest]; isNode && !s.nodes[i].started {
		return fmt.Errorf("dest %q has not joined the network yet", p.Dest)
	}
	if number, isClient := strings.CutPrefix(p.Dest, "c"); isClient {
		if c := s.gone[p.Dest]; c != nil {
			return c.afterwards(now, p.Body)
		}
		if k, e := strconv.Atoi(number); e == nil && k >= 0 && k < s.nextClient {
			return fmt.Errorf("client %q is gone: it had given up waiting, or was answered already", p.Dest)
		}
	}
	return fmt.Errorf("dest %q is not in the network", p.Dest)
}

// NodeExited says that a node's process ended, and how ("exit status 3"), or
// that it could not be started. Lines that it printed before must have been
// handed in. After StopNode or KillNode it is expected, and ignored.
func (s *Session) NodeExited(now time.Duration, name, status string) []Output {
	s.outputs = s.outputs[:0]
	i, known := s.index[name]
	if !known || s.phase == Done || s.nodes[i].note.Exited {
		return s.outputs
	}
	n := &s.nodes[i]
	if n.down && !n.booting {
		return s.outputs // it was killed
	}
	s.deliver(now)
	if s.phase == Inquiry {
		s.endedAside(now, i)
		s.startEnded(now, n, errors.New(status))
		return s.pump(now)
	}
	n.note.Exited, n.note.At, n.note.Status = true, now, status
	n.down, n.paused, n.booting = false, false, false
	s.noteFaults(now)
	s.lookForSilence(now)
	if s.phase == Starting || s.phase == Topology {
		s.setupFailed(now, n, errors.New("it is not running"))
	}
	s.startEnded(now, n, errors.New(status))
	return s.pump(now)
}

// healthState is how far polling a node for its health has got.
type healthState struct {
	asked       int64 // msg_id of the last request
	unsupported bool  // it answered with an error, and not for having crashed
}

// A poll asks pollNodes nodes for their health, and of a larger cluster
// 1/pollTurns, in turn: that is two questions to each within the quiet time, and
// does not make the bed the busiest part of a run.
const (
	pollNodes = 200
	pollTurns = 5
)

// PollHealth asks nodes for their health, outside of the network; called once a
// second it asks each at least every fifth. Nodes that have not answered init,
// are gone, or said that they know no such request are left out. It does nothing
// unless Config.OnHealth is set.
func (s *Session) PollHealth(now time.Duration) []Output {
	s.outputs = s.outputs[:0]
	if s.cfg.OnHealth == nil || s.phase == Done {
		return s.outputs
	}
	for range min(len(s.nodes), max(pollNodes, (len(s.nodes)+pollTurns-1)/pollTurns)) {
		n := &s.nodes[s.nextPoll]
		s.nextPoll = (s.nextPoll + 1) % len(s.nodes)
		if !n.ready || n.paused || n.deaf || n.note.Exited || n.health.unsupported {
			continue
		}
		n.health.asked++
		s.emit(Output{Action: ToNode, Node: n.name, ID: -1, Packet: network.Packet{
			Src: HealthClient, Dest: n.name,
			Body: fmt.Appendf(nil, `{"type":"health","msg_id":%d}`, n.health.asked),
		}})
	}
	return s.pump(now)
}

// healthReply hands a node's answer on.
func (s *Session) healthReply(now time.Duration, n *node, body json.RawMessage) {
	switch typ, _ := bodyType(body); typ {
	case "health_ok":
		s.cfg.OnHealth(now, n.name, body)
	case "error":
		// One that crashed on the request (13, 14) may well know it.
		code, _ := wire.Field(body, "code")
		n.health.unsupported = string(code) != "13" && string(code) != "14"
	}
}
