package isolate

import (
	"bufio"
	"bytes"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/isolate/frame"
	"treecast/isolate/hop"
	"treecast/node/inject"
	"treecast/topology"
)

func TestChild_answersAndEndsWhenItIsTold(t *testing.T) {
	c := start(t, Processes{}, hello(hop.GossipChild))
	c.next(hop.TypeReady)
	require.True(t, alive(c.Pid()))
	tree, err := topology.New([]string{"n0", "n1"}, 1)
	require.NoError(t, err)
	in := hop.StepIn{In: service.In{
		Room: 10, Begin: &service.Membership{Self: "n0", Members: tree, Seed: 1},
		Appended: []gossip.Entry{{Origin: gossip.NewOriginID("n0", "l"), Counter: 1, Value: "7"}},
	}}
	c.Send(0, hop.TypeWork, frame.Append(nil, &in))
	c.Flush()
	var out hop.StepOut
	require.NoError(t, frame.Read(c.next(hop.TypeWork).Payload, &out))
	require.Len(t, out.Out.Send, 1)
	require.Equal(t, "n1", out.Out.Send[0].To)
	c.next(hop.TypeBeat)
	c.next(hop.TypeDue) // it sends again by itself what nobody has acked
	c.Stop()
	require.Equal(t, "exit status 0", c.ended())
}

// Frames of every size cross in both directions, and none makes anything stall.
func TestChild_takesMessagesOfEverySize(t *testing.T) {
	c := start(t, Processes{}, hello(hop.LinkChild))
	c.next(hop.TypeReady)
	for _, size := range []int{0, 1, 65535, 65536, 1 << 20, 1<<20 + 1, 20 << 20} {
		value := strings.Repeat("x", size)
		body := []byte(`{"type":"gossip","e":1,"f":0,"runs":[{"o":"n1","l":"l","c":1,"v":["` + value + `"]}]}`)
		c.Send(0, hop.TypeWork, frame.Append(nil, &hop.LinkIn{Body: body}))
		c.Flush()
		var out hop.LinkOut
		require.NoError(t, frame.Read(c.next(hop.TypeWork).Payload, &out))
		require.NoError(t, out.Unreadable)
		m, err := hop.Parsed{}.Message(out.Message)
		require.NoError(t, err)
		require.Equal(t, string(body), string(codec.Append(nil, m)))
	}
	c.Send(0, hop.TypeWork, frame.Append(nil, &hop.LinkIn{Body: []byte(`{"type":"gossip","e":`)}))
	c.Flush()
	var out hop.LinkOut
	require.NoError(t, frame.Read(c.next(hop.TypeWork).Payload, &out))
	require.Error(t, out.Unreadable)
}

// The parent that floods its child never waits, and gets all answers.
func TestChild_isFloodedAndAnswersAll(t *testing.T) {
	c := start(t, Processes{}, hello(hop.LinkChild))
	c.next(hop.TypeReady)
	body := []byte(`{"type":"gossip","e":1,"f":0,"runs":[{"o":"n1","l":"l","c":1,"v":["` + strings.Repeat("x", 40000) + `"]}]}`)
	work := frame.Append(nil, &hop.LinkIn{Body: body})
	const rounds = 1000
	for range rounds { // 40 MB, which no socket holds
		c.Send(0, hop.TypeWork, work)
		c.Flush()
	}
	for range rounds {
		c.next(hop.TypeWork)
	}
}

func TestChild_thatIsKilledIsWaitedFor(t *testing.T) {
	c := start(t, Processes{}, hello(hop.GossipChild))
	c.next(hop.TypeReady)
	pid := c.Pid()
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Equal(t, "signal: killed", c.ended())
	require.Error(t, syscall.Kill(pid, 0), "no zombie is left")
}

// Signals that end the parent do not end a child before it.
func TestChild_ignoresTheParentsSignals(t *testing.T) {
	c := start(t, Processes{}, hello(hop.LinkChild))
	c.next(hop.TypeReady)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		require.NoError(t, syscall.Kill(c.Pid(), s))
		c.next(hop.TypeBeat)
	}
}

func TestChild_ofAProgramThatIsGone(t *testing.T) {
	c := start(t, Processes{Path: filepath.Join(t.TempDir(), "gone")}, hello(hop.GossipChild))
	require.Contains(t, c.ended(), "no such file")
	require.Zero(t, c.Pid())
}

func TestChild_withoutASocketSaysWhatItIsFor(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	text, err := exec.Command(self, Command).CombinedOutput()
	require.ErrorContains(t, err, "exit status 2")
	require.Contains(t, string(text), "is for the program itself")
}

func TestChild_ofAnotherVersionSaysSo(t *testing.T) {
	script := filepath.Join(t.TempDir(), "other")
	// Another program that holds the socket: what it says is no frame.
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\necho nonsense nonsense >&3\nexec sleep 60\n"), 0o755))
	c := start(t, Processes{Path: script}, hello(hop.GossipChild))
	c.until("its garbage", func() bool {
		_, _, err := c.Receive()
		return err != nil
	})
}

