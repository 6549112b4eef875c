package harness

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
)

// Window is how many requests of a flood may be without an answer.
const Window = 1024

// floodClient is the name of the client that floods.
const floodClient = "f1"

// Flood is one client that asks one node, for broadcasts, as fast as it is answered.
type Flood struct {
	Node  string
	Value func(i int) uint64 // the i-th value, from 0; nil: i itself
	// Body appends what the i-th request says, from 0, without its msg_id and the
	// closing bracket, as `{"type":"generate"`; nil: a broadcast of Value.
	Body func(dst []byte, i int) []byte

	asked    int
	answered atomic.Int64
	wanted   atomic.Int64  // answers that are waited for
	moved    chan struct{} // a token: more are answered, or one is refused
	refused  atomic.Pointer[string]
}

// NewFlood makes a flood of a node; Heard is to be shown what the node says.
func NewFlood(node string) *Flood { return &Flood{Node: node, moved: make(chan struct{}, 1)} }

// Heard takes a reply to the flood's client, and reports whether it was one.
func (f *Flood) Heard(line []byte) bool {
	if !bytes.Contains(line[:min(len(line), 160)], []byte(`"dest":"`+floodClient+`"`)) {
		return false
	}
	if bytes.Contains(line, []byte(`"type":"error"`)) {
		text := string(line)
		f.refused.Store(&text)
		f.ring()
		return true
	}
	// Told now and then, as who waits is in no hurry, but within a window.
	if n := f.answered.Add(1); n%(Window/16) == 0 || n == f.wanted.Load() {
		f.ring()
	}
	return true
}

func (f *Flood) ring() {
	select {
	case f.moved <- struct{}{}:
	default:
	}
}

// batchBytes is how much is written to the node at once.
const batchBytes = 32 << 10

// Run makes n requests and returns when all are answered. An answer that is an error
// ends it with one, and so does the node's end. It may be run again, for further ones.
func (f *Flood) Run(ctx context.Context, p *Process, n int) error {
	batch := make([]byte, 0, batchBytes+256)
	flush := func() {
		p.Write(batch)
		batch = batch[:0]
	}
	for last := f.asked + n; f.asked < last; f.asked++ {
		if f.asked-int(f.answered.Load()) >= Window {
			flush()
			if err := f.until(ctx, p, f.asked-Window+Window/16); err != nil {
				return err
			}
		}
		batch = append(append(batch, `{"src":"`+floodClient+`","dest":"`...), f.Node...)
		batch = f.appendBody(append(batch, `","body":`...))
		batch = strconv.AppendInt(append(batch, `,"msg_id":`...), int64(f.asked)+1, 10)
		if batch = append(batch, "}}\n"...); len(batch) >= batchBytes {
			flush()
		}
	}
	flush()
	return f.until(ctx, p, f.asked)
}

// appendBody appends what the next request says.
func (f *Flood) appendBody(dst []byte) []byte {
	if f.Body != nil {
		return f.Body(dst, f.asked)
	}
	value := uint64(f.asked)
	if f.Value != nil {
		value = f.Value(f.asked)
	}
	return strconv.AppendUint(append(dst, `{"type":"broadcast","message":`...), value, 10)
}

// until waits for so many answers.
func (f *Flood) until(ctx context.Context, p *Process, answers int) error {
	f.wanted.Store(int64(answers))
	for int(f.answered.Load()) < answers {
		if text := f.refused.Load(); text != nil {
			return fmt.Errorf("harness: %s answers %s", f.Node, *text)
		}
		select {
		case <-f.moved:
		case <-p.Done():
			return fmt.Errorf("harness: %s: %w", f.Node, ErrDead)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
