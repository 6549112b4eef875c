package backpressure

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const poll = 100 * time.Millisecond

// driven is a set of permits and the node that reports to it every 100 ms, as
// a monitor would.
type driven struct {
	*Permits
	t         require.TestingT
	now       time.Duration
	unhealthy time.Duration
}

func drive(t require.TestingT, total int, changes ...func(*PermitsConfig)) *driven {
	c := DefaultPermitsConfig(total)
	for _, change := range changes {
		change(&c)
	}
	p, err := NewPermits(c)
	require.NoError(t, err)
	d := &driven{Permits: p, t: t, now: 5 * time.Second}
	d.Report(d.now, 0)
	return d
}

// ill lets the node be unhealthy for that long, well lets it be healthy.
func (d *driven) ill(duration time.Duration) {
	for range duration / poll {
		d.now += poll
		d.unhealthy += poll
		d.Report(d.now, d.unhealthy)
	}
}

func (d *driven) well(duration time.Duration) {
	d.unhealthy = 0
	for range duration / poll {
		d.now += poll
		d.Report(d.now, 0)
	}
}

func (d *driven) requireAvailable(want int, why ...any) {
	require.Equal(d.t, want, d.Figures(d.now).Available, why...)
}

// Permit settings that cannot work are refused with advice.
func TestPermits_refuseWhatCannotWork(t *testing.T) {
	for advice, change := range map[string]func(*PermitsConfig){
		"total -1: make it 0 or more":                                  func(c *PermitsConfig) { c.Total = -1 },
		"grace period -1ns: make it 0 or more":                         func(c *PermitsConfig) { c.Grace = -1 },
		"revoke rate -1/s: make it 0 (never) or more":                  func(c *PermitsConfig) { c.RevokePerSecond = -1 },
		"revoke rate NaN/s: make it 0 (never) or more":                 func(c *PermitsConfig) { c.RevokePerSecond = math.NaN() },
		"revoke rate +Inf/s: make it 0 (never) or more":                func(c *PermitsConfig) { c.RevokePerSecond = math.Inf(1) },
		"return rate 0/s: make it more than 0":                         func(c *PermitsConfig) { c.ReturnPerSecond = 0 },
		"return rate NaN/s: make it more than 0":                       func(c *PermitsConfig) { c.ReturnPerSecond = math.NaN() },
		"return rate +Inf/s: make it more than 0":                      func(c *PermitsConfig) { c.ReturnPerSecond = math.Inf(1) },
		"minimum healthy permits -1: make it 0 or more":                func(c *PermitsConfig) { c.MinimumHealthy = -1 },
		"time-out 0s: make it more than 0":                             func(c *PermitsConfig) { c.Timeout = 0 },
		"staleness bound 0s: make it longer than the interval between": func(c *PermitsConfig) { c.Stale = 0 },
	} {
		c := DefaultPermitsConfig(5)
		change(&c)
		_, err := NewPermits(c)
		require.ErrorContains(t, err, advice)
	}
}

// At most total holders at a time.
func TestPermits_atMostTotal(t *testing.T) {
	d := drive(t, 2)
	require.True(t, d.Acquire(d.now, "n1"))
	require.True(t, d.Acquire(d.now, "n2"))
	require.False(t, d.Acquire(d.now, "n3"))
	require.True(t, d.Acquire(d.now, "n1"), "who has a permit is not refused")
	require.Equal(t, PermitFigures{Total: 2, InUse: 2, Refused: 1}, d.Figures(d.now))
	d.Release(d.now, "n1")
	d.Release(d.now, "n1")
	d.Release(d.now, "nobody")
	require.True(t, d.Acquire(d.now, "n3"))
	d.requireAvailable(0)
}

// Nothing is revoked within the grace period.
func TestPermits_graceRevokesNothing(t *testing.T) {
	d := drive(t, 5)
	d.ill(time.Second)
	d.requireAvailable(5)
	d.ill(200 * time.Millisecond)
	d.requireAvailable(4)
}

// Nothing is returned within the grace period either.
func TestPermits_graceReturnsNothing(t *testing.T) {
	d := drive(t, 5)
	d.ill(1600 * time.Millisecond)
	d.well(100 * time.Millisecond) // the end of it: not yet a healthy time
	d.requireAvailable(2)
	d.ill(time.Second)
	d.requireAvailable(2)
}

// Permits are revoked and returned at their rates.
func TestPermits_followTheirRates(t *testing.T) {
	d := drive(t, 5)
	d.ill(time.Second)
	for left := 4; left >= 0; left-- {
		d.ill(200 * time.Millisecond)
		d.requireAvailable(left)
	}
	d.well(100 * time.Millisecond)
	d.requireAvailable(1, "the healthy floor")
	for back := 2; back <= 5; back++ {
		d.well(time.Second)
		d.requireAvailable(back)
	}
	d.well(time.Minute)
	d.requireAvailable(5)
}

