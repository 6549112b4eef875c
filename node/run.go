package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"treecast/chans"
	"treecast/wire"
)

// driver drives a node in real time: a goroutine, a queue and a clock around
// each service's step.
type driver struct {
	*Node
	now func() time.Duration

	writing atomic.Int64  // since when the output has been busy with one item; 0: it is not
	drained chan struct{} // a token when the output queue has become short
	waiters atomic.Int32  // who wait for it
	lines   *wire.Reader  // of stdin; outlives crashes of the reader
	stdin   counted       // what lines reads
	unread  func() int64  // how many bytes of stdin wait to be read, as far as can be told
	reading lineInHand
	atEnd   atomic.Bool // stdin has been read to its end
}

// The history of the queues' figures: a sample a second, for five minutes.
const (
	historyPeriod  = time.Second
	historySamples = 300
)

// ErrTooManyCrashes is wrapped by Run's error where a service crashed more often
// than Config allows; its text names the service and what it panicked with last.
var ErrTooManyCrashes = chans.ErrTooManyCrashes

// stuckAfter is how long stdout may stand still before nobody waits for it
// any more.
const stuckAfter = time.Second

// Run drives the node in real time until stdin ends or ctx is done, and then
// writes out what is queued. It returns an error if stdin or stdout fails or a
// service crashes too often; a bad line is never an error. It may be called
// once.
func (n *Node) Run(ctx context.Context, stdin io.Reader) error {
	ctx, cancel := context.WithCancelCause(ctx)
	start := time.Now()
	n.runStart.Store(&start)
	d := &driver{
		Node: n, now: func() time.Duration { return time.Since(start) },
		drained: make(chan struct{}, 1),
	}
	d.reading.lost = func() { n.lostLine(d.now(), &d.reading) }
	d.watchLost()
	n.stale.unread = unreadOf(stdin)
	n.stdout.moved = func() { d.writing.Store(int64(d.now())) }
	supervisor := chans.NewSupervisor(chans.SupervisorConfig{
		MaxCrashes: n.cfg.MaxCrashes, Window: n.cfg.CrashWindow, Now: d.now, Log: n.cfg.Log,
	})
	n.supervisor.Store(supervisor)
	n.intake.later = true

	// The reader may be blocked in a read that nothing can interrupt, so it is
	// not waited for.
	go func() {
		read := func(ctx context.Context) error {
			if err := d.read(ctx, stdin); err != nil {
				return fmt.Errorf("reading stdin: %w", err)
			}
			d.atEnd.Store(ctx.Err() == nil)
			return nil
		}
		if err := supervisor.Run(ctx, d.service("intake", &d.reading, func() {}, read)); err != nil {
			cancel(fmt.Errorf("node: %w", err))
		}
		n.mailQ.Close()
	}()
	go func() {
		<-ctx.Done()
		n.mailQ.Close()
	}()
	var monitor sync.WaitGroup
	ticking, stopTicking := context.WithCancel(context.Background())
	monitor.Go(func() {
		if err := supervisor.Run(ticking, chans.Service{Name: "monitor", New: func() func(context.Context) error { return d.watch }}); err != nil {
			cancel(fmt.Errorf("node: %w", err))
		}
	})

	// The services end one after the other, each when its queue is closed and
	// drained, and closes the next one's: what is queued is still written out.
	services := []chans.Service{
		d.service("record", n.jobs, func() { n.record.resume(d.now()) }, d.serveRecord),
		d.service("gossip", n.mails, func() { n.gossiper.restart(d.now()) }, d.serveGossip),
		d.service("output", n.outs, func() {}, d.serveOutput),
	}
	if n.journaler != nil {
		services = append(services, d.service("journal", n.keeps, func() {}, d.serveJournal))
	}
	err := supervisor.Run(context.WithoutCancel(ctx), services...)
	if n.journaler != nil {
		if closing := n.cfg.Keeper.Close(err == nil && d.atEnd.Load()); closing != nil {
			n.cfg.Log.Warn("closing the journal", "why", closing)
		}
	}
	cause := context.Cause(ctx)
	cancel(nil)
	stopTicking()
	monitor.Wait()
	switch {
	case err != nil:
		return fmt.Errorf("node: %w", err)
	case cause != nil && !errors.Is(cause, context.Canceled):
		return cause
	}
	return nil
}

