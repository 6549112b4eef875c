package cli

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"treecast/experiment"
	"treecast/run"
	"treecast/testbed/session"
)

// progress tells people how a run goes: a bar on a terminal, else a plain line
// now and then.
type progress struct {
	w        io.Writer
	total    time.Duration // of load and quiet together, as planned
	bars     *mpb.Progress // nil if not on a terminal
	bar      *mpb.Bar
	text     atomic.Pointer[string] // beside the bar, which is drawn from a goroutine of its own
	lastLine time.Duration
	phase    session.Phase
	told     map[string]bool // nodes whose trouble has been told
}

// lineInterval is the time between two plain lines.
const lineInterval = 5 * time.Second

func newProgress(w io.Writer, plan experiment.Plan) *progress {
	p := &progress{w: w, total: plan.TimeLimit.Duration() + plan.Quiet.Duration(), told: map[string]bool{}}
	if isTerminal(w) {
		p.draw(mpb.WithRefreshRate(200 * time.Millisecond))
	}
	return p
}

// draw shows a bar from now on, in place of lines.
func (p *progress) draw(options ...mpb.ContainerOption) {
	starting := "starting"
	p.text.Store(&starting)
	p.bars = mpb.New(append(options, mpb.WithOutput(p.w), mpb.WithWidth(30))...)
	p.bar = p.bars.AddBar(int64(p.total), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return *p.text.Load() })))
}

// update shows how far a run is. It is called about once a second.
func (p *progress) update(s experiment.Progress) {
	for i := range s.Bad {
		if n := &s.Bad[i]; !p.told[n.Node] {
			p.told[n.Node] = true
			p.say(run.Visible(n.String()))
		}
	}
	text := fmt.Sprintf("%5.1f s  %-8s  %d ops (%d ok)  %d messages between nodes",
		s.Now.Seconds(), s.Phase, s.Invoked, s.OK, s.ServerMessages)
	var extra []string
	if s.Partitioned {
		extra = append(extra, "partitioned")
	}
	if s.Disturbed {
		extra = append(extra, "disturbed")
	}
	if s.Down > 0 {
		extra = append(extra, fmt.Sprintf("%d down", s.Down))
	}
	if s.Paused > 0 {
		extra = append(extra, fmt.Sprintf("%d paused", s.Paused))
	}
	if s.Unhealthy > 0 {
		extra = append(extra, fmt.Sprintf("%d unhealthy", s.Unhealthy))
	}
	if len(s.Bad) > 0 {
		extra = append(extra, fmt.Sprintf("%d crashed or deaf", len(s.Bad)))
	}
	if len(extra) > 0 {
		text += "  " + strings.Join(extra, ", ")
	}
	if p.bars != nil {
		p.text.Store(&text)
		p.bar.SetCurrent(min(int64(s.Now), int64(p.total)-1))
		return
	}
	if s.Phase != p.phase || s.Now-p.lastLine >= lineInterval {
		p.phase, p.lastLine = s.Phase, s.Now
		fmt.Fprintln(p.w, text)
	}
}

// say tells something that must not be overlooked.
func (p *progress) say(text string) {
	if p.bars != nil {
		fmt.Fprintln(p.bars, text)
		return
	}
	fmt.Fprintln(p.w, text)
}

// done takes the bar away.
func (p *progress) done() {
	if p.bars != nil {
		p.bar.Abort(true)
		p.bars.Wait()
	}
}
