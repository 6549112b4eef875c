package node

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/node/stdin"
)

// script is a stdin that comes in pieces; each may change what time it is
// before it is there.
type script struct {
	pieces []piece
}

type piece struct {
	before func()
	lines  []string
	err    error
}

func (s *script) Read(p []byte) (int, error) {
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	next := s.pieces[0]
	s.pieces = s.pieces[1:]
	if next.before != nil {
		next.before()
	}
	return copy(p, strings.Join(next.lines, "\n")+"\n"), next.err
}

// What package stdin takes for a stop, and for what comes right after one.
const (
	pauseAfter   = 3 * time.Second
	resumeWindow = 200 * time.Millisecond
	readLife     = 8 * time.Second
)

// readerRig is a node of which only the reader runs, at times of the test's
// choice.
type readerRig struct {
	*driver
	now, ticked time.Duration
}

func newReaderRig(t *testing.T) *readerRig {
	r := &readerRig{}
	r.driver = &driver{Node: StartedRig(t, IDs(1)).Node, now: func() time.Duration { return r.now }, drained: make(chan struct{}, 1)}
	return r
}

// tick has the monitor's clock tick.
func (r *readerRig) tick(at time.Duration) {
	r.now, r.ticked = at, at
	r.age.Tick(at)
}

// live has it tick as it does while the process runs.
func (r *readerRig) live(until time.Duration) {
	for at := r.ticked; at < until; {
		at = min(until, at+400*time.Millisecond)
		r.tick(at)
	}
}

// silent reads a stdin and tells which of its broadcasts, known by the ids of
// their messages, are not to be answered.
func (r *readerRig) silent(t *testing.T, pieces ...piece) (silent []string) {
	require.NoError(t, r.read(context.Background(), &script{pieces}))
	for j, ok := r.intakeInbox.TryNext(); ok; j, ok = r.intakeInbox.TryNext() {
		if j.maybeGone {
			silent = append(silent, j.replyTo.msgID.String())
		}
	}
	return silent
}

// three is three broadcasts, numbered from id on.
func three(id int) []string {
	return []string{BroadcastLine("n0", id, "1"), BroadcastLine("n0", id+1, "1"), BroadcastLine("n0", id+2, "1")}
}

// Without a stop every broadcast is answered.
func TestReader_withoutStopAnswersAll(t *testing.T) {
	r := newReaderRig(t)
	require.Empty(t, r.silent(t,
		piece{lines: three(1), before: func() { r.now = 50 * time.Millisecond }}, // before the first tick
		piece{lines: three(4), before: func() { r.live(10 * time.Second); r.now += 90 * time.Millisecond }},
		piece{lines: three(7), before: func() { r.now += pauseAfter }}, // a busy machine
	))
}

// After a stop that the reader sees first.
func TestReader_stopSeenByTheReader(t *testing.T) {
	r := newReaderRig(t)
	r.live(10 * time.Second)
	require.Equal(t, []string{"1", "2", "3"}, r.silent(t,
		piece{lines: three(1), before: func() { r.now = 14 * time.Second }},
		piece{lines: three(4), before: func() { r.tick(14*time.Second + 50*time.Millisecond); r.now += resumeWindow }},
	), "what waited is not answered; what comes once stdin has run dry is")
}

// After a stop during which nothing came.
func TestReader_stopWithEmptyStdin(t *testing.T) {
	r := newReaderRig(t)
	r.live(10 * time.Second)
	require.Empty(t, r.silent(t,
		piece{lines: three(1), before: func() { r.tick(20 * time.Second); r.live(25 * time.Second) }},
		piece{lines: three(4)},
	))
}

// What came while the process stood still for less than a stop is answered, but
// counts as having come when that began; what came later does not.
func TestReader_linesOfAStopAreAsOldAsIt(t *testing.T) {
	const from, until = 10 * time.Second, 12500 * time.Millisecond
	for name, ticks := range map[string]func(r *readerRig){
		"the reader sees it first":  func(r *readerRig) { r.now = until },
		"the monitor sees it first": func(r *readerRig) { r.tick(until) },
	} {
		r := newReaderRig(t)
		r.live(from)
		require.NoError(t, r.read(context.Background(), &script{[]piece{
			{lines: three(1), before: func() { ticks(r) }},
			{lines: three(4), before: func() { r.tick(until + time.Millisecond); r.live(time.Minute) }},
			{lines: three(7), before: func() { r.live(r.now + 3*time.Second) }},
		}}))
		var came []time.Duration
		for j, ok := r.intakeInbox.TryNext(); ok; j, ok = r.intakeInbox.TryNext() {
			require.False(t, j.maybeGone, name)
			came = append(came, j.replyTo.arrived)
		}
		now := time.Minute + 3*time.Second
		require.Equal(t, []time.Duration{from, from, from, time.Minute, time.Minute, time.Minute, now, now, now}, came, name)
	}
}

