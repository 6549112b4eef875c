package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// result is what one process did.
type result struct {
	start         time.Duration // to init_ok
	broadcasts    time.Duration // from the first request to the last reply
	broadcastsCPU time.Duration // user and system, meanwhile
	readsCPU      time.Duration // from the first read to the last
	bytes         int64         // largest resident set of its life
}

// run starts a node, asks it for broadcasts and then for reads, and ends it.
func run(ctx context.Context, n node, s settings, broadcasts, reads int) (r result, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "feed-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(ctx, n.command[0], n.command[1:]...)
	cmd.Dir = dir // whatever a node leaves behind is gone with it
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(s.procs))
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return r, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return r, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return r, err
	}
	f := &feeder{in: bufio.NewWriterSize(stdin, 32<<10), out: bufio.NewReaderSize(stdout, 256<<10), window: s.window}
	f.cpu = func() (time.Duration, error) { return cpuTime(cmd.Process.Pid) }
	err = f.work(&r, began, broadcasts, reads)
	stdin.Close()
	_, drained := io.Copy(io.Discard, f.out)
	if waited := cmd.Wait(); err == nil {
		err = waited
	}
	if err == nil {
		err = drained
	}
	if err != nil {
		return r, fmt.Errorf("%w; it said: %s", err, complaints.Bytes())
	}
	r.bytes = residentBytes(cmd.ProcessState)
	return r, nil
}

// residentBytes is the largest resident set of a process that ended.
func residentBytes(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) * 1024
}

// feeder is one client of one node.
type feeder struct {
	in     *bufio.Writer
	out    *bufio.Reader
	cpu    func() (time.Duration, error) // what the node used so far
	window int
	id     int
}

func (f *feeder) work(r *result, began time.Time, broadcasts, reads int) (err error) {
	if err := f.ask(`"type":"init","node_id":"n0","node_ids":["n0"]`, "init_ok"); err != nil {
		return err
	}
	r.start = time.Since(began)
	if r.broadcastsCPU, err = f.spent(func() error {
		began := time.Now()
		err := f.flood(broadcasts)
		r.broadcasts = time.Since(began)
		return err
	}); err != nil {
		return err
	}
	r.readsCPU, err = f.spent(func() error {
		for range reads {
			if err := f.ask(`"type":"read"`, "read_ok"); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// spent returns the CPU that the node used while something was done.
func (f *feeder) spent(do func() error) (time.Duration, error) {
	before, err := f.cpu()
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	after, err := f.cpu()
	return after - before, err
}

// ask makes one request and waits for its reply.
func (f *feeder) ask(body, want string) error {
	f.id++
	fmt.Fprintf(f.in, `{"src":"c1","dest":"n0","body":{%s,"msg_id":%d}}`+"\n", body, f.id)
	if err := f.in.Flush(); err != nil {
		return err
	}
	return f.reply(want)
}

// reply reads one line and insists on its type, which may stand behind a long
// list.
func (f *feeder) reply(want string) error {
	line, err := f.out.ReadSlice('\n')
	found := bytes.Contains(line, []byte(`"`+want+`"`))
	head := line
	if err == bufio.ErrBufferFull {
		head = bytes.Clone(line[:300])
		for err == bufio.ErrBufferFull {
			line, err = f.out.ReadSlice('\n')
		}
		found = found || bytes.Contains(line, []byte(`"`+want+`"`))
	}
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", want, err)
	}
	if !found {
		return fmt.Errorf("waiting for %s: got %s", want, head)
	}
	return nil
}

// flood makes broadcasts as fast as they are answered, window at a time.
func (f *feeder) flood(broadcasts int) error {
	var answered atomic.Int64
	room := make(chan struct{}, 1) // a token: something was answered
	failed := make(chan error, 1)
	every := int64(max(1, f.window/16))
	go func() {
		defer close(room)
		for answered.Load() < int64(broadcasts) {
			if err := f.reply("broadcast_ok"); err != nil {
				failed <- err
				return
			}
			// Told now and then, as who waits is in no hurry, but within a window.
			if n := answered.Add(1); n%every == 0 {
				select {
				case room <- struct{}{}:
				default:
				}
			}
		}
		failed <- nil
	}()
	line := make([]byte, 0, 128)
	for sent := 0; sent < broadcasts; sent++ {
		for sent-int(answered.Load()) >= f.window {
			if err := f.in.Flush(); err != nil {
				return err
			}
			if _, ok := <-room; !ok {
				return <-failed
			}
		}
		f.id++
		line = append(line[:0], `{"src":"c1","dest":"n0","body":{"type":"broadcast","message":`...)
		line = strconv.AppendInt(line, int64(sent), 10)
		line = append(line, `,"msg_id":`...)
		line = strconv.AppendInt(line, int64(f.id), 10)
		line = append(line, "}}\n"...)
		if _, err := f.in.Write(line); err != nil {
			return err
		}
	}
	if err := f.in.Flush(); err != nil {
		return err
	}
	return <-failed
}
