package gossip

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStand_entryTravelsAsAMark(t *testing.T) {
	l := NewLog()
	origin := NewOriginID("n0", "a")
	for i := range 200 {
		l.Append(Entry{Origin: origin, Counter: uint64(i + 1), Value: `"text"`})
	}
	for _, at := range []int{0, 63, 64, 150} {
		l.Stand(at)
		l.Stand(at)
	}
	marks := 0
	for i := range l.Len() {
		e := l.Travels(i)
		require.Equal(t, `"text"`, l.At(i).Value)
		require.Equal(t, uint64(i+1), e.Counter)
		if e.Value == Stood {
			marks++
		}
	}
	require.Equal(t, 4, marks)
}

// A peer gets every entry's name, and of those that others stand for the mark alone.
func TestStand_deltaCarriesMarks(t *testing.T) {
	log := NewLog()
	origin := NewOriginID("n0", "a")
	for i := range 5 {
		log.Append(Entry{Origin: origin, Counter: uint64(i + 1), Value: "[7,8]"})
	}
	log.Stand(1)
	log.Stand(2)
	l := newLink(Neighbour{Name: "n1", Role: Child}, 0, 0, 0)
	d := delta{last: map[OriginID]int{}}
	d.reset(0, nil)
	d.fill(l, log, log.Len(), MaxLineBytes, nil)
	runs := d.message(&pooled{})
	require.Len(t, runs, 1)
	require.Equal(t, []string{"[7,8]", Stood, Stood, "[7,8]", "[7,8]"}, runs[0].Values)
}
