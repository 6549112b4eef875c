package codec

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// digest is what a node says to show a peer what it holds: 25 nodes' entries, each
// node's in so many logs, one for every life in which it gave out anything.
func digest(t *testing.T, logs int) (messages, bytes int) {
	rng := rand.New(rand.NewPCG(1, 1))
	log := gossip.NewLog()
	for node := range 25 {
		for range logs {
			// As a node names a log.
			source := gossip.NewOriginID("n"+strconv.Itoa(node), strconv.FormatUint(rng.Uint64(), 36))
			for counter := range 40 {
				log.Append(gossip.Entry{Origin: source, Counter: uint64(counter + 1), Value: "1"})
			}
		}
	}
	core, err := gossip.New(0, gossip.Config{Incarnation: 1 << 50, Neighbours: []gossip.Neighbour{{Name: "n1"}}, Period: time.Second}, log)
	require.NoError(t, err)
	core.Receive(0, "n1", &gossip.Message{Incarnation: 1 << 50, For: 1 << 50, Batch: 1, Want: true})
	for core.Next() <= 0 {
		for _, o := range core.Advance(0, 100) {
			if o.Message.Digest != nil {
				messages++
			}
			bytes += len(lineOf(t, o.Message))
		}
	}
	return messages, bytes
}

func TestDigest_anotherLogCostsALineOfItAndSeldomAMessage(t *testing.T) {
	_, one := digest(t, 1)
	for _, logs := range []int{2, 8, 9, 40} {
		messages, bytes := digest(t, logs)
		each := float64(bytes-one) / float64(25*(logs-1))
		t.Logf("%d logs: %d messages, %d bytes, %.1f for each log beyond the first", 25*logs, messages, bytes, each)
		require.InDelta(t, 45, each, 2)
		require.LessOrEqual(t, messages, 1+25*logs/200)
	}
}
