package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// lingerAfterExit is how long the output of a node that exited is still awaited:
// a child of its own may hold the pipe open for ever.
const lingerAfterExit = time.Second

// child is the process of one node.
type child struct {
	birth
	cmd    *exec.Cmd
	inbox  *inbox
	files  []*os.File    // our ends of its pipes
	tail   tail          // of its stdout
	exited chan struct{} // closed when it has been waited for
	all    sync.WaitGroup

	still sync.Mutex // guards what follows
	held  bool       // it is stopped until it is let go on
	stall time.Time  // when its stall is over
}

// spawn starts the process of a node. Events come from goroutines until the
// last, which says how it ended.
func (b *bed) spawn(n birth) (*child, error) {
	c := &child{
		birth:  n,
		cmd:    exec.Command(b.bin, b.cfg.Args...),
		inbox:  newInbox(),
		exited: make(chan struct{}),
	}
	c.cmd.Dir, c.cmd.Env, c.cmd.SysProcAttr = b.workDir, b.env, attributes()
	log := b.logs[n.node]
	if b.cfg.LogDir != "" {
		if err := log.open(filepath.Join(b.cfg.LogDir, b.names[n.node]+".log")); err != nil {
			return nil, fmt.Errorf("its log cannot be written: %w", err)
		}
	}
	theirs, err := c.pipes()
	if err == nil {
		err = c.cmd.Start()
	}
	for _, f := range theirs {
		f.Close()
	}
	if err != nil {
		c.closePipes()
		return nil, err
	}
	stdin, stdout, logged := c.files[0], c.files[1], c.files[2]
	var output sync.WaitGroup
	output.Go(func() {
		readLines(stdout, func(lines [][]byte) { b.post(event{node: n.node, life: n.life, kind: printed, lines: lines}) }, &c.tail)
	})
	output.Go(func() { io.Copy(log, logged) })
	c.all.Go(func() { c.inbox.drain(stdin) })
	c.all.Go(func() { c.wait(b, &output) })
	return c, nil
}

// pipes makes the child's three streams and returns its ends of them. Plain
// files, so that Wait waits for the process and nothing else.
func (c *child) pipes() (theirs []*os.File, err error) {
	for i := range 3 {
		r, w, err := os.Pipe()
		if err != nil {
			return theirs, fmt.Errorf("no pipe to it: %w", err)
		}
		switch i {
		case 0:
			c.cmd.Stdin, theirs, c.files = r, append(theirs, r), append(c.files, w)
		case 1:
			c.cmd.Stdout, theirs, c.files = w, append(theirs, w), append(c.files, r)
		case 2:
			c.cmd.Stderr, theirs, c.files = w, append(theirs, w), append(c.files, r)
		}
	}
	return theirs, nil
}

// wait reaps the process, lets its output come to its end, and says how it ended.
func (c *child) wait(b *bed, output *sync.WaitGroup) {
	err := c.cmd.Wait()
	left := c.groupLives()
	c.killGroup() // what it has left behind; now, before its id can be another's
	close(c.exited)
	linger := time.AfterFunc(lingerAfterExit, c.closePipes) // ends the reads
	output.Wait()
	linger.Stop()
	c.inbox.close()
	c.closePipes()
	status := "exit status 0"
	if err != nil {
		status = err.Error()
	} else if left {
		status += ", and what it had started was still running: a script has to exec the node, not start it in the background"
	}
	b.post(event{node: c.node, life: c.life, kind: ended, status: status})
}

// closePipes may be called more than once.
func (c *child) closePipes() {
	for _, f := range c.files {
		f.Close()
	}
}

// kill ends the node and all that it has started, at once.
func (c *child) kill() {
	select {
	case <-c.exited:
	default:
		c.killGroup()
		c.cmd.Process.Kill() // should it have left its group
	}
}

// signal sends a signal to the node and all that it has started, unless it has
// ended.
func (c *child) signal(s syscall.Signal) {
	select {
	case <-c.exited:
	default:
		syscall.Kill(-c.cmd.Process.Pid, s) // nothing to do if it has just ended
	}
}

// hold stops the node until release.
func (c *child) hold() {
	c.still.Lock()
	defer c.still.Unlock()
	c.held = true
	c.signal(syscall.SIGSTOP)
}

// release lets a node go on that was held, once its stall is over.
func (c *child) release() {
	c.still.Lock()
	defer c.still.Unlock()
	c.held = false
	c.goOn()
}

// stallFor stops the node for a while. The timer's end is the driver's: a
// node that has ended meanwhile takes no signal.
func (c *child) stallFor(d time.Duration) {
	c.still.Lock()
	defer c.still.Unlock()
	if until := time.Now().Add(d); until.After(c.stall) {
		c.stall = until
	}
	c.signal(syscall.SIGSTOP)
	time.AfterFunc(d, func() {
		c.still.Lock()
		defer c.still.Unlock()
		c.goOn()
	})
}

// goOn lets the node go on unless something holds it.
func (c *child) goOn() {
	if !c.held && !time.Now().Before(c.stall) {
		c.signal(syscall.SIGCONT)
	}
}

// groupLives says whether anything is left in the group of a process that has
// been waited for.
func (c *child) groupLives() bool { return syscall.Kill(-c.cmd.Process.Pid, 0) == nil }

// killGroup reports nothing: a group that is gone already is what it is for.
func (c *child) killGroup() { syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) }

// add counts in what a process cost; it must have been waited for.
func (u *Usage) add(c *child) {
	if st := c.cmd.ProcessState; st != nil {
		u.CPU += st.UserTime() + st.SystemTime()
		if ru, ok := st.SysUsage().(*syscall.Rusage); ok {
			u.MaxRSSBytes = max(u.MaxRSSBytes, int64(ru.Maxrss)*maxRSSUnitBytes) //nolint:unconvert // it has 32 bits where words have
		}
	}
}
