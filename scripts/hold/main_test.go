package main

import (
	"bufio"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryIsReadFromAStatus(t *testing.T) {
	resident, largest, err := parseStatus("Name:\ttreecast\nVmPeak:\t 9 kB\nVmHWM:\t   11456 kB\nVmRSS:\t   10240 kB\n")
	require.NoError(t, err)
	require.Equal(t, int64(10240<<10), resident)
	require.Equal(t, int64(11456<<10), largest)

	_, _, err = parseStatus("Name:\ttreecast\n")
	require.ErrorContains(t, err, "VmRSS")
	_, _, err = parseStatus("VmRSS:\tmuch kB\n")
	require.Error(t, err)
}

func TestScatteredValuesAreDistinctAndOf62Bits(t *testing.T) {
	seen := map[uint64]bool{}
	for i := range uint64(10_000) {
		v := scattered(i)
		require.Less(t, v, uint64(1)<<62)
		require.False(t, seen[v])
		seen[v] = true
	}
}

func TestNeighboursAckWhatTheyAreTold(t *testing.T) {
	w := &world{in: bufio.NewWriter(io.Discard), acked: map[string]int{}, room: make(chan struct{}, 1), shown: make(chan int, 1), begun: make(chan struct{}), acks: make(chan []byte, 1)}
	require.NoError(t, w.listen(strings.NewReader(
		`{"src":"n0","dest":"c1","body":{"type":"init_ok","in_reply_to":1}}`+"\n"+
			`{"src":"n0","dest":"c1","body":{"type":"broadcast_ok","in_reply_to":2}}`+"\n"+
			`{"src":"n0","dest":"n2","body":{"type":"gossip","e":7,"f":0,"b":12,"runs":[{"o":"n0","l":"k","c":1,"v":[5,6]}]}}`+"\n"+
			`{"src":"n0","dest":"c1","body":{"type":"read_ok","in_reply_to":0,"messages":[5,6]}}`+"\n")))
	<-w.begun
	require.Equal(t, 1, w.answered)
	require.Equal(t, map[string]int{"n2": 2}, w.acked)
	require.Equal(t, 2, <-w.shown)
	require.Equal(t, `{"src":"n2","dest":"n0","body":{"type":"gossip","e":1,"f":7,"a":[[12,12]]}}`+"\n", string(<-w.acks))

	require.ErrorContains(t, w.listen(strings.NewReader(`{"body":{"type":"error","text":"overloaded"}}`+"\n")), "overloaded")
}
