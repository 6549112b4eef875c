package virtual

import "time"

// kind says whom an event is for: one of a host's tasks, by number, or one of
// those below.
type kind int16

const (
	forBoot   kind = -1 - iota // a node is there
	forTick                    // its health monitor looks
	forGoOn                    // a stall is over
	forGlance                  // people are told how it goes
)

// forReader is the first of a host's tasks: it takes lines from stdin to the node.
// Behind it come the node's services, and last the printer, which takes lines from
// stdout to the session.
const forReader kind = 0

// event is something to be done at a time. Of what is due at the same time the
// lowest draw comes first; that of a tick is 0.
type event struct {
	at   time.Duration
	draw uint64
	host int32
	kind kind
}

func (e *event) before(other *event) bool {
	return e.at < other.at || e.at == other.at && e.draw < other.draw
}

// events is a binary heap. container/heap would box every event.
type events []event

func (h *events) push(e event) {
	s := append(*h, e)
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&s[parent]) {
			break
		}
		s[i] = s[parent]
		i = parent
	}
	s[i] = e
	*h = s
}

// pop takes the first event; there must be one.
func (h *events) pop() event {
	s := *h
	first, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return first
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(s) {
			break
		}
		if child+1 < len(s) && s[child+1].before(&s[child]) {
			child++
		}
		if !s[child].before(&last) {
			break
		}
		s[i] = s[child]
		i = child
	}
	s[i] = last
	return first
}
