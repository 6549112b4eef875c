package harness_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/testbed/harness"
)

// BenchmarkHostile is what clients and the other links of the root of a star get while one
// of its four neighbours sends the most expensive gossip that it can, as fast as it is
// taken: for each mode of isolation, and with and without limits on a neighbour. An
// iteration is a second of load:
//
//	go test ./testbed/harness -run '^$' -bench 'Hostile|Stuck' -benchtime 20x -timeout 1h
func BenchmarkHostile(b *testing.B) {
	for _, limits := range []string{"", " --peer-messages 0 --peer-bytes 0 --peer-spans 0"} {
		for _, mode := range []string{"none", "gossip", "links"} {
			for _, what := range []string{"nothing", "digests", "spans", "runs"} {
				name := fmt.Sprintf("isolate=%s,sends=%s,limits=%v", mode, what, limits == "")
				b.Run(name, func(b *testing.B) {
					served(b, commandOf(b, "treecast", "--journal off --isolate "+mode+limits), what)
				})
			}
		}
	}
}

// BenchmarkStuck is the same where the root's gossip service is stuck from the third
// second on.
func BenchmarkStuck(b *testing.B) {
	for _, mode := range []string{"none", "gossip", "links"} {
		b.Run("isolate="+mode, func(b *testing.B) {
			served(b, commandOf(b, "treecast", "--journal off --isolate "+mode+" --inject n0/gossip:stuck=10s@3s"), "nothing")
		})
	}
}

func served(b *testing.B, command []string, what string) {
	s, err := serve(b.TempDir(), command, what, time.Duration(b.N)*time.Second)
	require.NoError(b, err)
	millis := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(millis(quantile(s.answers, 0.5)), "client-p50-ms")
	b.ReportMetric(millis(quantile(s.answers, 0.99)), "client-p99-ms")
	b.ReportMetric(millis(quantile(s.answers, 1)), "client-max-ms")
	b.ReportMetric(100*float64(s.refused)/float64(s.refused+len(s.answers)), "refused-%")
	b.ReportMetric(millis(quantile(s.deliveries, 0.5)), "delivery-p50-ms")
	b.ReportMetric(millis(quantile(s.deliveries, 0.99)), "delivery-p99-ms")
	b.ReportMetric(float64(s.memory>>10)/1024, "node-MiB")
	b.ReportMetric(float64(s.children>>10)/1024, "children-MiB")
	b.ReportMetric(float64(s.hostile>>10)/1024/b.Elapsed().Seconds(), "hostile-MiB/s")
	b.ReportMetric(s.cpu.Seconds()/b.Elapsed().Seconds(), "node-cpus")
	b.ReportMetric(float64(s.restarts), "restarts")
}

// Whatever a hostile neighbour sends, clients are answered and others get everything.
func TestHostile_costsNobodyElseAnything(t *testing.T) {
	for _, mode := range []string{"none", "gossip", "links"} {
		for _, what := range []string{"digests", "spans", "runs"} {
			s, err := serve(t.TempDir(), commandOf(t, "treecast", "--journal off --isolate "+mode), what, 300*time.Millisecond)
			require.NoError(t, err)
			require.NotEmpty(t, s.answers)
			require.Zero(t, s.refused)
			require.Len(t, s.deliveries, 3*len(s.answers), "%s, %s", mode, what)
			require.Positive(t, s.hostile)
		}
	}
}

// service is what clients and neighbours of a node got.
type service struct {
	answers    []time.Duration // of clients whose values were taken
	refused    int             // other clients
	deliveries []time.Duration // from an answer's request to the value's leaving for each neighbour
	memory     int64           // of the node at its largest, and
	children   int64           // of its children at the end
	cpu        time.Duration   // of the node without its children
	hostile    int64           // bytes that it took of the hostile neighbour
	restarts   int
}

// star is a root with four neighbours: one hostile, three that are there and kind.
type star struct {
	*harness.Cluster
	mu    sync.Mutex
	began map[int]time.Time            // of values
	gone  map[string]map[int]time.Time // when a value was first sent to a neighbour
}

var valueLists = regexp.MustCompile(`"v":\[([0-9,]*)\]`)

// note takes note of what the root sends.
func (s *star) note(from, to string, line []byte) bool {
	if from == "n0" && to != "n1" {
		now := time.Now()
		s.mu.Lock()
		for _, list := range valueLists.FindAllSubmatch(line, -1) {
			for text := range strings.SplitSeq(string(list[1]), ",") {
				v, err := strconv.Atoi(text)
				if _, known := s.gone[to][v]; err == nil && !known {
					s.gone[to][v] = now
				}
			}
		}
		s.mu.Unlock()
	}
	return to != "n1"
}

// serve has clients broadcast to the root, two hundred times a second and for a time,
// while n1 sends something.
func serve(dir string, command []string, what string, d time.Duration) (out service, err error) {
	s := &star{began: map[int]time.Time{}, gone: map[string]map[int]time.Time{"n2": {}, "n3": {}, "n4": {}}}
	s.Cluster = harness.NewCluster(harness.Setup{Nodes: 5, Command: append(command, "--log-level", "error"), Dir: dir, Passes: s.note})
	if err := s.Begin("n0", "n2", "n3", "n4"); err != nil {
		return out, err
	}
	defer s.Kill()
	root := s.Node("n0")
	stop := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { out.hostile = attack(root, what, stop) })
	var mu sync.Mutex
	end := time.Now().Add(d)
	var failed error
	for v := 0; time.Now().Before(end); v++ {
		all.Go(func() {
			at := time.Now()
			s.mu.Lock()
			s.began[v] = at
			s.mu.Unlock()
			r, err := s.Call("n0", fmt.Sprintf(`"type":"broadcast","message":%d`, v))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				failed = err
			case r.Type != "broadcast_ok":
				out.refused++
				return
			}
			out.answers = append(out.answers, time.Since(at))
		})
		<-time.After(5 * time.Millisecond)
	}
	if out.children, out.restarts, err = s.looks(); err != nil {
		return out, err
	}
	_, out.memory, _ = root.Memory()
	out.cpu, _ = root.CPU()
	close(stop)
	all.Wait()
	out.deliveries = s.wait(len(out.answers))
	return out, failed
}

