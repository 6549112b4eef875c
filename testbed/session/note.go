package session

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// maxEvidenceBytes of a bad line are kept.
const maxEvidenceBytes = 4096

// Note is what there is to say about a node after a run. A node that did
// nothing wrong has a note that is not Bad.
type Note struct {
	Node string `json:"node"`

	// Exited is set if the node's process ended before it was stopped.
	Exited bool          `json:"exited,omitempty"`
	Status string        `json:"status,omitempty"` // how it ended: "exit status 3"
	At     time.Duration `json:"exited_at_ns,omitempty"`

	// Deaf is set if a bad line on stdout made Maelstrom stop listening to the
	// node: whatever it said from then on was ignored, until it was killed and
	// started anew. The first such line is kept.
	Deaf    bool          `json:"deaf,omitempty"`
	Why     string        `json:"why,omitempty"`
	Line    string        `json:"line,omitempty"` // the line, cut at 4 KiB
	Did     string        `json:"did,omitempty"`  // what was wrong with it, if not its form
	DeafAt  time.Duration `json:"deaf_at_ns,omitempty"`
	Ignored int64         `json:"ignored_lines,omitempty"`

	// Unready says that the node had not answered what it was to be set up with
	// when the run was given up.
	Unready bool `json:"unready,omitempty"`

	// Stderr holds the last lines of the node's log, where a driver keeps them.
	Stderr []string `json:"stderr,omitempty"`
}

// Bad says whether the node crashed or went deaf.
func (n *Note) Bad() bool { return n.Exited || n.Deaf }

// String says in words what is wrong with the node; empty if nothing is.
func (n *Note) String() string {
	var parts []string
	if n.Deaf {
		did := n.Did
		if did == "" {
			did = "it printed a bad line"
		}
		s := fmt.Sprintf("went deaf at %.3f s: %s (%s): %s", n.DeafAt.Seconds(), did, n.Why, shorten(n.Line, 200))
		if n.Ignored > 0 {
			s += fmt.Sprintf("; %d later lines were ignored", n.Ignored)
		}
		parts = append(parts, s)
	}
	if n.Exited {
		parts = append(parts, fmt.Sprintf("ended by itself at %.3f s: %s", n.At.Seconds(), n.Status))
	}
	if len(parts) == 0 {
		return ""
	}
	return n.Node + " " + strings.Join(parts, "; it ")
}

// advice is what to look for if a node ended before it was ready, and said nothing
// about it.
func (n *Note) advice() string {
	if !n.Exited || n.Deaf || n.Status != "exit status 0" {
		return ""
	}
	return "; a node reads messages from stdin until that is closed or it is killed"
}

// deafened notes that nobody listens to the node any more.
func (n *Note) deafened(now time.Duration, why error, line []byte) {
	if n.Deaf {
		return // once more, in another life
	}
	n.Deaf, n.DeafAt = true, now
	n.Why = explainLine(line, why).Error()
	if e, ok := errors.AsType[*notHeard](why); ok {
		n.Did = e.did
	}
	n.Line = shorten(string(line), maxEvidenceBytes)
}

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "..."
}
