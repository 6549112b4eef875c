package cli

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"treecast/experiment"
)

// sweepProgress tells people how a sweep goes and how long it will take: a bar
// on a terminal, else a plain line now and then.
type sweepProgress struct {
	w        io.Writer
	clock    func() time.Time
	began    time.Time
	lastLine time.Time
	bars     *mpb.Progress // nil if not on a terminal
	bar      *mpb.Bar
	text     atomic.Pointer[string]
}

func newSweepProgress(w io.Writer, clock func() time.Time) *sweepProgress {
	p := &sweepProgress{w: w, clock: clock}
	if isTerminal(w) {
		p.draw(mpb.WithRefreshRate(200 * time.Millisecond))
	}
	return p
}

// draw shows a bar from now on, in place of lines.
func (p *sweepProgress) draw(options ...mpb.ContainerOption) {
	starting := "starting"
	p.text.Store(&starting)
	p.bars = mpb.New(append(options, mpb.WithOutput(p.w), mpb.WithWidth(30))...)
	// A bar of 0 learns its total later, and ends only when it is told to.
	p.bar = p.bars.AddBar(0, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return *p.text.Load() })))
}

// update shows how far a sweep is. It is called after every run.
func (p *sweepProgress) update(s experiment.SweepProgress) {
	now := p.clock()
	if p.began.IsZero() {
		p.began = now
	}
	text := sweepLine(s, now.Sub(p.began))
	if p.bars != nil {
		p.text.Store(&text)
		p.bar.SetTotal(int64(s.Total), false)
		p.bar.SetCurrent(int64(s.Done))
		return
	}
	if s.Done == s.Total || p.lastLine.IsZero() || now.Sub(p.lastLine) >= lineInterval {
		p.lastLine = now
		fmt.Fprintln(p.w, text)
	}
}

// done takes the bar away.
func (p *sweepProgress) done() {
	if p.bars != nil {
		p.bar.Abort(true)
		p.bars.Wait()
	}
}

// sweepLine is how far a sweep is, in words.
func sweepLine(s experiment.SweepProgress, elapsed time.Duration) string {
	text := fmt.Sprintf("%d of %d runs", s.Done, s.Total)
	if left, ok := timeLeft(s, elapsed); ok {
		text += fmt.Sprintf("  about %v left", left)
	}
	if s.Kept > 0 {
		text += fmt.Sprintf("  (%d were there)", s.Kept)
	}
	if s.Bad > 0 {
		text += fmt.Sprintf("  %d not valid", s.Bad)
	}
	return text
}

// timeLeft foresees how long the rest takes from what was done since the sweep
// began, or went on; false before the first run and after the last.
func timeLeft(s experiment.SweepProgress, elapsed time.Duration) (time.Duration, bool) {
	made := s.Done - s.Kept
	if made < 1 || s.Done >= s.Total {
		return 0, false
	}
	left := time.Duration(float64(elapsed) / float64(made) * float64(s.Total-s.Done))
	return max(left.Round(time.Second), time.Second), true
}
