package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"treecast/testbed/nemesis"
	"treecast/testbed/session"
)

// glance is how often progress is told and health is asked for.
const glance = time.Second

// bed is one run.
type bed struct {
	cfg     Config
	obs     Observers
	bin     string
	workDir string
	env     []string
	echo    *echo
	names   []string
	index   map[string]int

	session  *session.Session
	alarm    *alarm
	start    time.Time
	children []atomic.Pointer[child] // by node, the last one; nil until started
	born     uint64                  // children asked for so far. The loop's
	lives    []uint64                // by node: of the child whose events count; 0 for none. The loop's
	logs     []*stderr               // by node
	used     []Usage                 // by node: of the children before the last; the starter's
	events   chan event
	starts   chan birth    // nodes to be started
	over     chan struct{} // closed when nobody takes events any more
	workers  sync.WaitGroup
}

// birth is a child to be started.
type birth struct {
	node int
	life uint64
}

// event is something that happened to a node.
type event struct {
	node   int
	life   uint64 // of the child that it comes from
	kind   kind
	lines  [][]byte // of printed
	status string   // of ended
}

type kind uint8

const (
	started kind = iota
	printed
	ended
)

// Run carries out a run and returns when nothing of it is left. If ctx ends, it
// is stopped at once, and its outcome says so. The error says why the run could
// not be carried out; the outcome then holds what there is, notes above all.
func Run(ctx context.Context, cfg Config, obs Observers) (Outcome, error) {
	b, err := prepare(cfg, obs)
	if err != nil {
		return Outcome{}, err
	}
	if cfg.WorkDir == "" {
		var remove func()
		if b.workDir, remove, err = makeWorkDir(); err != nil {
			return Outcome{}, err
		}
		defer remove()
	}
	if b.alarm, err = newAlarm(); err != nil {
		return Outcome{}, err
	}
	defer b.alarm.close()
	b.workers.Go(b.starter)
	func() {
		defer b.shutDown() // even if an observer panics, no child is left behind
		b.loop(ctx)
	}()
	out := Outcome{Result: b.session.Result()}
	out.Remarks = append(out.Remarks, endStrays(cfg.RunID)...)
	for i := range b.children {
		u := b.used[i]
		if c := b.children[i].Load(); c != nil {
			u.add(c)
			if n := &out.Notes[i]; n.Bad() || out.Err != nil {
				n.Stderr = b.logs[i].lines()
			}
		}
		out.Usage = append(out.Usage, u)
	}
	b.progress(out.Ended)
	return out, out.Err
}

func prepare(cfg Config, obs Observers) (*bed, error) {
	bin, err := FindProgram(cfg.Bin)
	if err != nil {
		return nil, err
	}
	if err := CheckLimits(len(cfg.Session.Nodes)); err != nil {
		return nil, err
	}
	if cfg.LogDir != "" {
		if err := os.MkdirAll(cfg.LogDir, 0o755); err != nil {
			return nil, fmt.Errorf("making the directory for the nodes' logs: %w", err)
		}
	}
	cfg.Session.Network, cfg.Session.OnOp, cfg.Session.OnHealth = obs.Network, obs.Op, nil
	if cfg.PollHealth && obs.Health != nil {
		cfg.Session.OnHealth = obs.Health
	}
	var b *bed
	cfg.Session.Unfinished = func(node string) (text []byte, size int) {
		b.with(node, func(c *child) { text, size = c.tail.get() })
		return text, size
	}
	cfg.Session.StdoutClosed = func(node string) (closed bool) {
		b.with(node, func(c *child) { closed = c.tail.ended() })
		return closed
	}
	if cfg.Session.Nemesis.Has(nemesis.Clock) {
		return nil, errors.New("the clocks of processes cannot be changed; clock faults need virtual time")
	}
	s, err := session.New(cfg.Session)
	if err != nil {
		return nil, err
	}
	nodes := cfg.Session.Nodes
	b = &bed{
		cfg: cfg, obs: obs, bin: bin, workDir: cfg.WorkDir, env: os.Environ(),
		names: nodes, index: map[string]int{},
		session:  s,
		children: make([]atomic.Pointer[child], len(nodes)),
		lives:    make([]uint64, len(nodes)),
		events:   make(chan event, 4*len(nodes)),
		// A node is started only after it was killed, and that is undone before
		// it is killed again; one that takes too long may have one more waiting.
		starts: make(chan birth, 2*len(nodes)),
		over:   make(chan struct{}),
	}
	if cfg.LogStderr != nil {
		b.echo = &echo{w: cfg.LogStderr}
	}
	for i, name := range nodes {
		b.index[name] = i
		b.logs = append(b.logs, &stderr{node: name, echo: b.echo})
		b.used = append(b.used, Usage{Node: name})
	}
	if cfg.RunID != "" {
		b.env = append(b.env, runVariable+"="+cfg.RunID)
	}
	return b, nil
}

