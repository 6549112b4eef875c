package harness_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// asked are requests of workloads beyond broadcast, by the number of the request. In
// kafka's two messages are sent under a key, polled and committed.
var asked = []struct {
	workload string
	body     func(dst []byte, i, nodes int) []byte
}{
	{"echo", func(dst []byte, i, _ int) []byte {
		return fmt.Appendf(dst, `{"type":"echo","echo":"Please echo %d"`, i)
	}},
	{"unique-ids", func(dst []byte, _, _ int) []byte { return append(dst, `{"type":"generate"`...) }},
	{"kafka", func(dst []byte, i, nodes int) []byte {
		key, number := i/4%8, i/4/8*2 // of the first message of the two
		switch i % 4 {
		case 2:
			return fmt.Appendf(dst, `{"type":"poll","offsets":{"%d":%d}`, key, number*nodes)
		case 3:
			return fmt.Appendf(dst, `{"type":"commit_offsets","offsets":{"%d":%d}`, key, (number+1)*nodes)
		}
		return fmt.Appendf(dst, `{"type":"send","key":"%d","msg":%d`, key, i)
	}},
	{"txn-rw-register", func(dst []byte, i, _ int) []byte {
		return fmt.Appendf(dst, `{"type":"txn","txn":[["r",%d,null],["w",%d,%d]]`, i%10, i%7, i)
	}},
}

// pair is one node or two, of which the first is flooded. What they say to each other
// is brought at once.
type pair struct {
	flood *harness.Flood
	nodes []*alone
}

func newPair(tb testing.TB, nodes int, command []string) *pair {
	tb.Helper()
	p := &pair{flood: harness.NewFlood("n0"), nodes: make([]*alone, nodes)}
	all := []string{`"n0"`, `"n1"`}[:nodes]
	for i := range p.nodes {
		a := &alone{name: "n" + strconv.Itoa(i), flood: p.flood, other: make(chan string, 1)}
		p.nodes[i] = a
		var err error
		a.Process, err = harness.Start(harness.Options{Command: command, Dir: tb.TempDir(), Env: []string{"GOMAXPROCS=2"}, Heard: func(line []byte) { p.heard(a, line) }})
		require.NoError(tb, err)
	}
	for i, a := range p.nodes {
		init := fmt.Sprintf(`{"id":%d,"src":"c0","dest":"n%d","body":{"type":"init","msg_id":1,"node_id":"n%d","node_ids":[%s]}}`, i, i, i, strings.Join(all, ","))
		require.Contains(tb, a.say(tb, init), `"init_ok"`) // by the id a node knows that it is its first life
	}
	return p
}

// heard takes a line of a node to whom it is for.
func (p *pair) heard(from *alone, line []byte) {
	switch to := string(harness.Between(line, `"dest":"`, '"')); {
	case strings.HasPrefix(to, "n"):
		i, err := strconv.Atoi(to[1:])
		if err == nil && i < len(p.nodes) && p.nodes[i] != nil {
			p.nodes[i].Write(line)
		}
	case !p.flood.Heard(line):
		from.other <- string(line)
	}
}

func (p *pair) cpu(tb testing.TB) (spent time.Duration) {
	for _, a := range p.nodes {
		cpu, err := a.CPU()
		require.NoError(tb, err)
		spent += cpu
	}
	return spent
}

// program is what nodes of a workload are started with, treecast's own or that on the
// official library with its logging off.
func requestCommand(tb testing.TB, node, workload string) []string {
	if node == "treecast" {
		return commandOf(tb, "treecast", "--journal off --app "+appOf(workload))
	}
	return commandOf(tb, "library", workload)
}

// appOf is what --app calls a workload: those without a state are served by any.
func appOf(workload string) string {
	if workload == "echo" || workload == "unique-ids" {
		return "broadcast"
	}
	return workload
}

// BenchmarkRequest is what a request of a workload costs one node, or two that tell
// each other, at most harness.Window of them without an answer.
func BenchmarkRequest(b *testing.B) {
	for _, r := range asked {
		for nodes := 1; nodes <= 2; nodes++ {
			for _, node := range []string{"treecast", "library"} {
				b.Run(fmt.Sprintf("workload=%s/nodes=%d/node=%s", r.workload, nodes, node), func(b *testing.B) {
					p := newPair(b, nodes, requestCommand(b, node, r.workload))
					p.flood.Body = func(dst []byte, i int) []byte { return r.body(dst, i, nodes) }
					before := p.cpu(b)
					b.ResetTimer()
					require.NoError(b, p.flood.Run(b.Context(), p.nodes[0].Process, b.N))
					b.StopTimer()
					b.ReportMetric(float64(p.cpu(b)-before)/float64(b.N), "cpu-ns/op")
					for _, a := range p.nodes {
						require.NoError(b, a.Stop(harness.Patience))
					}
				})
			}
		}
	}
}

// Both do the work: what is asked of one node is on the other, and in each answer.
func TestRequest_bothNodesDoTheWork(t *testing.T) {
	t.Parallel()
	for _, r := range asked {
		for _, node := range []string{"treecast", "library"} {
			t.Run(r.workload+"/"+node, func(t *testing.T) {
				t.Parallel()
				p := newPair(t, 2, requestCommand(t, node, r.workload))
				p.flood.Body = func(dst []byte, i int) []byte { return r.body(dst, i, 2) }
				require.NoError(t, p.flood.Run(t.Context(), p.nodes[0].Process, 2*harness.Window+3))
				var ask, want string // what is asked may be done in any order
				switch r.workload {
				case "kafka": // offsets 0, 2, ... of n0, two in every 32 requests
					ask, want = `"type":"poll","offsets":{"0":250}`, `[[250,`
				case "txn-rw-register":
					ask = `"type":"txn","txn":[["r",6,null]]`
					want = string(harness.Between([]byte(p.nodes[0].ask(t, ask)), `["r",6,`, ']'))
					require.NotEqual(t, "null", want)
					want = `["r",6,` + want + "]"
				case "unique-ids":
					ask, want = `"type":"generate"`, `"id":`
				default:
					ask, want = `"type":"echo","echo":1`, `"echo":1`
				}
				for _, a := range p.nodes {
					late := time.After(harness.Patience) // what it was told may be on its way
					for got := ""; !strings.Contains(got, want); got = a.ask(t, ask) {
						select {
						case <-late:
							require.Contains(t, got, want, a.name)
						default:
						}
					}
				}
				for _, a := range p.nodes {
					require.NoError(t, a.Stop(harness.Patience))
				}
			})
		}
	}
}
