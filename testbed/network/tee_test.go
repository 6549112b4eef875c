package network

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATeeTellsEveryoneTheSame(t *testing.T) {
	alone, a, b := &log{}, &log{}, &log{}
	for _, o := range []Observer{alone, Tee(nil, a, b)} {
		n := build(Latency{Mean: 10 * ms}, o, "n0", "n1", "n2")
		n.Cut("n1", "n2")
		send(t, n, 0, "n0", "n1")
		drain(n)
		send(t, n, 20*ms, "n2", "n1")
		drain(n)
	}
	require.Equal(t, []string{"sent 0 n0>n1", "delivered 0 at 10ms", "sent 1 n2>n1", "dropped 1 at 20ms"}, alone.lines)
	require.Equal(t, alone.lines, a.lines)
	require.Equal(t, alone.lines, b.lines)
}
