package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long an answer may take on a machine that has other work as well.
const patience = 30 * time.Second

// cluster is nodes as processes, and the network and the clients between them.
type cluster struct {
	bin, dir string
	names    []string

	mu       sync.Mutex
	messages int // ids given out so far
	requests int
	values   int
	procs    map[string]*proc
	waiting  map[int]chan reply
	acked    map[string]map[int]bool // by the node that acknowledged them
	refused  map[int]int             // errors, by code
	silent   int                     // requests that were not answered
}

// proc is one life of a node.
type proc struct {
	*cluster
	name  string
	cmd   *exec.Cmd
	lines chan []byte // for its stdin
	dead  chan struct{}
	ready atomic.Bool // it is initialised: clients may speak to it
	once  sync.Once
}

// reply is what a node answers, with the line that it came in.
type reply struct {
	Type      string `json:"type"`
	Code      int    `json:"code"`
	Text      string `json:"text"`
	InReplyTo int    `json:"in_reply_to"`
	line      []byte
}

func newCluster(bin, dir string, nodes int) *cluster {
	c := &cluster{
		bin: bin, dir: dir, procs: map[string]*proc{}, waiting: map[int]chan reply{},
		acked: map[string]map[int]bool{}, refused: map[int]int{},
	}
	for i := range nodes {
		c.names = append(c.names, fmt.Sprintf("n%d", i))
	}
	for _, name := range c.names {
		c.acked[name] = map[int]bool{}
	}
	return c
}

// start starts a life of a node; it is not initialised yet.
func (c *cluster) start(name string) (*proc, error) {
	p := &proc{cluster: c, name: name, cmd: exec.Command(c.bin, "--log-level", "error"), lines: make(chan []byte, 1<<16), dead: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+c.dir, "TMPDIR="+c.dir)
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.write(stdin)
	go p.read(stdout)
	c.mu.Lock()
	c.procs[name] = p
	c.mu.Unlock()
	return p, nil
}

// write carries lines to the node's stdin.
func (p *proc) write(stdin io.WriteCloser) {
	defer stdin.Close()
	for {
		select {
		case line := <-p.lines:
			if line == nil {
				return
			}
			if _, err := stdin.Write(line); err != nil {
				return
			}
		case <-p.dead:
			return
		}
	}
}

// read carries what the node says to where it is for, until it is dead.
func (p *proc) read(stdout io.Reader) {
	r := bufio.NewReaderSize(stdout, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			break
		}
		p.route(line)
	}
	p.gone()
	_ = p.cmd.Wait()
}

func (p *proc) gone() { p.once.Do(func() { close(p.dead) }) }

// kill kills the node, and does not wait for it.
func (p *proc) kill() {
	_ = p.cmd.Process.Kill()
	p.gone()
}

// route hands on a line that a node has written.
func (p *proc) route(line []byte) {
	c := p.cluster
	var m struct {
		Dest string          `json:"dest"`
		Body json.RawMessage `json:"body"`
	}
	head := line[:min(len(line), 4096)]
	if !bytes.Contains(head, []byte(`"read_ok"`)) { // which may be huge
		if json.Unmarshal(line, &m) != nil {
			return
		}
	}
	if strings.HasPrefix(m.Dest, "n") {
		c.mu.Lock()
		c.messages += 2
		to := c.procs[m.Dest]
		text := fmt.Appendf(nil, `{"id":%d,`, c.messages-2)
		c.mu.Unlock()
		to.send(append(text, line[1:]...))
		return
	}
	r := reply{line: line}
	if m.Body != nil {
		if json.Unmarshal(m.Body, &r) != nil {
			return
		}
	} else {
		_, after, _ := bytes.Cut(head, []byte(`"in_reply_to":`))
		digits, _, _ := bytes.Cut(after, []byte(","))
		r.InReplyTo, _ = strconv.Atoi(string(digits))
		r.Type = "read_ok"
	}
	c.mu.Lock()
	to := c.waiting[r.InReplyTo]
	delete(c.waiting, r.InReplyTo)
	c.mu.Unlock()
	if to != nil {
		to <- r
	}
}

// send puts a line on the node's stdin, as far as it lives.
func (p *proc) send(line []byte) {
	if p == nil {
		return
	}
	select {
	case p.lines <- line:
	case <-p.dead:
	}
}

// ask sends a request; its answer comes through the channel.
func (p *proc) ask(body string) (id int, answer chan reply) {
	c := p.cluster
	answer = make(chan reply, 1)
	c.mu.Lock()
	c.messages += 2
	c.requests++
	id = c.requests
	c.waiting[id] = answer
	line := fmt.Appendf(nil, `{"id":%d,"src":"c%d","dest":%q,"body":{%s,"msg_id":%d}}`+"\n", c.messages-2, id, p.name, body, id)
	c.mu.Unlock()
	p.send(line)
	return id, answer
}

