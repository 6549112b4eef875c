package session

import (
	"errors"
	"fmt"
	"time"

	"treecast/run"
	"treecast/workload"
)

// NodeStarted says that a node's process runs: it joins the network and is sent
// init. Nodes join one by one, as in Maelstrom, where a message to one that has
// not joined yet deafens its sender. A node that the nemesis had killed is in the
// network still, and gets another init.
func (s *Session) NodeStarted(now time.Duration, name string) []Output {
	s.outputs = s.outputs[:0]
	s.deliver(now)
	i, known := s.index[name]
	if !known || s.phase == Done || s.nodes[i].note.Exited {
		return s.outputs
	}
	if s.nodes[i].booting {
		s.restarted(now, &s.nodes[i])
		return s.pump(now)
	}
	if s.phase != Starting || s.nodes[i].started {
		return s.outputs
	}
	n := &s.nodes[i]
	n.started = true
	s.net.AddNode(name)
	s.addServices(s.serviceRng)
	s.init(now, n, s.send, func(now time.Duration, err error) {
		if err != nil {
			s.setupFailed(now, n, err)
			return
		}
		n.ready = true
		s.remaining--
	})
	return s.pump(now)
}

// setupFailed ends a run that never got to its load.
func (s *Session) setupFailed(now time.Duration, n *node, err error) {
	if s.phase == Done {
		return
	}
	if n.note.Bad() {
		err = errors.New(n.note.String() + n.note.advice())
	}
	for i := range s.nodes {
		s.nodes[i].note.Unready = s.nodes[i].started && s.awaits(&s.nodes[i])
	}
	n.note.Unready = true
	s.finish(now, fmt.Errorf("node %s could not be set up: %w", n.name, err))
}

// stepStarting goes on to the topology when every node has answered init. Every
// node gets a client for its setup, which stays open, even if the workload has
// nothing to set up.
func (s *Session) stepStarting(now time.Duration) bool {
	s.startDue(now)
	if s.remaining > 0 {
		return false
	}
	s.phase = Topology
	if !s.cfg.Workload.Topology {
		for i := range s.nodes {
			s.open(i)
		}
		return true
	}
	s.remaining = len(s.nodes)
	body, timeout := s.topologyBody(), s.cfg.OpTimeout
	if timeout == 0 {
		timeout = DefaultOpTimeout
	}
	for i := range s.nodes {
		n, c := &s.nodes[i], s.open(i)
		n.setup = c
		c.answered = func(now time.Duration, reply *run.Message) {
			if reply == nil {
				s.setupFailed(now, n, s.unanswered(n, c, timeout))
			} else if err := workload.CheckTopology(reply.Body); err != nil {
				s.setupFailed(now, n, err)
			} else {
				s.remaining--
			}
		}
		s.request(now, c, "topology", timeout, s.send, body)
	}
	return true
}

// stepTopology goes on to the load when every node has answered.
func (s *Session) stepTopology(now time.Duration) bool {
	if s.remaining > 0 {
		return false
	}
	s.beginLoad(now)
	return true
}
