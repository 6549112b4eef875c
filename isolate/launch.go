package isolate

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"treecast/isolate/frame"
	"treecast/isolate/hop"
)

// Command is the word that makes the program a child. It is for the program itself.
const Command = "isolated-child"

// Processes is the Launcher of real processes.
type Processes struct {
	// Path is the program; empty: the one that runs, even where its file was replaced.
	Path string
	// Args are its arguments; nil: Command.
	Args []string
}

// InProcess is false.
func (Processes) InProcess() bool { return false }

// Launch starts a child. What goes wrong is known from the Conn.
func (l Processes) Launch(now time.Duration, h *hop.Hello, wake func(), log *slog.Logger) hop.Conn {
	p := &process{
		wake: wake, out: frame.Writer{Generation: h.Generation}, more: make(chan struct{}, 1),
		log: log.With("child", h.Name, "generation", h.Generation),
	}
	p.drained.L = &p.mu
	ours, theirs, err := socketPair()
	if err != nil {
		p.failed(err)
		return p
	}
	p.socket = &socket{}
	if err := p.socket.open(ours); err != nil {
		ours.Close()
		theirs.Close()
		p.failed(err)
		return p
	}
	p.Send(now, hop.TypeHello, hop.AppendHello(nil, h))
	p.Flush() // it waits in the socket
	go p.write(p.socket)
	go p.read(p.socket, frame.NewReader(h.Generation, hop.MaxMessageBytes))
	go p.live(l.command(), theirs)
	return p
}

// command is how a child is started.
func (l Processes) command() *exec.Cmd {
	path, args := l.Path, l.Args
	if path == "" {
		path = self()
	}
	if args == nil {
		args = []string{Command}
	}
	cmd := exec.Command(path, args...)
	cmd.Args[0] = os.Args[0]
	cmd.SysProcAttr = attributes()
	return cmd
}

// socketPair makes two ends that no other process inherits.
func socketPair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("a socket pair: %w", err)
	}
	for _, fd := range fds {
		if err := syscall.SetNonblock(fd, true); err != nil {
			syscall.Close(fds[0])
			syscall.Close(fds[1])
			return nil, nil, fmt.Errorf("a socket pair: %w", err)
		}
	}
	return os.NewFile(uintptr(fds[0]), "child"), os.NewFile(uintptr(fds[1]), "parent"), nil
}

// maxInbound bounds what was read of a child and not looked at: then no more is read
// until it is, and the child waits.
const maxInbound = 8 << 20

// process is the parent's end of the way to a child. The methods of hop.Conn are for one
// goroutine; three more write, read and wait for the child's end.
type process struct {
	wake   func()
	log    *slog.Logger
	socket *socket // nil: closed, or there was none

	out     frame.Writer
	frames  []byte        // not flushed yet; of the owner
	more    chan struct{} // a token: there is something to be written
	usage   usage         // of memory
	mu      sync.Mutex
	drained sync.Cond // of what is read

	// Guarded by mu:
	unwritten []byte // what the socket has not taken
	writing   bool   // the writer has some of it in hand
	inbound   []frame.Message
	bytes     int
	wrong     error // with what was read behind inbound
	silent    bool  // nothing more will be read
	reaped    bool
	killed    bool
	how       string
	cmd       *exec.Cmd // started
	pid       int
}

// failed says that there is no child.
func (p *process) failed(err error) {
	p.mu.Lock()
	p.reaped, p.silent, p.how = true, true, err.Error()
	p.mu.Unlock()
	p.wake()
}

// live starts the child, and waits for its end. Its thread ends with it: the kernel
// kills the child when the thread that has started it ends.
func (p *process) live(cmd *exec.Cmd, theirs *os.File) {
	runtime.LockOSThread()
	cmd.ExtraFiles = []*os.File{theirs}
	said, says, err := os.Pipe()
	if err == nil {
		cmd.Stderr = says
		err = cmd.Start()
		says.Close()
	}
	theirs.Close()
	if err != nil {
		if said != nil {
			said.Close()
		}
		p.socket.Close()
		p.failed(fmt.Errorf("a child process cannot be started: %w", err))
		return
	}
	p.mu.Lock()
	p.cmd, p.pid = cmd, cmd.Process.Pid
	if p.killed {
		cmd.Process.Kill()
	}
	p.mu.Unlock()
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		logLines(said, p.log.With("pid", cmd.Process.Pid))
	}()
	err = cmd.Wait()
	<-logged // it is over when the child has ended, which has no children of its own
	said.Close()
	p.mu.Lock()
	p.reaped, p.how = true, "exit status 0"
	if err != nil {
		p.how = err.Error()
	}
	if p.killed {
		p.silent = true
		p.drained.Broadcast()
	}
	p.mu.Unlock()
	p.wake()
}

