package gossip_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

var update = flag.Bool("update", false, "write what the scripts in testdata say now into them")

// TestScripts plays the scripts in testdata: commands to a small cluster, and
// the messages that follow from them, each as it is sent:
//
//	1.400 n0>n1 2>4 #3 n0/log1:4=[x] probe ack 1-2 echo 2+300ms
//
// that is time, sender and receiver, their lives (0: unknown), and what
// the message carries (see show). A trailing "lost" says that it does not
// arrive. The commands:
//
//	permits N                  every node has so many; before cluster, and without restarts
//	cluster N K [locked|eager] N nodes, fan-out K, free rounds with phases 10, 20, 30 ms, ... or others
//	say NODE VALUE...          broadcasts
//	run D                      lets time pass, in silence if nothing follows
//	cut A B, mend A B          drops what A sends to B, or no longer
//	slow D                     stores take that long from now on
//	latency D                  messages take that long from now on
//	restart NODE [blank]       a new incarnation, on the log it had or a blank one, that greets after 1 s
//	late FROM TO EPOCH VALUE   a message of some former incarnation arrives
//	kill NODE                  it says and hears nothing from now on; restart brings it back
//	pause NODE, resume NODE    it stands still, and what it would hear waits
//	held                       how many entries each node holds
//	state [NODE...]            what each link of a node is, and how far its peer can be reached
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			got := playScript(t, string(text))
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
				return
			}
			require.Equal(t, string(text), got)
		})
	}
}

// playScript returns a script with what is said now. A script is blocks with
// an empty line between them: comments and commands, then "----" and what is
// said while the block is played.
func playScript(t *testing.T, text string) string {
	p := &player{t: t, cut: map[string]bool{}}
	var blocks []string
	for _, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		commands, _, _ := strings.Cut(block, "\n----")
		p.said.Reset()
		for _, line := range strings.Split(commands, "\n") {
			if !strings.HasPrefix(line, "#") {
				p.play(strings.Fields(line))
			}
		}
		if said := strings.TrimRight(p.said.String(), "\n"); said != "" {
			commands += "\n----\n" + said
		}
		blocks = append(blocks, commands)
	}
	return strings.Join(blocks, "\n\n") + "\n"
}

// player carries out the commands of one script.
type player struct {
	t     *testing.T
	s     *sim
	watch *monitor
	cut   map[string]bool
	store time.Duration
	said  strings.Builder

	permits int // of every node; 0: as many as it likes
}

func (p *player) play(words []string) {
	command, args := words[0], words[1:]
	node := func(i int) *simNode {
		require.Less(p.t, i, len(args), "%v", words)
		require.Contains(p.t, p.s.index, args[i])
		return p.s.index[args[i]]
	}
	switch command {
	case "permits":
		p.permits = p.number(args[0])
	case "cluster":
		p.cluster(args)
	case "say":
		for _, value := range args[1:] {
			p.watch.broadcast(node(0), value)
		}
	case "run":
		p.s.run(p.s.now + p.duration(args[0]))
	case "cut", "mend":
		p.cut[node(0).name+">"+node(1).name] = command == "cut"
	case "slow":
		p.store = p.duration(args[0])
	case "latency":
		d := p.duration(args[0])
		p.s.latency = func() time.Duration { return d }
	case "restart":
		n := node(0)
		if len(args) > 1 {
			p.s.boot(n)
		}
		p.s.restartCore(n, p.s.now+time.Second)
		fmt.Fprintf(&p.said, "%s is now incarnation %d\n", n.name, n.core.View().Incarnation())
	case "late":
		epoch := uint64(p.number(args[2]))
		source := gossip.NewOriginID(args[0], "former")
		p.watch.values[entryKey{source, 1}] = args[3]
		p.watch.sentOn(wayOf{epoch, args[1]}).entries[1] = []entryKey{{source, 1}}
		p.s.deliver(node(1), node(0).name, &gossip.Message{Incarnation: epoch, Batch: 1, Runs: []gossip.Run{{source, 1, args[3:]}}})
	case "kill":
		node(0).dead = true
	case "pause":
		node(0).paused = true
	case "resume":
		p.s.resume(node(0))
	case "state":
		for i := range args {
			fmt.Fprintf(&p.said, "%s: %s\n", args[i], strings.Join(node(i).core.States(), ", "))
		}
	case "held":
		for _, n := range p.s.nodes {
			fmt.Fprintf(&p.said, "%s %d\n", n.name, n.log.Len())
		}
	default:
		require.Fail(p.t, "unknown command", "%v", words)
	}
}

func (p *player) cluster(args []string) {
	p.s = newSim(p.number(args[0]), p.number(args[1]), 1, nil)
	p.watch = watch(p.t, p.s)
	rounds := gossip.Free
	if len(args) > 2 {
		rounds = map[string]gossip.Rounds{"locked": gossip.Locked, "eager": gossip.Eager}[args[2]]
	}
	for i, n := range p.s.nodes {
		p.s.config = func(cfg *gossip.Config) {
			cfg.Phase, cfg.Rounds = time.Duration(i+1)*10*ms, rounds
			if p.permits > 0 {
				cfg.Permits = newPermits(p.permits)
			}
		}
		p.s.restartCore(n, gossip.Never)
	}
	p.s.config = func(cfg *gossip.Config) { cfg.Phase, cfg.Rounds = 50*ms, rounds }
	p.s.drop = func(from, to string) bool { return p.cut[from+">"+to] }
	p.s.record = func(_ *simNode, _ gossip.Delivery, store func()) {
		if p.store == 0 {
			store()
			return
		}
		p.s.at(p.s.now+p.store, store)
	}
	look := p.s.onSend
	p.s.onSend = func(now time.Duration, from, to string, m *gossip.Message) {
		look(now, from, to, m)
		lost := ""
		if p.cut[from+">"+to] {
			lost = " lost"
		}
		fmt.Fprintf(&p.said, "%s %s>%s %s%s\n", showTime(now), from, to, show(m), lost)
	}
}

func (p *player) duration(word string) time.Duration {
	d, err := time.ParseDuration(word)
	require.NoError(p.t, err)
	return d
}

func (p *player) number(word string) int {
	n, err := strconv.Atoi(word)
	require.NoError(p.t, err)
	return n
}
