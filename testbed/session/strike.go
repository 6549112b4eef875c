package session

import (
	"encoding/json"
	"fmt"
	"time"

	"treecast/run"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/wire"
	"treecast/workload"
)

// strike is a step of the nemesis that is not complete yet: nodes that were
// started have to answer init first. The nemesis is one process of Jepsen's, so
// nothing else goes wrong meanwhile.
type strike struct {
	step    nemesis.Step
	results map[string]string // by node; what is missing is being waited for
	waiting int               // nodes that have not answered init
}

// strike does what the nemesis wants and records it.
func (s *Session) strike(now time.Duration, step nemesis.Step) {
	s.record(now, run.Op{Type: run.Info, Process: run.NemesisProcess, F: step.F, Value: step.Value})
	if step.Heal {
		s.net.Heal()
	}
	for _, r := range step.Cut {
		for _, sender := range r.Refuses {
			s.net.Cut(r.Node, sender)
		}
	}
	if m := step.Messages; m != nil {
		s.net.SetFaults(network.Faults{
			Loss: m.Loss, Duplicate: m.Duplicate, Reorder: m.Reorder, Delay: m.Delay, DelayMean: m.DelayMean,
		}, s.mishaps)
	}
	for i := range step.Clocks {
		s.emit(Output{Action: SetClock, Node: step.Clocks[i].Node, Clock: &step.Clocks[i]})
	}
	if len(step.Clocks) > 0 {
		s.skewed = step.F == "start-clock"
	}
	s.striking = &strike{step: step, results: map[string]string{}}
	if step.Deed != "" {
		for _, name := range step.Nodes {
			s.strikeNode(now, &s.nodes[s.index[name]])
		}
	}
	s.noteFaults(now)
	s.struck(now)
}

// strikeNode does a deed to one node, as far as it makes sense.
func (s *Session) strikeNode(now time.Duration, n *node) {
	did := func(text string) { s.striking.results[n.name] = text }
	switch deed := s.striking.step.Deed; {
	case deed == nemesis.DoTruncate:
		s.emit(Output{Action: HarmJournal, Node: n.name, Harm: s.striking.step.Harm})
		did("truncated")
	case deed == nemesis.DoRemove:
		s.emit(Output{Action: HarmJournal, Node: n.name})
		did("removed")
	case n.note.Exited || n.down && deed != nemesis.DoStart:
		did("not-running")
	case deed == nemesis.DoKill:
		n.down, n.paused, n.ready = true, false, false
		s.net.Hold(now, n.name, true)
		s.emit(Output{Action: KillNode, Node: n.name})
		did("killed")
	case deed == nemesis.DoStart && n.down:
		n.booting = true
		s.striking.waiting++
		s.emit(Output{Action: StartNode, Node: n.name})
	case deed == nemesis.DoStart:
		did("already-running")
	case deed == nemesis.DoPause:
		n.paused = true
		s.net.Hold(now, n.name, false)
		s.emit(Output{Action: PauseNode, Node: n.name})
		did("paused")
	case deed == nemesis.DoStall:
		s.emit(Output{Action: StallNode, Node: n.name, For: s.striking.step.For})
		s.stalled = max(s.stalled, now+s.striking.step.For)
		did("stalled")
	case deed == nemesis.DoResume:
		if n.paused {
			n.paused = false
			s.emit(Output{Action: ResumeNode, Node: n.name})
			s.net.Release(now, n.name)
		}
		did("resumed")
	}
}

// struck records the completion of a step once nothing is waited for.
func (s *Session) struck(now time.Duration) {
	if s.striking == nil || s.striking.waiting > 0 {
		return
	}
	step := s.striking.step
	if step.Deed != "" {
		step.Completed = s.striking.completed()
	}
	s.striking = nil
	s.record(now, run.Op{Type: run.Info, Process: run.NemesisProcess, F: step.F, Value: step.Completed})
}

// completed says of every node what came of the deed, as Jepsen's histories do.
func (t *strike) completed() json.RawMessage {
	out := []byte{'{'}
	for i, name := range t.step.Nodes {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(wire.AppendString(out, name), ':')
		out = wire.AppendString(out, t.results[name])
	}
	return append(out, '}')
}

// restarted sends init to a node that was killed and runs again. It keeps its
// name and its place in the network; what waits for it there comes after init.
func (s *Session) restarted(now time.Duration, n *node) {
	n.booting = false
	n.down, n.deaf, n.refused, n.printed = false, false, nil, 0
	s.init(now, n, s.sendFirst, func(now time.Duration, err error) {
		n.ready = err == nil
		s.startEnded(now, n, err)
	})
	s.net.Release(now, n.name)
	s.noteFaults(now)
}

// startEnded says that a node which the nemesis has started is there, or why
// it is not.
func (s *Session) startEnded(now time.Duration, n *node, err error) {
	if s.striking == nil || s.striking.step.Deed != nemesis.DoStart || s.striking.results[n.name] != "" {
		return
	}
	s.striking.results[n.name] = "started"
	if err != nil {
		s.striking.results[n.name] = err.Error()
	}
	s.striking.waiting--
	s.struck(now)
}

// init asks a node to initialise itself, through a client of its own.
func (s *Session) init(now time.Duration, n *node, send sender, ended func(now time.Duration, err error)) {
	c := s.open(s.index[n.name])
	c.answered = func(now time.Duration, reply *run.Message) {
		s.close(c)
		if reply == nil {
			ended(now, s.unanswered(n, c, s.cfg.InitTimeout))
		} else if err := workload.CheckInit(reply.Body); err != nil {
			n.refused = err
			ended(now, err)
		} else {
			ended(now, nil)
		}
	}
	s.request(now, c, "init", s.cfg.InitTimeout, send, func(msgID int64) []byte {
		body := []byte(`{"type":"init","node_id":`)
		body = wire.AppendString(body, n.name)
		body = append(append(body, `,"node_ids":`...), s.nodeIDs...)
		return fmt.Appendf(body, `,"msg_id":%d}`, msgID)
	})
}
