package isolate

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"treecast/backpressure"
	"treecast/gossip"
	"treecast/isolate/frame"
	"treecast/isolate/hop"
	"treecast/node/inject"
)

// parentWord makes the test program a parent of children that the tests kill.
const parentWord = "isolated-test-parent"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case Command:
			os.Exit(Child())
		case parentWord:
			os.Exit(parent(os.Args[2]))
		}
	}
	goleak.VerifyTestMain(m)
}

// parent has a child, tells its pid, and waits for its own end.
func parent(phase string) int {
	signal.Ignore(syscall.SIGTERM) // so that the test says how it ends
	h := hello(hop.GossipChild)
	if phase == "spinning" {
		h.Faults = []inject.Fault{{Service: "gossip", Kind: inject.Rogue, How: "spin"}}
	}
	c := Processes{}.Launch(0, &h, func() {}, slog.New(slog.DiscardHandler))
	for c.Pid() == 0 {
		runtime.Gosched()
	}
	if phase != "starting" {
		for ready := false; !ready; {
			m, ok, _ := c.Receive()
			ready = ok && m.Type == hop.TypeReady
			runtime.Gosched()
		}
	}
	if phase == "spinning" || phase == "busy" {
		for range 200 {
			c.Send(0, hop.TypeWork, frame.Append(nil, &hop.StepIn{}))
		}
		c.Flush()
	}
	fmt.Println(c.Pid())
	select {}
}

func hello(kind hop.Kind) hop.Hello {
	return hop.Hello{
		Kind: kind, Name: "x", Node: "n0", Generation: 1,
		Service: hop.ServiceConfig{Incarnation: 1, Rounds: gossip.Eager, Period: time.Second, AckDelay: time.Second, Permits: backpressure.DefaultPermitsConfig(0)},
	}
}

// testChild is a child and what it says.
type testChild struct {
	hop.Conn
	t    *testing.T
	wake chan struct{}
	log  *logged
}

// logged is a log that a test reads.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func start(t *testing.T, p Processes, h hop.Hello) *testChild {
	c := &testChild{t: t, wake: make(chan struct{}, 1), log: &logged{}}
	c.Conn = p.Launch(0, &h, func() {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}, slog.New(slog.NewTextHandler(c.log, nil)))
	t.Cleanup(func() {
		c.Kill()
		c.until("its end", func() bool { _, ended := c.Ended(); return ended })
	})
	return c
}

// patience is how long a test waits for what has to come.
const patience = 30 * time.Second

// until waits until something is so, as far as the child's doings make it so.
func (c *testChild) until(what string, is func() bool) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-c.wake:
		case <-tick.C:
		case <-ctx.Done():
			require.FailNow(c.t, "waited in vain for "+what, c.log.String())
		}
	}
}

// next is the next message of a type.
func (c *testChild) next(want frame.Type) (m frame.Message) {
	c.until(fmt.Sprint("a message of type ", want), func() bool {
		got, ok, err := c.Receive()
		require.NoError(c.t, err)
		m = got
		return ok && m.Type == want
	})
	return m
}

func (c *testChild) ended() (how string) {
	c.until("its end", func() bool {
		_, _, _ = c.Receive()
		text, ended := c.Ended()
		how = text
		return ended
	})
	return how
}

// alive reports whether there is a process that is no zombie.
func alive(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return runtime.GOOS != "linux" && syscall.Kill(pid, 0) == nil
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}