// A permit that is held is not taken by revoking.
func TestPermits_heldOnesStay(t *testing.T) {
	d := drive(t, 3)
	for _, holder := range []string{"n1", "n2", "n3"} {
		require.True(t, d.Acquire(d.now, holder))
	}
	d.ill(time.Minute)
	require.Equal(t, PermitFigures{Total: 3, Revoked: 3, InUse: 3}, d.Figures(d.now))
	require.True(t, d.Acquire(d.now, "n1"))
	d.Release(d.now, "n1")
	require.False(t, d.Acquire(d.now, "n1"), "a new one is not given")
}

// Grace zero with report zero is healthy.
func TestPermits_zeroGraceZeroReport(t *testing.T) {
	d := drive(t, 5, func(c *PermitsConfig) { c.Grace = 0 })
	d.well(time.Minute)
	d.requireAvailable(5)
	d.ill(200 * time.Millisecond)
	d.requireAvailable(4)
	d.well(time.Second + poll)
	d.requireAvailable(5)
}

// Short repeated episodes do not ratchet permits away.
func TestPermits_shortEpisodesDoNotRatchet(t *testing.T) {
	within := drive(t, 5)
	for range 1000 {
		within.ill(time.Second)
		within.well(poll)
		within.requireAvailable(5)
	}
	// Beyond grace by one poll, worth half a permit, which the time until the
	// next episode returns. Rounded at every episode, this would end at the floor.
	beyond := drive(t, 5)
	for range 1000 {
		beyond.ill(time.Second + poll)
		beyond.requireAvailable(5)
		beyond.well(time.Second)
	}
	beyond.requireAvailable(5)
}

// Sparse calls do not bank more revocations than there are permits.
func TestPermits_sparseCallsStayWithinTotal(t *testing.T) {
	d := drive(t, 5)
	d.now += time.Hour
	d.Report(d.now, time.Hour)
	d.requireAvailable(0)
	d.unhealthy = time.Hour
	d.ill(time.Second)
	d.well(poll)
	d.requireAvailable(1)
	d.well(4 * time.Second)
	d.requireAvailable(5, "nothing is owed beyond the permits there are")
}

// Sparse calls revoke no more than the ill time is worth.
func TestPermits_sparseCallsRevokeTheirTime(t *testing.T) {
	d := drive(t, 5)
	d.now += 2 * time.Second
	d.Report(d.now, 1400*time.Millisecond)
	d.requireAvailable(3, "400 ms beyond grace, however long nobody reported")
}

// Floor equal to total works.
func TestPermits_floorOfTotal(t *testing.T) {
	d := drive(t, 3, func(c *PermitsConfig) { c.MinimumHealthy = 3 })
	d.ill(time.Minute)
	d.requireAvailable(0, "the floor is not for an unhealthy node")
	d.well(poll)
	d.requireAvailable(3)
}

// A floor above total is total.
func TestPermits_floorAboveTotal(t *testing.T) {
	d := drive(t, 1, func(c *PermitsConfig) { c.MinimumHealthy = 9 })
	d.ill(time.Minute)
	d.requireAvailable(0)
	d.well(poll)
	d.requireAvailable(1)
}

// Without a floor no permit comes for getting healthy alone.
func TestPermits_withoutFloorNoneComesAtOnce(t *testing.T) {
	d := drive(t, 3, func(c *PermitsConfig) { c.MinimumHealthy = 0 })
	d.ill(time.Minute)
	d.well(poll)
	d.requireAvailable(0)
	d.well(time.Second)
	d.requireAvailable(1)
	d.well(time.Second)
	d.requireAvailable(2)
}

// Zero permits still refresh the figures.
func TestPermits_zeroStillRefreshFigures(t *testing.T) {
	d := drive(t, 2)
	d.ill(time.Minute)
	require.Equal(t, PermitFigures{Total: 2, Revoked: 2}, d.Figures(d.now))
	d.well(poll)
	require.Equal(t, 1, d.Figures(d.now).Available)
	require.Equal(t, 2, d.Figures(d.now+time.Second).Available, "nobody asked for one, nobody reported")
}