// After a stop that the monitor sees first.
func TestReader_stopSeenByTheMonitor(t *testing.T) {
	r := newReaderRig(t)
	r.live(10 * time.Second)
	require.Equal(t, []string{"1", "2", "3"}, r.silent(t,
		piece{lines: three(1), before: func() { r.tick(14 * time.Second); r.now += time.Millisecond }},
		piece{lines: three(4), before: func() { r.live(r.now + resumeWindow) }},
	))
}

// A read is answered unless its client may have gone.
func TestReader_answersReadsOfLiveClients(t *testing.T) {
	for _, c := range []struct {
		stop  time.Duration
		ticks bool // the monitor goes on before the reader
		asks  bool
	}{{pauseAfter, false, true}, {readLife, false, true}, {readLife + 1, false, false}, {readLife, true, true}, {readLife + 1, true, false}} {
		r := newReaderRig(t)
		r.live(10 * time.Second)
		require.NoError(t, r.read(context.Background(), &script{[]piece{{lines: []string{ReadLine("n0", 1)}, before: func() {
			r.now += c.stop
			if c.ticks {
				r.tick(r.now)
				r.now += time.Millisecond
			}
		}}}}))
		j, ok := r.intakeInbox.TryNext()
		require.True(t, ok)
		require.Equal(t, c.asks, j.replyTo.wantsReply, "a stop of %v", c.stop)
	}
}

// Lines of one piece share its fate.
func TestReader_linesOfOneReadAreAlike(t *testing.T) {
	r := newReaderRig(t)
	r.live(10 * time.Second)
	lines := append(three(1), ReadLine("n0", 4), "garbage", "")
	require.Equal(t, []string{"1", "2", "3", "5", "6", "7"}, r.silent(t,
		piece{lines: append(lines, three(5)...), before: func() { r.now = 14 * time.Second }},
		piece{lines: three(8), before: func() { r.tick(r.now); r.live(20 * time.Second) }},
	))
}

// A slow monitor is no stop.
func TestReader_slowMonitorIsNoStop(t *testing.T) {
	r := newReaderRig(t)
	r.age = stdin.NewAge(10*time.Second, nil)
	r.live(10 * time.Second)
	require.Empty(t, r.silent(t, piece{lines: three(1), before: func() { r.now = 20 * time.Second }}))
}

// A stream's error is the readers after what came before.
func TestReader_returnsTheStreamsError(t *testing.T) {
	r := newReaderRig(t)
	failure := errors.New("input/output error")
	require.ErrorIs(t, r.read(context.Background(), &script{[]piece{{lines: three(1), err: failure}}}), failure)
	require.Equal(t, 3, r.intakeQueue.Depth())
}

// fillOutput leaves no room for replies.
func (r *readerRig) fillOutput(t *testing.T) {
	for r.outputQueue.Depth() < r.outputQueue.Preferred()/2 {
		require.True(t, r.outputQueue.Offer(0, outgoing{kind: replyError, refusal: &refusal{}}))
	}
}

// The reader waits for room for a reply.
func TestReader_waitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReaderRig(t)
		r.fillOutput(t)
		ended := make(chan error, 1)
		go func() { ended <- r.read(context.Background(), &script{[]piece{{lines: three(1)}}}) }()
		Pass(time.Minute)
		require.Empty(t, ended)
		require.Zero(t, r.intakeQueue.Depth())

		for ok := true; ok; { // all replies are written
			_, ok = r.outputInbox.TryNext()
		}
		require.NoError(t, Soon(t, ended))
		require.Equal(t, 3, r.intakeQueue.Depth())
	})
}

// The reader waits for no one where stdout stands still.
func TestReader_doesNotWaitForAStuckStdout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReaderRig(t)
		r.fillOutput(t)
		r.now = time.Minute
		r.output.writing.Store(int64(r.now - stuckAfter))
		ended := make(chan error, 1)
		go func() { ended <- r.read(context.Background(), &script{[]piece{{lines: three(1)}}}) }()
		Pass(time.Second)
		require.Empty(t, ended, "not yet")
		r.output.writing.Store(int64(r.now - stuckAfter - 1))
		require.NoError(t, Soon(t, ended))
		require.Equal(t, 3, r.intakeQueue.Depth())
	})
}

// The reader that waits ends with its context.
func TestReader_waitEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReaderRig(t)
		r.fillOutput(t)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- r.read(ctx, &script{[]piece{{lines: three(1)}}}) }()
		synctest.Wait()
		cancel()
		require.NoError(t, Soon(t, ended))
		require.Zero(t, r.intakeQueue.Depth(), "nothing more is admitted")
	})
}
