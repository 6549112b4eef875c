package harness_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// trial is a flood of one node of three while something is wrong with it.
type trial struct {
	name       string
	inject     string        // what its component does; empty: nothing
	from, ends time.Duration // of the fault
	rate       float64       // requests per second
	after      time.Duration // how long the flood goes on behind the fault
	mute       bool          // nobody reads the node's stdout meanwhile
	dirty      bool          // garbage is on its stdin meanwhile
}

// verdict is what a trial came to.
type verdict struct {
	during                          window
	peak                            int64 // bytes
	lives                           bool
	missing, strange, twice, wanted int
	recovered                       time.Duration // from the fault's end; -1: never
}

// conduct carries a trial out.
func conduct(tb testing.TB, t trial) (v verdict) {
	l := newLoad()
	dir := tb.TempDir()
	command := commandOf(tb, "treecast", "--journal "+dir+"/journal")
	if t.inject != "" {
		command = append(command, "--inject", t.inject)
	}
	c := harness.NewCluster(harness.Setup{
		Nodes: 3, Command: command, Dir: dir,
		Heard: func(node string, line []byte) bool { return l.heard(l.now(), node, line) },
	})
	require.NoError(tb, c.Begin(c.Names...))
	defer c.Kill()
	node, end := c.Node("n0"), t.ends+t.after
	if t.mute {
		time.AfterFunc(t.from-l.now(), func() {
			listen := node.Mute()
			time.AfterFunc(t.ends-l.now(), listen)
		})
	}
	if t.dirty {
		time.AfterFunc(t.from-l.now(), func() { dirt(node, func() bool { return l.now() >= t.ends }) })
	}
	l.flood(node, t.rate, end)
	l.settle(tb)
	l.readAll(tb, c)
	v = verdict{during: l.between(t.from, t.ends), lives: true, recovered: l.recovered(t.ends, end)}
	v.missing, v.strange, v.twice, v.wanted = l.missing(c.Names), l.strange(c.Names), l.twice, l.between(0, end).accepted
	for _, name := range c.Names {
		select {
		case <-c.Node(name).Done():
			v.lives = false
		default:
		}
	}
	if v.lives {
		var err error
		_, v.peak, err = node.Memory()
		require.NoError(tb, err)
	}
	return v
}

