package service

import (
	"bytes"
	"time"

	"treecast/backpressure"
)

// MaxShown is how many lines and spans the node keeps of what one peer shows it to hold:
// what a hundred thousand origins have. A peer that shows more is not listened to any
// further.
const MaxShown = 1 << 17

// digestKey is what a digest begins with in the body of a message.
var digestKey = []byte(`"vec":`)

// Spans is how many lines and spans the digest in the body of a message has at most: what
// it costs beside its bytes, as each is looked up by itself. The body is not read for it.
func Spans(body []byte) int {
	at := bytes.Index(body, digestKey)
	if at < 0 {
		return 0
	}
	return bytes.Count(body[at:], []byte("["))
}

// SpanLimits hold each peer to a number of spans a second.
type SpanLimits struct {
	Config backpressure.AllowanceConfig
	peers  map[string]*backpressure.Allowance
}

// Take reports whether a message of a peer, as JSON, is within its limit.
func (l *SpanLimits) Take(now time.Duration, peer string, body []byte) bool {
	if l.Config.PerSecond == 0 {
		return true
	}
	spans := Spans(body)
	if spans == 0 {
		return true
	}
	a := l.peers[peer]
	if a == nil {
		if l.peers == nil {
			l.peers = map[string]*backpressure.Allowance{}
		}
		a = backpressure.NewAllowance(l.Config)
		l.peers[peer] = a
	}
	return a.Take(now, float64(spans))
}

// OptionalFigures tell of what an overwhelmed node gives up first.
type OptionalFigures struct {
	GivenUp        bool   // it does so now
	Times          uint64 // that it began to
	Refused        uint64 // wishes of links that are none of the tree, adopted children and random partners, to send entries
	SyncsPostponed uint64 // digest exchanges with random nodes that were put off
}

// optional keeps permits from links that are none of the tree's while the node is
// overwhelmed: what they lack they get when it is well again, and those that have
// asked for it in the tree get it meanwhile. Acks, probes and digests need no permit.
type optional struct {
	*backpressure.Permits
	inTree  map[string]bool
	figures OptionalFigures
}

// Acquire refuses those who are none of the tree's while the node is overwhelmed.
func (o *optional) Acquire(now time.Duration, holder string) bool {
	if o.figures.GivenUp && !o.inTree[holder] {
		o.figures.Refused++
		return false
	}
	return o.Permits.Acquire(now, holder)
}

// overwhelmed takes note of whether the node is.
func (o *optional) overwhelmed(is bool) {
	if is && !o.figures.GivenUp {
		o.figures.Times++
	}
	o.figures.GivenUp = is
}

// busy reports whether random exchanges are to be put off, for the core.
func (o *optional) busy(time.Duration) bool {
	if o.figures.GivenUp {
		o.figures.SyncsPostponed++
	}
	return o.figures.GivenUp
}
