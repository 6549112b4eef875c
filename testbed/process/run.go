package process

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

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
	start    time.Time
	children []atomic.Pointer[child] // by node; nil until started
	events   chan event
	starts   chan int      // nodes to be started
	over     chan struct{} // closed when nobody takes events any more
	workers  sync.WaitGroup
}

// event is something that happened to a node.
type event struct {
	node   int
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
		if b.workDir, err = os.MkdirTemp("", "treecast-"); err != nil {
			return Outcome{}, fmt.Errorf("making a directory for the nodes: %w", err)
		}
		defer os.RemoveAll(b.workDir)
	}
	b.workers.Go(b.starter)
	func() {
		defer b.shutDown() // even if an observer panics, no child is left behind
		b.loop(ctx)
	}()
	out := Outcome{Result: b.session.Result()}
	for i := range b.children {
		u := Usage{Node: b.names[i]}
		if c := b.children[i].Load(); c != nil {
			u = c.usage(b.names[i])
			if n := &out.Notes[i]; n.Bad() || out.Err != nil {
				n.Stderr = c.log.lines()
			}
		}
		out.Usage = append(out.Usage, u)
	}
	b.progress(out.Ended)
	return out, out.Err
}

func prepare(cfg Config, obs Observers) (*bed, error) {
	bin, err := findBinary(cfg.Bin)
	if err != nil {
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
	s, err := session.New(cfg.Session)
	if err != nil {
		return nil, err
	}
	nodes := cfg.Session.Nodes
	b := &bed{
		cfg: cfg, obs: obs, bin: bin, workDir: cfg.WorkDir, env: os.Environ(),
		names: nodes, index: map[string]int{},
		session:  s,
		children: make([]atomic.Pointer[child], len(nodes)),
		events:   make(chan event, 4*len(nodes)),
		starts:   make(chan int, len(nodes)),
		over:     make(chan struct{}),
	}
	for i, name := range nodes {
		b.index[name] = i
	}
	if cfg.RunID != "" {
		b.env = append(b.env, "TREECAST_RUN="+cfg.RunID)
	}
	if cfg.LogStderr != nil {
		b.echo = &echo{w: cfg.LogStderr}
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
	for node := range b.starts {
		select {
		case <-b.over:
			continue
		default:
		}
		c, err := b.spawn(node)
		if err != nil {
			b.post(event{node: node, kind: ended, status: "it could not be started: " + err.Error()})
			continue
		}
		b.children[node].Store(c)
		b.post(event{node: node, kind: started})
	}
}

// loop owns the session until the run is over.
func (b *bed) loop(ctx context.Context) {
	b.start = time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	over := b.obey(b.session.Begin(0))
	for !over {
		if at, ok := b.session.Next(); ok {
			timer.Reset(at - time.Since(b.start))
		} else {
			timer.Stop()
		}
		select {
		case e := <-b.events:
			over = b.handle(e)
		case <-timer.C:
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
			b.starts <- b.index[o.Node]
		case session.ToNode:
			if c := b.children[b.index[o.Node]].Load(); c != nil {
				c.inbox.put(o.AppendLine(nil))
			}
		case session.StopNode:
			if c := b.children[b.index[o.Node]].Load(); c != nil {
				c.kill()
			}
		case session.Finish:
			over = true
		}
	}
	return over
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
	}
}
