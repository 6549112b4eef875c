package node

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// logAt hands a record of a given time to a logger.
func logAt(t *testing.T, l *slog.Logger, at time.Duration, text string) {
	start := time.Unix(1_000_000, 0)
	require.NoError(t, l.Handler().Handle(context.Background(), slog.NewRecord(start.Add(at), slog.LevelWarn, text, 0)))
}

// A log takes so many lines per interval and counts the rest.
func TestQuota_limitsLinesPerInterval(t *testing.T) {
	var out bytes.Buffer
	l := newQuota(slog.New(slog.NewTextHandler(&out, nil)), 3, 10*time.Second)
	for i := range 8 {
		logAt(t, l, time.Duration(i)*time.Second, fmt.Sprint("line-", i))
	}
	require.Equal(t, 3, strings.Count(out.String(), "\n"), out.String())
	require.Contains(t, out.String(), "line-2")
	require.NotContains(t, out.String(), "lines_not_logged_before")

	out.Reset()
	logAt(t, l, 10*time.Second, "next")
	require.Contains(t, out.String(), "msg=next lines_not_logged_before=5")

	out.Reset()
	for i := range 3 {
		logAt(t, l, time.Duration(11+i)*time.Second, "more")
	}
	require.Equal(t, 2, strings.Count(out.String(), "\n"), "a new interval, of which one was used")
	out.Reset()
	logAt(t, l, 40*time.Second, "late")
	require.Contains(t, out.String(), "lines_not_logged_before=1")
	logAt(t, l, 60*time.Second, "later")
	require.Equal(t, 1, strings.Count(out.String(), "lines_not_logged_before"))
}

// Garbage cannot flood the log.
func TestQuota_holdsAgainstGarbage(t *testing.T) {
	r := StartedRig(t, IDs(2))
	for range 1000 {
		r.AdmitLines(0, "garbage", Say("c1", "n9", `{"type":"read","msg_id":1}`), Say("n1", "n0", `{"type":"gossip"}`))
		r.Work(0)
	}
	require.LessOrEqual(t, strings.Count(r.Logs.String(), "\n"), 21)
	require.Equal(t, uint64(1000), r.counters.malformedLines.Load(), "the counters know all of them")
}

// An overload is announced and so is its end.
func TestLogs_overloadHasAStartAndAnEnd(t *testing.T) {
	r := tinyRig(t)
	r.Logs.Reset()
	see := func(from, to time.Duration) {
		for now := from; now <= to; now += 100 * time.Millisecond {
			r.Tick(now)
		}
	}
	r.AdmitLines(0, ReadLine("n0", 1), ReadLine("n0", 2), ReadLine("n0", 3))
	see(100*time.Millisecond, time.Second)
	require.Empty(t, r.Logs.String())
	see(1100*time.Millisecond, 2*time.Second)
	require.Equal(t, 1, strings.Count(r.Logs.String(), "\n"))
	require.Contains(t, r.Logs.String(), "msg=overloaded queue=intake")
	r.Settle(2 * time.Second)
	see(2100*time.Millisecond, 3*time.Second)
	require.Equal(t, 2, strings.Count(r.Logs.String(), "\n"))
	require.Contains(t, r.Logs.String(), `msg="no longer overloaded"`)
}
