package hop

import (
	"log/slog"
	"time"

	"treecast/isolate/frame"
)

// Conn is the parent's end of the way to a child. None of its methods waits for
// anything, and all are called by one goroutine at a time.
type Conn interface {
	// Send puts a message on its way. The payload is the caller's again.
	Send(now time.Duration, t frame.Type, payload []byte)
	// Flush has what was sent leave.
	Flush()
	// Receive returns the next message of the child; false: there is none yet. The
	// payload is valid until the next call. An error, a *frame.Error, says that what comes
	// is none.
	Receive() (frame.Message, bool, error)
	// Ended reports whether the child is gone, with all that it has said received, and
	// how it ended.
	Ended() (how string, ended bool)
	// Kill ends the child at once, Stop lets it end by itself. It has ended when Ended
	// says so.
	Kill()
	Stop()
	// Memory is how many bytes the child takes that no other process does; 0: nobody
	// knows.
	Memory() int64
	// Pid is the child's process; 0: it is none of its own.
	Pid() int

	// Next is when a child that is part of this process wants to be asked again; never
	// for a process of its own.
	Next() time.Duration
}

// Launcher starts children.
type Launcher interface {
	// Launch starts one. What goes wrong is known from the Conn, which has ended then.
	// wake is called, from any goroutine, when there may be something to receive; log
	// takes what the child says to people.
	Launch(now time.Duration, h *Hello, wake func(), log *slog.Logger) Conn
	// InProcess reports whether children are part of this process: an answer is there
	// when Send returns, and what is due by itself is done with the next work.
	InProcess() bool
}

// InProcess is the Launcher of children that are data: both ends of the frames in one
// goroutine, as virtual time wants it.
type InProcess struct {
	// Spoil, if not nil, may change what a child says, for tests.
	Spoil func(frames []byte) []byte
	// NewCore makes a gossip core; nil: gossip.New does.
	NewCore NewCore
}

// InProcess is true.
func (InProcess) InProcess() bool { return true }

// Launch makes both ends.
func (l InProcess) Launch(now time.Duration, h *Hello, _ func(), _ *slog.Logger) Conn {
	c := &inProcess{
		spoil: l.Spoil, newCore: l.NewCore,
		down: frame.Writer{Generation: h.Generation}, downReader: frame.NewReader(h.Generation, MaxMessageBytes),
		up: frame.Writer{Generation: h.Generation}, upReader: frame.NewReader(h.Generation, MaxMessageBytes),
	}
	c.Send(now, TypeHello, AppendHello(nil, h))
	return c
}

// inProcess is a child that is data.
type inProcess struct {
	spoil                func([]byte) []byte
	newCore              NewCore
	down, up             frame.Writer
	downReader, upReader *frame.Reader
	frames               []byte
	engine               Engine
	ended                string // how; empty: it lives
}

func (c *inProcess) Send(now time.Duration, t frame.Type, payload []byte) {
	if c.ended != "" {
		return
	}
	c.frames = c.down.Append(c.frames[:0], t, payload)
	c.downReader.Feed(c.frames)
	for {
		m, ok, err := c.downReader.Next()
		if err != nil {
			c.ended = err.Error()
		}
		if !ok {
			break
		}
		c.child(now, m)
	}
	if cap(c.frames) > 1<<20 {
		c.frames = nil
	}
}

// child is the child's side.
func (c *inProcess) child(now time.Duration, m frame.Message) {
	switch m.Type {
	case TypeHello:
		h, err := ReadHello(m.Payload)
		if err == nil {
			c.engine, err = NewEngine(h, EngineOptions{NewCore: c.newCore})
		}
		if err != nil {
			c.ended = err.Error()
			return
		}
		c.say(TypeReady, AppendReady(nil))
	case TypeWork:
		answer, _, err := c.engine.Work(now, m.Payload)
		if err != nil {
			c.ended = err.Error()
			return
		}
		c.say(TypeWork, answer)
	default:
		c.ended = "exit status 0"
	}
}

func (c *inProcess) say(t frame.Type, payload []byte) {
	frames := c.up.Append(nil, t, payload)
	if c.spoil != nil {
		frames = c.spoil(frames)
	}
	c.upReader.Feed(frames)
}

func (c *inProcess) Flush() {}

func (c *inProcess) Receive() (frame.Message, bool, error) { return c.upReader.Next() }

func (c *inProcess) Ended() (string, bool) { return c.ended, c.ended != "" }

func (c *inProcess) Kill() { c.ended = "killed" }

func (c *inProcess) Stop() { c.ended = "exit status 0" }

func (c *inProcess) Memory() int64 { return 0 }

func (c *inProcess) Pid() int { return 0 }

func (c *inProcess) Next() time.Duration {
	if c.engine == nil || c.ended != "" {
		return never
	}
	return c.engine.Next()
}
