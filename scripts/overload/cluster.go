package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// cluster is some nodes as real processes, joined by a network that delivers at
// once. What nodes say to clients goes to replies.
type cluster struct {
	start time.Time
	nodes []*child
	index map[string]int
}

// child is one node's process.
type child struct {
	name string
	cmd  *exec.Cmd
	log  string // path

	toPeer   *lines // from other nodes; never refused
	toClient *lines // from clients; refused where the node does not keep up

	mute   atomic.Bool // nobody reads its stdout
	exited atomic.Bool

	rssMu  sync.Mutex
	maxRSS int64 // bytes, as seen every 50 ms
}

// lines is what waits to be written to a node's stdin.
type lines struct {
	mu    sync.Mutex
	bytes []byte
	limit int // bytes; 0: none
	wake  chan struct{}
}

func newLines(limit int) *lines { return &lines{limit: limit, wake: make(chan struct{}, 1)} }

// put adds whole lines and reports whether there was room.
func (l *lines) put(text []byte) bool {
	l.mu.Lock()
	ok := l.limit == 0 || len(l.bytes)+len(text) <= l.limit
	if ok {
		l.bytes = append(l.bytes, text...)
	}
	l.mu.Unlock()
	if ok {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return ok
}

// take moves what waits into buf.
func (l *lines) take(buf []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	buf = append(buf[:0], l.bytes...)
	l.bytes = l.bytes[:0]
	return buf
}

// clientRoom is how much of clients' requests waits beside the pipe itself:
// little, so that a latency is the node's and not the client's.
const clientRoom = 4 << 10

// startCluster starts and initialises so many nodes. reply is called for every
// line that a node writes to a client, from several goroutines.
func startCluster(bin string, count int, args []string, dir string, reply func(now time.Duration, node int, line []byte)) (*cluster, error) {
	c := &cluster{start: time.Now(), index: map[string]int{}}
	var names []string
	for i := range count {
		names = append(names, fmt.Sprintf("n%d", i))
		c.index[names[i]] = i
	}
	ready := make(chan struct{}, count)
	for i, name := range names {
		n := &child{name: name, toPeer: newLines(0), toClient: newLines(clientRoom), log: fmt.Sprintf("%s/%s.log", dir, name)}
		n.cmd = exec.Command(bin, append([]string{"--journal", filepath.Join(dir, "journal")}, args...)...)
		stdin, err := n.cmd.StdinPipe()
		if err != nil {
			return c, err
		}
		stdout, err := n.cmd.StdoutPipe()
		if err != nil {
			return c, err
		}
		log, err := os.Create(n.log)
		if err != nil {
			return c, err
		}
		n.cmd.Stderr = log
		if err := n.cmd.Start(); err != nil {
			return c, err
		}
		log.Close()
		c.nodes = append(c.nodes, n)
		go n.write(stdin)
		go c.read(i, stdout, ready, reply)
		go n.watch()
	}
	for i, n := range c.nodes {
		n.toClient.put([]byte(fmt.Sprintf(`{"id":%d,"src":"c0","dest":"%s","body":{"type":"init","node_id":"%s","node_ids":["%s"],"msg_id":1}}`+"\n",
			i, n.name, n.name, strings.Join(names, `","`))))
	}
	for range names {
		select {
		case <-ready:
		case <-time.After(10 * time.Second):
			return c, fmt.Errorf("a node did not answer init; see %s", dir)
		}
	}
	return c, nil
}

// write writes what waits to a node's stdin, peers' lines and clients' in turn.
func (n *child) write(stdin io.WriteCloser) {
	var buf []byte
	for {
		for _, from := range []*lines{n.toPeer, n.toClient} {
			if buf = from.take(buf); len(buf) > 0 {
				if _, err := stdin.Write(buf); err != nil {
					return
				}
			}
		}
		select {
		case <-n.toPeer.wake:
		case <-n.toClient.wake:
		}
	}
}

// read passes on what a node says.
func (c *cluster) read(node int, stdout io.Reader, ready chan<- struct{}, reply func(time.Duration, int, []byte)) {
	n := c.nodes[node]
	r := bufio.NewReaderSize(stdout, 64<<10)
	var long []byte
	for {
		for n.mute.Load() {
			time.Sleep(time.Millisecond)
		}
		line, err := r.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			long = append(long, line...)
			continue
		}
		if err != nil {
			n.exited.Store(true)
			return
		}
		if len(long) > 0 {
			long = append(long, line...)
			line = long
		}
		dest := between(line, `"dest":"`, '"')
		if to, ok := c.index[string(dest)]; ok {
			c.nodes[to].toPeer.put(line)
		} else if bytes.Contains(line, []byte(`"type":"init_ok"`)) {
			ready <- struct{}{}
		} else {
			reply(time.Since(c.start), node, line)
		}
		long = long[:0]
	}
}

// between returns what follows a mark, up to an end.
func between(line []byte, mark string, end byte) []byte {
	_, rest, ok := bytes.Cut(line, []byte(mark))
	if !ok {
		return nil
	}
	if i := bytes.IndexByte(rest, end); i >= 0 {
		return rest[:i]
	}
	return nil
}

// number is the number that follows a mark.
func number(line []byte, mark string) int {
	_, rest, ok := bytes.Cut(line, []byte(mark))
	if !ok {
		return -1
	}
	n := 0
	for _, c := range rest {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// watch notes the most memory that a node takes.
func (n *child) watch() {
	for !n.exited.Load() {
		if rss := residentBytes(n.cmd.Process.Pid); rss > 0 {
			n.rssMu.Lock()
			n.maxRSS = max(n.maxRSS, rss)
			n.rssMu.Unlock()
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (n *child) peak() int64 {
	n.rssMu.Lock()
	defer n.rssMu.Unlock()
	return n.maxRSS
}

// residentBytes is a process's resident memory, 0 where nobody can tell.
func residentBytes(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(between(append(text, '\n'), "VmRSS:", '\n')))
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.ParseInt(fields[0], 10, 64)
	return kb << 10
}

// stop ends all processes.
func (c *cluster) stop() {
	for _, n := range c.nodes {
		_ = n.cmd.Process.Kill()
		_ = n.cmd.Wait()
	}
}

// now is the time since the start.
func (c *cluster) now() time.Duration { return time.Since(c.start) }
