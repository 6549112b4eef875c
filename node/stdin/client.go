package stdin

import "time"

// Client says what has become of the client that sent a line which has waited.
type Client uint8

// From what is best to what is worst.
const (
	Waiting   Client = iota // it still waits for its answer
	MaybeGone               // one that waits for a broadcast's answer may have gone
	Gone                    // any client may have
)

const (
	// ReplyDeadline is how long after its request had come a reply is still
	// written. A client waits 5 s from when it sent the request, which the node
	// cannot see.
	ReplyDeadline = 4 * time.Second
	// ReadDeadline is the same for reads. Their client does not go when it has
	// waited in vain, but it may when its next operation has: after 5 s more.
	ReadDeadline = 9 * time.Second
	// readLife is how long a stop of the process may be for a read to be answered
	// after it: its client goes 10 s after the read at the soonest.
	readLife = 8 * time.Second
)

// After is what has become of the client of a line that has waited for so long, at
// least.
func After(wait time.Duration) Client {
	switch {
	case wait > ReadDeadline:
		return Gone
	case wait > ReplyDeadline:
		return MaybeGone
	}
	return Waiting
}

// Answers reports whether a request is still to be answered. A patient client stays
// the same when it has waited in vain.
func (c Client) Answers(patient bool) bool {
	if patient {
		return c != Gone
	}
	return c == Waiting
}
