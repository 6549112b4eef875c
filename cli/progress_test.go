package cli

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vbauerster/mpb/v8"

	"treecast/experiment"
	"treecast/run"
	"treecast/testbed/session"
)

// glance is a look at a run at a time in seconds.
func glance(seconds float64, phase session.Phase, bad ...session.Note) experiment.Progress {
	return experiment.Progress{
		Now: time.Duration(seconds * float64(time.Second)),
		Status: session.Status{
			Phase: phase, Invoked: 12, OK: 11, ServerMessages: 345, Bad: bad,
		},
	}
}

var deaf = session.Note{Node: "n3", Deaf: true, Why: "not JSON", Line: "hello"}

func TestPlainProgressIsALinePerPhaseAndFiveSeconds(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, experiment.Plan{Spec: run.Spec{TimeLimit: run.Millis(20 * time.Second)}})
	for now := 1; now <= 12; now++ {
		p.update(glance(float64(now), session.Load))
	}
	p.update(glance(12.4, session.Quiet))
	p.update(glance(13, session.Quiet))
	p.done()
	require.Equal(t, ""+
		"  1.0 s  load      12 ops (11 ok)  345 messages between nodes\n"+
		"  6.0 s  load      12 ops (11 ok)  345 messages between nodes\n"+
		" 11.0 s  load      12 ops (11 ok)  345 messages between nodes\n"+
		" 12.4 s  quiet     12 ops (11 ok)  345 messages between nodes\n", out.String())
}

func TestTroubleIsToldOnceAndCountedFromThenOn(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, experiment.Plan{Spec: run.Spec{TimeLimit: run.Millis(20 * time.Second)}})
	trouble := glance(1, session.Load, deaf)
	trouble.Unhealthy, trouble.Partitioned, trouble.Disturbed, trouble.Down, trouble.Paused = 2, true, true, 3, 4
	p.update(trouble)
	p.update(glance(2, session.Quiet, deaf))
	require.Equal(t, deaf.String()+"\n"+
		"  1.0 s  load      12 ops (11 ok)  345 messages between nodes  partitioned, disturbed, 3 down, 4 paused, 2 unhealthy, 1 crashed or deaf\n"+
		"  2.0 s  quiet     12 ops (11 ok)  345 messages between nodes  1 crashed or deaf\n", out.String())
}

func TestATerminalGetsABarWithTheSameWords(t *testing.T) {
	out := &awaited{want: "load", seen: make(chan struct{})}
	p := newProgress(out, experiment.Plan{Spec: run.Spec{TimeLimit: run.Millis(20 * time.Second)}})
	p.draw(mpb.WithAutoRefresh(), mpb.WithRefreshRate(10*time.Millisecond))
	p.update(glance(1, session.Load, deaf))
	select {
	case <-out.seen:
	case <-time.After(patience):
		require.Fail(t, "no bar was drawn")
	}
	p.update(glance(100, session.Final, deaf)) // longer than planned
	p.done()
	text := out.text.String()
	require.Contains(t, text, "  1.0 s  load  ")
	require.Equal(t, 1, strings.Count(text, deaf.String()+"\n"), "trouble stays above the bar")
}

// awaited is a writer that says when a word has been written.
type awaited struct {
	text bytes.Buffer // read once nobody writes any more
	want string
	seen chan struct{}
	once sync.Once
}

func (a *awaited) Write(p []byte) (int, error) {
	a.text.Write(p)
	if bytes.Contains(p, []byte(a.want)) {
		a.once.Do(func() { close(a.seen) })
	}
	return len(p), nil
}