// service describes a service to the supervisor. prepare is called before each
// start; the state that survives a crash is the node's.
func (d *driver) service(name string, inbox chans.Abandoner, prepare func(), serve func(context.Context) error) chans.Service {
	return chans.Service{
		Name: name, Inboxes: []chans.Abandoner{inbox},
		New: func() func(context.Context) error {
			prepare()
			return serve
		},
	}
}

// itemsPerLook is how many items the record handles between two looks at the
// clock, which cost as much as a tenth of the work. They take microseconds.
const itemsPerLook = 16

// serveRecord is the record service. What has come back from the journal goes
// first: that is room for more.
func (d *driver) serveRecord(ctx context.Context) error {
	leash := d.leash(ctx, "record")
	keeping := &d.record.keeping
	now, handled := d.now(), 0
	for {
		for d.outsQ.Depth() >= d.outsQ.Capacity() && !d.stuck() && ctx.Err() == nil {
			d.waitDrained(ctx)
			handled = itemsPerLook
		}
		if handled++; handled > itemsPerLook || leash != nil {
			now, handled = d.now(), 0
		}
		if d.record.commit(now) {
			continue
		}
		if keeping.room() {
			if j, ok := d.jobs.TryNext(); ok {
				leash.begin(true)
				d.record.handle(now, &j)
				leash.end()
				d.jobs.Done()
				continue
			}
			if d.jobs.Drained() {
				keeping.close()
				if keeping.idle() {
					d.outsQ.Close()
					return nil
				}
			}
		}
		select {
		case <-d.jobs.Ready():
		case <-keeping.ready():
		case <-ctx.Done():
			return ctx.Err()
		}
		handled = itemsPerLook
	}
}

// serveJournal is the journal service.
func (d *driver) serveJournal(ctx context.Context) error {
	d.journaler.leash = d.leash(ctx, "journal")
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := d.now()
		if d.journaler.step(now) {
			continue
		}
		if d.keeps.Drained() {
			return nil
		}
		timer.Reset(min(max(d.journaler.next()-now, 0), time.Hour))
		select {
		case <-d.keeps.Ready():
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// serveGossip is the gossip service.
func (d *driver) serveGossip(ctx context.Context) error {
	d.gossiper.leash = d.leash(ctx, "gossip")
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := d.now()
		if d.gossiper.step(now) {
			continue
		}
		if d.mails.Drained() {
			d.jobsQ.Close()
			return nil
		}
		timer.Reset(min(max(d.gossiper.next(now)-now, 0), time.Hour))
		select {
		case <-d.mails.Ready():
		case <-d.notices.wake:
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// serveOutput is the output service, the only one that writes to stdout. It
// flushes when nothing more is waiting.
func (d *driver) serveOutput(ctx context.Context) error {
	leash := d.leash(ctx, "output")
	for {
		item, ok := d.outs.TryNext()
		if ok {
			now := d.now()
			d.writing.Store(int64(now))
			leash.begin(true)
			if err := d.output.handle(now, &item); err != nil {
				return err
			}
			leash.end()
			d.roomAgain()
			continue
		}
		d.writing.Store(int64(d.now()))
		if err := d.output.writer.Flush(); err != nil {
			return err
		}
		d.writing.Store(0)
		d.roomAgain()
		if d.outs.Drained() {
			return nil
		}
		select {
		case <-d.outs.Ready():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// watch has the monitor poll at its period, tells people when trouble begins
// and ends, and notices when the process has been stopped.
func (d *driver) watch(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var sampled time.Duration
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		now := d.now()
		d.Tick(now)
		if now-sampled >= historyPeriod && d.gates.own.Open(now) {
			sampled = now
			d.history.Record(now)
		}
		timer.Reset(d.NextTick() - d.now())
	}
}

// stuck reports whether stdout has stood still for too long to wait for it.
func (d *driver) stuck() bool {
	since := time.Duration(d.writing.Load())
	return since != 0 && d.now()-since > stuckAfter
}

// roomAgain wakes whoever waits for the output queue to become short.
func (d *driver) roomAgain() {
	if d.waiters.Load() > 0 && d.Admits() {
		select {
		case d.drained <- struct{}{}:
		default:
		}
	}
}

// waitDrained waits until the output queue may have become short, or a little.
func (d *driver) waitDrained(ctx context.Context) {
	d.waiters.Add(1)
	defer d.waiters.Add(-1)
	if d.Admits() { // since the caller looked, when nobody was known to wait
		return
	}
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-d.drained:
	case <-timer.C:
	case <-ctx.Done():
	}
}
