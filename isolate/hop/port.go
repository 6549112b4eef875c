package hop

import (
	"errors"
	"log/slog"
	"time"

	"treecast/isolate/frame"
)

// Windows of a child: how much work it may have that it has not answered. What is
// new in the store waits behind that and no more, whatever a peer sends, so it is no
// larger than a socket pair needs to be kept busy.
const (
	WindowItems = 256
	WindowBytes = 256 << 10 // a single larger piece passes when there is no other
)

// What a child may say unasked: its beats, and what is due by itself.
const (
	unaskedPerSecond = 5000
	unaskedAtOnce    = 10000
	strikes          = 3 // beyond that it is a flood
)

// PortConfig is what a Port is made with. All but Log are required.
type PortConfig struct {
	Name     string // of the child, for logs and figures
	Launcher Launcher
	Restarts *Restarts
	Watch    WatchConfig
	Wake     func()                  // when there may be something to receive; any goroutine calls it
	Hello    func() Hello            // of the next child; Generation and Now are the port's to fill in
	Log      *slog.Logger            // of what happens to children
	Harmless func(now time.Duration) // is told when a child has ended, and with it all that it had
}

// Port is the parent's end for one child after the other. It starts them, watches
// them, ends them and counts. It is pure but for what its Launcher does; all methods
// are for one goroutine at a time, and none waits.
type Port struct {
	cfg        PortConfig
	generation uint32
	conn       Conn // nil: there is none
	watch      *Watch
	ready      bool
	ending     Cause         // it was killed for that, and has not ended yet; Healthy: it was not
	startAt    time.Duration // when the next one is to be started; never: none is
	gaveUp     bool
	stopAt     time.Duration // when a child that was asked to end is killed; never: it was not asked

	unanswered []sent // oldest first
	bytes      int    // of these
	unasked    Bucket
	strikes    int
	measured   bool // the system says how much memory a child takes

	figures Figures
}

// sent is a piece of work that is not answered.
type sent struct {
	at       time.Duration
	bytes    int
	pressing bool // somebody waits for the answer
}

// NewPort returns a port that starts its first child at the first Step.
func NewPort(cfg PortConfig) *Port {
	p := &Port{cfg: cfg, stopAt: never, unasked: Bucket{PerSecond: unaskedPerSecond, AtOnce: unaskedAtOnce}}
	p.figures.Name, p.figures.State = cfg.Name, "down"
	return p
}

// Generation is the number of the child that there is, or was last.
func (p *Port) Generation() uint32 { return p.generation }

// Up reports whether there is a child, and it is ready.
func (p *Port) Up() bool { return p.ready }

// GaveUp reports whether there will be no further child.
func (p *Port) GaveUp() bool { return p.gaveUp }

// Gone reports whether no child is left.
func (p *Port) Gone() bool { return p.conn == nil }

// Conn is the way to the child that there is; nil: there is none.
func (p *Port) Conn() Conn { return p.conn }

// Next is when Step has something to do, unless the child says something.
func (p *Port) Next() time.Duration {
	switch {
	case p.conn == nil:
		return p.nextStart()
	case p.cfg.Launcher.InProcess():
		return p.conn.Next()
	}
	return min(p.watch.Next(), p.stopAt)
}

func (p *Port) nextStart() time.Duration {
	if p.gaveUp || p.stopAt != never {
		return never
	}
	return p.startAt
}

// Step starts a child where one is due, and looks after the one that there is.
func (p *Port) Step(now time.Duration) {
	if p.conn == nil {
		if now < p.nextStart() {
			return
		}
		p.launch(now)
	}
	if how, ended := p.conn.Ended(); ended {
		p.ended(now, how)
		return
	}
	if p.stopAt != never {
		if now >= p.stopAt {
			p.conn.Kill()
			p.stopAt = now + DefaultWatchPeriod
		}
		return
	}
	if p.cfg.Launcher.InProcess() || !p.watch.Due(now) {
		return
	}
	if memory := p.conn.Memory(); memory > 0 {
		p.figures.Memory, p.measured = memory, true
	}
	if p.ending != Healthy {
		return
	}
	if cause := p.watch.Look(now, p.figures.Answered, len(p.unanswered) > 0, p.figures.Memory); cause != Healthy {
		p.kill(cause, nil)
	}
}

func (p *Port) launch(now time.Duration) {
	p.generation++
	h := p.cfg.Hello()
	h.Generation, h.Now, h.Name = p.generation, now, p.cfg.Name
	p.watch = NewWatch(now, p.cfg.Watch)
	p.unasked, p.strikes = Bucket{PerSecond: unaskedPerSecond, AtOnce: unaskedAtOnce, at: now}, 0
	p.conn = p.cfg.Launcher.Launch(now, &h, p.cfg.Wake, p.cfg.Log)
	p.figures.Generation = p.generation
	p.figures.startedAt = now
}

// Fail ends the child for a mistake of its own that only its owner sees.
func (p *Port) Fail(cause Cause, why error) {
	if p.conn != nil {
		p.kill(cause, why)
	}
}

// kill ends the child. What it says from now on is not listened to.
func (p *Port) kill(cause Cause, why error) {
	if p.ending != Healthy {
		return
	}
	p.ending, p.ready = cause, false
	args := []any{"child", p.cfg.Name, "generation", p.generation, "pid", p.conn.Pid(), "cause", cause.String(), "memory_bytes", p.figures.Memory}
	if why != nil {
		args = append(args, "why", why)
	}
	p.cfg.Log.Error("a child process is ended", args...)
	p.conn.Kill()
	if p.cfg.Launcher.InProcess() {
		return
	}
	p.lost()
}

