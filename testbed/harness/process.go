package harness

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Options say what to start.
type Options struct {
	Command []string // the program and its arguments
	Dir     string   // its working directory; empty: this process's
	Env     []string // variables beside those of this process
	// Heard is given each line of the node's stdout, with its newline, by one
	// goroutine; a line is valid until Heard returns. Without it lines are kept for
	// Next.
	Heard func(line []byte)
}

// Process is a node's process.
type Process struct {
	cmd    *exec.Cmd
	in     input
	heard  func([]byte)
	kept   chan []byte
	gate   sync.Mutex // held while nobody reads stdout
	stderr tail

	once  sync.Once
	done  chan struct{} // closed when it is killed or its output has ended
	ended chan struct{} // closed when it has been waited for
	err   error         // of its end; after ended
}

// keptLines is how many lines wait for Next before the node is no longer read.
const keptLines = 1 << 16

// Start starts a node's process. Who starts one calls Wait or Stop in the end.
func Start(o Options) (*Process, error) {
	if len(o.Command) == 0 {
		return nil, errors.New("harness: no command")
	}
	p := &Process{
		cmd: exec.Command(o.Command[0], o.Command[1:]...), heard: o.Heard, in: input{wake: make(chan struct{}, 1)},
		done: make(chan struct{}), ended: make(chan struct{}),
	}
	if p.heard == nil {
		p.kept = make(chan []byte, keptLines)
		p.heard = func(line []byte) {
			select {
			case p.kept <- bytes.Clone(line):
			case <-p.done: // nobody may be left to ask for it
			}
		}
	}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = o.Dir, append(os.Environ(), o.Env...), &p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("harness: %w", err)
	}
	go p.write(stdin)
	go p.read(stdout)
	return p, nil
}

// write carries what waits to the node's stdin until it is to be closed.
func (p *Process) write(stdin io.WriteCloser) {
	defer stdin.Close()
	var buf []byte
	for {
		var last bool
		if buf, last = p.in.take(buf); len(buf) > 0 {
			if _, err := stdin.Write(buf); err != nil {
				return // the node has closed it: what it says and how it ends tell why
			}
			continue
		}
		if last {
			return
		}
		select {
		case <-p.in.wake:
		case <-p.done:
			return
		}
	}
}

// read hands on what the node says, and reaps it.
func (p *Process) read(stdout io.Reader) {
	lines := bufio.NewReaderSize(stdout, 256<<10)
	var long []byte
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, line...)
			continue
		}
		if len(long) > 0 {
			line = append(long, line...)
			long = line[:0]
		}
		if err != nil {
			break
		}
		p.gate.Lock()
		p.heard(line)
		p.gate.Unlock()
	}
	p.err = p.cmd.Wait()
	if p.kept != nil {
		close(p.kept)
	}
	close(p.ended)
	p.gone()
}

func (p *Process) gone() { p.once.Do(func() { close(p.done) }) }

// Write queues whole lines, each with its newline, for the node's stdin.
func (p *Process) Write(lines []byte) { p.in.put(lines, false) }

// Offer is Write for a client that does not wait: it reports false, and queues
// nothing, where 4 KiB of what was offered wait already. Lines from Write go first.
func (p *Process) Offer(lines []byte) bool { return p.in.put(lines, true) }

// CloseInput closes the node's stdin once all that was written is in it.
func (p *Process) CloseInput() { p.in.close() }

// Next returns the next line of stdout without its newline. The error is
// io.EOF where the node has ended, or ctx's. Only without Options.Heard.
func (p *Process) Next(ctx context.Context) (string, error) {
	select {
	case line, ok := <-p.kept:
		if !ok {
			return "", io.EOF
		}
		return string(bytes.TrimSuffix(line, []byte("\n"))), nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Mute stops reading the node's stdout until the function it returns is called. It is
// not for Options.Heard to call.
func (p *Process) Mute() (listen func()) {
	p.gate.Lock()
	return p.gate.Unlock
}

// Pid is the number of the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Signal sends the process a signal; one that has ended takes none.
func (p *Process) Signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// Kill kills the process with SIGKILL and does not wait for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	p.gone()
}

// Done is closed when the process is killed or has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the end of the process and returns its exit code, -1 for a
// signal, and the end of what it wrote to stderr.
func (p *Process) Wait() (code int, stderr string) {
	<-p.ended
	return p.cmd.ProcessState.ExitCode(), p.stderr.String()
}

// Stop closes the node's stdin, waits for its end, and kills it after the
// patience. A node that had to be killed or failed is an error.
func (p *Process) Stop(patience time.Duration) error {
	p.CloseInput()
	timer := time.AfterFunc(patience, p.Kill)
	defer timer.Stop()
	if _, stderr := p.Wait(); p.err != nil {
		return fmt.Errorf("harness: the node's end: %w; it said: %s", p.err, stderr)
	}
	return nil
}

// CPU is the user and system time that the process has used so far.
func (p *Process) CPU() (time.Duration, error) { return cpuTime(p.Pid()) }

// Memory is the resident set of the running process and the largest it has been, in
// bytes; on macOS, which does not tell the latter, it is the former.
func (p *Process) Memory() (resident, largest int64, err error) { return memory(p.Pid()) }
