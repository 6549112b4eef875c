package gossip

// state is how a peer is sent to, by how far it can be reached. As raft's
// tracker has it for followers, a link is in exactly one of them:
//
//	            a batch is not acked in time
//	streaming ------------------------------> probing
//	    ^                                        |
//	    |  an ack                                |  a probe is not answered,
//	    |<---------------------------------------|  as often as loss explains
//	    |                                        v
//	    +----------------------------------- unreachable
//	       an ack, or a message of a new incarnation
type state uint8

const (
	// streaming: batches flow as they fall due, up to the window.
	streaming state = iota
	// probing: one message at a time goes, at growing intervals, until
	// something is acked. It carries what is unacked.
	probing
	// unreachable: the peer is taken to be out of reach, and others take its place.
	// It is owed nothing, as both sides show what they hold when it answers. It is
	// probed, bare, for as long as anybody needs to know; at rest it is not.
	unreachable
)

// String names a state.
func (s state) String() string { return [...]string{"streaming", "probing", "unreachable"}[s] }

// reach is the state of a link.
type reach struct {
	state    state
	atRest   bool // unreachable, and not probed
	mute     bool // unreachable, and owed nothing until it answers
	attempts int  // probes, or batches of a doubted peer, that were not answered
}

// isProbed reports whether one message at a time goes until something is acked.
func (r *reach) isProbed() bool {
	return r.state == probing || r.state == unreachable && !r.atRest
}

// becomeProbing follows a batch that was not acked in time.
func (r *reach) becomeProbing() {
	if r.state == streaming {
		r.state = probing
	}
	r.atRest = false
}

// becomeStreaming follows an ack. Whether an unreachable peer is back is for
// repair to say.
func (r *reach) becomeStreaming() {
	if r.state == probing {
		r.state = streaming
	}
	r.atRest, r.attempts = r.state == unreachable, 0
}

// becomeUnreachable follows a probe that was not answered.
func (r *reach) becomeUnreachable(mute bool) {
	r.atRest, r.mute = r.state == streaming, mute
	r.state = unreachable
}

// becomeReachable ends being unreachable. A probe that is under way goes on.
func (r *reach) becomeReachable() {
	r.state, r.mute = probing, false
	if r.atRest {
		r.state, r.atRest = streaming, false
	}
}