// Send puts a message among what Flush sends.
func (p *process) Send(_ time.Duration, t frame.Type, payload []byte) {
	p.frames = p.out.Append(p.frames, t, payload)
}

// Flush writes what the socket takes at once, and leaves the rest to the writer.
func (p *process) Flush() {
	if len(p.frames) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.unwritten) == 0 && !p.writing && !p.reaped && p.socket != nil {
		p.frames = p.frames[:copy(p.frames, p.frames[p.socket.TryWrite(p.frames):])]
	}
	if len(p.frames) > 0 && !p.killed {
		p.unwritten = append(p.unwritten, p.frames...)
		select {
		case p.more <- struct{}{}:
		default:
		}
	}
	if p.frames = p.frames[:0]; cap(p.frames) > 1<<20 {
		p.frames = nil
	}
}

// write writes what the socket did not take at once.
func (p *process) write(to *socket) {
	var hand []byte
	for range p.more {
		p.mu.Lock()
		hand, p.unwritten = p.unwritten, hand[:0]
		p.writing = len(hand) > 0
		p.mu.Unlock()
		_, err := to.Write(hand)
		p.mu.Lock()
		p.writing = false
		p.mu.Unlock()
		if err != nil {
			return // the reader sees it, too
		}
		if cap(hand) > 1<<20 {
			hand = nil
		}
	}
}

// read reads what the child says until its end of the socket is closed.
func (p *process) read(from *socket, frames *frame.Reader) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		frames.Feed(buffer[:n])
		if !p.take(frames) || err != nil {
			break
		}
	}
	p.mu.Lock()
	p.silent = true
	p.mu.Unlock()
	p.wake()
}

// take takes in the messages that are whole, and reports whether to read on.
func (p *process) take(frames *frame.Reader) bool {
	took := false
	defer func() {
		if took {
			p.wake()
		}
	}()
	for {
		m, ok, err := frames.Next()
		if err != nil {
			p.mu.Lock()
			p.wrong = err
			p.mu.Unlock()
			took = true
			return false
		}
		if !ok {
			return true
		}
		m.Payload = append([]byte(nil), m.Payload...)
		p.mu.Lock()
		for p.bytes > maxInbound && !p.silent {
			p.mu.Unlock()
			p.wake()
			p.mu.Lock()
			if p.bytes > maxInbound && !p.silent {
				p.drained.Wait()
			}
		}
		if p.silent {
			p.mu.Unlock()
			return false
		}
		p.inbound = append(p.inbound, m)
		p.bytes += len(m.Payload) + frame.HeaderBytes
		p.mu.Unlock()
		took = true
	}
}

// Receive returns the next message of the child.
func (p *process) Receive() (frame.Message, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.inbound) == 0 {
		return frame.Message{}, false, p.wrong
	}
	m := p.inbound[0]
	p.inbound[0] = frame.Message{}
	if p.inbound = p.inbound[1:]; len(p.inbound) == 0 {
		p.inbound = nil
	}
	was := p.bytes
	p.bytes -= len(m.Payload) + frame.HeaderBytes
	if was > maxInbound && p.bytes <= maxInbound {
		p.drained.Broadcast()
	}
	return m, true, nil
}

// Ended reports whether the child is gone and was waited for.
func (p *process) Ended() (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ended := p.reaped && (p.killed || p.silent && len(p.inbound) == 0 && p.wrong == nil)
	if ended && p.socket != nil {
		p.socket.Close()
		p.socket = nil
		p.usage.close()
		close(p.more)
	}
	return p.how, ended
}

// Kill ends the child at once.
func (p *process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	if p.cmd != nil && !p.reaped {
		p.cmd.Process.Kill()
	}
	p.drained.Broadcast()
}

// Stop tells the child to end.
func (p *process) Stop() {
	p.Send(0, hop.TypeStop, nil)
	p.Flush()
}

// Memory is how many bytes the child takes for itself.
func (p *process) Memory() int64 {
	p.mu.Lock()
	pid := p.pid
	if p.reaped {
		pid = 0 // it may be another's by now
	}
	p.mu.Unlock()
	return p.usage.privateBytes(pid)
}

// Pid is the child's process.
func (p *process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

// Next is never.
func (p *process) Next() time.Duration { return hop.Never }
