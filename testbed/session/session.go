package session

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"treecast/run"
	"treecast/testbed/layout"
	"treecast/testbed/nemesis"
	"treecast/testbed/network"
	"treecast/testbed/service"
	"treecast/workload"
)

// Phase is a stretch of a run.
type Phase string

// The phases, in their order.
const (
	Starting Phase = "starting"
	Topology Phase = "topology"
	Load     Phase = "load"
	Draining Phase = "draining"
	Quiet    Phase = "quiet"
	Final    Phase = "final"
	Inquiry  Phase = "inquiry" // the run proper is over
	Done     Phase = "done"
)

// Action says what a driver has to do.
type Action uint8

// The actions.
const (
	StartNode   Action = iota // start the node, perhaps again, then call NodeStarted
	ToNode                    // write the Line to the node's stdin
	KillNode                  // kill the node with all that it holds; its end is no event
	PauseNode                 // stop the node, as SIGSTOP does; it may be stopped already
	ResumeNode                // let the node go on, as SIGCONT does
	StallNode                 // stop the node, and let it go on after For; it may be stopped already
	HarmJournal               // do Harm to the node's journal, whether the node runs or not; only where Config's nemesis has such faults
	SetClock                  // change the node's clocks; only where Config's nemesis has Clock
	StopNode                  // kill the node, if it still runs
	Finish                    // the run is over; nothing follows
)

// Output is one thing to do.
type Output struct {
	Action Action
	Node   string

	// Packet is what the line of ToNode says, and ID the id of its envelope,
	// negative for none. The line is made when it is wanted: thousands of nodes
	// may be sent one large body at the same time.
	Packet network.Packet
	ID     int64

	Clock *nemesis.Setting // of SetClock
	For   time.Duration    // of StallNode
	Harm  nemesis.Harm     // of HarmJournal
}

// AppendLine appends the line of a ToNode, newline included.
func (o *Output) AppendLine(dst []byte) []byte {
	dst = append(dst, '{')
	if o.ID >= 0 {
		dst = append(dst, `"id":`...)
		dst = strconv.AppendInt(dst, o.ID, 10)
		dst = append(dst, ',')
	}
	return append(appendRest(dst, o.Packet), '\n')
}

// node is the session's view of one node.
type node struct {
	name    string
	started bool
	ready   bool // answered init, in this life
	down    bool // killed, and not started again yet
	booting bool // down, and being started
	paused  bool
	deaf    bool    // what it prints is ignored, in this life
	refused error   // what it answered to this life's init, where that was not init_ok
	setup   *client // that sent it its topology; nil for none

	printed  int64  // lines, in this life
	lastLine string // the last of them, while the node is being set up
	note     Note
	health   healthState
	conduct  conduct
}

// Session is a run under way. See the package comment for who may call what.
type Session struct {
	cfg  Config
	net  *network.Network
	nem  *nemesis.Nemesis
	load loadState
	rng  *rand.Rand // of the load

	starter *rand.Rand // of the nodes
	starts  []planned  // nodes that are to be started

	options    workload.Options
	generator  workload.Generator
	final      finalState
	services   map[string]service.Service // by name; nil before the first node joins
	serviceRng *rand.Rand

	faulty   bool           // a fault is active
	skewed   bool           // clocks are wrong
	stalled  time.Duration  // until when a node stands still; 0 if none ever did
	calmFrom time.Duration  // requests that were sent before are excused if they are not answered
	striking *strike        // the step of the nemesis that is not complete; nil for none
	healing  bool           // the load is over, and everything is to be healed
	cures    []nemesis.Step // to be done for that
	mishaps  *rand.Rand     // of messages

	nodes []node
	index map[string]int // of nodes, by name
	// nodeIDs is their names as JSON, for init.
	nodeIDs []byte

	inquiry    inquiry
	clients    map[string]*client
	gone       map[string]*client // those that were closed
	givenUp    []unheard          // in the order in which they were
	nextClient int
	deadlines  []deadline
	pool       pool

	phase      Phase
	remaining  int           // nodes that have not answered init, or topology, yet
	quietUntil time.Duration // in Quiet
	nextPoll   int           // the node to be asked for its health next
	history    []run.Op
	counts     [4]int // clients' operations by run.OpType
	servers    int64  // messages between servers
	complaints []complaint
	silent     bool   // no node is heard, nor will be
	shortened  string // says so, if the run was cut short by it
	// afterSilence is how many operations the load has done since.
	afterSilence int
	result       Result
	outputs      []Output
}