// looks is what the children of the root take, and how many were started again.
func (s *star) looks() (bytes int64, restarts int, err error) {
	r, err := s.Call("n0", `"type":"health"`)
	if err != nil {
		return 0, 0, err
	}
	var h struct {
		Body struct {
			Isolation struct {
				Children []struct {
					Memory  int64 `json:"memory_bytes"`
					Started int
				}
			}
		}
	}
	err = json.Unmarshal(r.Line, &h)
	for _, c := range h.Body.Isolation.Children {
		bytes += c.Memory
		restarts += c.Started - 1
	}
	return bytes, restarts, err
}

// wait waits until all values have left for all kind neighbours, and returns how long
// each took.
func (s *star) wait(values int) (took []time.Duration) {
	deadline := time.Now().Add(harness.Patience)
	for {
		took = took[:0]
		s.mu.Lock()
		for _, gone := range s.gone {
			for v, at := range gone {
				if began, ours := s.began[v]; ours {
					took = append(took, at.Sub(began))
				}
			}
		}
		s.mu.Unlock()
		if len(took) >= 3*values || time.Now().After(deadline) {
			return took
		}
		<-time.After(10 * time.Millisecond)
	}
}

// attack sends the most expensive messages of a kind as fast as they are taken, and
// returns how many bytes.
func attack(root *harness.Process, what string, stop chan struct{}) (bytes int64) {
	if what == "nothing" {
		return 0
	}
	m := newHostile(what)
	line := m.next()
	for {
		select {
		case <-stop:
			return bytes
		default:
		}
		if root.Offer(line) {
			bytes += int64(len(line))
			line = m.next()
		} else {
			<-time.After(50 * time.Microsecond) // the clients are in this process, too
		}
	}
}

// hostile makes messages of a hostile neighbour: each is as long as a line may be, and says
// something new. Only numbers of nine digits differ, so that it takes little to make them.
type hostile struct {
	line    []byte
	numbers []int // where they are
	count   int
}

const digits = "000000000"

func newHostile(what string) *hostile {
	var b strings.Builder
	b.WriteString(`{"src":"n1","dest":"n0","body":{"type":"gossip","e":1,"f":0,"b":` + digits + `,"p":true,"w":true,`)
	const long = 45 << 10
	switch what {
	case "digests": // lines of origins that there are not
		b.WriteString(`"vec":{"x":` + digits + `,"i":0,"n":1,"h":[{"o":"n1","l":"","s":[[1,1]]}`)
		for b.Len() < long {
			b.WriteString(`,{"o":"n1","l":"` + digits + `","s":[[1,9]]}`)
		}
		b.WriteString(`]}`)
	case "spans": // of one, with gaps, that never come to an end
		b.WriteString(`"vec":{"x":` + digits + `,"i":0,"n":1,"h":[{"o":"n1","l":"l","s":[[1,1]`)
		for b.Len() < long {
			b.WriteString(`,[` + digits + `,` + digits + `]`)
		}
		b.WriteString(`]}]}`)
	case "runs": // of a value each, that the node knows already but for the first
		b.WriteString(`"runs":[{"o":"n1","l":"l","c":1,"v":[1000000]}`)
		for b.Len() < long {
			b.WriteString(`,{"o":"n1","l":"l","c":1,"v":[1000000]}`)
		}
		b.WriteString(`]`)
	}
	b.WriteString("}}\n")
	h := &hostile{line: []byte(b.String())}
	for at := 0; ; {
		i := strings.Index(b.String()[at:], digits)
		if i < 0 {
			return h
		}
		h.numbers = append(h.numbers, at+i)
		at += i + len(digits)
	}
}

// next is the next message. It is valid until the one after it is asked for.
func (h *hostile) next() []byte {
	const first, past = 100_000_000, 1_000_000_000
	number := first + h.count%(past-first-2*len(h.numbers))
	for _, at := range h.numbers {
		// The two of a span are the same, and none is next to another.
		n := number
		for i := len(digits) - 1; i >= 0; i-- {
			h.line[at+i] = byte('0' + n%10)
			n /= 10
		}
		if h.line[at-1] != '[' {
			number += 2
		}
	}
	h.count += 2 * len(h.numbers)
	return h.line
}

func TestHostile_messagesAreGossip(t *testing.T) {
	for what, spans := range map[string]int{"digests": 1000, "spans": 2000, "runs": 0} {
		m := newHostile(what)
		seen := map[string]bool{}
		for range 3 {
			line := m.next()
			var in struct{ Body json.RawMessage }
			require.NoError(t, json.Unmarshal(line, &in))
			message, err := codec.NewDecoder(nil).Message(in.Body)
			require.NoError(t, err)
			require.LessOrEqual(t, len(line), gossip.MaxLineBytes)
			require.False(t, seen[string(line)])
			seen[string(line)] = true
			if spans == 0 {
				require.Greater(t, len(message.Runs), 1000)
				continue
			}
			n := 0
			for _, l := range message.Digest.Lines {
				n += len(l.Counters)
				for i := 1; i < len(l.Counters); i++ {
					require.Greater(t, l.Counters[i].First, l.Counters[i-1].Last+1)
				}
			}
			require.Greater(t, n, spans)
		}
	}
}
