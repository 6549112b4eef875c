package virtual

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"treecast/journal"
	"treecast/node"
	"treecast/node/inject"
	"treecast/testbed/session"
)

// never is the time of what is not planned.
const never = node.Never

// host is a node with all that a process is to it: two pipes, a clock, a log.
type host struct {
	name  string
	index int
	costs *Costs
	lines *lines // shared: one line at a time goes through it

	node   *node.Node      // nil: not running
	learnt int             // entries of it that an observer has been told of
	kept   *journal.Memory // what outlives the node; nil: nothing does
	harm   harm            // to kept, while the node is at work
	keptBy time.Duration   // until when the process that was killed holds it
	clock  clocks
	paused bool          // the process stands still: it is held or stalled
	held   bool          // it is stopped until it is let go on
	stall  time.Duration // when its stall is over; never: there is none
	bootAt time.Duration // when it will be there; never: it is not being started
	tickAt time.Duration // when its monitor looks next, or should have; never: not before it goes on
	tickOn time.Duration // for when that is planned; never: it is not

	stdin   pipe[session.Output]
	stdout  pipe[[]byte]
	printed []byte // written to stdout in this step; ends in the middle of a line only between steps
	tasks   []task // the reader, the node's services, the printer
	busy    time.Duration
	stderr  stderr
	died    string // why the node panicked; empty if it did not
}

// task is something that takes one step after the other.
type task struct {
	name    string
	service node.Service // nil: it is the reader or the printer
	cost    Cost
	wake    time.Duration // when it does its next step; never: not planned
	free    time.Duration // when it is free to
}

// Write takes what the node writes to stdout.
func (h *host) Write(p []byte) (int, error) {
	h.printed = append(h.printed, p...)
	return len(p), nil
}

// start makes the node, in a new life.
func (h *host) start(now time.Duration, cfg NodeConfig, level slog.Level, rng *rand.Rand, epoch uint64, clock func() time.Time) error {
	cfg.Random, cfg.Incarnation, cfg.LogTime = rng, epoch, clock
	cfg.Log = slog.New(slog.NewTextHandler(&h.stderr, &slog.HandlerOptions{Level: level}))
	if h.kept != nil {
		cfg.Journal = h.kept
	}
	n, err := node.New(cfg, h)
	if err != nil {
		return err
	}
	h.node, h.learnt, h.harm = n, 0, harm{}
	h.goOn()
	h.clock.start(now)
	h.tasks = append(h.tasks[:0], task{name: "intake", cost: h.costs.of("intake")})
	for _, s := range n.Services() {
		h.tasks = append(h.tasks, task{name: s.Name(), service: s, cost: h.costs.of(s.Name())})
	}
	h.tasks = append(h.tasks, task{})
	for i := range h.tasks {
		h.tasks[i].wake, h.tasks[i].free = never, now
	}
	return nil
}

// printer is the last of the tasks.
func (h *host) printer() kind { return kind(len(h.tasks) - 1) }

// kill ends the node with all that was on its way to and from it.
func (h *host) kill() {
	h.node, h.printed = nil, nil
	h.goOn()
	h.bootAt, h.tickAt, h.tickOn = never, never, never
	h.stdin, h.stdout = pipe[session.Output]{}, pipe[[]byte]{}
}

// goOn ends whatever makes the process stand still.
func (h *host) goOn() { h.paused, h.held, h.stall = false, false, never }

// local is the node's own clock, which began when it was started.
func (h *host) local(now time.Duration) time.Duration { return h.clock.local(now) }

// global is when the node's clock will show a time.
func (h *host) global(local time.Duration) time.Duration { return h.clock.global(local) }

// runs says whether a task can do anything now. What a node has printed is
// read although it is paused.
func (h *host) runs(k kind) bool { return h.node != nil && (!h.paused || k == h.printer()) }