// A permit whose sync makes no progress is taken back.
func TestPermits_expireWithoutProgress(t *testing.T) {
	d := drive(t, 3)
	start := d.now
	for _, holder := range []string{"n9", "n1", "n5"} {
		require.True(t, d.Acquire(start, holder))
	}
	require.Empty(t, d.Expire(start+4999*time.Millisecond))
	d.Progress(start+3*time.Second, "n5")
	d.Progress(start+3*time.Second, "nobody")
	require.True(t, d.Acquire(start+3*time.Second, "n1"), "asking again is not progress")
	require.Equal(t, []string{"n1", "n9"}, d.Expire(start+5*time.Second))
	require.Empty(t, d.Expire(start+7999*time.Millisecond))
	require.Equal(t, PermitFigures{Total: 3, InUse: 1, Available: 2, TimedOut: 2}, d.Figures(d.now))
	require.Equal(t, []string{"n5"}, d.Expire(start+8*time.Second))
}

// A lost report leaves no one stuck.
func TestPermits_lostReportLeavesNoneStuck(t *testing.T) {
	d := drive(t, 5)
	d.ill(time.Minute)
	require.Equal(t, 0, d.Figures(d.now+DefaultStale).Available, "believed up to the bound")
	require.Equal(t, 1, d.Figures(d.now+DefaultStale+time.Millisecond).Available, "then unknown is healthy")
	require.Equal(t, 3, d.Figures(d.now+DefaultStale+2*time.Second).Available)
	require.True(t, d.Acquire(d.now+DefaultStale+4*time.Second, "n1"))
	require.Equal(t, 4, d.Figures(d.now+time.Hour).Available)
}

// A report after a stale one counts again.
func TestPermits_reportAfterAStaleOne(t *testing.T) {
	d := drive(t, 5)
	d.ill(time.Minute)
	d.now += DefaultStale + 2*time.Second
	require.Equal(t, 3, d.Figures(d.now).Available)
	d.Report(d.now, time.Hour)
	d.requireAvailable(0)
}

// A revoke rate of zero switches throttling off.
func TestPermits_zeroRateRevokesNothing(t *testing.T) {
	d := drive(t, 5, func(c *PermitsConfig) { c.RevokePerSecond = 0 })
	d.ill(time.Minute)
	d.requireAvailable(5)
}

// The first report is the start of the accounts.
func TestPermits_firstReportStartsAccounts(t *testing.T) {
	p, err := NewPermits(DefaultPermitsConfig(5))
	require.NoError(t, err)
	require.Equal(t, 5, p.Figures(time.Hour).Available)
	p.Report(time.Hour, 2*time.Hour)
	require.Equal(t, 5, p.Figures(time.Hour).Available, "no time has passed in which anything could be revoked")
	p.Report(time.Hour+200*time.Millisecond, 2*time.Hour)
	require.Equal(t, 4, p.Figures(time.Hour+200*time.Millisecond).Available)
}

// The next worst queue keeps revoking.
func TestPermits_nextWorstQueueKeepsRevoking(t *testing.T) {
	d := drive(t, 5)
	d.ill(1600 * time.Millisecond)
	d.requireAvailable(2)
	d.unhealthy = 1200 * time.Millisecond // the worst recovered, this is the next
	d.ill(400 * time.Millisecond)
	d.requireAvailable(0)
}

// A new total keeps the revoked part.
func TestPermits_newTotalKeepsRevokedPart(t *testing.T) {
	d := drive(t, 4)
	d.ill(1400 * time.Millisecond)
	d.requireAvailable(2)
	for _, c := range []struct{ total, available int }{{8, 4}, {2, 1}, {4, 2}} {
		require.NoError(t, d.SetTotal(d.now, c.total))
		d.requireAvailable(c.available)
	}
	d.ill(time.Minute)
	require.NoError(t, d.SetTotal(d.now, 100))
	d.requireAvailable(0, "a new link of a node that has none left brings none")
	require.NoError(t, d.SetTotal(d.now, 0))
	d.requireAvailable(0)
	d.well(poll)
	require.NoError(t, d.SetTotal(d.now, 3))
	d.requireAvailable(3)
	require.ErrorContains(t, d.SetTotal(d.now, -1), "below 0")
	d.requireAvailable(3)
}

// A total below what is in use interrupts no one.
func TestPermits_smallerTotalInterruptsNone(t *testing.T) {
	d := drive(t, 3)
	for _, holder := range []string{"n1", "n2", "n3"} {
		require.True(t, d.Acquire(d.now, holder))
	}
	require.NoError(t, d.SetTotal(d.now, 1))
	require.Equal(t, PermitFigures{Total: 1, InUse: 3}, d.Figures(d.now))
	d.Release(d.now, "n1")
	d.Release(d.now, "n2")
	require.False(t, d.Acquire(d.now, "n4"))
	d.Release(d.now, "n3")
	require.True(t, d.Acquire(d.now, "n4"))
}

