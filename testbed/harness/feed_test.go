package harness_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// fed are the nodes that are fed requests, each alone in its cluster: treecast beside
// a node of the official library, its logging off, and a bare loop.
var fed = []struct{ name, program, flags string }{
	{"treecast", "treecast", "--journal off"},
	{"treecast-journal", "treecast", "--journal journal"},
	{"treecast-fsync-interval", "treecast", "--journal journal --fsync interval"},
	{"treecast-fsync-always", "treecast", "--journal journal --fsync always"},
	{"library", "library", ""},
	{"loop", "loop", ""},
}

// isolated is the node with children, which it starts with its first message to them.
var isolated = []struct{ name, program, flags string }{
	{"treecast-gossip", "treecast", "--journal off --isolate gossip"},
	{"treecast-links", "treecast", "--journal off --isolate links"},
}

// alone is a node that is fed.
type alone struct {
	*harness.Process
	name  string
	flood *harness.Flood
	other chan string // what it says to others than the flood
}

// feed starts a node in a directory of its own and initialises it.
func feed(tb testing.TB, command ...string) *alone {
	tb.Helper()
	a := &alone{name: "n0", flood: harness.NewFlood("n0"), other: make(chan string, 1)}
	var err error
	a.Process, err = harness.Start(harness.Options{Command: command, Dir: tb.TempDir(), Env: []string{"GOMAXPROCS=2"}, Heard: func(line []byte) {
		if !a.flood.Heard(line) {
			a.other <- string(line)
		}
	}})
	require.NoError(tb, err)
	require.Contains(tb, a.ask(tb, `"type":"init","node_id":"n0","node_ids":["n0"]`), `"init_ok"`)
	return a
}

// ask makes one request and waits for its reply.
func (a *alone) ask(tb testing.TB, body string) string {
	tb.Helper()
	return a.say(tb, `{"src":"c0","dest":"`+a.name+`","body":{`+body+`,"msg_id":1}}`)
}

// say writes a request and waits for its reply.
func (a *alone) say(tb testing.TB, line string) string {
	tb.Helper()
	a.Write([]byte(line + "\n"))
	select {
	case reply := <-a.other:
		return reply
	case <-a.Done():
		_, stderr := a.Wait()
		require.Fail(tb, "the node has ended", stderr)
	case <-time.After(harness.Patience):
		require.Fail(tb, "the node does not answer", line)
	}
	return ""
}

// spent reports the CPU time that the node takes while something is done n times.
func (a *alone) spent(b *testing.B, do func()) {
	before, err := a.CPU()
	require.NoError(b, err)
	b.ResetTimer()
	do()
	b.StopTimer()
	after, err := a.CPU()
	require.NoError(b, err)
	b.ReportMetric(float64(after-before)/float64(b.N), "cpu-ns/op")
}

// end ends the node and reports its memory.
func (a *alone) end(b *testing.B) {
	_, peak, err := a.Memory()
	require.NoError(b, err)
	require.NoError(b, a.Stop(harness.Patience))
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
}

func commandOf(tb testing.TB, name, flags string) []string {
	return append([]string{program(tb, name)}, strings.Fields(flags)...)
}

// BenchmarkBroadcast is what a broadcast costs a node, at most harness.Window of them
// without an answer.
func BenchmarkBroadcast(b *testing.B) {
	for _, f := range fed {
		b.Run("node="+f.name, func(b *testing.B) {
			a := feed(b, commandOf(b, f.program, f.flags)...)
			a.spent(b, func() { require.NoError(b, a.flood.Run(b.Context(), a.Process, b.N)) })
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "broadcasts/s")
			a.end(b)
		})
	}
}

// heldValues are the values that a read is answered with.
const heldValues = 100_000

// BenchmarkRead is what a read of 100 000 values costs a node.
func BenchmarkRead(b *testing.B) {
	for _, f := range fed {
		b.Run("node="+f.name, func(b *testing.B) {
			a := feed(b, commandOf(b, f.program, f.flags)...)
			require.NoError(b, a.flood.Run(b.Context(), a.Process, heldValues))
			a.spent(b, func() {
				for range b.N {
					require.Contains(b, a.ask(b, `"type":"read"`), `"read_ok"`)
				}
			})
			a.end(b)
		})
	}
}

// BenchmarkStart is how long a node takes from its start to init_ok, and what it has
// taken of memory then.
func BenchmarkStart(b *testing.B) {
	for _, f := range append(fed, isolated...) {
		b.Run("node="+f.name, func(b *testing.B) {
			command := commandOf(b, f.program, f.flags)
			for range b.N {
				b.StartTimer()
				a := feed(b, command...)
				b.StopTimer()
				a.end(b)
			}
		})
	}
}

func TestFlood_endsWhenAllIsAnswered(t *testing.T) {
	t.Parallel()
	a := feed(t, program(t, "loop"))
	for range 2 { // a second run goes on with further values
		require.NoError(t, a.flood.Run(t.Context(), a.Process, 5*harness.Window+1))
	}
	got := harness.Between([]byte(a.ask(t, `"type":"read"`)), `"messages":[`, ']')
	require.Equal(t, 2*(5*harness.Window+1), strings.Count(string(got), ",")+1)
	before, err := a.CPU()
	require.NoError(t, err)
	require.Positive(t, before)
	resident, largest, err := a.Memory()
	require.NoError(t, err)
	require.Positive(t, resident)
	require.GreaterOrEqual(t, largest, resident)
	require.NoError(t, a.Stop(harness.Patience))
	_, err = a.CPU()
	require.Error(t, err, "it is gone")
}

func TestFlood_saysWhatItWasRefusedWith(t *testing.T) {
	t.Parallel()
	f := harness.NewFlood("n0")
	p, err := harness.Start(harness.Options{Command: []string{"cat"}, Heard: func(line []byte) {
		f.Heard([]byte(`{"src":"n0","dest":"f1","body":{"type":"error","code":11,"in_reply_to":1}}`))
	}})
	require.NoError(t, err)
	require.ErrorContains(t, f.Run(t.Context(), p, 10), `"code":11`)
	p.Kill()
	require.ErrorIs(t, harness.NewFlood("n0").Run(t.Context(), p, 10), harness.ErrDead)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, err := harness.Start(harness.Options{Command: []string{"sleep", "60"}})
	require.NoError(t, err)
	defer silent.Kill()
	require.ErrorIs(t, harness.NewFlood("n0").Run(ctx, silent, 10), context.Canceled)
}