// Result is what a run leaves behind.
type Result struct {
	History []run.Op
	Notes   []Note // one per node, in the order of the nodes
	// Inquiry is what came of what strict asked when the run proper was over:
	// operations as in a history, whose Process is the number of the node that was
	// asked, counted from 0. Nothing of it is in History or any figure.
	Inquiry run.History // nil if strict asked nothing, not even whether there is something to ask
	// Findings are what the nodes did wrong that no history shows, and Remarks
	// what else is to be said beside the verdict.
	Findings []run.Finding
	Remarks  []string

	LoadStarted, LoadEnded time.Duration // 0 if it did not come to that
	// QuietStarted is when everything was healed and clients fell silent, and FinalStarted
	// when they were asked once more; 0 if it did not come to that.
	QuietStarted, FinalStarted time.Duration
	Ended                      time.Duration

	Messages       int64 // sent in all
	ServerMessages int64 // of these, with no client at either end
	Interrupted    bool  // stopped before its end
	Err            error // why the run could not be carried out; nil if it could
}

// Status is what a run is doing, for people who wait for it.
type Status struct {
	Phase                    Phase
	Invoked, OK, Fail, Info  int // clients' operations
	Messages, ServerMessages int64
	Partitioned              bool
	Disturbed                bool   // messages are lost, duplicated, reordered or delayed
	Down, Paused             int    // nodes
	Bad                      []Note // nodes that crashed or went deaf
}

// New prepares a run. The error is Config.Validate's.
func New(cfg Config) (*Session, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Concurrency == 0 {
		cfg.Concurrency = len(cfg.Nodes)
	}
	if cfg.InitTimeout == 0 {
		cfg.InitTimeout = DefaultInitTimeout
	}
	// A stream for each purpose: what one draws does not change the others.
	stream := func(purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(cfg.Seed, purpose)) }
	s := &Session{
		cfg:       cfg,
		options:   cfg.options(),
		rng:       stream(1),
		mishaps:   stream(4),
		starter:   stream(5),
		nem:       nemesis.New(cfg.Nemesis, cfg.Nodes, stream(3)),
		index:     map[string]int{},
		clients:   map[string]*client{},
		gone:      map[string]*client{},
		pool:      newPool(cfg.Concurrency),
		phase:     Starting,
		remaining: len(cfg.Nodes),
	}
	var seen network.Observer
	if cfg.Network != nil {
		seen = &proper{cfg.Network, s}
	}
	s.net = network.New(cfg.Latency, stream(2), seen)
	s.generator = cfg.Workload.Generator(s.options)
	s.serviceRng = stream(6)
	s.nodeIDs, _ = json.Marshal(cfg.Nodes) // strings always marshal
	for i, name := range cfg.Nodes {
		s.nodes = append(s.nodes, node{name: name, note: Note{Node: name}})
		s.index[name] = i
	}
	return s, nil
}

// Begin starts the run.
func (s *Session) Begin(now time.Duration) []Output {
	s.outputs = s.outputs[:0]
	s.planStarts(now)
	s.noteFaults(now)
	return s.pump(now)
}

// Advance does whatever is due.
func (s *Session) Advance(now time.Duration) []Output {
	s.outputs = s.outputs[:0]
	return s.pump(now)
}

// Next returns when Advance is to be called; false if only an event can bring
// the run on.
func (s *Session) Next() (at time.Duration, ok bool) {
	if s.phase == Done {
		return 0, false
	}
	consider := func(t time.Duration, is bool) {
		if is && (!ok || t < at) {
			at, ok = t, true
		}
	}
	consider(s.net.Next())
	if len(s.deadlines) > 0 {
		consider(s.deadlines[0].at, true)
	}
	switch s.phase {
	case Starting:
		if len(s.starts) > 0 {
			consider(s.starts[0].at, true)
		}
	case Load:
		consider(s.nextLoad())
	case Quiet:
		consider(s.quietUntil, true)
	case Final:
		consider(s.nextFinal())
	case Inquiry:
		consider(s.quietUntil, !s.inquiry.begun && !s.cfg.Workload.Recovers && s.striking == nil)
	}
	return at, ok
}

// pump lets the run go on until nothing more happens at now.
func (s *Session) pump(now time.Duration) []Output {
	for again := true; again; {
		if s.phase == Done {
			break
		}
		s.deliver(now)
		s.expire(now)
		again = s.step(now)
	}
	return s.outputs
}

