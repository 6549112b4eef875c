package stdin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The reader may be held up from the moment that the process goes on: what was
// on stdin by then has waited whenever it is read.
func TestLinesOfBeforeAStopAreStaleHoweverLateTheyAreRead(t *testing.T) {
	s := &suspendDetector{period: 100 * time.Millisecond}
	s.tick(time.Second)
	s.line(time.Second)
	s.dry(time.Second)
	s.tick(6 * time.Second)
	require.True(t, s.mayWait())
	s.came(6 * time.Second)
	require.Equal(t, MaybeGone, s.line(6*time.Second+resumeWindow+time.Second))
	s.dry(6*time.Second + resumeWindow + time.Second)
	require.False(t, s.mayWait())
	s.came(6*time.Second + resumeWindow + 2*time.Second)
	require.Equal(t, Waiting, s.line(6*time.Second+resumeWindow+2*time.Second))
}

// What comes long after a stop to a reader that has waited all the while was not
// there when the process went on.
func TestLinesThatTheReaderHasWaitedForAreFreshHoweverLongTheStopWas(t *testing.T) {
	s := &suspendDetector{period: 100 * time.Millisecond}
	s.tick(time.Second)
	s.dry(time.Second)
	s.tick(20 * time.Second)
	s.came(20*time.Second + resumeWindow)
	require.Equal(t, Waiting, s.line(20*time.Second+resumeWindow))
	require.False(t, s.mayWait())

	s.wait(21 * time.Second)
	s.unread = func() int64 { return 1 }
	s.tick(30 * time.Second)
	s.came(30*time.Second + resumeWindow)
	require.Equal(t, Gone, s.line(30*time.Second+resumeWindow), "the reader was late, not the line")
	s.dry(31 * time.Second)

	s.unread = nil
	s.wait(31 * time.Second)
	s.tick(40 * time.Second)
	s.came(40*time.Second + resumeWindow - 1)
	require.Equal(t, Gone, s.line(40*time.Second+resumeWindow-1))

	s.dry(41 * time.Second)
	s.came(41 * time.Second)
	s.tick(60 * time.Second)
	require.Equal(t, Gone, s.line(61*time.Second), "it was read before the stop")
}
