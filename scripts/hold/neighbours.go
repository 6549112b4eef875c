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

// figures are what one run came to.
type figures struct {
	resident, largest int64 // bytes
	took              time.Duration
}

// window is how many broadcasts may be without a reply.
const window = 1024

// hold starts a node, has it hold n values and measures it.
func hold(ctx context.Context, command []string, n int, value func(uint64) uint64) (f figures, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "hold-")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = dir // whatever the node leaves behind is gone with it
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return f, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return f, err
	}
	if err := cmd.Start(); err != nil {
		return f, err
	}
	w := &world{
		in: bufio.NewWriterSize(stdin, 32<<10), acked: map[string]int{},
		room: make(chan struct{}, 1), begun: make(chan struct{}), shown: make(chan int, 1),
		acks: make(chan []byte, 1<<16),
	}
	heard := make(chan error, 1)
	go func() {
		for line := range w.acks {
			_ = w.say(true, line) // after the end there is nobody to take them
		}
	}()
	go func() {
		err := w.listen(stdout)
		close(w.acks)
		if err != nil {
			cancel() // nobody waits for what cannot come
		}
		heard <- err
	}()
	began := time.Now()
	err = w.feed(ctx, n, value)
	if err == nil {
		f.took = time.Since(began)
		if f.resident, f.largest, err = memory(cmd.Process.Pid); err == nil {
			err = w.read(ctx, n)
		}
	}
	stdin.Close()
	listened := <-heard
	waited := cmd.Wait()
	if err = errors.Join(listened, err); err == nil {
		err = waited
	}
	if err != nil {
		return f, fmt.Errorf("%w; the node said: %s", err, complaints.Bytes())
	}
	return f, nil
}

// world is all that the node knows: a client and three neighbours.
type world struct {
	mu sync.Mutex
	in *bufio.Writer

	progress sync.Mutex
	answered int            // broadcasts
	acked    map[string]int // entries, by neighbour
	room     chan struct{}  // a token: something has come
	begun    chan struct{}  // closed when init is answered
	shown    chan int       // values of a read
	acks     chan []byte    // lines; who listens does not wait for the node to listen
}

// say writes one line.
func (w *world) say(flush bool, line []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.in.Write(line); err != nil {
		return err
	}
	if flush {
		return w.in.Flush()
	}
	return nil
}

// feed gives the node its values and returns when all neighbours have them.
func (w *world) feed(ctx context.Context, n int, value func(uint64) uint64) error {
	if err := w.say(true, []byte(`{"src":"c1","dest":"n0","body":{"type":"init","msg_id":1,"node_id":"n0","node_ids":["n0","n1","n2","n3"]}}`+"\n")); err != nil {
		return err
	}
	select {
	case <-w.begun:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	var line []byte
	for sent := range n {
		if err := w.wait(ctx, func() bool { return sent-w.answered < window }); err != nil {
			return err
		}
		line = append(line[:0], `{"src":"c1","dest":"n0","body":{"type":"broadcast","message":`...)
		line = strconv.AppendUint(line, value(uint64(sent)), 10)
		line = append(line, `,"msg_id":`...)
		line = strconv.AppendInt(line, int64(sent+2), 10)
		line = append(line, "}}\n"...)
		if err := w.say(sent+1 == n, line); err != nil {
			return err
		}
	}
	return w.wait(ctx, func() bool {
		return w.answered == n && (n == 0 || w.acked["n1"] >= n && w.acked["n2"] >= n && w.acked["n3"] >= n)
	})
}

// wait waits until something holds.
func (w *world) wait(ctx context.Context, holds func() bool) error {
	for flushed := false; ; flushed = true {
		w.progress.Lock()
		done := holds()
		w.progress.Unlock()
		if done {
			return nil
		}
		if !flushed {
			if err := w.say(true, nil); err != nil {
				return err
			}
		}
		select {
		case <-w.room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// read asks for all values, and makes sure that they are all shown.
func (w *world) read(ctx context.Context, n int) error {
	if err := w.say(true, []byte(`{"src":"c1","dest":"n0","body":{"type":"read","msg_id":0}}`+"\n")); err != nil {
		return err
	}
	select {
	case shown := <-w.shown:
		if shown != n {
			return fmt.Errorf("a read shows %d values", shown)
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// message is what the world looks at of a line.
type message struct {
	Dest string `json:"dest"`
	Body struct {
		Type     string            `json:"type"`
		Text     string            `json:"text"`
		Epoch    uint64            `json:"e"`
		Batch    uint64            `json:"b"`
		Messages []json.RawMessage `json:"messages"`
		Runs     []struct {
			First  int               `json:"c"`
			Values []json.RawMessage `json:"v"`
		} `json:"runs"`
	} `json:"body"`
}

// listen takes what the node says, until it ends.
func (w *world) listen(stdout io.Reader) error {
	lines := bufio.NewReaderSize(stdout, 256<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if bytes.Contains(line[:min(len(line), 80)], []byte(`"broadcast_ok"`)) { // most of them, so no more is looked at
			w.moved(func() { w.answered++ })
			continue
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			return err
		}
		switch m.Body.Type {
		case "init_ok":
			close(w.begun)
		case "read_ok":
			w.shown <- len(m.Body.Messages)
		case "gossip":
			w.ack(&m)
		default:
			return fmt.Errorf("the node answers %s: %s", m.Body.Type, m.Body.Text)
		}
	}
}

// ack has a neighbour ack a message at once. Its epoch never changes.
func (w *world) ack(m *message) {
	if m.Body.Batch == 0 {
		return
	}
	reply := fmt.Sprintf(`{"src":%q,"dest":"n0","body":{"type":"gossip","e":1,"f":%d,"a":[[%d,%d]]}}`+"\n", m.Dest, m.Body.Epoch, m.Body.Batch, m.Body.Batch)
	w.acks <- []byte(reply)
	w.moved(func() {
		for _, r := range m.Body.Runs {
			if r.First <= w.acked[m.Dest]+1 { // not beyond a gap, nor twice
				w.acked[m.Dest] = max(w.acked[m.Dest], r.First+len(r.Values)-1)
			}
		}
	})
}

// moved takes note of something, and tells who waits.
func (w *world) moved(note func()) {
	w.progress.Lock()
	note()
	w.progress.Unlock()
	select {
	case w.room <- struct{}{}:
	default:
	}
}
