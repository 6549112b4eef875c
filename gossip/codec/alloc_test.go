//go:build !race

package codec

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
)

// deltaOf is a message with so many entries of one source.
func deltaOf(batch uint64, first uint64, entries int) *gossip.Message {
	m := &gossip.Message{Incarnation: 7, For: 1, Batch: batch, Runs: []gossip.Run{{Origin: gossip.NewOriginID("n1", "k"), First: first}}}
	for i := range entries {
		m.Runs[0].Values = append(m.Runs[0].Values, fmt.Sprint(100_000+i))
	}
	return m
}

func TestSpellingAMessageAllocatesNothing(t *testing.T) {
	m := deltaOf(3, 1, 100)
	m.Acks = []gossip.Span{{First: 1, Last: 4}, {First: 9, Last: 9}}
	buf := Append(nil, m)
	require.Zero(t, testing.AllocsPerRun(100, func() { buf = Append(buf[:0], m) }))
}

func TestReadingAMessageAllocatesWhatItHolds(t *testing.T) {
	d := NewDecoder(nil)
	ack := []byte(`{"type":"gossip","e":7,"f":1,"a":[[1,4]],"x":[4,0]}`)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if _, err := d.Message(ack); err != nil {
			panic(err)
		}
	}), 2.0, "the message and its spans")

	// Of a delta: the message, its runs, the text of its values, and the list of them.
	for _, entries := range []int{10, 100, 1000} {
		body := Append(nil, deltaOf(3, 1, entries))
		require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
			if _, err := d.Message(body); err != nil {
				panic(err)
			}
		}), 4.0, "%d entries", entries)
	}
}
