package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// sets are the parts of the whole, by name.
var sets = map[string]func(*options) (string, error){
	"slow":      func(o *options) (string, error) { return trials(o, "slow", slowTrials(o)) },
	"stuck":     func(o *options) (string, error) { return trials(o, "stuck", stuckTrials(o)) },
	"outside":   func(o *options) (string, error) { return trials(o, "outside", outsideTrials(o)) },
	"goodput":   goodput,
	"challenge": challenge,
	"crashes":   crashes,
}

func setNames() []string {
	return []string{"slow", "stuck", "outside", "goodput", "challenge", "crashes"}
}

// trial is one run under a flood.
type trial struct {
	name  string
	args  []string // of the nodes
	from  time.Duration
	ends  time.Duration
	mute  bool // nobody reads the node's stdout from..ends
	dirty bool // garbage on stdin from..ends
}

// faultAt is when things begin to go wrong.
const faultAt = 3 * time.Second

var services = []string{"intake", "store", "gossip", "output", "journal"}

func slowTrials(o *options) (out []trial) {
	for _, s := range services {
		out = append(out, trial{
			name: fmt.Sprintf("%s 1000 times as slow for %v", s, o.slow), from: faultAt, ends: faultAt + o.slow,
			args: []string{"--inject", fmt.Sprintf("n0/%s:slow=1000x@%v+%v", s, faultAt, o.slow)},
		})
	}
	return out
}

func stuckTrials(o *options) (out []trial) {
	for _, s := range services {
		out = append(out, trial{
			name: fmt.Sprintf("%s stuck for %v", s, o.stuck), from: faultAt, ends: faultAt + o.stuck,
			args: []string{"--inject", fmt.Sprintf("n0/%s:stuck=%v@%v", s, o.stuck, faultAt)},
		})
	}
	return out
}

func outsideTrials(o *options) []trial {
	return []trial{
		{name: fmt.Sprintf("stdout not read for %v", o.stuck), from: faultAt, ends: faultAt + o.stuck, mute: true},
		{name: fmt.Sprintf("stdin flooded with garbage for %v", o.stuck), from: faultAt, ends: faultAt + o.stuck, dirty: true},
	}
}

// verdict is what a trial came to.
type verdict struct {
	trial
	during, after window
	peak          int64
	lives         bool
	missing       int
	strange       int
	twice         int
	recovered     time.Duration // from the fault's end to the first of ten answers in a row; -1: never
	known         int
}

func (v *verdict) ok() bool {
	return v.lives && v.missing == 0 && v.strange == 0 && v.twice == 0 && v.during.other == 0 &&
		v.peak <= 256<<20 && v.recovered >= 0 && v.recovered <= 2*time.Second
}

// conduct carries a trial out.
func conduct(o *options, t trial) (v verdict, l *load, err error) {
	l = newLoad()
	dir := filepath.Join(o.work, strings.ReplaceAll(t.name, " ", "-"))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return v, l, err
	}
	c, err := startCluster(o.bin, o.nodes, t.args, dir, l.reply)
	defer c.stop()
	if err != nil {
		return v, l, err
	}
	end := t.ends + 4*time.Second
	go l.poll(c, end)
	if t.mute {
		time.AfterFunc(t.from-c.now(), func() { c.nodes[0].mute.Store(true) })
		time.AfterFunc(t.ends-c.now(), func() { c.nodes[0].mute.Store(false) })
	}
	if t.dirty {
		go dirt(c, t.from, t.ends)
	}
	l.flood(c, o.rate, end)
	time.Sleep(5 * time.Second) // whatever is under way arrives, or its time is over
	l.read(c)
	v = verdict{trial: t, during: l.between(t.from, t.ends), after: l.between(t.ends+2*time.Second, end), lives: true}
	v.peak, v.missing, v.strange, v.twice = c.nodes[0].peak(), l.missing(o.nodes), l.strange(o.nodes), l.twice
	for _, n := range c.nodes {
		v.lives = v.lives && !n.exited.Load()
	}
	v.known = len(l.known[0])
	v.recovered = l.recovered(t.ends, end)
	return v, l, nil
}

