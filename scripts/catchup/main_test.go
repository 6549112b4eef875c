package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuantilesAreOfTheWaits(t *testing.T) {
	require.Zero(t, quantile(nil, 0.99))
	var waits []time.Duration
	for i := 100; i > 0; i-- {
		waits = append(waits, time.Duration(i))
	}
	require.Equal(t, time.Duration(50), quantile(waits, 0.5))
	require.Equal(t, time.Duration(99), quantile(waits, 0.99))
	require.Equal(t, time.Duration(100), quantile(waits, 1))
	require.Equal(t, time.Duration(7), quantile([]time.Duration{7}, 0.5))
}

func TestRepliesAreNoted(t *testing.T) {
	n := &node{name: "n1", asked: map[int]time.Time{4: time.Now()}, moved: make(chan struct{}, 1)}
	initialised := make(chan struct{})
	for _, line := range []string{
		`{"src":"n1","dest":"c1","body":{"type":"init_ok","in_reply_to":0}}`,
		`{"src":"n1","dest":"c1","body":{"type":"broadcast_ok","in_reply_to":1}}`,
		`{"src":"n1","dest":"c2","body":{"type":"echo_ok","in_reply_to":4,"echo":4}}`,
		`{"src":"n1","dest":"c2","body":{"type":"echo_ok","in_reply_to":5,"echo":5}}`,
		`{"src":"n1","dest":"c3","body":{"type":"health_ok","in_reply_to":6,"values":17}}`,
	} {
		require.NoError(t, n.take([]byte(line+"\n"), initialised))
	}
	<-initialised
	require.Equal(t, 1, n.answered)
	require.Len(t, n.waits, 1, "nobody asked for the other")
	require.Empty(t, n.asked)
	require.Equal(t, 17, n.held)
	require.ErrorContains(t, n.take([]byte(`{"dest":"c2","body":{"type":"error","text":"overloaded"}}`), initialised), "n1 answers: overloaded")
}

func TestMessagesGoToWhoIsThere(t *testing.T) {
	ctx := context.Background()
	p := &pair{cut: true}
	line := []byte("a message\n")
	p.forward(ctx, 1, line) // nobody is there
	p.nodes[1] = &node{queue: make(chan []byte, 1), quit: make(chan struct{})}
	p.forward(ctx, 1, line) // it is cut off
	require.Empty(t, p.nodes[1].queue)
	p.cut = false
	p.forward(ctx, 1, line)
	require.Equal(t, line, <-p.nodes[1].queue)
	require.Equal(t, 1, p.messages)
	require.Equal(t, len(line), p.longestLine)
}