// due returns when a task has something to do.
func (h *host) due(now time.Duration, k kind) time.Duration {
	if s := h.tasks[k].service; s != nil {
		return h.global(s.Next(h.local(now)))
	}
	if k != forReader { // the printer
		if h.stdout.empty() {
			return never
		}
		return h.stdout.first().at
	}
	if h.stdin.empty() || !h.node.Admits() {
		return never
	}
	return h.stdin.first().at
}

// next plans a task's next step and reports whether that is new: it is to be woken
// at the time returned.
func (h *host) next(now time.Duration, k kind) (time.Duration, bool) {
	t := &h.tasks[k]
	soonest := max(now, t.free) + t.cost.Step
	if t.wake <= soonest {
		return 0, false // it cannot come sooner
	}
	due := h.due(now, k)
	if due == never {
		return 0, false
	}
	at := max(soonest, due+t.cost.Step)
	if at >= t.wake {
		return 0, false
	}
	t.wake = at
	return at, true
}

// step lets the reader or one of the node's services do its step, which it has been
// busy with for the cost of it.
func (h *host) step(now time.Duration, k kind) {
	var work node.Work
	h.look(now)
	t := &h.tasks[k]
	if k == forReader {
		what := h.stdin.take()
		work = node.Work{Messages: 1, Bytes: h.admit(now, &what)}
	} else {
		work = h.work(now, t.service)
	}
	work.Bytes += h.flush(now, t.cost)
	more := t.cost.beyond(work.Messages, work.Bytes)
	h.busy += t.cost.Step + more
	t.free = now + more + h.node.Slowed(h.local(now+more), t.name, t.cost.Step+more)
}

// look has the node's reader see, when it would look, how much of stdin is unread.
func (h *host) look(now time.Duration) {
	if h.stdin.empty() || h.node == nil || h.paused {
		return
	}
	if local := h.local(now); h.node.Looks(local) {
		h.node.Unread(local, h.stdin.seen(now, unreadBytes, lineBytes))
	}
}

// admit hands a line of stdin to the node, and returns how many bytes it has.
func (h *host) admit(now time.Duration, what *session.Output) int {
	bytes := h.lines.read(what)
	h.admitLine(now)
	if h.stdin.empty() || h.stdin.first().at > now {
		h.node.Dry(h.local(now))
	}
	return bytes
}

// admitLine hands the line that was read to the node.
func (h *host) admitLine(now time.Duration) {
	defer h.caught(now, nil)
	h.node.Admit(h.local(now), &h.lines.item)
}

// work does a step of one of the node's services.
func (h *host) work(now time.Duration, s node.Service) (w node.Work) {
	defer h.caught(now, s)
	w, err := s.Step(h.local(now))
	if err != nil {
		h.died = err.Error() // stdout does not fail; a line that is none would
	}
	return w
}

// caught is what becomes of a panic of a service, or of the reader. One that was
// injected is dealt with as by a real node. Any other would be, too, but it is a
// mistake in the program: here it ends the node, so that it is noticed.
func (h *host) caught(now time.Duration, s node.Service) {
	switch value := recover().(type) {
	case nil:
	case inject.Panic:
		if err := h.node.ServiceCrashed(h.local(now), s, value); err != nil {
			h.died = err.Error()
		}
	default:
		h.died = fmt.Sprintf("panic: %v", value)
		fmt.Fprintf(&h.stderr, "%s\n%s", h.died, debug.Stack())
	}
}

// flush sends the whole lines that the node has written on their way, and
// returns how many bytes.
func (h *host) flush(now time.Duration, cost Cost) int {
	n := bytes.LastIndexByte(h.printed, '\n') + 1
	if n == 0 {
		return 0
	}
	lines, rest := h.printed[:n:n], h.printed[n:]
	h.printed = bytes.Clone(rest) // nil, as a rule
	h.stdout.put(now+cost.beyond(1, n)+h.costs.Pipe, lines)
	return n
}
