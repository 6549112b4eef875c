package gossip_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// load has random nodes broadcast at a rate for a time.
func (s *sim) load(from, to time.Duration, perSecond int) int {
	n := 0
	for t := from; t < to; t += time.Second / time.Duration(perSecond) {
		n++
		value, node := fmt.Sprint(n), s.nodes[s.rng.IntN(len(s.nodes))]
		s.at(t, func() { s.broadcast(node, value) })
	}
	return n
}

func TestFreeRoundsDeliverEverythingAndFallSilent(t *testing.T) {
	s := newSim(25, 24, 1, nil)
	n := s.load(0, 20*time.Second, 50)
	s.run(20 * time.Second)
	loaded := s.sent
	s.run(25 * time.Second)
	require.True(t, s.complete(n))
	after := s.sent
	s.run(10 * time.Minute)
	require.Equal(t, after, s.sent, "nothing is sent when there is nothing to say")
	t.Logf("messages: load %d, tail %d; per op %.3f", loaded, after-loaded, float64(after)/2025)
}

func TestLossIsRepaired(t *testing.T) {
	for seed := range uint64(50) {
		s := newSim(7, 2, seed, nil)
		s.drop = func(string, string) bool { return s.now < 20*time.Second && s.rng.Float64() < 0.3 }
		n := s.load(0, 10*time.Second, 20)
		s.run(30 * time.Second)
		require.True(t, s.complete(n))
	}
}

func TestBlankRestartGetsEverything(t *testing.T) {
	s := newSim(7, 2, 3, nil)
	n := s.load(0, 5*time.Second, 50)
	for i := range s.nodes {
		s.at(10*time.Second+time.Duration(i)*20*time.Second, func() {
			node := s.nodes[i]
			s.boot(node)
			s.restartCore(node, s.now+time.Second)
		})
		s.run(29*time.Second + time.Duration(i)*20*time.Second)
		require.True(t, s.complete(n), "node %d", i)
	}
}
