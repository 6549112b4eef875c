package process

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAlarm_goesOffWhenItsTimeHasComeAndNotBefore(t *testing.T) {
	a, err := newAlarm()
	require.NoError(t, err)
	defer a.close()
	for _, d := range []time.Duration{-time.Second, 0, 1, 300 * time.Microsecond, 5 * time.Millisecond} {
		set := time.Now()
		a.set(d)
		<-a.C
		require.GreaterOrEqual(t, time.Since(set), d)
	}
}

func TestAlarm_thatIsSetAnewForgetsItsTime(t *testing.T) {
	a, err := newAlarm()
	require.NoError(t, err)
	defer a.close()
	a.set(time.Hour)
	a.set(time.Millisecond)
	<-a.C
	a.set(time.Millisecond)
	a.stop()
	a.set(20 * time.Millisecond)
	set := time.Now()
	<-a.C
	if time.Since(set) < 20*time.Millisecond { // it had gone off before it was stopped
		<-a.C
	}
	require.GreaterOrEqual(t, time.Since(set), 20*time.Millisecond)
}