var (
	errDead   = errors.New("the node has died")
	errSilent = errors.New("the node does not answer")
)

// call is ask, and waits for the answer.
func (p *proc) call(body string) (reply, error) {
	id, answer := p.ask(body)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-answer:
		return r, nil
	case <-p.dead:
		return reply{}, errDead
	case <-timer.C:
		p.mu.Lock()
		delete(p.waiting, id)
		p.silent++
		p.mu.Unlock()
		return reply{}, fmt.Errorf("%w: %s, within %v, {%s", errSilent, p.name, patience, body[:min(len(body), 60)])
	}
}

// init initialises the node.
func (p *proc) init() error {
	r, err := p.call(fmt.Sprintf(`"type":"init","node_id":%q,"node_ids":["%s"]`, p.name, strings.Join(p.names, `","`)))
	if err != nil {
		return err
	}
	if r.Type != "init_ok" {
		return fmt.Errorf("%s answers init with %d: %s", p.name, r.Code, r.Text)
	}
	p.ready.Store(true)
	return nil
}

// broadcast sends a value of so many bytes, and notes that it was acknowledged if
// it was.
func (p *proc) broadcast(padding int) error {
	p.mu.Lock()
	value := p.values
	p.values++
	p.mu.Unlock()
	r, err := p.call(fmt.Sprintf(`"type":"broadcast","message":"%d:%s"`, value, strings.Repeat("x", padding)))
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Type == "broadcast_ok" {
		p.acked[p.name][value] = true
	} else {
		p.refused[r.Code]++
	}
	return nil
}

// check reads all values, and returns how many are missing of those that this node
// has acknowledged. The error is about what nobody sent, or what came twice.
func (p *proc) check() (missing int, err error) {
	p.mu.Lock()
	acked := slices.Collect(maps.Keys(p.acked[p.name]))
	p.mu.Unlock()
	shown, err := p.shown()
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range acked {
		if !shown[v] {
			missing++
			delete(p.acked[p.name], v) // it is counted once
		}
	}
	return missing, nil
}

// shown reads all values: which of those that were sent the node shows. The error is
// about what nobody sent, or what came twice.
func (p *proc) shown() ([]bool, error) {
	r, err := p.call(`"type":"read"`)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	sent := p.values
	p.mu.Unlock()
	shown := make([]bool, sent)
	_, rest, ok := bytes.Cut(r.line, []byte(`"messages":[`))
	if !ok {
		return nil, fmt.Errorf("%s answers a read with %.200s", p.name, r.line)
	}
	for len(rest) > 0 && rest[0] == '"' {
		text, after, _ := bytes.Cut(rest[1:], []byte(`"`))
		digits, _, _ := bytes.Cut(text, []byte(":"))
		n, err := strconv.Atoi(string(digits))
		if err != nil || n < 0 || n >= sent || shown[n] {
			return nil, fmt.Errorf("%s shows %.40s, which nobody sent, or twice", p.name, text)
		}
		shown[n] = true
		rest = bytes.TrimPrefix(after, []byte(","))
	}
	return shown, nil
}

// health is what a node says of its journal.
func (p *proc) health() (failing bool, rewritten int, err error) {
	r, err := p.call(`"type":"health"`)
	if err != nil {
		return false, 0, err
	}
	var h struct {
		Body struct {
			Journal struct {
				Failing   bool
				Rewritten int
			}
		}
	}
	err = json.Unmarshal(r.line, &h)
	return h.Body.Journal.Failing, h.Body.Journal.Rewritten, err
}

// rss is how much memory the node's process has, in bytes.
func (p *proc) rss() int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize()
}

// proc is a node's life of now.
func (c *cluster) proc(name string) *proc {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.procs[name]
}

// begin starts nodes and initialises them, all at a time.
func (c *cluster) begin(names []string) error {
	errs := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		p, err := c.start(name)
		if err != nil {
			return err
		}
		all.Go(func() { errs[i] = p.init() })
	}
	all.Wait()
	return errors.Join(errs...)
}

// journals lists the node's files that a later life would look at.
func (c *cluster) journals(name string) []string {
	var out []string
	for _, pattern := range []string{"treecast", "treecast-*"} {
		found, _ := filepath.Glob(filepath.Join(c.dir, pattern, "*", name+"~*.journal"))
		out = append(out, found...)
	}
	return out
}

// end ends all nodes as a run ends them, and returns what they have left.
func (c *cluster) end() []string {
	for _, name := range c.names {
		p := c.proc(name)
		p.send(nil)
		select {
		case <-p.dead:
		case <-time.After(patience):
			p.kill()
		}
	}
	return paths(c.dir)
}
