package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// window is how many broadcasts may be without a reply while values are given.
const window = 1024

// The clients of a node.
const (
	giver  = "c1" // gives the values; nobody times it
	timed  = "c2" // is timed
	asking = "c3" // asks for the node's health
)

// figures are what one run came to.
type figures struct {
	givenPerSecond float64
	took           time.Duration
	messages       int // to the neighbour
	longestLine    int // bytes
	waits          []time.Duration
}

// node is one node's process.
type node struct {
	name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	queue chan []byte   // lines for stdin
	quit  chan struct{} // closed when nothing more is for it
	ended chan error

	mu       sync.Mutex
	answered int               // broadcasts of the giver
	asked    map[int]time.Time // requests of the timed client without a reply
	waits    []time.Duration
	held     int           // values, by the newest health
	moved    chan struct{} // a token: something of these has changed
}

// pair are both nodes and the link between them.
type pair struct {
	mu          sync.Mutex
	nodes       [2]*node
	cut         bool
	messages    int // to the second
	longestLine int
	refused     error // what a client was refused with
}

// catchUp makes one run.
func catchUp(ctx context.Context, command []string, values, rate int, cut bool) (f figures, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 5*time.Minute, errors.New("it took more than five minutes"))
	defer cancel()
	dir, err := os.MkdirTemp("", "catchup-")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	p := &pair{cut: true}
	defer func() {
		for _, n := range p.nodes {
			if n != nil {
				err = errors.Join(err, n.stop())
			}
		}
		err = errors.Join(err, p.refused)
	}()
	if err := p.start(ctx, 0, command, dir); err != nil {
		return f, err
	}
	if cut {
		if err := p.start(ctx, 1, command, dir); err != nil {
			return f, err
		}
	}
	began := time.Now()
	if err := p.nodes[0].give(ctx, values); err != nil {
		return f, err
	}
	f.givenPerSecond = float64(values) / time.Since(began).Seconds()
	if cut {
		// Let it find out that nobody answers, as after any cut that lasts.
		if err := sleep(ctx, 3*time.Second); err != nil {
			return f, err
		}
	}
	p.mu.Lock()
	p.cut, p.messages, p.longestLine = false, 0, 0
	p.mu.Unlock()
	began = time.Now()
	if !cut {
		if err := p.start(ctx, 1, command, dir); err != nil {
			return f, err
		}
	}
	if err := p.watch(ctx, values, rate); err != nil {
		return f, err
	}
	f.took = time.Since(began)
	p.mu.Lock()
	f.messages, f.longestLine = p.messages, p.longestLine
	p.mu.Unlock()
	for _, n := range p.nodes {
		n.mu.Lock()
		f.waits = append(f.waits, n.waits...)
		for _, at := range n.asked {
			f.waits = append(f.waits, time.Since(at)) // at least
		}
		n.mu.Unlock()
	}
	return f, nil
}

// watch asks both nodes at a rate until the second has the values.
func (p *pair) watch(ctx context.Context, values, rate int) error {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		for _, n := range p.nodes {
			body := fmt.Sprintf(`{"type":"echo","echo":%d,"msg_id":%d}`, i, i)
			if i%2 == 0 {
				body = fmt.Sprintf(`{"type":"broadcast","message":"%s %d","msg_id":%d}`, n.name, i, i)
			}
			n.mu.Lock()
			n.asked[i] = time.Now()
			n.mu.Unlock()
			n.say(ctx, timed, body)
		}
		second := p.nodes[1]
		if i%(1+rate/50) == 0 {
			second.say(ctx, asking, fmt.Sprintf(`{"type":"health","msg_id":%d}`, i))
		}
		second.mu.Lock()
		held := second.held
		second.mu.Unlock()
		if held >= values {
			return nil
		}
	}
}

