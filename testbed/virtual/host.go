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
	kept   *journal.Memory // what outlives the node; nil: nothing does
	clock  clocks
	paused bool          // the process stands still: it is held or stalled
	held   bool          // it is stopped until it is let go on
	stall  time.Duration // when its stall is over; never: there is none
	bootAt time.Duration // when it will be there; never: it is not being started
	tickAt time.Duration // when its monitor looks next, or should have; never: not before it goes on
	tickOn time.Duration // for when that is planned; never: it is not

	stdin    pipe[session.Output]
	stdout   pipe[[]byte]
	printed  []byte // written to stdout in this step; ends in the middle of a line only between steps
	services [services]service
	busy     time.Duration // of all services together
	stderr   stderr
	died     string // why the node panicked; empty if it did not
}

// service is when a service does its next step, and is free to.
type service struct {
	wake time.Duration // never: not planned
	free time.Duration
}

// Write takes what the node writes to stdout.
func (h *host) Write(p []byte) (int, error) {
	h.printed = append(h.printed, p...)
	return len(p), nil
}

// start makes the node, in a new life.
func (h *host) start(now time.Duration, cfg NodeConfig, level slog.Level, rng *rand.Rand, epoch uint64, clock func() time.Time) error {
	cfg.Random, cfg.Epoch, cfg.LogTime = rng, epoch, clock
	cfg.Log = slog.New(slog.NewTextHandler(&h.stderr, &slog.HandlerOptions{Level: level}))
	if h.kept != nil {
		cfg.Keeper = h.kept
	}
	n, err := node.New(cfg, h)
	if err != nil {
		return err
	}
	h.node = n
	h.goOn()
	h.clock.start(now)
	for i := range h.services {
		h.services[i] = service{wake: never, free: now}
	}
	return nil
}

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

// runs says whether a service can do anything now. What a node has printed is
// read although it is paused.
func (h *host) runs(k kind) bool { return h.node != nil && (!h.paused || k == forPrinter) }

// due returns when a service has something to do.
func (h *host) due(now time.Duration, k kind) time.Duration {
	switch k {
	case forReader:
		if h.stdin.empty() || !h.node.Admits() {
			return never
		}
		return h.stdin.first().at
	case forRecord:
		return h.global(h.node.Due(h.local(now), node.Record))
	case forGossip:
		return h.global(h.node.Due(h.local(now), node.Gossip))
	case forOutput:
		return h.global(h.node.Due(h.local(now), node.Output))
	case forJournal:
		return h.global(h.node.Due(h.local(now), node.Journal))
	default: // forPrinter
		if h.stdout.empty() {
			return never
		}
		return h.stdout.first().at
	}
}

// cost is that of a service; the printer is part of no node.
func (h *host) cost(k kind) Cost {
	switch k {
	case forReader:
		return h.costs.Intake
	case forRecord:
		return h.costs.Record
	case forGossip:
		return h.costs.Gossip
	case forOutput:
		return h.costs.Output
	case forJournal:
		return h.costs.Journal
	}
	return Cost{}
}

// next plans a service's next step and reports whether that is new: it is to
// be woken at the time returned.
func (h *host) next(now time.Duration, k kind) (time.Duration, bool) {
	s := &h.services[k]
	if s.wake != never && k != forGossip && k != forJournal {
		return 0, false // nothing makes another service's step come sooner
	}
	due := h.due(now, k)
	if due == never {
		return 0, false
	}
	at := max(now, due, s.free) + h.cost(k).Step
	if at >= s.wake {
		return 0, false
	}
	s.wake = at
	return at, true
}

// step lets one of the node's services do its step, which it has been busy
// with for the cost of it.
func (h *host) step(now time.Duration, k kind) {
	var work node.Work
	h.look(now)
	switch k {
	case forReader:
		what := h.stdin.take()
		work = node.Work{Messages: 1, Bytes: h.admit(now, &what)}
	case forRecord:
		work = h.work(now, node.Record)
	case forGossip:
		work = h.work(now, node.Gossip)
	case forOutput:
		work = h.work(now, node.Output)
		work.Bytes = h.flush(now)
	case forJournal:
		work = h.work(now, node.Journal)
	}
	cost := h.cost(k)
	more := cost.beyond(work.Messages, work.Bytes)
	h.busy += cost.Step + more
	h.services[k].free = now + more + h.injected(now+more, k, cost.Step+more)
}

// injected is how much longer than it took a step keeps a service busy by the
// faults that are injected into it.
func (h *host) injected(now time.Duration, k kind, took time.Duration) time.Duration {
	if h.node == nil {
		return 0
	}
	defer h.caught()
	return h.node.Injected(h.local(now), faultService[k], took)
}

// faultService is what faults call the services.
var faultService = [services]string{forReader: "intake", forRecord: "record", forGossip: "gossip", forOutput: "output", forJournal: "journal"}

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
	item, bytes := h.lines.read(what)
	defer h.caught()
	h.node.Admit(h.local(now), &item)
	if h.stdin.empty() || h.stdin.first().at > now {
		h.node.Dry(h.local(now))
	}
	return bytes
}

// work does a step of one of the node's services.
func (h *host) work(now time.Duration, s node.Service) (w node.Work) {
	defer h.caught()
	w, err := h.node.Step(h.local(now), s)
	if err != nil {
		h.died = err.Error() // stdout does not fail; a line that is none would
	}
	return w
}

// caught makes a panic of a node the end of it. A real node would start the
// service again and lose what it had in hand; here it is to be noticed.
func (h *host) caught() {
	if value := recover(); value != nil {
		h.died = fmt.Sprintf("panic: %v", value)
		fmt.Fprintf(&h.stderr, "%s\n%s", h.died, debug.Stack())
	}
}

// flush sends the whole lines that the node has written on their way, and
// returns how many bytes.
func (h *host) flush(now time.Duration) int {
	n := bytes.LastIndexByte(h.printed, '\n') + 1
	if n == 0 {
		return 0
	}
	lines, rest := h.printed[:n:n], h.printed[n:]
	h.printed = bytes.Clone(rest) // nil, as a rule
	h.stdout.put(now+h.costs.Output.beyond(1, n)+h.costs.Pipe, lines)
	return n
}
