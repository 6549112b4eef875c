package network

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestService_hasLatencyBothWaysAndNoFaultStrikesIt(t *testing.T) {
	const latency = 20 * time.Millisecond
	n := New(Latency{Mean: latency, Dist: Constant}, rand.New(rand.NewPCG(1, 1)), nil)
	n.AddNode("n0")
	n.AddNode("n1")
	n.AddService("lin-kv")
	n.Cut("lin-kv", "n0")
	n.Cut("n0", "lin-kv")
	n.Cut("n1", "n0")
	n.SetFaults(Faults{Loss: 1}, rand.New(rand.NewPCG(2, 2)))
	send := func(at time.Duration, src, dest string) {
		_, err := n.Send(at, Packet{Src: src, Dest: dest, Body: []byte(`{}`)})
		require.NoError(t, err)
	}
	send(0, "n0", "lin-kv")
	send(0, "n0", "n1")
	require.Empty(t, n.Advance(latency-1))
	delivered := n.Advance(latency)
	require.Len(t, delivered, 1)
	require.Equal(t, "lin-kv", delivered[0].Dest)
	send(latency, "lin-kv", "n0")
	require.Empty(t, n.Advance(2*latency-1))
	require.Len(t, n.Advance(2*latency), 1)
	require.Empty(t, n.Advance(time.Hour), "the other was lost")
}
