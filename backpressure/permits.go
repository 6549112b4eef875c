package backpressure

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// PermitsConfig says how many permits there are and how they go and come back.
// DefaultPermitsConfig is the place to start from: 0 means 0 here.
type PermitsConfig struct {
	// Total is the number of permits of a healthy node; 0 or more.
	Total int
	// Grace is the unhealthy duration up to which nothing happens: permits are
	// neither revoked nor returned. Shorter reacts to blips, longer lets queues
	// grow.
	Grace time.Duration
	// RevokePerSecond is how many permits go per second that the node is
	// unhealthy beyond Grace; 0 switches throttling off.
	RevokePerSecond float64
	// ReturnPerSecond is how many of the revoked permits come back per healthy
	// second; more than 0. Slower than revoking, or the node swings between both.
	ReturnPerSecond float64
	// MinimumHealthy is how many permits are there at once when the node gets
	// healthy, whatever was revoked; 0 or more, in effect no more than Total. It
	// holds for a healthy node only: an unhealthy one goes down to 0.
	MinimumHealthy int
	// Timeout is how long a holder may go without progress before Expire takes
	// its permit back; more than 0.
	Timeout time.Duration
	// Stale is how long a report is believed; more than 0, and longer than the
	// interval in which reports come.
	Stale time.Duration
}

// DefaultPermitsConfig returns the defaults of the Hedera platform for that many
// permits, with a time-out above several of our re-send intervals of 1.5 s.
func DefaultPermitsConfig(total int) PermitsConfig {
	return PermitsConfig{
		Total:           total,
		Grace:           time.Second,
		RevokePerSecond: 5,
		ReturnPerSecond: 1,
		MinimumHealthy:  1,
		Timeout:         5 * time.Second,
		Stale:           DefaultStale,
	}
}

// check says which setting cannot work, and what would.
func (c PermitsConfig) check() error {
	switch {
	case c.Total < 0:
		return fmt.Errorf("permits: total %d: make it 0 or more", c.Total)
	case c.Grace < 0:
		return fmt.Errorf("permits: grace period %v: make it 0 or more", c.Grace)
	case !(c.RevokePerSecond >= 0) || math.IsInf(c.RevokePerSecond, 0):
		return fmt.Errorf("permits: revoke rate %v/s: make it 0 (never) or more", c.RevokePerSecond)
	case !(c.ReturnPerSecond > 0) || math.IsInf(c.ReturnPerSecond, 0):
		return fmt.Errorf("permits: return rate %v/s: make it more than 0, or revoked permits never come back", c.ReturnPerSecond)
	case c.MinimumHealthy < 0:
		return fmt.Errorf("permits: minimum healthy permits %d: make it 0 or more", c.MinimumHealthy)
	case c.Timeout <= 0:
		return fmt.Errorf("permits: time-out %v: make it more than 0, or a neighbour that is gone keeps its permit for ever", c.Timeout)
	case c.Stale <= 0:
		return fmt.Errorf("permits: staleness bound %v: make it longer than the interval between reports", c.Stale)
	}
	return nil
}

// PermitFigures describe permits at one moment.
type PermitFigures struct {
	Total     int // permits of a healthy node
	Revoked   int // whole permits taken away for now
	InUse     int // permits held; may exceed what is left, as no holder is interrupted
	Available int // permits that could be acquired now
	Refused   uint64
	TimedOut  uint64
}

// Permits bound how many holders (neighbours with anything unacknowledged) there
// may be at a time, and shrink that bound while the node is unhealthy.
//
// What is revoked is one number between 0 and Total, or while healthy between 0
// and Total - MinimumHealthy. It grows and shrinks by rate times time; nothing
// is rounded on the way, so episodes take what their length is worth, however
// many there are. What counts is whole permits: one goes when the whole of it
// is revoked, and is back when the whole of it is returned. A permit that is
// held is not taken from its holder by revoking: it is one less for the next.
//
// Permits are for one goroutine.
type Permits struct {
	config PermitsConfig

	revoked   float64       // permits; within [0, Total]
	gone      int           // whole permits: revoked, rounded towards where it came from
	unhealthy time.Duration // as last reported
	reported  time.Duration // when that was
	settled   time.Duration // up to when returning is accounted for
	started   bool          // whether there was a report

	progress map[string]time.Duration // per holder, when it last made any
	refused  uint64
	timedOut uint64
}

