package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Setup says what a cluster is made of.
type Setup struct {
	Nodes   int      // n0, n1, ...
	Command []string // as in Options, for every node
	Dir     string
	Env     []string
	// Passes decides whether a line from one node reaches another; nil: all do.
	Passes func(from, to string, line []byte) bool
	// Heard is shown each line to a client before it is taken for the reply to a
	// call; true keeps it from being that. By one goroutine for each node.
	Heard func(node string, line []byte) bool
}

// Cluster is nodes as processes, the network between them, which delivers at once,
// and their clients. It is the nodes' parent, as Maelstrom is, numbers messages as
// Maelstrom does, and names no run.
type Cluster struct {
	Setup
	Names []string

	mu       sync.Mutex
	messages int // ids given out so far
	requests int
	nodes    map[string]*Process
	waiting  map[int]chan Reply
}

// Reply is what a node answers a call.
type Reply struct {
	Type      string `json:"type"`
	Code      int    `json:"code"`
	Text      string `json:"text"`
	InReplyTo int    `json:"in_reply_to"`
	Line      []byte `json:"-"` // all of it
}

// The errors of a call that nobody answers.
var (
	ErrDead   = errors.New("the node has died")
	ErrSilent = errors.New("the node does not answer")
)

// Patience is how long a call waits for its answer, on a machine that has other
// work as well.
const Patience = 30 * time.Second

// NewCluster makes a cluster of nodes that are not started yet.
func NewCluster(s Setup) *Cluster {
	c := &Cluster{Setup: s, nodes: map[string]*Process{}, waiting: map[int]chan Reply{}}
	for i := range s.Nodes {
		c.Names = append(c.Names, fmt.Sprint("n", i))
	}
	return c
}

// Start starts a life of a node, which is not initialised yet. A life before it
// that still runs is no longer sent anything.
func (c *Cluster) Start(name string) (*Process, error) {
	p, err := Start(Options{Command: c.Command, Dir: c.Dir, Env: c.Env, Heard: func(line []byte) { c.route(name, line) }})
	if err == nil {
		c.mu.Lock()
		c.nodes[name] = p
		c.mu.Unlock()
	}
	return p, err
}

// Node is the newest life of a node; nil if it has had none.
func (c *Cluster) Node(name string) *Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nodes[name]
}

// Begin starts nodes side by side, and has them initialised.
func (c *Cluster) Begin(names ...string) error {
	var all sync.WaitGroup
	errs := make([]error, len(names))
	for i, name := range names {
		if _, errs[i] = c.Start(name); errs[i] != nil {
			continue
		}
		all.Go(func() { errs[i] = c.Init(name) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Init initialises a node that was started.
func (c *Cluster) Init(name string) error {
	r, err := c.Call(name, fmt.Sprintf(`"type":"init","node_id":%q,"node_ids":["%s"]`, name, strings.Join(c.Names, `","`)))
	if err == nil && r.Type != "init_ok" {
		err = fmt.Errorf("%s answers init with %d: %s", name, r.Code, r.Text)
	}
	return err
}

// Call sends a request, whose body is given without its braces and msg_id, as a
// client of its own, and waits for the answer.
func (c *Cluster) Call(name, body string) (Reply, error) {
	answer := make(chan Reply, 1)
	c.mu.Lock()
	p := c.nodes[name]
	c.messages += 2 // the answer counts as well
	c.requests++
	id := c.requests
	c.waiting[id] = answer
	line := fmt.Appendf(nil, `{"id":%d,"src":"c%d","dest":%q,"body":{%s,"msg_id":%d}}`+"\n", c.messages-2, id, name, body, id)
	c.mu.Unlock()
	p.Write(line)
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case r := <-answer:
		return r, nil
	case <-p.Done():
		select {
		case r := <-answer: // it died when it had answered
			return r, nil
		default:
			return Reply{}, ErrDead
		}
	case <-timer.C:
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
		return Reply{}, fmt.Errorf("%w: %s, within %v, {%s", ErrSilent, name, Patience, body[:min(len(body), 60)])
	}
}

// Kill kills every node that runs, and waits for their ends.
func (c *Cluster) Kill() {
	for _, name := range c.Names {
		if p := c.Node(name); p != nil {
			p.Kill()
			p.Wait()
		}
	}
}

// Stop ends all nodes as a run ends them.
func (c *Cluster) Stop() error {
	var errs []error
	for _, name := range c.Names {
		errs = append(errs, c.Node(name).Stop(Patience))
	}
	return errors.Join(errs...)
}

// headBytes is where everything of a line stands that is looked at.
const headBytes = 4096

// route hands on a line that a node has written.
func (c *Cluster) route(from string, line []byte) {
	head := line[:min(len(line), headBytes)]
	if to := string(Between(head, `"dest":"`, '"')); strings.HasPrefix(to, "n") {
		if c.Passes == nil || c.Passes(from, to, line) {
			c.forward(to, line)
		}
		return
	}
	if c.Heard != nil && c.Heard(from, line) {
		return
	}
	var r Reply
	if bytes.Contains(head, []byte(`"read_ok"`)) { // which may be huge
		r.Type = "read_ok"
		r.InReplyTo, _ = strconv.Atoi(string(bytes.TrimRight(Between(head, `"in_reply_to":`, ','), "}")))
	} else {
		var m struct{ Body *Reply }
		m.Body = &r
		if json.Unmarshal(line, &m) != nil {
			return
		}
	}
	r.Line = bytes.Clone(line)
	c.mu.Lock()
	to := c.waiting[r.InReplyTo]
	delete(c.waiting, r.InReplyTo)
	c.mu.Unlock()
	if to != nil {
		to <- r
	}
}

// forward writes a message to the node that it is for, if it was started.
func (c *Cluster) forward(name string, line []byte) {
	c.mu.Lock()
	c.messages += 2
	text := fmt.Appendf(make([]byte, 0, len(line)+16), `{"id":%d,`, c.messages-2)
	p := c.nodes[name]
	c.mu.Unlock()
	if p != nil {
		p.Write(append(text, line[1:]...))
	}
}

// Between returns what follows a mark in a line, up to an end or, without one, up
// to the line's; nil where the mark is missing.
func Between(line []byte, mark string, end byte) []byte {
	_, rest, ok := bytes.Cut(line, []byte(mark))
	if !ok {
		return nil
	}
	if i := bytes.IndexByte(rest, end); i >= 0 {
		return rest[:i]
	}
	return rest
}

// Pause waits for a time, or until the context ends.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