// lost forgets the work of a child that will not answer.
func (p *Port) lost() {
	p.figures.Lost += uint64(len(p.unanswered))
	p.unanswered, p.bytes = p.unanswered[:0], 0
}

// ended takes note that the child is gone.
func (p *Port) ended(now time.Duration, how string) {
	cause := p.ending
	if cause == Healthy && p.stopAt == never {
		cause = Crashed
		if !p.ready {
			cause = Unborn
		}
		p.cfg.Log.Error("a child process has ended by itself", "child", p.cfg.Name, "generation", p.generation, "pid", p.conn.Pid(), "how", how)
	}
	p.lost()
	p.conn, p.ready, p.ending = nil, false, Healthy
	p.figures.Memory, p.figures.Pid, p.figures.State = 0, 0, "down"
	if p.stopAt != never {
		return
	}
	p.figures.Restarts[cause]++
	if p.cfg.Launcher.InProcess() {
		return // whoever drives this process counts crashes
	}
	wait, giveUp := p.cfg.Restarts.Failed(now, cause)
	p.startAt, p.gaveUp = now+wait, giveUp
	if giveUp {
		p.cfg.Log.Error("child processes end again and again: their work goes on inside the node, which is not isolated from it any more",
			"child", p.cfg.Name, "last", cause.String(), "times", MaxFailures, "within", FailureWindow)
	}
}

// crash ends the child after a crash of this process in its own end of the way, or in a
// child that is part of it.
func (p *Port) crash() {
	switch {
	case p.conn == nil:
	case p.cfg.Launcher.InProcess():
		p.conn.Kill()
	default:
		p.kill(Crashed, errCrashed)
	}
}

// Stop has the child end, and no further one start. It is killed if it has not ended
// after a while.
func (p *Port) Stop(now, patience time.Duration) {
	if p.stopAt != never {
		return
	}
	p.stopAt = now + patience
	if p.conn != nil {
		p.conn.Stop()
	}
}

// Room reports whether a piece of work of so many bytes fits into the window.
func (p *Port) Room(bytes int) bool {
	return len(p.unanswered) < WindowItems && (len(p.unanswered) == 0 || p.bytes+bytes <= WindowBytes)
}

// Send hands the child a piece of work, which it answers: at once, or if that is not pressing
// within a while. There is room for it, and the child is up.
func (p *Port) Send(now time.Duration, payload []byte, pressing bool) {
	p.unanswered = append(p.unanswered, sent{now, len(payload), pressing})
	p.bytes += len(payload)
	p.figures.Sent++
	p.figures.BytesOut += uint64(len(payload)) + frame.HeaderBytes
	p.conn.Send(now, TypeWork, payload)
}

// Said is something that a child has said.
type Said struct {
	Payload []byte // valid until the next Receive
	Answer  bool   // to the oldest work that was not answered; else it was due by itself
}

var (
	errUnasked = errors.New("an answer to nothing")
	errCrashed = errors.New("its parent has crashed, and does not know what it was given")
	errFlood   = errors.New("it says more than it may")
	errType    = errors.New("a message that no child sends")
)

// Receive returns what the child has said next.
func (p *Port) Receive(now time.Duration) (Said, bool) {
	for p.conn != nil && p.ending == Healthy {
		m, ok, err := p.conn.Receive()
		if err != nil {
			p.kill(Garbled, err)
			break
		}
		if !ok {
			break
		}
		p.figures.Received++
		p.figures.BytesIn += uint64(len(m.Payload)) + frame.HeaderBytes
		p.watch.Beat()
		if said, ok := p.hear(now, m); ok {
			return said, true
		}
	}
	return Said{}, false
}

// hear handles a message.
func (p *Port) hear(now time.Duration, m frame.Message) (Said, bool) {
	if m.Type != TypeWork && m.Type != TypeReady && !p.unasked.Take(now, 1) {
		p.figures.Dropped++
		if p.strikes++; p.strikes >= strikes {
			p.kill(Flooding, errFlood)
		}
		return Said{}, false
	}
	switch {
	case m.Type == TypeReady && !p.ready:
		if err := checkSchema(m.Payload); err != nil {
			p.kill(Unborn, err)
			break
		}
		p.ready = true
		p.watch.Ready()
		p.figures.State, p.figures.Pid = "up", p.conn.Pid()
		p.figures.Start = now - p.figures.startedAt
	case !p.ready:
		p.kill(Garbled, errType)
	case m.Type == TypeWork && len(p.unanswered) == 0:
		p.kill(Garbled, errUnasked)
	case m.Type == TypeWork:
		oldest := p.unanswered[0]
		p.unanswered = p.unanswered[:copy(p.unanswered, p.unanswered[1:])]
		p.bytes -= oldest.bytes
		p.figures.Answered++
		if oldest.pressing {
			p.figures.Hop.add(now - oldest.at)
		}
		return Said{m.Payload, true}, true
	case m.Type == TypeDue:
		return Said{m.Payload, false}, true
	case m.Type == TypeBeat:
		var b Beat
		if err := frame.Read(m.Payload, &b); err != nil {
			p.kill(Garbled, err)
		} else if !p.measured {
			p.figures.Memory = b.Memory // nobody else knows
		}
	default:
		p.kill(Garbled, errType)
	}
	return Said{}, false
}

// Figures are those of the port as of now.
func (p *Port) Figures() Figures {
	f := p.figures
	f.Unanswered, f.UnansweredBytes = len(p.unanswered), p.bytes
	return f
}