// deliver hands out what the network has for now.
func (s *Session) deliver(now time.Duration) {
	for {
		messages := s.net.Advance(now)
		if len(messages) == 0 {
			return
		}
		for _, m := range messages {
			i, isNode := s.index[m.Dest]
			if to := s.services[m.Dest]; to != nil {
				s.serve(now, to, m)
			} else if !isNode {
				s.receive(now, m)
			} else if n := &s.nodes[i]; !n.note.Exited {
				p := network.Packet{Src: m.Src, Dest: m.Dest, Body: m.Body}
				s.emit(Output{Action: ToNode, Node: n.name, Packet: p, ID: m.ID})
			}
		}
	}
}

// step does the next thing that the phase has to do, and says whether there may
// be more to do at once.
func (s *Session) step(now time.Duration) bool {
	switch s.phase {
	case Starting:
		return s.stepStarting(now)
	case Topology:
		return s.stepTopology(now)
	case Load:
		return s.stepLoad(now)
	case Draining:
		return s.stepDraining(now)
	case Quiet:
		return s.stepQuiet(now)
	case Final:
		return s.stepFinal(now)
	case Inquiry:
		return s.stepInquiry(now)
	}
	return false
}

func (s *Session) emit(o Output) { s.outputs = append(s.outputs, o) }

// Interrupt stops the run at once. Operations that are under way are recorded
// as if they had not been answered.
func (s *Session) Interrupt(now time.Duration) []Output {
	s.outputs = s.outputs[:0]
	if s.phase == Done {
		return s.outputs
	}
	s.deliver(now)
	for i := range s.pool.workers {
		if w := &s.pool.workers[i]; w.client != nil && w.client.waiting {
			c := w.speaker.Reply(nil).Completion
			c.Error = &run.OpError{Name: "interrupted"}
			w.client.waiting = false
			s.complete(now, i, c)
		}
	}
	s.result.Interrupted = true
	s.finish(now, nil)
	return s.outputs
}

// finish stops the nodes and ends the run.
func (s *Session) finish(now time.Duration, err error) {
	if s.striking != nil {
		s.striking.waiting = 0 // for nobody any more
		s.struck(now)
	}
	for i := range s.nodes {
		s.emit(Output{Action: StopNode, Node: s.nodes[i].name})
	}
	s.emit(Output{Action: Finish})
	if s.phase != Inquiry {
		s.endProper(now, err)
	}
	s.phase = Done
}

// endProper ends what Maelstrom would have done.
func (s *Session) endProper(now time.Duration, err error) {
	s.result.Ended, s.result.Err = now, err
	s.result.Messages, s.result.ServerMessages = s.net.Messages(), s.servers
	s.result.Findings, s.result.Remarks = s.findings(), s.remarks()
}

// Status says what the run is doing.
func (s *Session) Status() Status {
	st := Status{
		Phase:   s.phase,
		Invoked: s.counts[run.Invoke], OK: s.counts[run.OK], Fail: s.counts[run.Fail], Info: s.counts[run.Info],
		Messages: s.net.Messages(), ServerMessages: s.servers,
		Partitioned: s.net.Partitioned(), Disturbed: s.net.Disturbed(),
	}
	for i := range s.nodes {
		if s.nodes[i].down {
			st.Down++
		}
		if s.nodes[i].paused {
			st.Paused++
		}
		if note := s.nodes[i].note; note.Bad() {
			st.Bad = append(st.Bad, note)
		}
	}
	return st
}

// Result returns what the run left behind so far; it is complete when the run
// is Done.
func (s *Session) Result() Result {
	r := s.result
	r.History = slices.Clip(s.history)
	if s.phase != Inquiry && s.phase != Done {
		r.Messages, r.ServerMessages = s.net.Messages(), s.servers
	}
	for i := range s.nodes {
		r.Notes = append(r.Notes, s.nodes[i].note)
	}
	return r
}

// topologyBody returns the maker of the topology request, which is the same for
// every node and so built once.
func (s *Session) topologyBody() func(msgID int64) []byte {
	l, err := layout.New(s.cfg.topology(), s.cfg.Nodes)
	if err != nil {
		panic("session: " + err.Error()) // Validate saw to it
	}
	text, _ := json.Marshal(l) // lists of strings always marshal
	// Every client's first request has the same msg_id, and so the same body: of
	// ten thousand nodes it is half a megabyte.
	var last []byte
	var lastID int64
	return func(msgID int64) []byte {
		if last == nil || msgID != lastID {
			last, lastID = fmt.Appendf(nil, `{"type":"topology","topology":%s,"msg_id":%d}`, text, msgID), msgID
		}
		return last
	}
}