// dirt floods the first node's stdin with what is no message.
func dirt(c *cluster, from, to time.Duration) {
	time.Sleep(from - c.now())
	rubbish := []string{
		"rubbish\n", "{\"src\":\n", "\x00\xff\xfe\n", "[[[[[[[[\n", "\n",
		`{"src":"c9","dest":"n0","body":{"type":"rubbish","msg_id":1}}` + "\n",
		`{"src":"n1","dest":"n0","body":{"type":"gossip","e":"?"}}` + "\n",
		`{"src":"n1","dest":"n0","body":{"type":"gossip","e":1,"f":2,"a":[[1,9]]}}` + "\n",
		strings.Repeat("x", 100_000) + "\n",
	}
	for i := 0; c.now() < to; i++ {
		for range 20 {
			c.nodes[0].toClient.put([]byte(rubbish[i%len(rubbish)]))
		}
		time.Sleep(time.Millisecond)
	}
}

// read reads all nodes until they all know as much, or for 30 s.
func (l *load) read(c *cluster) {
	for range 60 {
		for i, n := range c.nodes {
			n.toPeer.put(fmt.Appendf(nil, `{"src":"c3","dest":"%s","body":{"type":"read","msg_id":%d}}`+"\n", n.name, i+1))
		}
		time.Sleep(500 * time.Millisecond)
		l.mu.Lock()
		all := len(l.known) == len(c.nodes)
		l.mu.Unlock()
		if all && l.missing(len(c.nodes)) == 0 {
			return
		}
	}
}

// recovered is how long after a fault's end the node took to serve as before:
// to the first 100 ms of which at least nine in ten requests were accepted.
func (l *load) recovered(from, to time.Duration) time.Duration {
	const step = 100 * time.Millisecond
	for at := from; at+step <= to; at += step {
		if w := l.between(at, at+step); w.offered > 0 && 10*w.accepted >= 9*w.offered {
			return at - from
		}
	}
	return -1
}

// trials carries trials out and makes a table of them.
func trials(o *options, set string, all []trial) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", map[string]string{
		"slow": "A component a thousand times as slow", "stuck": "A component that is stuck", "outside": "Trouble from outside",
	}[set])
	b.WriteString("| what | offered meanwhile | not taken from the client | accepted | error 11 | no answer | peak RSS, MiB | back to normal after | accepted values | missing anywhere | verdict |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, t := range all {
		fmt.Fprintf(os.Stderr, "%s ...\n", t.name)
		v, l, err := conduct(o, t)
		if err != nil {
			return "", fmt.Errorf("%s: %w", t.name, err)
		}
		if o.print {
			l.seconds(os.Stderr)
		}
		recovered := "never"
		if v.recovered >= 0 {
			recovered = fmt.Sprintf("%.1f s", v.recovered.Seconds())
		}
		w := v.during
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %s | %d | %d | %s |\n",
			t.name, w.offered, w.unsent, w.accepted, w.refused, w.pending, v.peak>>20, recovered, v.known, v.missing, v.words())
	}
	return b.String(), nil
}

// words says what is wrong with a trial.
func (v *verdict) words() string {
	if v.ok() {
		return "pass"
	}
	var wrong []string
	add := func(is bool, what string) {
		if is {
			wrong = append(wrong, what)
		}
	}
	add(!v.lives, "a node died")
	add(v.missing > 0, "values missing")
	add(v.strange > 0, fmt.Sprintf("%d refused and yet known", v.strange))
	add(v.twice > 0, fmt.Sprintf("%d answered twice", v.twice))
	add(v.during.other > 0, fmt.Sprintf("%d other errors", v.during.other))
	add(v.peak > 256<<20, "memory")
	add(v.recovered < 0 || v.recovered > 2*time.Second, "slow to recover")
	return "FAIL: " + strings.Join(wrong, ", ")
}

// page is the whole of overload.md.
func page(args, sections []string) string {
	return fmt.Sprintf(`# Overload

One node of three is flooded with %s while one of its components is slow or stuck, or the world around it
misbehaves; real processes, %d cores, nodes, network and client share them. Made with

    go run ./scripts/overload%s

"Not taken": the node's stdin was full, so the client did not send. "Missing anywhere": values answered
broadcast_ok that some node does not know at the end. "Back to normal": after the component recovered, until nine
in ten requests of 100 ms were accepted. A trial passes if no node died, no node took more than 256 MiB, nothing
accepted is missing, nothing refused is known, nothing was answered twice, every error was error 11, and the
node was back to normal within 2 s.

%s`, "broadcasts", runtime.NumCPU(), strings.Join(slices.Concat([]string{""}, args), " "), strings.Join(sections, "\n"))
}