// NewPermits returns permits of which none is revoked, or an error that says
// which setting cannot work. Before the first report the node counts as healthy.
func NewPermits(c PermitsConfig) (*Permits, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return &Permits{config: c, progress: map[string]time.Duration{}}, nil
}

// Report says for how long the node has been unhealthy, 0 for healthy. It is to
// be called more often than the staleness bound.
//
// Revoked is what the time since the last report is worth, but never more than
// the unhealthy duration proves to have been beyond grace: calls that are few
// and far between take no more than calls at a steady pace.
func (p *Permits) Report(now, unhealthy time.Duration) {
	elapsed := time.Duration(0)
	if p.started {
		elapsed = max(0, now-p.reported)
	}
	unhealthy = max(0, unhealthy)
	p.settle(now - unhealthy) // what the report covers was no healthy time
	p.started = true
	p.reported = max(p.reported, now)
	p.settled = max(p.settled, now)
	p.unhealthy = unhealthy
	beyond := max(0, p.unhealthy-p.config.Grace)
	// Nothing may be due, but the floor of a healthy node holds from now on.
	p.add(min(elapsed, beyond).Seconds() * p.config.RevokePerSecond)
}

// settle returns what was earned since the last call, for times at which the
// node was known to be healthy, or nothing was known of it any more.
func (p *Permits) settle(now time.Duration) {
	from := p.settled
	if p.unhealthy > 0 {
		stale := p.reported + p.config.Stale
		if now <= stale {
			return
		}
		p.unhealthy = 0
		p.add(0) // from then on there is the healthy floor to count from
		from = stale
	}
	if now > from {
		p.settled = now
		p.add(-(now - from).Seconds() * p.config.ReturnPerSecond)
	}
}

// add changes what is revoked, within its bounds.
func (p *Permits) add(permits float64) {
	most := p.config.Total
	if p.unhealthy == 0 {
		most = max(0, most-p.config.MinimumHealthy)
	}
	p.revoked = min(max(0, p.revoked+permits), float64(most))
	// Ten times 0.1 is a permit, whatever binary fractions make of it.
	const forgiven = 1e-9
	p.gone = min(max(p.gone, int(math.Floor(p.revoked+forgiven))), int(math.Ceil(p.revoked-forgiven)))
}

// SetTotal changes the number of permits, for a node whose links change. The
// part of them that is revoked stays the same: with everything revoked a new
// link brings no permit. It returns an error, and changes nothing, if total is
// negative.
func (p *Permits) SetTotal(now time.Duration, total int) error {
	if total < 0 {
		return errors.New("permits: a total below 0")
	}
	p.settle(now)
	if p.config.Total > 0 {
		p.revoked *= float64(total) / float64(p.config.Total)
	}
	p.config.Total = total
	p.add(0)
	return nil
}

// Acquire takes a permit for holder, and says whether it has one. A holder that
// has one keeps it, without that counting as progress. A refusal is counted;
// what was to be sent is merged into what is sent once there is a permit.
func (p *Permits) Acquire(now time.Duration, holder string) bool {
	if _, has := p.progress[holder]; has {
		return true
	}
	p.settle(now)
	if p.available() == 0 {
		p.refused++
		return false
	}
	p.progress[holder] = now
	return true
}

// Release gives the holder's permit back, if it has one.
func (p *Permits) Release(_ time.Duration, holder string) { delete(p.progress, holder) }

// Progress says that the holder, if it is one, has got on: its time-out begins
// again.
func (p *Permits) Progress(now time.Duration, holder string) {
	if at, has := p.progress[holder]; has {
		p.progress[holder] = max(at, now)
	}
}

// Expire takes back the permits of those that made no progress for the
// time-out, and returns their names in order.
func (p *Permits) Expire(now time.Duration) []string {
	var expired []string
	for holder, at := range p.progress {
		if now-at >= p.config.Timeout {
			expired = append(expired, holder)
		}
	}
	for _, holder := range expired {
		delete(p.progress, holder)
	}
	p.timedOut += uint64(len(expired))
	slices.Sort(expired)
	return expired
}

// Figures returns the figures as of now, whether or not there is any permit
// left that would make somebody ask.
func (p *Permits) Figures(now time.Duration) PermitFigures {
	p.settle(now)
	return PermitFigures{
		Total:     p.config.Total,
		Revoked:   p.gone,
		InUse:     len(p.progress),
		Available: p.available(),
		Refused:   p.refused,
		TimedOut:  p.timedOut,
	}
}

func (p *Permits) available() int {
	return max(0, p.config.Total-p.gone-len(p.progress))
}