// The time that an unhealthy report covers returns nothing.
func TestPermits_unhealthyTimeReturnsNothing(t *testing.T) {
	d := drive(t, 5)
	d.ill(1600 * time.Millisecond)
	d.well(poll)
	d.now += 2 * time.Second
	d.Report(d.now, 500*time.Millisecond)
	require.InDelta(t, 3-1.5, d.revoked, 1e-9, "healthy for 1.5 s of the 2 s since the last report")
}

// Reports from the past neither revoke nor return.
func TestPermits_earlierReportsDoNothing(t *testing.T) {
	d := drive(t, 5)
	d.ill(1600 * time.Millisecond)
	d.Report(d.now-time.Second, time.Hour)
	d.Report(d.now, time.Hour)
	d.requireAvailable(2, "no time has passed")
	d.Report(d.now, 0)
	d.Report(d.now-time.Second, 0)
	d.Report(d.now, 0)
	d.requireAvailable(2)
}

// A new total comes after what was earned under the old one.
func TestPermits_newTotalComesAfterEarnings(t *testing.T) {
	d := drive(t, 4)
	d.ill(time.Minute)
	d.well(poll) // 3 revoked, 1 is the floor
	d.now += time.Second
	require.NoError(t, d.SetTotal(d.now, 8))
	d.requireAvailable(4, "2 of 4 were revoked by then")
}

// Whatever happens, in whatever order and at whatever times, time running
// backwards included, the figures add up and hold their bounds.
func TestPermits_figuresAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(0, 6).Draw(t, "total")
		floor := rapid.IntRange(0, 7).Draw(t, "floor")
		d := drive(t, total, func(c *PermitsConfig) { c.MinimumHealthy = floor })
		held := map[string]bool{}
		holder := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("n", rapid.IntRange(0, 9).Draw(t, "n")) })
		seconds := rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.IntRange(-200, 8000).Draw(t, "ms")) * time.Millisecond
		})
		healthy := true
		reported := d.now
		t.Repeat(map[string]func(*rapid.T){
			"time passes": func(t *rapid.T) { d.now += seconds.Draw(t, "by") },
			"report": func(t *rapid.T) {
				unhealthy := rapid.SampledFrom([]time.Duration{-1, 0, 1, time.Second, 2 * time.Second, time.Hour}).Draw(t, "unhealthy")
				d.Report(d.now, unhealthy)
				healthy, reported = unhealthy <= 0, max(reported, d.now)
			},
			"acquire": func(t *rapid.T) {
				name := holder.Draw(t, "holder")
				available := d.Figures(d.now).Available
				got := d.Acquire(d.now, name)
				require.Equal(t, held[name] || available > 0, got)
				held[name] = got
			},
			"release":  func(t *rapid.T) { name := holder.Draw(t, "holder"); d.Release(d.now, name); delete(held, name) },
			"progress": func(t *rapid.T) { d.Progress(d.now, holder.Draw(t, "holder")) },
			"expire": func(t *rapid.T) {
				for _, name := range d.Expire(d.now) {
					require.True(t, held[name], "%s held none", name)
					delete(held, name)
				}
			},
			"set total": func(t *rapid.T) {
				total = rapid.IntRange(0, 6).Draw(t, "total")
				require.NoError(t, d.SetTotal(d.now, total))
			},
			"": func(t *rapid.T) {
				inUse := 0
				for _, has := range held {
					if has {
						inUse++
					}
				}
				f := d.Figures(d.now)
				require.Equal(t, total, f.Total)
				require.Equal(t, inUse, f.InUse)
				require.GreaterOrEqual(t, f.Revoked, 0)
				require.LessOrEqual(t, f.Revoked, total)
				require.InDelta(t, d.revoked, f.Revoked, 1, "whole permits follow what is revoked")
				require.Equal(t, max(0, total-f.Revoked-inUse), f.Available)
				if healthy || d.now-reported > DefaultStale {
					require.LessOrEqual(t, f.Revoked, max(0, total-floor))
				}
			},
		})
	})
}

// Revoked permits depend on times and not on how often they are reported.
func TestPermits_dependOnTimesOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := DefaultPermitsConfig(50)
		often, seldom := drive(t, c.Total), drive(t, c.Total)
		illFor := time.Duration(rapid.IntRange(1, 120).Draw(t, "ill polls")) * poll
		often.ill(illFor)
		seldom.now += illFor
		seldom.Report(seldom.now, illFor)
		want := min(50, max(0, (illFor-c.Grace).Seconds()*c.RevokePerSecond))
		require.InDelta(t, want, often.revoked, 1e-6)
		require.InDelta(t, want, seldom.revoked, 1e-6)
	})
}
