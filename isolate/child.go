package isolate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"treecast/isolate/frame"
	"treecast/isolate/hop"
	"treecast/node/inject"
)

// beatPeriod is how often a child says that it is alive: at multiples of it by the parent's
// clock, so that the parent is woken once for all of its children.
const beatPeriod = time.Second

const (
	// mostKept is for how long what is said may wait for more while there is work.
	mostKept = time.Millisecond
	// quietKept is for how long answers may wait that nobody waits for, and quietItems how many
	// of them: the parent is not woken for each.
	quietKept  = 100 * time.Millisecond
	quietItems = hop.WindowItems / 4
)

// parentFD is where a child finds its end of the socket pair.
const parentFD = 3

// Child is the whole of a child process, and returns its exit code. It does what its parent
// says, until that says that it is to end or closes its end of the socket.
func Child() int {
	// A child does one thing after the other. With one processor nothing is woken to look for
	// more, which costs more than most messages do, and no neighbour takes all processors.
	runtime.GOMAXPROCS(1)
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	if kind, err := syscall.GetsockoptInt(parentFD, syscall.SOL_SOCKET, syscall.SO_TYPE); err != nil || kind != syscall.SOCK_STREAM {
		fmt.Fprintf(os.Stderr, "treecast: %s is for the program itself, which starts it with a socket\n", Command)
		return 2
	}
	syscall.CloseOnExec(parentFD)
	c := &child{work: make(chan frame.Message, hop.WindowItems)}
	if err := c.socket.open(os.NewFile(parentFD, "parent")); err != nil {
		return c.fail(err)
	}
	go c.read()
	first, ok := <-c.work
	if !ok || first.Type != hop.TypeHello {
		return c.fail(fmt.Errorf("the first message is no hello"))
	}
	h, err := hop.ReadHello(first.Payload)
	if err != nil {
		c.say(hop.TypeReady, hop.AppendReady(nil)) // the parent tells which program it is
		return c.fail(err)
	}
	return c.serve(h)
}

// child is a child process.
type child struct {
	socket  socket
	work    chan frame.Message
	start   time.Time
	offset  time.Duration // of the parent's clock at the start
	flushed time.Duration // when what was said last left; of the loop
	quiet   int           // answers since then that nobody waits for; of the loop
	pressed bool          // something else was said since then; of the loop
	done    atomic.Uint64 // pieces of work
	spin    atomic.Bool   // no more of it is done

	mu     sync.Mutex // of writing
	frames frame.Writer
	out    []byte
}

// fail says why there is no going on.
func (c *child) fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// now is the time by the parent's clock.
func (c *child) now() time.Duration { return c.offset + time.Since(c.start) }

// read takes in what the parent says. When the parent is gone, so is the child.
func (c *child) read() {
	frames := frame.NewChildReader(hop.MaxMessageBytes)
	buffer := make([]byte, 64<<10)
	for {
		n, err := c.socket.Read(buffer)
		frames.Feed(buffer[:n])
		for {
			m, ok, wrong := frames.Next()
			if wrong != nil {
				os.Exit(c.fail(wrong))
			}
			if !ok {
				break
			}
			if m.Type == hop.TypeHello {
				c.frames.Generation = frames.Generation()
			}
			m.Payload = append([]byte(nil), m.Payload...)
			c.work <- m
		}
		if err != nil {
			os.Exit(0)
		}
	}
}

// say adds a message to what flush writes; a control message is written at once.
func (c *child) say(t frame.Type, payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = c.frames.Append(c.out, t, payload)
	const enough = 64 << 10
	if t.IsControl() || len(c.out) > enough {
		c.write()
	}
}

func (c *child) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out) > 0 {
		c.write()
	}
}

func (c *child) write() {
	if _, err := c.socket.Write(c.out); err != nil {
		os.Exit(0) // the parent is gone
	}
	if c.out = c.out[:0]; cap(c.out) > 1<<20 {
		c.out = nil
	}
}

// serve does the work.
func (c *child) serve(h *hop.Hello) int {
	c.start, c.offset = time.Now(), h.Now
	if h.Memory > 0 {
		debug.SetMemoryLimit(h.Memory * 3 / 4) // so that garbage does not take it there
		limitMemory(h.Memory)
	}
	node := func() string { return h.Node }
	faults := inject.New(h.Faults, node, rand.New(rand.NewPCG(h.FaultSeed, uint64(h.Generation))))["gossip"]
	faults.Live(context.Background(), c.now)
	faults.Skip(h.Items)
	if h.Kind != hop.GossipChild {
		faults = nil
	}
	engine, err := hop.NewEngine(h, hop.EngineOptions{Faults: faults, Clock: ownTime})
	if err != nil {
		return c.fail(err)
	}
	c.say(hop.TypeReady, hop.AppendReady(nil))
	go c.beat()
	if h.Kind == hop.GossipChild {
		go c.goRogue(h)
	}
	return c.loop(engine)
}

// loop does one piece of work after the other, and what is due by itself.
func (c *child) loop(engine hop.Engine) int {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var m frame.Message
		select {
		case m = <-c.work:
		default:
			now := c.now()
			next := engine.Next()
			if engine.Blocked() {
				next = hop.Never
			}
			if next <= now {
				if said := engine.Due(now); said != nil {
					c.say(hop.TypeDue, said)
					c.pressed = true
				}
				c.settle(c.now(), true)
				continue
			}
			timer.Reset(min(next-now, c.settle(now, true), time.Hour))
			select {
			case m = <-c.work:
			case <-timer.C:
				continue
			}
		}
		if over, err := c.handle(engine, m); err != nil {
			return c.fail(err)
		} else if over {
			c.flush()
			return 0
		}
		c.settle(c.now(), false)
	}
}

// settle writes what was said, if somebody waits for it or it has waited for long enough, and
// returns for how long the rest may wait. Nothing waits for more work where there is none.
func (c *child) settle(now time.Duration, idle bool) time.Duration {
	kept := now - c.flushed
	switch {
	case !c.pressed && c.quiet == 0:
		c.flushed = now
		return hop.Never
	case c.pressed && (idle || kept > mostKept), c.quiet >= quietItems, kept > quietKept:
		c.flushed, c.pressed, c.quiet = now, false, 0
		c.flush()
		return hop.Never
	}
	return quietKept - kept + 1
}

// handle does what a message wants, and reports whether it was the last.
func (c *child) handle(engine hop.Engine, m frame.Message) (over bool, err error) {
	switch m.Type {
	case hop.TypeWork:
		for c.spin.Load() { // it goes on beating
		}
		answer, pressing, err := engine.Work(c.now(), m.Payload)
		if err != nil {
			return false, err
		}
		c.say(hop.TypeWork, answer)
		if c.pressed = c.pressed || pressing; !pressing {
			c.quiet++
		}
		c.done.Add(1)
		return false, nil
	case hop.TypeStop:
		return true, nil
	}
	return false, fmt.Errorf("a message of type %d, which no parent sends", m.Type)
}

// ownTime is how much processor time the process has used, that of the garbage it makes included.
func ownTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// beat says that the process is alive, whatever its work does.
func (c *child) beat() {
	heap := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for {
		<-time.After(beatPeriod - c.now()%beatPeriod)
		metrics.Read(heap)
		b := hop.Beat{Done: c.done.Load(), Memory: int64(heap[0].Value.Uint64() - heap[1].Value.Uint64())}
		c.say(hop.TypeBeat, frame.Append(nil, &b))
	}
}
