package inject

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Injector makes one service of a node go wrong. It belongs to whoever runs the
// service, and outlives its crashes. All methods work on a nil Injector, which a
// service without faults has: what that costs is a look at a nil pointer.
type Injector struct {
	service string
	faults  []Fault
	name    func() string // of the node; "" before init
	random  *rand.Rand

	items  uint64
	panics []time.Duration // when each fault that panics does so next; 0: not drawn

	// In real time only.
	ctx   context.Context // nil: a driver that has time of its own asks Extra
	clock func() time.Duration
	begun time.Duration
	owed  time.Duration // time that the service should have been busy and was not yet
}

// Panic is what an injected crash panics with, which tells it from a mistake of
// the program.
type Panic string

// New returns the injectors of those services that have faults, by service; nil
// if there are none. name tells the name of the node, "" while it has none.
func New(faults []Fault, name func() string, random *rand.Rand) map[string]*Injector {
	if len(faults) == 0 {
		return nil
	}
	all := map[string]*Injector{}
	for _, f := range faults {
		i := all[f.Service]
		if i == nil {
			i = &Injector{service: f.Service, name: name, random: rand.New(rand.NewPCG(random.Uint64(), uint64(len(all))))}
			all[f.Service] = i
		}
		i.faults, i.panics = append(i.faults, f), append(i.panics, 0)
	}
	return all
}

// Live has End wait, by a clock and until ctx is done. It is called before the
// first Begin, by the driver of real time.
func (i *Injector) Live(ctx context.Context, clock func() time.Duration) {
	if i != nil {
		i.ctx, i.clock = ctx, clock
	}
}

// Skip says that so many items were handled by whoever did the service's work before.
func (i *Injector) Skip(items uint64) {
	if i != nil {
		i.items = items
	}
}

// Begin comes before an item is handled, or anything else is done. It panics, with
// a Panic, if that is what the item is to bring about.
func (i *Injector) Begin(now time.Duration, item bool) {
	if i == nil {
		return
	}
	if i.ctx != nil {
		now = i.clock()
		i.begun = now
	}
	if item {
		i.item(now)
	}
}

// item takes note of an item that the service is about to handle.
func (i *Injector) item(now time.Duration) {
	i.items++
	for n := range i.faults {
		switch f := &i.faults[n]; {
		case f.Node != "" && f.Node != i.name():
		case f.Kind == PanicAt && f.Item == i.items:
			panic(Panic(fmt.Sprintf("injected: item %d of %s", i.items, i.service)))
		case f.Kind == Panics && f.on(now):
			due := i.panics[n]
			if due == 0 || now >= due {
				i.panics[n] = now + time.Duration((0.5+i.random.Float64())*float64(f.Each)) + 1
			}
			if due != 0 && now >= due {
				panic(Panic("injected: at random, in " + i.service))
			}
		}
	}
}

// Extra returns how much longer than it took a piece of work keeps the service
// busy that was done at now.
func (i *Injector) Extra(now, took time.Duration) (extra time.Duration) {
	if i == nil {
		return 0
	}
	for n := range i.faults {
		f := &i.faults[n]
		if f.Node != "" && f.Node != i.name() || !f.on(now) {
			continue
		}
		switch {
		case f.Kind == Stuck:
			extra = max(extra, f.From+f.For-now)
		case f.Kind != Slow: // Rogue among them
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

// End comes after Begin, when the work is done: in real time it waits for as long
// as is injected. An item stays in hand meanwhile.
func (i *Injector) End() {
	if i == nil || i.ctx == nil {
		return
	}
	ended := i.clock()
	i.owed += i.Extra(ended, ended-i.begun)
	if i.owed < leastSleep {
		return
	}
	timer := time.NewTimer(i.owed)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-i.ctx.Done():
	}
	i.owed -= i.clock() - ended // a sleep that was too long is made up for
}
