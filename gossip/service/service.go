package service

import (
	"bytes"
	"time"

	"treecast/backpressure"
	"treecast/gossip"
	"treecast/gossip/codec"
)

// Config is what a Service is made with.
type Config struct {
	// Gossip is the settings of the core that hold for every life: rounds, periods,
	// the least incarnation.
	Gossip gossip.Config
	// NumChildren is the fan-out of the spanning tree; 0: chosen by the number of nodes.
	NumChildren int
	// Permits limit the neighbours that may have anything unacked. Total 0 means as
	// many as there are links.
	Permits backpressure.PermitsConfig
	// Spans limits the spans of each peer's messages, where they are JSON; the zero value
	// does not.
	Spans backpressure.AllowanceConfig
	// Codec puts messages into bytes; nil: they are JSON, as peers read them.
	Codec Codec
	// Origins is the table of names of the JSON codec; nil: one of its own.
	Origins *codec.Origins

	// NewCore makes a core; nil: gossip.New does. It is for tests, which put one in
	// between that is wrong.
	NewCore func(now time.Duration, cfg gossip.Config, log *gossip.Log) (gossip.Machine, error)

	Shared Shared
}

// Codec puts messages into bytes and reads them again. Where messages are read and
// written elsewhere, it is one that costs less than peers' JSON.
type Codec interface {
	// Message reads a message, which shares no memory with the body.
	Message(body []byte) (*gossip.Message, error)
	// Append appends a message to dst.
	Append(dst []byte, m *gossip.Message) []byte
}

// jsonCodec is that of peers.
type jsonCodec struct{ *codec.Decoder }

func (jsonCodec) Append(dst []byte, m *gossip.Message) []byte { return codec.Append(dst, m) }

// Shared is what a service has in common with a node in the same process. The zero
// value is that of one that has nothing.
type Shared struct {
	// Log is the node's; nil: the service keeps one of what it is told.
	Log *gossip.Log
	// Withhold reports whether a message brings entries that the node shows but has
	// not made durable, so that it must not be acked; nil: none does.
	Withhold func(*gossip.Message) bool
}

// Service is the gossip service of a node. It is for one goroutine at a time.
type Service struct {
	cfg   Config
	log   *gossip.Log
	codec Codec

	notDurable *gossip.Digest // nil: all is durable, as far as the service was told

	core     gossip.Machine // nil before Begin
	lives    uint64         // cores made so far
	permits  *backpressure.Permits
	carriers int           // links that may need a permit
	reported time.Duration // of the newest report that the permits have seen
	optional *optional
	spans    SpanLimits
	encoded  []byte // a message while it is encoded; used again

	out      Out
	delivery gossip.Delivery
}

// New returns a Service. It reports settings that cannot work.
func New(cfg Config) (*Service, error) {
	s := &Service{cfg: cfg, log: cfg.Shared.Log, codec: cfg.Codec, optional: &optional{}, spans: SpanLimits{Config: cfg.Spans}}
	if s.log == nil {
		s.log = gossip.NewLog()
	}
	if s.codec == nil {
		s.codec = jsonCodec{codec.NewDecoder(cfg.Origins)}
	}
	// Trials, so that bad settings are reported now and not at Begin.
	if _, err := backpressure.NewPermits(cfg.Permits); err != nil {
		return nil, err
	}
	if _, err := gossip.New(0, cfg.Gossip, s.log); err != nil {
		return nil, err
	}
	return s, nil
}

// Begun reports whether the service knows the node's name and peers.
func (s *Service) Begun() bool { return s.core != nil }

// Next is when the service wants Step to be called, if nothing happens before.
func (s *Service) Next() time.Duration {
	if s.core == nil {
		return gossip.Never
	}
	return s.core.Next()
}

// Permits are those of the links, for whoever looks on; nil before Begin.
func (s *Service) Permits() *backpressure.Permits { return s.permits }

// View is a look into the core, for whoever holds it to what it promises; false
// before Begin.
func (s *Service) View() (gossip.View, bool) {
	if s.core == nil {
		return gossip.View{}, false
	}
	return s.core.View(), true
}

// Step takes note of what has happened and returns what is to be done. It is the
// only way in.
func (s *Service) Step(in *In) *Out {
	clear(s.out.Send)
	s.out = Out{Send: s.out.Send[:0]}
	if in.NotDurable != nil {
		s.holdBack(in.NotDurable)
	}
	for _, e := range in.Appended {
		s.log.Append(e)
	}
	for _, at := range in.Stood {
		s.log.Stand(at)
	}
	s.optional.overwhelmed(in.Health.Busy)
	if in.Period > 0 {
		s.cfg.Gossip.Period = in.Period
		if s.core != nil {
			s.core.SetPeriod(in.Now, in.Period)
		}
	}
	if s.core != nil {
		s.settle(in)
	}
	if in.Begin != nil {
		s.begin(in.Now, in.Begin)
	}
	if in.Message != nil {
		s.receive(in)
	}
	if s.core != nil {
		s.speak(in.Now, in.Room)
	}
	return &s.out
}

// settle takes note of what the state and the monitor have said meanwhile.
func (s *Service) settle(in *In) {
	s.core.Learn(in.Now)
	s.countLinks(in.Now)
	for _, t := range in.Stored {
		s.core.Stored(in.Now, t)
	}
	if h := &in.Health; h.Known && h.At > s.reported {
		s.reported = h.At
		s.permits.Report(in.Now, h.Unhealthy)
		s.permits.Expire(in.Now)
	}
	if in.Figures {
		s.out.Figures = &Figures{Gossip: s.core.Stats(), Permits: s.permits.Figures(in.Now), Optional: s.optional.figures}
	}
}

// countLinks keeps as many permits as there are links that may need one, unless people
// have said how many.
func (s *Service) countLinks(now time.Duration) {
	if s.cfg.Permits.Total != 0 || s.core.Carriers() == s.carriers {
		return
	}
	s.carriers = s.core.Carriers()
	if err := s.permits.SetTotal(now, s.carriers); err != nil { // it is never negative
		s.out.Trouble = err
	}
}

// receive handles a peer's message.
func (s *Service) receive(in *In) {
	if !s.spans.Take(in.Now, in.Message.From, in.Message.Body) {
		s.out.Limited = true // it is not acked, so it comes again
		return
	}
	m, err := s.codec.Message(in.Message.Body)
	if err == nil && s.core == nil {
		err = errNotBegun
	}
	if err != nil {
		s.out.Unreadable = err
		return
	}
	if m.Digest != nil && s.core.View().Shown(in.Message.From) > MaxShown {
		s.out.Limited = true
		return
	}
	if s.isHeldBack(m) {
		m.Batch = 0 // nothing that is to be acked
	}
	s.out.Beyond = strip(m, in.Own, in.OwnLast)
	var ok bool
	s.delivery, ok = s.core.Receive(in.Now, in.Message.From, m)
	s.out.Refused = s.core.Refused()
	if ok {
		s.out.Deliver = &s.delivery
	}
}

// speak sends what the core has to say, as far as there is room.
func (s *Service) speak(now time.Duration, room int) {
	if room == 0 || s.core.Next() > now {
		return
	}
	s.out.Spoke = true
	s.countLinks(now) // a message may have brought one
	for _, o := range s.core.Advance(now, room) {
		s.encoded = s.codec.Append(s.encoded[:0], o.Message)
		s.out.Send = append(s.out.Send, Packet{To: o.To, Body: bytes.Clone(s.encoded)})
		s.core.Release(o)
	}
	if cap(s.encoded) > 2*gossip.MaxLineBytes {
		s.encoded = nil // after a single larger value
	}
}
