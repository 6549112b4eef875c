package session

import (
	"fmt"
	"time"

	"treecast/run"
	"treecast/testbed/workload"
	"treecast/wire"
)

// NodeStarted says that a node's process runs: it joins the network and is sent
// init. Nodes join one by one, as in Maelstrom, where a message to one that has
// not joined yet deafens its sender.
func (s *Session) NodeStarted(now time.Duration, name string) []Output {
	s.outputs = s.outputs[:0]
	s.deliver(now)
	i, known := s.index[name]
	if !known || s.phase != Starting || s.nodes[i].started || s.nodes[i].note.Exited {
		return s.outputs
	}
	n := &s.nodes[i]
	n.started = true
	s.net.AddNode(name)
	c := s.open(i)
	c.answered = func(now time.Duration, reply *run.Message) {
		s.close(c)
		if reply == nil {
			s.setupFailed(now, n, fmt.Errorf("it did not answer init within %v", initTimeout))
		} else if err := workload.CheckInit(reply.Body); err != nil {
			s.setupFailed(now, n, fmt.Errorf("asked to init, %w", err))
		} else {
			n.ready = true
			s.remaining--
		}
	}
	s.request(now, c, "init", initTimeout, func(msgID int64) []byte {
		body := []byte(`{"type":"init","node_id":`)
		body = wire.AppendString(body, name)
		body = append(append(body, `,"node_ids":`...), s.nodeIDs...)
		return fmt.Appendf(body, `,"msg_id":%d}`, msgID)
	})
	return s.pump(now)
}

// setupFailed ends a run that never got to its load.
func (s *Session) setupFailed(now time.Duration, n *node, err error) {
	if s.phase == Done {
		return
	}
	if text := n.note.String(); text != "" {
		err = fmt.Errorf("%w (%s)", err, text)
	}
	s.finish(now, fmt.Errorf("node %s could not be set up: %w", n.name, err))
}

// stepStarting goes on to the topology when every node has answered init. Every
// node gets a client for its setup, which stays open, even if the workload has
// nothing to set up.
func (s *Session) stepStarting(now time.Duration) bool {
	if s.remaining > 0 {
		return false
	}
	s.phase = Topology
	if !s.cfg.Workload.NeedsTopology() {
		for i := range s.nodes {
			s.open(i)
		}
		return true
	}
	s.remaining = len(s.nodes)
	body := s.topologyBody()
	for i := range s.nodes {
		n, c := &s.nodes[i], s.open(i)
		c.answered = func(now time.Duration, reply *run.Message) {
			if reply == nil {
				s.setupFailed(now, n, fmt.Errorf("it did not answer topology within %v", s.cfg.OpTimeout))
			} else if err := workload.CheckTopology(reply.Body); err != nil {
				s.setupFailed(now, n, fmt.Errorf("sent a topology, %w", err))
			} else {
				s.remaining--
			}
		}
		s.request(now, c, "topology", s.cfg.OpTimeout, body)
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