// What a child writes to stderr is logged line by line, unbroken up to 64 KiB.
func TestChild_speaksThroughTheParentsLog(t *testing.T) {
	script := filepath.Join(t.TempDir(), "speaker")
	long := strings.Repeat("y", maxLogLine-1)
	require.NoError(t, os.WriteFile(script+".txt", []byte("one\n"+long+"\n"+long+long+"\nlast"), 0o600))
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\necho to stdout\ncat "+script+".txt >&2\n"), 0o755))
	c := start(t, Processes{Path: script}, hello(hop.GossipChild))
	c.ended()
	lines := strings.Split(strings.TrimSpace(c.log.String()), "\n")
	require.Len(t, lines, 4)
	require.Contains(t, lines[0], `says: one" child=x generation=1 pid=`)
	require.Contains(t, lines[1], long)
	require.Contains(t, lines[2], long)
	require.Less(t, len(lines[2]), maxLogLine+1000, "longer ones are cut")
	require.Contains(t, lines[3], "says: last")
	require.NotContains(t, c.log.String(), "to stdout")
}

// Whenever and however the parent dies, its child does, within a second.
func TestParent_leavesNoOrphan(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for _, phase := range []string{"starting", "ready", "busy", "spinning"} {
		for _, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT} {
			if phase == "spinning" && runtime.GOOS != "linux" {
				continue // only the kernel of Linux ends that at once
			}
			cmd := exec.Command(self, parentWord, phase)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			line, err := bufio.NewReader(out).ReadString('\n')
			require.NoError(t, err)
			pid, err := strconv.Atoi(strings.TrimSpace(line))
			require.NoError(t, err)
			require.True(t, alive(pid), phase)
			require.NoError(t, cmd.Process.Signal(s))
			_ = cmd.Wait()
			gone := func() bool { return !alive(pid) }
			require.Eventually(t, gone, patience, time.Millisecond, "%s, %v", phase, s)
		}
	}
}

// Nothing is left behind: no process, no descriptor, no goroutine (which TestMain looks
// for).
func TestCycles_leaveNothingBehind(t *testing.T) {
	if runtime.GOOS == "linux" {
		before := descriptors(t)
		defer func() { require.Equal(t, before, descriptors(t)) }()
	}
	for i := range 200 {
		c := &testChild{t: t, wake: make(chan struct{}, 1), log: &logged{}}
		h := hello(hop.Kind(i % 2))
		c.Conn = Processes{}.Launch(0, &h, func() {}, slog.New(slog.NewTextHandler(c.log, nil)))
		if i%3 > 0 { // else before it is ready
			c.next(hop.TypeReady)
		}
		pid := c.Pid()
		switch i % 4 {
		case 0, 1:
			c.Kill()
		case 2:
			c.Stop()
		default:
			c.until("its start", func() bool { pid = c.Pid(); return pid != 0 })
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		}
		c.ended()
		require.False(t, pid != 0 && alive(pid))
	}
}

// Without a descriptor left no child is started, which is said and is no panic: the parent goes
// on inside.
func TestLaunch_withoutDescriptorsSaysSo(t *testing.T) {
	var was syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &was))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &was)) }()
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 0, Max: was.Max}))
	for _, kind := range []hop.Kind{hop.GossipChild, hop.LinkChild} {
		h := hello(kind)
		c := Processes{}.Launch(0, &h, func() {}, slog.New(slog.DiscardHandler))
		how, ended := c.Ended()
		require.True(t, ended)
		require.Contains(t, how, "too many open files")
		require.Zero(t, c.Memory())
	}
}

// Where the parent does not look, the kernel refuses a child the memory that it may not have.
func TestMemory_theKernelStandsBehindTheParent(t *testing.T) {
	h := hello(hop.GossipChild)
	h.Memory = 64 << 20
	h.Faults = []inject.Fault{{Service: "gossip", Kind: inject.Rogue, How: "hog"}}
	c := start(t, Processes{}, h)
	if runtime.GOOS != "linux" { // there is no such limit: its beats tell
		c.next(hop.TypeBeat)
		return
	}
	// The race detector, which asks for memory itself, ends the process in its own way.
	require.Regexp(t, "exit status (2|66)", c.ended())
	require.Regexp(t, "out of memory|failed to allocate", c.log.String())
}

func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}

func TestMemory_isTheChildsOwn(t *testing.T) {
	u := &usage{}
	if runtime.GOOS != "linux" {
		require.Zero(t, u.privateBytes(os.Getpid()))
		return
	}
	open := descriptors(t)
	require.Zero(t, u.privateBytes(0))
	require.Zero(t, u.privateBytes(1<<30))
	before := u.privateBytes(os.Getpid())
	require.Positive(t, before)
	hold := bytes.Repeat([]byte{1}, 64<<20)
	require.Greater(t, u.privateBytes(os.Getpid()), before+(50<<20))
	runtime.KeepAlive(hold)
	u.close()
	u.close()
	require.Equal(t, open, descriptors(t))
}