// dirt floods a node's stdin with what is no message.
func dirt(p *harness.Process, over func() bool) {
	rubbish := []string{
		"rubbish\n", "{\"src\":\n", "\x00\xff\xfe\n", "[[[[[[[[\n", "\n",
		`{"src":"c9","dest":"n0","body":{"type":"rubbish","msg_id":1}}` + "\n",
		`{"src":"n1","dest":"n0","body":{"type":"gossip","e":"?"}}` + "\n",
		`{"src":"n1","dest":"n0","body":{"type":"gossip","e":1,"f":2,"a":[[1,9]]}}` + "\n",
		strings.Repeat("x", 100_000) + "\n",
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for i := 0; !over(); i++ {
		for range 20 {
			p.Offer([]byte(rubbish[i%len(rubbish)]))
		}
		<-tick.C
	}
}

// wrong says what of a trial must not be, however slow the machine is.
func (v *verdict) wrong() (out []string) {
	add := func(is bool, what string) {
		if is {
			out = append(out, what)
		}
	}
	add(!v.lives, "a node died")
	add(v.missing > 0, fmt.Sprintf("%d accepted values are missing", v.missing))
	add(v.strange > 0, fmt.Sprintf("%d refused and yet known", v.strange))
	add(v.twice > 0, fmt.Sprintf("%d answered twice", v.twice))
	add(v.during.other > 0, fmt.Sprintf("%d other errors", v.during.other))
	return out
}

// services are the components of a node that can be made slow or stuck.
var services = []string{"intake", "store", "gossip", "output", "journal"}

// BenchmarkOverload floods one node of three while one of its components is slow or
// stuck, or the world around it misbehaves, 20 000 requests a second. A trial fails if
// a node dies or takes more than 256 MiB, something accepted is missing, something
// refused is known, a request is answered twice or with another error than 11, or the
// node is not back to normal within 2 s of the fault's end.
func BenchmarkOverload(b *testing.B) {
	const at, slow, stuck = 3 * time.Second, 10 * time.Second, 30 * time.Second
	var all []trial
	for _, s := range services {
		all = append(all, trial{name: "slow/component=" + s, inject: fmt.Sprintf("n0/%s:slow=1000x@%v+%v", s, at, slow), ends: at + slow})
	}
	for _, s := range services {
		all = append(all, trial{name: "stuck/component=" + s, inject: fmt.Sprintf("n0/%s:stuck=%v@%v", s, stuck, at), ends: at + stuck})
	}
	all = append(all, trial{name: "stdout-not-read", ends: at + stuck, mute: true}, trial{name: "garbage-on-stdin", ends: at + stuck, dirty: true})
	for _, t := range all {
		t.from, t.rate, t.after = at, 20_000, 4*time.Second
		b.Run(t.name, func(b *testing.B) {
			var v verdict
			for range b.N {
				v = conduct(b, t)
				require.Empty(b, v.wrong())
				require.LessOrEqual(b, v.peak, int64(256<<20))
				require.GreaterOrEqual(b, v.recovered, time.Duration(0), "never back to normal")
				require.LessOrEqual(b, v.recovered, 2*time.Second)
			}
			b.ReportMetric(float64(v.during.offered), "offered")
			b.ReportMetric(float64(v.during.unsent), "not-taken")
			b.ReportMetric(float64(v.during.accepted), "accepted")
			b.ReportMetric(float64(v.during.refused), "error-11")
			b.ReportMetric(float64(v.during.pending), "no-answer")
			b.ReportMetric(float64(v.peak>>20), "peak-MiB")
			b.ReportMetric(v.recovered.Seconds(), "s-to-normal")
		})
	}
}

// noPressure are the flags that switch back-pressure off: no refusal before a queue is
// full, no permit revoked.
const noPressure = " --max-wait 0 --max-age 0 --client-threshold 9999h --permit-revoke 0"

// BenchmarkGoodput is what gets through a component slowed to 2 000 items a second
// when five times as much is offered, for 60 s with back-pressure and 20 s without;
// windows of 1 s, the first and the last left out.
func BenchmarkGoodput(b *testing.B) {
	const offered, capacity = 10_000.0, 2_000.0
	for _, service := range []string{"store", "output"} {
		for _, pressure := range []string{"on", "off"} {
			b.Run(fmt.Sprintf("component=%s/back-pressure=%s", service, pressure), func(b *testing.B) {
				flags, length := fmt.Sprintf("--journal journal --inject n0/%s:slow=%.0f/s", service, capacity), 60*time.Second
				if pressure == "off" {
					flags, length = flags+noPressure, 20*time.Second
				}
				for range b.N {
					l, peak := goodput(b, flags, offered, length)
					all, worst, got := l.between(0, length), -1, 0
					for at := time.Second; at+2*time.Second <= length; at += time.Second {
						n := l.between(at, at+time.Second).answeredOK
						if got += n; worst < 0 || n < worst {
							worst = n
						}
					}
					b.ReportMetric(float64(got)/(length.Seconds()-2), "accepted/s")
					b.ReportMetric(float64(worst), "worst-second")
					b.ReportMetric(float64(all.p50.Milliseconds()), "p50-ms")
					b.ReportMetric(float64(all.p99.Milliseconds()), "p99-ms")
					b.ReportMetric(float64(all.max.Milliseconds()), "max-ms")
					b.ReportMetric(float64(all.refused), "error-11")
					b.ReportMetric(float64(all.pending), "no-answer")
					b.ReportMetric(float64(all.unsent), "not-taken")
					b.ReportMetric(float64(peak>>20), "peak-MiB")
				}
			})
		}
	}
}

// goodput floods the first of three nodes for a time.
func goodput(tb testing.TB, flags string, rate float64, length time.Duration) (*load, int64) {
	l := newLoad()
	c := harness.NewCluster(harness.Setup{
		Nodes: 3, Command: commandOf(tb, "treecast", flags), Dir: tb.TempDir(),
		Heard: func(node string, line []byte) bool { return l.heard(l.now(), node, line) },
	})
	require.NoError(tb, c.Begin(c.Names...))
	defer c.Kill()
	l.began = time.Now()
	l.flood(c.Node("n0"), rate, length)
	l.settle(tb)
	_, peak, err := c.Node("n0").Memory()
	require.NoError(tb, err)
	return l, peak
}

// A small trial of each kind. How soon the node is back is the machine's affair.
func TestOverload_losesNothingThatWasAccepted(t *testing.T) {
	for _, trial := range []trial{
		{name: "stuck", inject: "n0/store:stuck=1s@300ms"}, {name: "mute", mute: true}, {name: "dirty", dirty: true},
	} {
		t.Run(trial.name, func(t *testing.T) {
			t.Parallel()
			trial.from, trial.ends, trial.after, trial.rate = 300*ms, 1300*ms, 500*ms, 1000
			v := conduct(t, trial)
			require.Empty(t, v.wrong())
			require.Positive(t, v.wanted)
		})
	}
}

func TestVerdict_saysWhatIsWrong(t *testing.T) {
	v := verdict{missing: 1, strange: 2, twice: 3, during: window{other: 4}}
	require.Equal(t, []string{"a node died", "1 accepted values are missing", "2 refused and yet known", "3 answered twice", "4 other errors"}, v.wrong())
	require.Empty(t, (&verdict{lives: true}).wrong())
}
