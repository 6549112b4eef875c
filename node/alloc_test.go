//go:build !race

package node

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/node/stdin"
	"treecast/wire"
)

// What a request and a message allocate once queues and buffers have grown to
// what they need: what is kept of them, and nothing on the way. Lists, sets and
// logs grow by pieces, which comes to less than one allocation in eight values.

const growth = 0.125

// A broadcast allocates its body and its value.
func TestAlloc_broadcastBodyAndValue(t *testing.T) {
	r := StartedRig(t, IDs(1))
	const requests = 2000
	var lines strings.Builder
	for i := range requests {
		fmt.Fprintln(&lines, BroadcastLine("n0", i, fmt.Sprint(100_000+i)))
	}
	reader := wire.NewReader(strings.NewReader(lines.String()), 0)
	var item wire.Item
	handle := func() {
		var err error
		if item, err = reader.Next(); err != nil {
			panic(err)
		}
		r.intake.admit(0, 0, &item, stdin.Waiting)
		if w, err := r.store.Step(0); !w.Did || err != nil {
			panic("no job")
		}
		out, ok := r.outputInbox.TryNext()
		if !ok || r.output.handle(0, &out) != nil || r.output.writer.Flush() != nil {
			panic("no reply")
		}
		r.outputInbox.Done()
		r.Stdout.Reset()
	}
	for range requests / 4 {
		handle()
	}
	require.LessOrEqual(t, testing.AllocsPerRun(requests/2, handle), 2+growth)
	require.Zero(t, r.counters.refusedFull.Load())
}

// An echo allocates its body and its reply.
func TestAlloc_echoBodyAndReply(t *testing.T) {
	r := StartedRig(t, IDs(1))
	line := []byte(Say("c1", "n0", `{"type":"echo","echo":[1,2],"msg_id":1}`))
	var parser wire.Parser
	var item wire.Item
	handle := func() {
		item = parser.Item(line)
		r.intake.admit(0, 0, &item, stdin.Waiting)
		out, ok := r.outputInbox.TryNext()
		if !ok || r.output.handle(0, &out) != nil || r.output.writer.Flush() != nil {
			panic("no reply")
		}
		r.outputInbox.Done()
		r.Stdout.Reset()
	}
	handle()
	// The reply grows twice while it is put together; the item of the line is
	// handed on by reference.
	require.LessOrEqual(t, testing.AllocsPerRun(1000, handle), 5.0)
}

// An ack is handled without allocating.
func TestAlloc_nothingForAnAck(t *testing.T) {
	c := NewCluster(t, 2)
	r := c.Rigs["n1"] // the child
	c.Spread(1, 20, time.Second)
	c.Run(30 * time.Second)
	// An ack of what is acked already runs all the way and changes nothing.
	var body []byte
	for _, sent := range c.Between {
		if sent.From == "n0" && bytes.Contains([]byte(sent.Line), []byte(`"a":`)) && !bytes.Contains([]byte(sent.Line), []byte(`"b":`)) {
			item := (&wire.Parser{}).Item([]byte(sent.Line))
			body = item.Message.Body
		}
	}
	require.NotNil(t, body)
	decoder := codec.NewDecoder(nil)
	decoding := testing.AllocsPerRun(1000, func() { _, _ = decoder.Message(body) })
	in := &service.In{Now: c.Now, Message: &service.Message{From: "n0", Body: body}}
	require.Equal(t, decoding, testing.AllocsPerRun(1000, func() {
		if r.gossiper.service.Step(in).Deliver != nil {
			panic("it brings something")
		}
	}))
}

// A round does and allocates the same with a few and with many known values. It
// is counted, not timed.
func TestAlloc_roundIgnoresHistory(t *testing.T) {
	const delta = 100
	for _, whole := range []bool{false, true} {
		var allocations [2]float64
		var bytes [2]int
		for i, history := range []int{1000, 200_000} {
			r := newRounder(t, whole, 3, history)
			r.prepare(21 * delta)
			allocations[i] = testing.AllocsPerRun(20, func() { r.round(delta) })
			bytes[i] = r.bytes
			require.Zero(t, r.GossipFigures(r.now).Gossip.Resends)
		}
		require.InDelta(t, bytes[0], bytes[1], 30*3, "counters have more digits")
		require.InDelta(t, allocations[0], allocations[1], 2+delta*growth, "but for lists and logs that grow")
	}
}
