package hop

import (
	"time"

	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/isolate/frame"
	"treecast/node/inject"
)

// Engine is what a child does, as steps. It is for one goroutine at a time. now is
// of one clock and never goes back.
type Engine interface {
	// Work does a piece of work, the payload of a message, and returns the payload of the
	// answer, which is valid until the next call. Pressing is one that somebody waits for. An
	// error is what no parent sends.
	Work(now time.Duration, payload []byte) (answer []byte, pressing bool, err error)
	// Next is when Due is to be called if no work comes before, unless it is Blocked: then
	// nothing may be said before there is more work.
	Next() time.Duration
	Blocked() bool
	// Due does what is due by itself, and returns what is to be said; nil: nothing.
	Due(now time.Duration) []byte
}

// EngineOptions are what a Hello cannot carry; all may be nil, and are as a rule.
type EngineOptions struct {
	Faults  *inject.Injector // are told of what a gossip child does
	NewCore NewCore
	// Clock is how much time the child has used so far; nil: its work takes none.
	Clock func() time.Duration
}

// NewCore makes a gossip core in place of gossip.New, for tests.
type NewCore func(now time.Duration, cfg gossip.Config, log *gossip.Log) (gossip.Machine, error)

// NewEngine returns the engine that a Hello asks for.
func NewEngine(h *Hello, o EngineOptions) (Engine, error) {
	if o.Clock == nil {
		o.Clock = func() time.Duration { return 0 }
	}
	if h.Kind == LinkChild {
		return &linkEngine{clock: o.Clock, decoder: codec.NewDecoder(nil), spans: service.SpanLimits{Config: h.Spans}}, nil
	}
	cfg := h.Service.config()
	cfg.NewCore = o.NewCore
	s, err := service.New(cfg)
	if err != nil {
		return nil, err
	}
	return &GossipEngine{clock: o.Clock, service: s, faults: o.Faults}, nil
}

// GossipEngine is the gossip service of a node, in its child.
type GossipEngine struct {
	clock   func() time.Duration
	service *service.Service
	faults  *inject.Injector
	last    service.In // what holds until the next one
	seen    uint64     // packets that the parent had seen when it granted last.Room
	sent    uint64     // packets
	answer  []byte

	pressing bool // somebody waits for the answer of this step
}

// pressing reports whether somebody waits for what comes of a step, whatever it is.
func pressing(in *service.In) bool { return in.Message != nil || in.Begin != nil }

// Service is the service itself, for whoever holds it to what it promises.
func (e *GossipEngine) Service() *service.Service { return e.service }

// Work does a step. Nobody waits for the answer to what the store has told if nothing comes of it.
func (e *GossipEngine) Work(now time.Duration, payload []byte) ([]byte, bool, error) {
	began := e.clock()
	var in StepIn
	if err := frame.Read(payload, &in); err != nil {
		return nil, false, err
	}
	e.seen = in.Seen
	e.pressing = pressing(&in.In)
	e.last = service.In{Own: in.In.Own, OwnLast: in.In.OwnLast, Health: in.In.Health, Room: in.In.Room}
	answer := e.step(now, began, &in.In)
	return answer, e.pressing, nil
}

// Next is the service's.
func (e *GossipEngine) Next() time.Duration { return e.service.Next() }

// Due does the step that is due.
func (e *GossipEngine) Due(now time.Duration) []byte {
	in := e.last
	return e.step(now, e.clock(), &in)
}

// Blocked reports whether the parent takes no packet.
func (e *GossipEngine) Blocked() bool { return e.room(e.last.Room) == 0 }

// room is how many packets may be sent: those that the parent has not seen yet take
// from what it has granted.
func (e *GossipEngine) room(granted int) int {
	return int(max(0, int64(granted)-int64(e.sent-e.seen)))
}

func (e *GossipEngine) step(now, began time.Duration, in *service.In) []byte {
	in.Now, in.Room = now, e.room(in.Room)
	item := in.Message != nil || in.Begin != nil
	works := item || e.service.Next() <= now
	if works {
		e.faults.Begin(now, item)
	}
	out := e.service.Step(in)
	if works {
		e.faults.End()
	}
	e.sent += uint64(len(out.Send))
	e.pressing = e.pressing || len(out.Send) > 0 || out.Figures != nil || out.Trouble != nil
	e.answer = frame.Append(e.answer[:0], &StepOut{Out: *out, Took: e.clock() - began})
	answer := e.answer
	if cap(e.answer) > 1<<20 {
		e.answer = nil // after a single larger one
	}
	return answer
}

// linkEngine reads the messages of a neighbour.
type linkEngine struct {
	clock   func() time.Duration
	decoder *codec.Decoder
	spans   service.SpanLimits
	text    []byte
	answer  []byte
}

// Work reads a message.
func (e *linkEngine) Work(now time.Duration, payload []byte) ([]byte, bool, error) {
	began := e.clock()
	var in LinkIn
	if err := frame.Read(payload, &in); err != nil {
		return nil, false, err
	}
	var out LinkOut
	if out.Limited = !e.spans.Take(now, in.From, in.Body); !out.Limited {
		m, err := e.decoder.Message(in.Body)
		if err == nil {
			e.text = Parsed{}.Append(e.text[:0], m)
			out.Message = e.text
		}
		out.Unreadable = err
	}
	out.Took = e.clock() - began
	e.answer = frame.Append(e.answer[:0], &out)
	answer := e.answer
	if cap(e.answer) > 1<<20 {
		e.answer, e.text = nil, nil
	}
	return answer, true, nil
}

// Next is never: a link child does nothing by itself.
func (e *linkEngine) Next() time.Duration { return never }

// Blocked is false.
func (e *linkEngine) Blocked() bool { return false }

// Due does nothing.
func (e *linkEngine) Due(time.Duration) []byte { return nil }
