package session

import (
	"fmt"
	"strconv"
	"time"

	"treecast/run"
	"treecast/wire"
)

// conduct is what a node did that Maelstrom takes without a word: no history
// shows it, and a strict verdict must.
type conduct struct {
	ignored    tally // lines with more than a message on them
	control    tally // lines with raw control characters in strings
	sender     tally // messages under another's name
	twice      tally // replies to a request that was answered already
	late       tally // replies to a request that its client had given up
	unanswered tally // requests without any reply
}

// tally counts cases of one kind and describes the first.
type tally struct {
	count int
	at    time.Duration
	first string
}

func (t *tally) add(at time.Duration, describe func() string) {
	if t.count++; t.count == 1 {
		t.at, t.first = at, describe()
	}
}

// settleTime is how long after a fault requests may go without an answer, or get
// it late: a cluster may have to agree anew, and has a backlog.
const settleTime = 5 * time.Second

// exchange is a request of a client's and what became of it.
type exchange struct {
	at       time.Duration // when it was sent
	request  string        // its body, cut
	answered bool
	replyAt  time.Duration // of the first reply
	givenUp  bool
	gaveUpAt time.Duration
	excused  bool // given up while a fault was active, or soon after one
}

// excerptBytes of a body stand in a finding.
const excerptBytes = 200

func excerpt(b []byte) string { return shorten(string(b[:min(len(b), excerptBytes+1)]), excerptBytes) }

// exchange returns the client's request with an id; nil if there was none.
func (c *client) exchange(id wire.ID) *exchange {
	n, ok := id.Int64()
	if !ok || n < 1 || n > int64(len(c.asked)) {
		return nil
	}
	return &c.asked[n-1]
}

// judgeSent looks at a message that a node prints, before the network does.
func (s *Session) judgeSent(now time.Duration, n *node, p *printed) {
	var x *exchange
	if c := s.knownClient(p.Dest); c != nil {
		if id, ok := wire.ParseID(p.replyTo); ok {
			x = c.exchange(id)
		}
	}
	if p.Src != n.name {
		n.conduct.sender.add(now, func() string {
			text := fmt.Sprintf("as %s to %s: %s", p.Src, p.Dest, excerpt(p.Body))
			if x != nil {
				text += fmt.Sprintf(", to the request %s of %s", x.request, seconds(x.at))
			}
			return text
		})
	}
	if x == nil {
		return
	}
	describe := func(how string) func() string {
		return func() string {
			return fmt.Sprintf("to %s, which %s had sent at %s%s: %s", x.request, p.Dest, seconds(x.at), how, excerpt(p.Body))
		}
	}
	switch {
	case x.answered:
		n.conduct.twice.add(now, describe(" and was answered at "+seconds(x.replyAt)))
		return
	case x.givenUp && !x.excused:
		n.conduct.late.add(now, describe(fmt.Sprintf(", %s before", seconds(now-x.at))))
	}
	x.answered, x.replyAt = true, now
}

// knownClient is a client that is open, or was.
func (s *Session) knownClient(name string) *client {
	if c := s.clients[name]; c != nil {
		return c
	}
	return s.gone[name]
}

// giveUp notes that a client waits no longer for the answer to its last request.
func (s *Session) giveUp(now time.Duration, c *client) {
	x := &c.asked[len(c.asked)-1]
	x.givenUp, x.gaveUpAt, x.excused = true, now, x.at < s.calmFrom
	s.givenUp = append(s.givenUp, unheard{c, c.lastID})
}

// unheard is a request that was given up.
type unheard struct {
	c     *client
	msgID int64
}

// noteFaults keeps what is known of when faults are active. A node that has ended
// or that nobody listens to any more is one, too.
func (s *Session) noteFaults(now time.Duration) {
	active := s.cfg.Ailing || s.net.Partitioned() || s.net.Disturbed() || s.skewed
	for i := range s.nodes {
		n := &s.nodes[i]
		active = active || n.down || n.paused || n.note.Bad()
	}
	switch {
	case active:
		s.faulty, s.calmFrom = true, forever
	case s.faulty:
		s.faulty, s.calmFrom = false, now+settleTime
	}
	if s.stalled > 0 {
		s.calmFrom = max(s.calmFrom, s.stalled+settleTime)
	}
}

const forever = 1<<63 - 1

// findings says what is wrong with the nodes' conduct, node by node.
func (s *Session) findings() (out []run.Finding) {
	out = s.wrongReplies()
	for _, u := range s.givenUp {
		// A run that could not begin says by its error what was not answered.
		if x := u.c.exchange(wire.IntID(u.msgID)); !x.answered && !x.excused && s.result.Err == nil {
			s.nodes[u.c.node].conduct.unanswered.add(x.at, func() string { return x.request + " of " + u.c.name })
		}
	}
	s.givenUp = nil
	for i := range s.nodes {
		n := &s.nodes[i]
		for _, c := range []struct {
			kind run.FindingKind
			of   *tally
			text string
		}{
			{run.FindingUnanswered, &n.conduct.unanswered, "%s never answered %s, though no fault was active; the first was sent at %s: %s"},
			{run.FindingLate, &n.conduct.late, "%s answered %s when the client had given up; first at %s, %s"},
			{run.FindingTwice, &n.conduct.twice, "%s answered %s a second time; first at %s, %s"},
			{run.FindingSender, &n.conduct.sender, "%s sent %s under another name; first at %s, %s"},
			{run.FindingIgnored, &n.conduct.ignored, "%s printed %s with more than a message on it, of which Maelstrom reads the first and ignores the rest; first at %s, ignored: %s"},
		} {
			if c.of.count > 0 {
				what := map[run.FindingKind]string{run.FindingSender: "message", run.FindingIgnored: "line"}[c.kind]
				if what == "" {
					what = "request"
				}
				text := fmt.Sprintf(c.text, n.name, plural(c.of.count, what), seconds(c.of.at), c.of.first)
				if left := s.unfinished(n); c.kind == run.FindingUnanswered && left != "" {
					text += "; " + left
				}
				out = append(out, run.Finding{Kind: c.kind, Node: n.name, Count: c.of.count, Text: text})
			}
		}
	}
	return out
}

// remarks says what is odd about the nodes' output and harms nothing, and what the
// findings follow from.
func (s *Session) remarks() (out []string) {
	if s.shortened != "" {
		out = append(out, s.shortened)
	}
	if refused := s.refusedInit(); refused != "" {
		out = append(out, refused)
	}
	for i := range s.nodes {
		if n := &s.nodes[i]; n.conduct.control.count > 0 {
			out = append(out, fmt.Sprintf("%s printed %s with raw control characters in strings, which Maelstrom takes and JSON forbids; first at %s: %s",
				n.name, plural(n.conduct.control.count, "line"), seconds(n.conduct.control.at), n.conduct.control.first))
		}
	}
	return out
}

// refusedInit says that nodes which were started again did not take their init, so that
// nobody wonders why they answer nothing else; empty if all that run did.
func (s *Session) refusedInit() string {
	text, others := "", 0
	for i := range s.nodes {
		switch n := &s.nodes[i]; {
		case n.refused == nil || n.down || s.phase == Starting: // whose error says it
		case text == "":
			text = fmt.Sprintf("%s was started again and did not take its init, so it answered nothing after that: %v", n.name, n.refused)
		default:
			others++
		}
	}
	if others > 0 {
		text += fmt.Sprintf("; neither did %s", plural(others, "other node"))
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func seconds(at time.Duration) string { return fmt.Sprintf("%.3f s", at.Seconds()) }
