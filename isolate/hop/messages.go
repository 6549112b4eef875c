package hop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"treecast/backpressure"
	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/isolate/frame"
	"treecast/node/inject"
)

// Mode is what runs in processes of its own.
type Mode uint8

// The modes.
const (
	None   Mode = iota // nothing
	Gossip             // the gossip service
	Links              // that, and what reads the messages of each neighbour
)

// Modes are the names of the modes.
var Modes = []string{"none", "gossip", "links"}

// ParseMode returns the mode of a name.
func ParseMode(name string) (Mode, error) {
	for i, known := range Modes {
		if name == known {
			return Mode(i), nil
		}
	}
	return None, fmt.Errorf("%q is none of none, gossip and links", name)
}

// String is the mode's name.
func (m Mode) String() string { return Modes[m] }

// The types of messages. Work and what is said of it may be long; the rest is control.
const (
	TypeWork  frame.Type = 1    // to the child, and its answer
	TypeDue   frame.Type = 2    // of the child: what was due by itself
	TypeHello frame.Type = 0x41 // to the child
	TypeStop  frame.Type = 0x42 // to the child: end yourself
	TypeReady frame.Type = 0x43 // of the child
	TypeBeat  frame.Type = 0x44 // of the child
)

// MaxMessageBytes bounds a message: what a line of stdin may be by default, several times.
const MaxMessageBytes = 128 << 20

// Kind is what a child does.
type Kind uint8

// The kinds of children.
const (
	GossipChild Kind = iota
	LinkChild
)

// Hello is the configuration of a child.
type Hello struct {
	Kind       Kind
	Name       string        // of the child, as logs and figures call it
	Node       string        // whose child it is; empty before init
	Generation uint32        // of the child
	Now        time.Duration // by the parent's clock
	Memory     int64         // bytes that it may take; 0: any number

	Service ServiceConfig                // of a gossip child
	Spans   backpressure.AllowanceConfig // of each peer's messages, of a link child

	Faults    []inject.Fault // that are injected
	FaultSeed uint64
	Items     uint64 // that were handled by former children, as faults count them
}

// ServiceConfig is a service.Config as data.
type ServiceConfig struct {
	Incarnation uint64
	Rounds      gossip.Rounds
	Period      time.Duration
	Target      time.Duration
	AckDelay    time.Duration
	NumChildren int
	Permits     backpressure.PermitsConfig
	Parsed      bool                         // messages are read elsewhere
	Spans       backpressure.AllowanceConfig // of each peer
}

// config is what the service is made with.
func (c *ServiceConfig) config() service.Config {
	out := service.Config{
		Gossip: gossip.Config{
			Incarnation: c.Incarnation, Rounds: c.Rounds, Period: c.Period, Target: c.Target, AckDelay: c.AckDelay, GreetAt: gossip.Never,
		},
		NumChildren: c.NumChildren, Permits: c.Permits, Spans: c.Spans,
	}
	if c.Parsed {
		out.Codec, out.Spans = readElsewhere{}, backpressure.AllowanceConfig{} // the link children hold to it
	}
	return out
}

// StepIn is work of the gossip child: a step of its service.
type StepIn struct {
	In   service.In
	Seen uint64 // packets of the child's that had come when Room was looked at
}

// StepOut is what came of it, or of a step that was due by itself.
type StepOut struct {
	Out  service.Out
	Took time.Duration // of the child's time
}

// LinkIn is work of a link child: a message of its peer, as JSON.
type LinkIn struct {
	From string
	Body []byte
}

// LinkOut is what came of it.
type LinkOut struct {
	Message    []byte // as Parsed has it
	Unreadable error
	Limited    bool          // its peer has shown more than it may
	Took       time.Duration // of the child's time
}

// Beat says that a child is alive.
type Beat struct {
	Done   uint64 // pieces of work
	Memory int64  // bytes that it takes, as far as it knows
}

// schema stands for all messages.
var schema = frame.Schema(Hello{}, StepIn{}, StepOut{}, LinkIn{}, LinkOut{}, Beat{})

// errOtherProgram is why a child is of no use that was made from another program.
var errOtherProgram = errors.New("the other end of the socket is another version of the program")

// AppendHello appends a Hello; the schema stands in front.
func AppendHello(dst []byte, h *Hello) []byte {
	return frame.Append(binary.BigEndian.AppendUint64(dst, schema), h)
}

// ReadHello reads a Hello.
func ReadHello(payload []byte) (*Hello, error) {
	if err := checkSchema(payload); err != nil {
		return nil, err
	}
	h := &Hello{}
	return h, frame.Read(payload[8:], h)
}

// AppendReady appends what a child answers to its Hello.
func AppendReady(dst []byte) []byte { return binary.BigEndian.AppendUint64(dst, schema) }

// checkSchema says whether what begins with a schema is of this program.
func checkSchema(payload []byte) error {
	if len(payload) < 8 || binary.BigEndian.Uint64(payload) != schema {
		return errOtherProgram
	}
	return nil
}

// Parsed is how messages travel that link children have read: as plain data.
type Parsed struct{}

// readElsewhere reads messages as Parsed has them, and writes them as peers read them.
type readElsewhere struct{ Parsed }

// Append appends a message to dst, as JSON.
func (readElsewhere) Append(dst []byte, m *gossip.Message) []byte { return codec.Append(dst, m) }

// Message reads a message.
func (Parsed) Message(body []byte) (*gossip.Message, error) {
	m := &gossip.Message{}
	return m, frame.Read(body, m)
}

// Append appends a message to dst.
func (Parsed) Append(dst []byte, m *gossip.Message) []byte { return frame.Append(dst, m) }
