package hop

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/backpressure"
	"treecast/gossip"
	"treecast/gossip/service"
	"treecast/isolate/frame"
	"treecast/topology"
)

// laggards are children that are processes of their own as far as a parent can tell: they
// do what they are given when the test lets them, and what they say arrives when the
// test lets it.
type laggards struct {
	t     *testing.T
	all   []*laggard
	fails bool // to be started
	spoil func(m frame.Message) []frame.Message
	costs func(from string) time.Duration // what a message takes of the gossip child; nil: nothing
}

func (l *laggards) InProcess() bool { return false }

func (l *laggards) Launch(now time.Duration, h *Hello, _ func(), _ *slog.Logger) Conn {
	payload := AppendHello(nil, h)
	read, err := ReadHello(payload)
	require.NoError(l.t, err)
	require.Equal(l.t, h, read)
	c := &laggard{all: l, hello: *h}
	if l.fails {
		c.ended = "no such file"
	} else {
		c.engine, err = NewEngine(read, EngineOptions{})
		require.NoError(l.t, err)
		c.say(frame.Message{Type: TypeReady, Payload: AppendReady(nil)})
	}
	l.all = append(l.all, c)
	return c
}

// last is the newest child of a name that was not ended.
func (l *laggards) last(name string) *laggard {
	for _, c := range slices.Backward(l.all) {
		if c.hello.Name == name && c.ended == "" {
			return c
		}
	}
	return nil
}

type laggard struct {
	all      *laggards
	hello    Hello
	engine   Engine
	down, up []frame.Message // on their way
	arrived  []frame.Message // what Receive returns
	given    []StepIn        // all work of a gossip child, as it was done
	ended    string
	memory   int64
}

func (c *laggard) say(m frame.Message) {
	m.Payload = slices.Clone(m.Payload)
	if c.all.spoil != nil {
		c.up = append(c.up, c.all.spoil(m)...)
		return
	}
	c.up = append(c.up, m)
}

// work has the child do the next piece of its work.
func (c *laggard) work(now time.Duration) bool {
	if c == nil || len(c.down) == 0 || c.ended != "" {
		return false
	}
	m := c.down[0]
	c.down = c.down[1:]
	if m.Type == TypeStop {
		c.ended = "exit status 0"
		return true
	}
	if c.hello.Kind == GossipChild {
		var in StepIn
		require.NoError(c.all.t, frame.Read(m.Payload, &in))
		c.given = append(c.given, in)
	}
	answer, _, err := c.engine.Work(now, m.Payload)
	require.NoError(c.all.t, err)
	if c.hello.Kind == GossipChild && c.all.costs != nil && c.given[len(c.given)-1].In.Message != nil {
		var out StepOut
		require.NoError(c.all.t, frame.Read(answer, &out))
		out.Took = c.all.costs(c.given[len(c.given)-1].In.Message.From)
		answer = frame.Append(nil, &out)
	}
	c.say(frame.Message{Type: TypeWork, Payload: answer})
	return true
}

// due has the child do what is due by itself.
func (c *laggard) due(now time.Duration) {
	if c != nil && c.ended == "" && !c.engine.Blocked() && c.engine.Next() <= now {
		if said := c.engine.Due(now); said != nil {
			c.say(frame.Message{Type: TypeDue, Payload: said})
		}
	}
}

// arrive lets what the child has said arrive.
func (c *laggard) arrive() {
	if c != nil {
		c.arrived, c.up = append(c.arrived, c.up...), nil
	}
}

func (c *laggard) Send(_ time.Duration, t frame.Type, payload []byte) {
	c.down = append(c.down, frame.Message{Type: t, Payload: slices.Clone(payload)})
}
func (c *laggard) Flush() {}
func (c *laggard) Receive() (m frame.Message, ok bool, err error) {
	if len(c.arrived) == 0 {
		return m, false, nil
	}
	m, c.arrived = c.arrived[0], c.arrived[1:]
	return m, true, nil
}
func (c *laggard) Ended() (string, bool) { return c.ended, c.ended != "" && len(c.arrived) == 0 }
func (c *laggard) Kill()                 { c.ended, c.arrived = "killed", nil }
func (c *laggard) Stop()                 { c.Send(0, TypeStop, nil) }
func (c *laggard) Memory() int64         { return c.memory }
func (c *laggard) Pid() int              { return 1 }
func (c *laggard) Next() time.Duration   { return Never }

