package session

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"treecast/run"
	"treecast/wire"
)

// evidenceBytes of a line, a request or a reply stand in a sentence about it.
const evidenceBytes = 300

// unanswered says why a node that was asked did not answer in time, as far as
// what it has printed tells, and what to do about it.
func (s *Session) unanswered(n *node, c *client, timeout time.Duration) error {
	text := fmt.Sprintf("it did not answer %s within %v", c.typ, timeout)
	if why := s.silence(n, c); why != "" {
		text += ": " + why
	}
	if c.typ == "init" && n.printed == 0 && c.stray == nil && s.unfinished(n) == "" {
		text += "; if it needs longer to start, --init-timeout gives it more than " + timeout.String()
	}
	if others := s.othersUnready(n); others != "" {
		text += "; " + others
	}
	return fmt.Errorf("%s", text)
}

// unfinished quotes what a node has printed of a line that has not ended; empty if
// that is nothing.
func (s *Session) unfinished(n *node) string {
	if s.cfg.Unfinished == nil {
		return ""
	}
	text, size := s.cfg.Unfinished(n.name)
	if size == 0 {
		return ""
	}
	return fmt.Sprintf("%s has printed %d bytes without a newline: %s; a newline ends a message",
		n.name, size, shorten(strings.TrimSpace(string(text)), evidenceBytes))
}

// silence says what a node has printed instead of an answer to the client.
func (s *Session) silence(n *node, c *client) string {
	if c.stray != nil {
		return fmt.Sprintf("%s answered %s, but its in_reply_to %s", n.name, typeOf(c.stray), notTheAsked(c.stray, c.lastID))
	}
	if left := s.unfinished(n); left != "" {
		return left
	}
	if s.cfg.StdoutClosed != nil && s.cfg.StdoutClosed(n.name) {
		return n.name + " has closed its stdout, which its messages have to go to"
	}
	if n.printed == 0 {
		return n.name + " has printed nothing; is its stdout buffered? Flush it after every message (in Python print(..., flush=True))"
	}
	return fmt.Sprintf("%s has printed %s, but no answer to %s; the last: %s", n.name, plural(int(n.printed), "line"), c.typ, n.lastLine)
}

// othersUnready says that other nodes are not ready either.
func (s *Session) othersUnready(n *node) string {
	count, name := 0, ""
	for i := range s.nodes {
		if other := &s.nodes[i]; other != n && s.awaits(other) {
			count++
			name = other.name
		}
	}
	switch count {
	case 0:
		return ""
	case 1:
		return "neither did " + name
	default:
		return fmt.Sprintf("neither did %d other nodes", count)
	}
}

// awaits says whether a node has not answered what it was asked to set itself
// up with, init or topology.
func (s *Session) awaits(n *node) bool {
	switch s.phase {
	case Starting:
		return !n.ready
	case Topology:
		return n.setup != nil && n.setup.waiting
	default:
		return false
	}
}

// notTheAsked says how the in_reply_to of a body is none of the request with
// that id.
func notTheAsked(body json.RawMessage, id int64) string {
	value, ok := wire.Field(body, "in_reply_to")
	if !ok {
		return fmt.Sprintf("is missing; %d was expected", id)
	}
	return fmt.Sprintf("is %s, not %d", shorten(string(value), evidenceBytes), id)
}

// typeOf is the type of a body for a sentence.
func typeOf(body json.RawMessage) string {
	if typ, ok := bodyType(body); ok {
		return typ
	}
	return "a message without a type"
}

// complaint is a way in which replies are wrong.
type complaint struct {
	f, why string // the operation, and what is wrong
	node   string // of the first
	at     time.Duration
	asked  string // the first request
	got    string // its reply
	count  int
}

// maxComplaints are told apart; more are the same mistake with other words.
const maxComplaints = 8

// complain counts a reply that is not what its request asks for, and keeps the
// first of its kind.
func (s *Session) complain(now time.Duration, c *client, why string, body json.RawMessage) {
	for i := range s.complaints {
		if k := &s.complaints[i]; k.f == c.typ && k.why == why {
			k.count++
			return
		}
	}
	if len(s.complaints) == maxComplaints {
		s.complaints[maxComplaints-1].count++
		return
	}
	s.complaints = append(s.complaints, complaint{
		f: c.typ, why: why, node: s.nodes[c.node].name, at: now, count: 1,
		asked: c.asked[len(c.asked)-1].request, got: shorten(string(body), evidenceBytes),
	})
}

// wrongReplies are the complaints as findings.
func (s *Session) wrongReplies() (out []run.Finding) {
	for _, k := range s.complaints {
		noun := "replies"
		if k.count == 1 {
			noun = "reply"
		}
		out = append(out, run.Finding{
			Kind: run.FindingReply, Node: k.node, Count: k.count,
			Text: fmt.Sprintf("%d %s to %s: %s; first at %.3f s: %s was sent %s and answered %s",
				k.count, noun, k.f, k.why, k.at.Seconds(), k.node, k.asked, k.got),
		})
	}
	return out
}

// lookForSilence looks whether any node can still be heard, now or after it will have
// been started again.
func (s *Session) lookForSilence(now time.Duration) {
	was := s.silent
	s.silent = true
	for i := range s.nodes {
		n := &s.nodes[i]
		s.silent = s.silent && (n.note.Exited || n.deaf && !s.cfg.Kills())
	}
	if s.silent && !was && s.phase != Starting && s.phase != Topology {
		s.shortened = fmt.Sprintf(
			"at %.3f s no node was left that could be heard: all had ended or gone deaf, and the run was cut short", now.Seconds())
	}
}
