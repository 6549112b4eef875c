package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"treecast/chans"
	"treecast/node/stdin"
	"treecast/wire"
)

// driver drives a node in real time: it gives each service a goroutine and a clock.
type driver struct {
	*Node
	now func() time.Duration

	drained chan struct{} // a token when the output queue has become short
	waiters atomic.Int32  // goroutines that wait for it
	lines   *wire.Reader  // of stdin; outlives crashes of the reader
	stdin   *stdin.Stream // what lines reads
	atEnd   atomic.Bool   // stdin has been read to its end
}

// The history of the queues' figures: a sample a second, for five minutes.
const (
	historyPeriod  = time.Second
	historySamples = 300
)

// ErrTooManyCrashes is wrapped by Run's error if a service crashed more often than Config
// allows. The text names the service and its last panic.
var ErrTooManyCrashes = chans.ErrTooManyCrashes

// Run drives the node in real time until stdin ends or ctx is done, and then writes what is
// queued. It returns an error if stdin or stdout fails or a service crashes too often; a bad
// line is no error. It may be called once.
func (n *Node) Run(ctx context.Context, from io.Reader) error {
	ctx, cancel := context.WithCancelCause(ctx)
	start := time.Now()
	n.runStart.Store(&start)
	d := &driver{
		Node: n, now: func() time.Duration { return time.Since(start) },
		drained: make(chan struct{}, 1),
	}
	n.age = stdin.NewAge(n.cfg.Monitor.Period, stdin.Unread(from))
	n.stdout.moved = func() { n.output.writing.Store(int64(d.now())) }
	n.output.drained = d.roomAgain
	n.intake.readerAnswers = true
	n.gossiper.effort.measured = true

	// The reader may be blocked in a read that cannot be interrupted, so Run does not wait
	// for it.
	go func() {
		read := func(ctx context.Context) error {
			n.faults[readerName].Live(ctx, d.now)
			if err := d.read(ctx, from); err != nil {
				return fmt.Errorf("reading stdin: %w", err)
			}
			d.atEnd.Store(ctx.Err() == nil)
			return nil
		}
		crashed := func() int { return n.reading.crashed(d.now()) }
		if err := n.supervisor.Run(ctx, d.now, chans.Service{Name: readerName, Run: read, Crashed: crashed}); err != nil {
			cancel(fmt.Errorf("node: %w", err))
		}
		n.gossipQueue.Close()
	}()
	go func() {
		<-ctx.Done()
		n.gossipQueue.Close()
	}()
	// Services of Config.More and the monitor end after the others.
	var beside sync.WaitGroup
	aside, stopBeside := context.WithCancel(context.Background())
	beside.Go(func() {
		services := append(d.supervised(n.services[n.ownCount:]), chans.Service{Name: "monitor", Run: d.watch})
		if err := n.supervisor.Run(aside, d.now, services...); err != nil && aside.Err() == nil {
			cancel(fmt.Errorf("node: %w", err))
		}
	})

	// The services end one after the other: each ends when its queue is closed and empty, and
	// closes the next one's queue. So what is queued is still written.
	err := n.supervisor.Run(context.WithoutCancel(ctx), d.now, d.supervised(n.services[:n.ownCount])...)
	if n.journaler != nil {
		if closing := n.cfg.Journal.Close(err == nil && d.atEnd.Load()); closing != nil {
			n.cfg.Log.Warn("closing the journal", "why", closing)
		}
	}
	cause := context.Cause(ctx)
	cancel(nil)
	stopBeside()
	beside.Wait()
	switch {
	case err != nil:
		return fmt.Errorf("node: %w", err)
	case cause != nil && !errors.Is(cause, context.Canceled):
		return cause
	}
	return nil
}

// supervised describes services to the supervisor.
func (d *driver) supervised(services []Service) (all []chans.Service) {
	for _, s := range services {
		all = append(all, chans.Service{
			Name: s.Name(),
			Run: func(ctx context.Context) error {
				d.faults[s.Name()].Live(ctx, d.now)
				return d.serve(ctx, s)
			},
			Crashed: func() int { return s.Crashed(d.now()) },
		})
	}
	return all
}

// stepsPerLook is how many brief steps there are between two looks at the clock. A look costs
// a tenth of a step, and a brief step takes microseconds.
const stepsPerLook = 16

// serve calls a service's steps until it is over.
func (d *driver) serve(ctx context.Context, s Service) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	now, brief := d.now(), 0
	for {
		work, err := s.Step(now)
		switch {
		case errors.Is(err, errOver):
			return nil
		case err != nil:
			return err
		case work.Brief && brief < stepsPerLook:
			brief++
			continue
		case work.Did:
			now, brief = d.now(), 0
			continue
		}
		if next := s.Next(now); next < Never {
			timer.Reset(min(max(next-now, 0), time.Hour))
		}
		select {
		case <-s.Wake():
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		runtime.Gosched() // the goroutine that woke it may have more
		now, brief = d.now(), 0
	}
}

// watch calls Tick at the monitor's period and records the history of the queues.
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
		if d.isolated != nil { // it looks at its children now, and need not be woken for that
			d.wakes.gossip.notify()
		}
		if now-sampled >= historyPeriod && d.gates.own.Open(now) {
			sampled = now
			d.history.Record(now)
		}
		timer.Reset(d.NextTick() - d.now())
	}
}

// stuck reports whether stdout has stood still for too long to wait for it.
func (d *driver) stuck() bool { return d.now() >= d.outbox.stuckAt() }

// roomAgain wakes the reader if it waits for the output queue to shrink.
func (d *driver) roomAgain() {
	if d.waiters.Load() > 0 && d.Admits() {
		select {
		case d.drained <- struct{}{}:
		default:
		}
	}
}

// waitDrained waits until the output queue may have shrunk, or 20 ms.
func (d *driver) waitDrained(ctx context.Context) {
	d.waiters.Add(1)
	defer d.waiters.Add(-1)
	if d.Admits() { // it has shrunk since the caller looked
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
