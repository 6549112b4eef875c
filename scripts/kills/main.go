// Command kills has nodes killed under load and started again, and looks for what
// that leaves behind: values that were acknowledged and are gone, or that nobody
// sent, open files, processes, and directories other than the run's own.
//
//	go build -o /tmp/treecast . && go run ./scripts/kills --bin /tmp/treecast --kills 3000 --at-once 200 --meddle 90 --cuts 60
//
// --kills: one node, thousands of times, each time waited for. --at-once: nodes of a
// cluster of three, of 20 to 400 MiB, started again at the moment of the kill, while
// the dead process still holds its journal. --meddle: the journals of a cluster of
// three are removed, moved, replaced and truncated under load, and nodes are killed
// when they say that all is well again. --cuts: nodes of a cluster of three are killed
// under load, and their journals cut at any byte, or between two frames, before they
// are started again.
//
// It is the nodes' parent, as Maelstrom is, and names no run: they are to find
// their journals by that and by the ids of their inits.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	bin := flag.String("bin", "treecast", "the node's program")
	kills := flag.Int("kills", 3000, "how many times to kill one node and wait for its end")
	at := flag.Int("at-once", 200, "how many times to kill nodes of a cluster and start them again at once")
	most := flag.Int("most", largest>>20, "up to which size of a process that is done, in MiB; with half of it meddling begins")
	meddles := flag.Int("meddle", 90, "how many times to meddle with the journal of a node")
	cuts := flag.Int("cuts", 60, "how many times to cut the journal of a killed node")
	flag.Parse()
	var errs []error
	if *kills > 0 {
		errs = append(errs, work(*bin, *kills))
	}
	if *at > 0 {
		errs = append(errs, atOnce(*bin, *at, *most<<20))
	}
	if *meddles > 0 {
		errs = append(errs, meddle(*bin, *meddles, *most<<20/2, 3*time.Second))
	}
	if *cuts > 0 {
		errs = append(errs, cut(*bin, *cuts))
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, "kills:", err)
		os.Exit(1)
	}
}

// bed is the node's parent.
type bed struct {
	bin, temporary string
	messages       int // sent so far
	sent           int // values, which count from 0
	acked          map[string]bool
}

// life is a process of the node's.
type life struct {
	*bed
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

func work(bin string, kills int) error {
	temporary, err := os.MkdirTemp("", "kills-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	b := &bed{bin: bin, temporary: temporary, acked: map[string]bool{}}
	files, began := 0, time.Now()
	for n := range kills {
		l, err := b.start()
		if err == nil && n%100 == 0 {
			err = l.check()
		}
		if err == nil {
			err = l.load(rand.N(3 * time.Millisecond))
		}
		if err != nil {
			return fmt.Errorf("life %d: %w", n+1, err)
		}
		if n == 0 {
			files = openFiles() // with those that the Go runtime opens for the first child
		}
		if left := paths(temporary); len(left) != 3 {
			return fmt.Errorf("after %d kills there are %d files and directories, where the node's, the run's and one for all should be: %v", n+1, len(left), left)
		}
	}
	l, err := b.start()
	if err == nil {
		err = l.check()
	}
	if err == nil {
		err = errors.Join(l.stdin.Close(), l.drain(), l.cmd.Wait())
	}
	if err != nil {
		return fmt.Errorf("the last life: %w", err)
	}
	if left := paths(temporary); len(left) > 0 {
		return fmt.Errorf("after its end the node has left %v", left)
	}
	fmt.Printf("%d kills in %.1f s: %d values sent, %d acknowledged, none of these lost; no file, directory or process left, open files %d after the first life and %d after the last\n",
		kills, time.Since(began).Seconds(), b.sent, len(b.acked), files, openFiles())
	if openFiles() > files {
		return errors.New("there are more open files than after the first life")
	}
	return nil
}

// start starts the node and has it initialised.
func (b *bed) start() (*life, error) {
	l := &life{bed: b, cmd: exec.Command(b.bin, "--log-level", "error")}
	l.cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+b.temporary)
	l.cmd.Stderr = os.Stderr
	var err error
	if l.stdin, err = l.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	l.stdout = bufio.NewReaderSize(out, 1<<20)
	if err := l.cmd.Start(); err != nil {
		return nil, err
	}
	_, err = l.ask("c0", `"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1`)
	return l, err
}

// write sends the node a message.
func (l *life) write(client, body string) error {
	l.messages += 2 // the answer counts as well
	_, err := fmt.Fprintf(l.stdin, `{"id":%d,"src":%q,"dest":"n0","body":{%s}}`+"\n", l.messages-2, client, body)
	return err
}

// answer is what a node says.
type answer struct {
	Body struct {
		Type      string            `json:"type"`
		Code      int               `json:"code"`
		InReplyTo int               `json:"in_reply_to"`
		Messages  []json.RawMessage `json:"messages"`
	} `json:"body"`
}

func (l *life) read() (a answer, err error) {
	line, err := l.stdout.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	return a, err
}

func (l *life) ask(client, body string) (answer, error) {
	if err := l.write(client, body); err != nil {
		return answer{}, err
	}
	return l.read()
}

// check reads all values and holds them to what was acknowledged and sent.
func (l *life) check() error {
	a, err := l.ask("c1", `"type":"read","msg_id":1`)
	if err != nil {
		return err
	}
	shown := map[string]bool{}
	for _, v := range a.Body.Messages {
		n, err := strconv.Atoi(string(v))
		if err != nil || n < 0 || n >= l.sent || shown[string(v)] {
			return fmt.Errorf("the node shows %s, which nobody sent, or twice", v)
		}
		shown[string(v)] = true
	}
	for v := range l.acked {
		if !shown[v] {
			return fmt.Errorf("the node has lost %s, which it had acknowledged", v)
		}
	}
	return nil
}

// load sends broadcasts as fast as they are taken, and kills the node in the
// midst of it.
func (l *life) load(after time.Duration) error {
	kill := time.AfterFunc(after, func() { _ = l.cmd.Process.Kill() })
	defer kill.Stop()
	written := make(chan struct{})
	go func(first int) {
		defer close(written)
		for i := range 100 {
			if l.write("c1", fmt.Sprintf(`"type":"broadcast","message":%d,"msg_id":%d`, first+i, first+i)) != nil {
				return
			}
		}
	}(l.sent)
	l.sent += 100
	for {
		a, err := l.read()
		if err != nil {
			break // it is dead
		}
		if a.Body.Type == "error" && a.Body.Code == 11 {
			continue // the machine stood still, and the node refuses what waited
		}
		if a.Body.Type != "broadcast_ok" {
			return fmt.Errorf("the node answers a broadcast with %s", a.Body.Type)
		}
		l.acked[strconv.Itoa(a.Body.InReplyTo)] = true
	}
	<-written
	var exit *exec.ExitError
	if err := l.cmd.Wait(); !errors.As(err, &exit) {
		return fmt.Errorf("the node was not killed: %v", err)
	}
	return nil
}

func (l *life) drain() error {
	_, err := io.Copy(io.Discard, l.stdout)
	return err
}

// paths lists all below a directory.
func paths(dir string) (out []string) {
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != dir {
			out = append(out, strings.TrimPrefix(path, dir))
		}
		return nil
	})
	return out
}

// openFiles counts the files that this process has open.
func openFiles() int {
	entries, _ := os.ReadDir("/dev/fd")
	return len(entries)
}