// post hands an event to the loop; nothing is lost before the run is over.
func (b *bed) post(e event) {
	select {
	case b.events <- e:
	case <-b.over:
	}
}

// starter starts nodes, one after the other. It keeps its thread for the whole
// run: on Linux children die with the thread that started them.
func (b *bed) starter() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for n := range b.starts {
		select {
		case <-b.over:
			continue
		default:
		}
		if former := b.children[n.node].Load(); former != nil {
			former.all.Wait() // it was killed: nothing of it may meet the new one
			b.used[n.node].add(former)
		}
		c, err := b.spawn(n)
		if err != nil {
			b.children[n.node].Store(nil)
			b.post(event{node: n.node, life: n.life, kind: ended, status: "it could not be started: " + explainStart(err).Error()})
			continue
		}
		b.children[n.node].Store(c)
		b.post(event{node: n.node, life: n.life, kind: started})
	}
}

// loop owns the session until the run is over.
func (b *bed) loop(ctx context.Context) {
	b.start = time.Now()
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	over := b.obey(b.session.Begin(0))
	for !over {
		if at, ok := b.session.Next(); ok {
			b.alarm.set(at - time.Since(b.start))
		} else {
			b.alarm.stop()
		}
		select {
		case e := <-b.events:
			over = b.handle(e)
		case <-b.alarm.C:
			over = b.obey(b.session.Advance(time.Since(b.start)))
		case <-ticker.C:
			b.progress(time.Since(b.start))
			over = b.obey(b.session.PollHealth(time.Since(b.start)))
		case <-ctx.Done():
			over = b.obey(b.session.Interrupt(time.Since(b.start)))
		}
	}
}

// handle tells the session of an event.
func (b *bed) handle(e event) (over bool) {
	now, name := time.Since(b.start), b.names[e.node]
	if e.life != b.lives[e.node] {
		return false // of a child that was killed
	}
	switch e.kind {
	case started:
		return b.obey(b.session.NodeStarted(now, name))
	case ended:
		return b.obey(b.session.NodeExited(now, name, e.status))
	}
	for _, line := range e.lines {
		if over = b.obey(b.session.FromNode(now, name, line)); over {
			break
		}
	}
	return over
}

// obey does what the session says.
func (b *bed) obey(outputs []session.Output) (over bool) {
	for _, o := range outputs {
		switch o.Action {
		case session.StartNode:
			b.born++
			b.lives[b.index[o.Node]] = b.born
			b.starts <- birth{b.index[o.Node], b.born}
		case session.KillNode:
			b.lives[b.index[o.Node]] = 0 // what it says from now on is said by nobody
			b.with(o.Node, (*child).kill)
		case session.PauseNode:
			b.with(o.Node, (*child).hold)
		case session.ResumeNode:
			b.with(o.Node, (*child).release)
		case session.StallNode:
			b.with(o.Node, func(c *child) { c.stallFor(o.For) })
		case session.ToNode:
			b.with(o.Node, func(c *child) { c.inbox.put(o.AppendLine(nil)) })
		case session.StopNode:
			b.with(o.Node, (*child).kill)
		case session.SetClock, session.HarmJournal: // refused before the run
		case session.Finish:
			over = true
		}
	}
	return over
}

// with does something with the child of a node, if there is one.
func (b *bed) with(node string, do func(c *child)) {
	if c := b.children[b.index[node]].Load(); c != nil {
		do(c)
	}
}

func (b *bed) progress(now time.Duration) {
	if b.obs.Progress != nil {
		b.obs.Progress(Progress{Now: now, Status: b.session.Status()})
	}
}

// shutDown kills whatever runs and waits until nothing does.
func (b *bed) shutDown() {
	close(b.starts)
	close(b.over)
	b.workers.Wait() // from now on no node is started
	for i := range b.children {
		if c := b.children[i].Load(); c != nil {
			c.kill()
		}
	}
	for i := range b.children {
		if c := b.children[i].Load(); c != nil {
			c.all.Wait()
		}
		b.logs[i].close()
	}
}
