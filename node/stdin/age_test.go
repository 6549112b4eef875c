package stdin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a restarted process finds on stdin was meant for the one before it. What
// comes once clients know of it was not, though stdin never runs dry in between.
func TestAge_whatComesBehindTheInitIsForThisProcess(t *testing.T) {
	a := NewAge(100*time.Millisecond, nil)
	client := func(end int64) Client {
		_, c := a.Line(time.Millisecond, end)
		return c
	}
	a.Tick(0)
	require.Equal(t, Waiting, client(10))
	a.Restarted()
	require.True(t, a.WantsDry())
	require.Equal(t, Gone, client(20))
	require.Equal(t, Gone, a.Behind())
	a.Began(40)
	require.Equal(t, Gone, client(30))
	require.Equal(t, Gone, client(40))
	require.Equal(t, Waiting, client(41))

	a.Restarted()
	require.Equal(t, Gone, client(50))
	a.Dry(time.Millisecond)
	require.Equal(t, Waiting, client(60))
	require.False(t, a.WantsDry())

	first := NewAge(100*time.Millisecond, nil)
	first.Tick(0)
	first.Began(100)
	_, c := first.Line(0, 50)
	require.Equal(t, Waiting, c, "nobody was there before")
}