// start starts a node and waits until it is initialised.
func (p *pair) start(ctx context.Context, which int, command []string, dir string) error {
	n := &node{
		name: fmt.Sprint("n", which), queue: make(chan []byte, 1<<16), quit: make(chan struct{}), ended: make(chan error, 1),
		asked: map[int]time.Time{}, moved: make(chan struct{}, 1),
	}
	n.cmd = exec.CommandContext(ctx, command[0], command[1:]...)
	n.cmd.Dir = dir
	n.cmd.Stderr = io.Discard
	var err error
	if n.in, err = n.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := n.cmd.Start(); err != nil {
		return err
	}
	p.mu.Lock()
	p.nodes[which] = n
	p.mu.Unlock()
	initialised := make(chan struct{})
	go n.write()
	go func() { n.ended <- p.read(ctx, which, n, out, initialised) }()
	n.say(ctx, giver, fmt.Sprintf(`{"type":"init","msg_id":0,"node_id":"%s","node_ids":["n0","n1"]}`, n.name))
	select {
	case <-initialised:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// write writes lines to the node's stdin, several at once where they wait.
func (n *node) write() {
	out := bufio.NewWriterSize(n.in, 64<<10)
	defer n.in.Close()
	for {
		select {
		case line := <-n.queue:
			_, _ = out.Write(line) // a node that is gone is noticed where it is read
			if len(n.queue) == 0 {
				_ = out.Flush()
			}
		case <-n.quit:
			return
		}
	}
}

// stop ends the node.
func (n *node) stop() error {
	close(n.quit)
	return errors.Join(<-n.ended, n.cmd.Wait())
}

// say sends a client's request.
func (n *node) say(ctx context.Context, client, body string) {
	select {
	case n.queue <- fmt.Appendf(nil, `{"src":"%s","dest":"%s","body":%s}`+"\n", client, n.name, body):
	case <-ctx.Done():
	}
}

// give broadcasts values 0, 1, ... and returns when all are acknowledged.
func (n *node) give(ctx context.Context, values int) error {
	for i := 0; ; {
		n.mu.Lock()
		answered := n.answered
		n.mu.Unlock()
		if answered == values {
			return nil
		}
		if i < values && i-answered < window {
			n.say(ctx, giver, `{"type":"broadcast","message":`+strconv.Itoa(i)+`,"msg_id":`+strconv.Itoa(i+1)+`}`)
			i++
			continue
		}
		select {
		case <-n.moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// read takes what a node says: messages to the other go there, replies are noted.
func (p *pair) read(ctx context.Context, which int, n *node, stdout io.Reader, initialised chan struct{}) error {
	lines := bufio.NewReaderSize(stdout, 256<<10)
	other := fmt.Sprintf(`"dest":"n%d"`, 1-which)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if bytes.Contains(line[:min(len(line), 40)], []byte(other)) {
			p.forward(ctx, 1-which, line)
			continue
		}
		if err := n.take(line, initialised); err != nil {
			p.mu.Lock()
			p.refused = err
			p.mu.Unlock()
		}
	}
}

// forward hands a message to a node.
func (p *pair) forward(ctx context.Context, to int, line []byte) {
	p.mu.Lock()
	peer := p.nodes[to]
	if p.cut || peer == nil {
		p.mu.Unlock()
		return
	}
	if to == 1 {
		p.messages++
	}
	p.longestLine = max(p.longestLine, len(line))
	p.mu.Unlock()
	select {
	case peer.queue <- line:
	case <-peer.quit:
	case <-ctx.Done():
	}
}

// take notes a reply to a client.
func (n *node) take(line []byte, initialised chan struct{}) error {
	now := time.Now()
	if bytes.Contains(line[:min(len(line), 60)], []byte(`"`+giver+`","body":{"type":"broadcast_ok"`)) { // most of them
		n.mu.Lock()
		n.answered++
		n.mu.Unlock()
		n.ring()
		return nil
	}
	var m struct {
		Dest string
		Body struct {
			Type, Text string
			InReplyTo  int `json:"in_reply_to"`
			Values     int
		}
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case m.Body.Type == "error":
		return fmt.Errorf("%s answers: %s", n.name, m.Body.Text)
	case m.Body.Type == "init_ok":
		close(initialised)
	case m.Dest == timed:
		if at, ok := n.asked[m.Body.InReplyTo]; ok {
			n.waits = append(n.waits, now.Sub(at))
			delete(n.asked, m.Body.InReplyTo)
		}
	case m.Dest == asking:
		n.held = m.Body.Values
	}
	return nil
}

func (n *node) ring() {
	select {
	case n.moved <- struct{}{}:
	default:
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
