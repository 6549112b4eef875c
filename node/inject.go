package node

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// injector makes one service of a node go wrong. It belongs to whoever runs the
// service, and outlives its crashes. A service without faults has none, and its
// leash is nil: what that costs is a look at a nil pointer.
type injector struct {
	service string
	faults  []Fault
	name    func() string // of the node; "" before init
	random  *rand.Rand

	items  uint64
	panics []time.Duration // when each fault that panics does so next; 0: not drawn
	owed   time.Duration   // time that the service should have been busy and was not yet
}

// newInjectors returns the injectors of those services that have faults, by
// service.
func newInjectors(cfg *Config, name func() string) map[string]*injector {
	if len(cfg.Faults) == 0 {
		return nil
	}
	all := map[string]*injector{}
	for _, f := range cfg.Faults {
		i := all[f.Service]
		if i == nil {
			i = &injector{service: f.Service, name: name, random: rand.New(rand.NewPCG(cfg.Random.Uint64(), uint64(len(all))))}
			all[f.Service] = i
		}
		i.faults, i.panics = append(i.faults, f), append(i.panics, 0)
	}
	return all
}

// item takes note of an item that the service is about to handle, and panics if
// that is what the item is to bring about.
func (i *injector) item(now time.Duration) {
	i.items++
	for n := range i.faults {
		switch f := &i.faults[n]; {
		case f.Node != "" && f.Node != i.name():
		case f.Kind == PanicAt && f.Item == i.items:
			panic(fmt.Sprintf("injected: item %d of %s", i.items, i.service))
		case f.Kind == Panics && f.on(now):
			due := i.panics[n]
			if due == 0 || now >= due {
				i.panics[n] = now + time.Duration((0.5+i.random.Float64())*float64(f.Each)) + 1
			}
			if due != 0 && now >= due {
				panic("injected: at random, in " + i.service)
			}
		}
	}
}

// extra returns how much longer than it took an item keeps the service busy
// that was handled at now.
func (i *injector) extra(now, took time.Duration) (extra time.Duration) {
	for n := range i.faults {
		f := &i.faults[n]
		if f.Node != "" && f.Node != i.name() || !f.on(now) {
			continue
		}
		switch {
		case f.Kind == Stuck:
			extra = max(extra, f.From+f.For-now)
		case f.Kind != Slow:
		case f.Factor > 0:
			extra = max(extra, time.Duration((f.Factor-1)*float64(took)))
		case f.PerSecond > 0:
			extra = max(extra, time.Duration(float64(time.Second)/f.PerSecond)-took)
		default:
			extra = max(extra, f.Each-took)
		}
	}
	return extra
}

// leastSleep is what sleeps are saved up to: shorter ones take as long.
const leastSleep = time.Millisecond

// leash is an injector at work in a service that runs in real time: begin comes
// before an item is handled, or anything else is done, and end behind it. An
// item stays in hand meanwhile.
type leash struct {
	*injector
	ctx   context.Context
	now   func() time.Duration
	begun time.Duration
}

// begin is told whether it is an item that is about to be handled.
func (l *leash) begin(item bool) {
	if l == nil {
		return
	}
	l.begun = l.now()
	if item {
		l.item(l.begun)
	}
}

// end waits for as long as is injected.
func (l *leash) end() {
	if l == nil {
		return
	}
	ended := l.now()
	l.owed += l.extra(ended, ended-l.begun)
	if l.owed < leastSleep {
		return
	}
	timer := time.NewTimer(l.owed)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.ctx.Done():
	}
	l.owed -= l.now() - ended // a sleep that was too long is made up for
}

// leash returns the leash of a service, nil if nothing is injected into it.
func (d *driver) leash(ctx context.Context, service string) *leash {
	if i := d.injectors[service]; i != nil {
		return &leash{injector: i, ctx: ctx, now: d.now}
	}
	return nil
}

// Injected returns how much longer than it took a step keeps its service busy
// that ended at now, by the faults of the node's configuration; for a driver
// with time of its own. It panics where a fault says so.
func (n *Node) Injected(now time.Duration, service string, took time.Duration) time.Duration {
	i := n.injectors[service]
	if i == nil {
		return 0
	}
	i.item(now)
	return i.extra(now, took)
}
