package node

import (
	"context"
	"log/slog"
	"time"

	"treecast/gossip"
	"treecast/wire"
)

// Service is a service of a node whose steps a driver calls. The reader is not
// among them, as its work comes from outside: see Node.Admit.
type Service uint8

// The services.
const (
	Record Service = iota
	Gossip
	Output
	Journal // only of a node that has one
)

// Never is what Due returns where nothing is to be done.
const Never = gossip.Never

// Work is what a step has done, for a driver that models how long it takes.
type Work struct {
	Messages int // taken from the service's queue, and put into others
	Bytes    int // of the bodies read and written, as far as the step handled any
}

// The steps are for a driver that has time of its own. It never calls Run, and
// it calls everything of a node from one goroutine:
//
//  1. Lines for stdin go to Admit, one by one and in their order. When there is
//     none left to be read, Dry says so.
//  2. Step is called when Due says so, or later.
//  3. Tick is called when NextTick says so.
//
// Every call may change what is due of any service. now never goes back.

// Admits reports whether the reader may take a line. It waits while stdout is
// behind and there is no room for another reply, those counted that the
// requests in the intake will need, or while a reply is expected to wait for
// too long. While the output has nothing to do, it is not stdout that is slow,
// and nothing waits.
func (n *Node) Admits() bool {
	if n.intake.opening.Load() {
		return false // behind the init everything waits for what the journal held
	}
	waiting := n.outsQ.Depth()
	if waiting == 0 {
		return true
	}
	all := waiting + n.jobsQ.Depth()
	if all > fewWaiting && n.outsQ.Wait()/time.Duration(waiting)*time.Duration(all) > n.cfg.MaxWait/4 {
		return false
	}
	return all < max(1, n.outsQ.Preferred()/2)
}

// Admit is the reader's step: it decides what becomes of one line.
func (n *Node) Admit(now time.Duration, item *wire.Item) {
	n.admitted++
	came := n.arrivals.came(now, n.admitted)
	n.admit(now, came, item, max(n.stale.line(now), ageOf(now-came)))
}

// Looks reports whether the reader would look now at how much of stdin is unread;
// then Unread says it.
func (n *Node) Looks(now time.Duration) bool {
	_, stood := n.stale.stoodStill(now)
	return stood || n.arrivals.due(now)
}

// Unread says how many lines the reader sees on stdin that are not admitted yet.
func (n *Node) Unread(now time.Duration, lines int) { n.see(now, n.admitted+int64(lines)) }

// see takes note of everything that is on stdin before a place. What may have come
// while the process stood still counts as having come then.
func (n *Node) see(now time.Duration, end int64) {
	if since, stood := n.stale.stoodStill(now); stood {
		n.arrivals.see(max(since, n.arrivals.looked), end)
		n.stale.looked()
		return
	}
	n.arrivals.see(now, end)
}

// Dry says that everything was read that was on stdin, and that the reader waits.
func (n *Node) Dry(now time.Duration) { n.stale.dry(now) }

// Came says that there is something on stdin that the reader may have waited for.
func (n *Node) Came(now time.Duration) { n.stale.came(now) }

func (n *Node) admit(now, came time.Duration, item *wire.Item, waited age) {
	wasNamed := n.intake.self != nil
	n.intake.admit(now, came, item, waited)
	if !wasNamed && n.intake.self != nil && n.intake.self.restart {
		n.stale.restarted()
	}
}

// Due returns when a step of a service has something to do: now, later, or
// Never unless something else happens first.
func (n *Node) Due(now time.Duration, s Service) time.Duration {
	ready := false
	switch s {
	case Record:
		k := &n.record.keeping
		ready = n.outsQ.Depth() < n.outsQ.Capacity() &&
			(n.jobsQ.Depth() > 0 && k.room() || k.queue != nil && k.any())
	case Gossip:
		if n.mailQ.Depth() == 0 && len(n.notices.wake) == 0 {
			return max(now, n.gossiper.next(now))
		}
		ready = true
	case Journal:
		if n.journaler == nil {
			return Never
		}
		if n.keepsQ.Depth() == 0 {
			return max(now, n.journaler.next())
		}
		ready = true
	case Output:
		ready = n.outsQ.Depth() > 0 || n.output.writer.Buffered() > 0
	}
	if ready {
		return now
	}
	return Never
}

// Step has a service do one piece of work, if there is any. Output flushes to
// stdout when nothing more is waiting; the error is stdout's.
func (n *Node) Step(now time.Duration, s Service) (w Work, err error) {
	switch s {
	case Record:
		queued := n.outsQ.Depth()
		if n.record.commit(now) {
			return Work{Messages: 1 + n.outsQ.Depth() - queued}, nil
		}
		if !n.record.keeping.room() {
			return Work{}, nil
		}
		if j, ok := n.jobs.TryNext(); ok {
			bytes := j.bytes
			n.record.handle(now, &j)
			n.jobs.Done()
			w = Work{Messages: 1 + n.outsQ.Depth() - queued, Bytes: bytes}
		}
	case Journal:
		before := n.keepsQ.Depth()
		written := n.journaler.figures.bytes.Load()
		n.journaler.step(now)
		w = Work{Messages: before - n.keepsQ.Depth(), Bytes: int(n.journaler.figures.bytes.Load() - written)}
	case Gossip:
		select {
		case <-n.notices.wake:
		default:
		}
		queued, said, mailed := n.outsQ.Depth(), n.outbox.gossip.used.Load(), n.mailBytes.used.Load()
		n.gossiper.step(now)
		w = Work{
			Messages: 1 + n.outsQ.Depth() - queued,
			Bytes:    int(n.outbox.gossip.used.Load() - said + mailed - n.mailBytes.used.Load()),
		}
	case Output:
		if item, ok := n.outs.TryNext(); ok {
			w = Work{Messages: 1}
			if err := n.output.handle(now, &item); err != nil {
				return w, err
			}
			n.outs.Done()
		}
		if n.outsQ.Depth() == 0 {
			err = n.output.writer.Flush()
		}
	}
	return w, err
}

// Tick has the health monitor look at the queues, and tells people when
// trouble begins and ends. A gap between ticks says that the process was stopped.
func (n *Node) Tick(now time.Duration) {
	n.stale.tick(now)
	report, _ := n.Poll(now)
	n.announce(now, report)
}

// Calm reports whether a Tick now would take note of the time and find nothing:
// nothing is queued, and nothing was amiss when the last one looked. A driver
// may then put ticks off until before the next call of anything else, and make up
// for them with the times that they were due at.
func (n *Node) Calm() bool {
	return !n.gates.ill && n.jobsQ.Depth() == 0 && n.mailQ.Depth() == 0 && n.outsQ.Depth() == 0 &&
		(n.keepsQ == nil || n.keepsQ.Depth() == 0) &&
		n.jobBytes.used.Load() == 0 && n.mailBytes.used.Load() == 0 && n.outbox.raw.used.Load() == 0
}

// NextTick is when Tick is to be called again.
func (n *Node) NextTick() time.Duration { return n.monitor.Next() }

// stamped gives the records of a log the times of a clock.
type stamped struct {
	slog.Handler
	clock func() time.Time
}

// Handle passes a record on with the clock's time.
func (s stamped) Handle(ctx context.Context, r slog.Record) error {
	r.Time = s.clock()
	return s.Handler.Handle(ctx, r)
}