// house is a node that is nothing but state.
type house struct {
	t          *testing.T
	log        *gossip.Log
	held       *gossip.Digest
	tickets    []gossip.Ticket
	stood      []int
	notDurable *service.NotDurable // that is to be told
	kept       *service.NotDurable // that was
	own        gossip.OriginID
	ownLast    uint64
	room       int
	heard      []string // of messages that were handled, by batch
	sent       []service.Packet
	read       []any
	bytes      int
	dropped    int
	unused     int
	took       map[string]time.Duration
	draws      uint64
	hold       bool // deliveries are not stored at once
}

func newHouse(t *testing.T) *house {
	return &house{t: t, log: gossip.NewLog(), held: gossip.NewDigest(), own: gossip.NewOriginID("n0", "own"), room: 1000}
}

func (h *house) State(now time.Duration, begun, all bool) (in service.In, known int) {
	in = service.In{Now: now, Room: h.room, Health: service.Health{Known: true}}
	if begun {
		in.Stored, h.tickets = h.tickets, nil
		in.Stood, h.stood = h.stood, nil
	}
	known = h.log.Len()
	in.Own, in.OwnLast = h.own, h.ownLast
	in.NotDurable, h.notDurable = h.notDurable, nil
	if in.NotDurable != nil {
		h.kept = in.NotDurable
	} else if all {
		in.NotDurable = h.kept
	}
	return in, known
}
func (h *house) Log() *gossip.Log { return h.log }
func (h *house) Room() int        { return h.room }
func (h *house) Heard(_ time.Duration, from string, _ int, out *service.Out) {
	require.NoError(h.t, out.Trouble)
	if from != "" {
		h.heard = append(h.heard, from)
	}
	if d := out.Deliver; d != nil && !h.hold {
		for _, e := range d.Entries {
			if h.held.Add(e.Origin, e.Counter) {
				h.log.Append(e)
			}
		}
		h.tickets = append(h.tickets, d.Ticket)
	}
}
func (h *house) Send(_ time.Duration, to string, body []byte) {
	h.sent = append(h.sent, service.Packet{To: to, Body: slices.Clone(body)})
}
func (h *house) Read(_ time.Duration, read any)              { h.read = append(h.read, read) }
func (h *house) Done(_ string, bytes int)                    { h.bytes -= bytes }
func (h *house) Dropped(time.Duration, string)               { h.dropped++ }
func (h *house) Unused(_ time.Duration, _ string, why error) { h.unused++ }
func (h *house) Took(_ time.Duration, from string, took time.Duration) {
	if h.took == nil {
		h.took = map[string]time.Duration{}
	}
	h.took[from] += took
}
func (h *house) Draw() (time.Duration, uint64) { h.draws++; return 0, h.draws }

// give has the house give out an entry of its own.
func (h *house) give(value string) {
	h.ownLast++
	h.held.Add(h.own, h.ownLast)
	h.log.Append(gossip.Entry{Origin: h.own, Counter: h.ownLast, Value: value})
}

// rig is a parent with laggards and a house.
type rig struct {
	*Parent
	children *laggards
	house    *house
	now      time.Duration
}

func newRig(t *testing.T, mode Mode, nodes ...string) *rig {
	r := &rig{children: &laggards{t: t}, house: newHouse(t)}
	r.Parent = NewParent(config(mode, r.children), r.house)
	tree, err := topology.New(append([]string{"n0"}, nodes...), 1)
	require.NoError(t, err)
	r.Begin(&service.Membership{Self: "n0", Members: tree})
	return r
}

func config(mode Mode, l Launcher) ParentConfig {
	permits := backpressure.DefaultPermitsConfig(0)
	return ParentConfig{
		Mode: mode, Launcher: l, Name: func() string { return "n0" }, Wake: func() {},
		Random: rand.New(rand.NewPCG(1, 1)), Log: slog.New(slog.DiscardHandler),
		Service: ServiceConfig{Incarnation: 7, Rounds: gossip.Locked, Period: 100 * ms, AckDelay: 2 * time.Second, Permits: permits},
	}
}

// step lets a time pass, in which children do all that they can and all is heard.
func (r *rig) step(d time.Duration) {
	r.now += d
	r.Step(r.now, true)
	for range 100 {
		did := false
		for _, c := range r.children.all {
			for c.work(r.now) {
				did = true
			}
			c.due(r.now)
			did = did || len(c.up) > 0
			c.arrive()
		}
		did = r.Step(r.now, false) || did
		if !did {
			return
		}
	}
}

// message has a peer's message come, with an entry of its own.
func (r *rig) message(from string, batch int) {
	body := body(from, batch, uint64(batch))
	r.house.bytes += len(body)
	r.Message(r.now, from, body)
}
