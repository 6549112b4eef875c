package checker

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// journal has a message for every branch: client to node and back, between
// nodes, to a service, lost ones, and a node with a client's name.
var journal = []run.Message{
	{ID: 0, Src: "c0", Dest: "n0", Type: "init", Delivered: 1},
	{ID: 1, Src: "n0", Dest: "c0", Type: "init_ok", Delivered: 2},
	{ID: 2, Src: "c1", Dest: "n0", Type: "broadcast", Bytes: 20, Delivered: 3},
	{ID: 3, Src: "n0", Dest: "n1", Type: "gossip", Bytes: 30, Delivered: 4},
	{ID: 4, Src: "n0", Dest: "n10", Type: "gossip", Bytes: 50, Delivered: -1}, // lost in a partition
	{ID: 5, Src: "n1", Dest: "n0", Type: "gossip_ok", Bytes: 10, Delivered: 5},
	{ID: 6, Src: "n0", Dest: "lin-kv", Type: "read", Bytes: 15, Delivered: 6},
	{ID: 7, Src: "n0", Dest: "c1", Type: "broadcast_ok", Delivered: -1}, // its client is gone
	{ID: 8, Src: "n0", Dest: "cache1", Type: "gossip", Delivered: 7},
}

// netOf counts a journal of messages, each ID once.
func netOf(journal []run.Message, operations int) run.Net {
	var n Net
	for i := range journal {
		n.Sent(&journal[i])
		if journal[i].Delivered >= 0 {
			n.Delivered(&journal[i])
		}
	}
	return n.Result(operations)
}

func TestNetCountsAsMaelstromDoes(t *testing.T) {
	ratio := func(f float32) *float32 { return &f }
	want := run.Net{
		All:     run.NetCounts{SendCount: 9, RecvCount: 7, MsgCount: 9, MsgsPerOp: ratio(1.2857143)},
		Clients: run.NetCounts{SendCount: 5, RecvCount: 4, MsgCount: 5},
		Servers: run.NetCounts{SendCount: 4, RecvCount: 3, MsgCount: 4, MsgsPerOp: ratio(0.5714286)},
	}
	require.Equal(t, want, netOf(journal, 7))
}

func TestNetWithoutOperationsHasNoMessagesPerOperation(t *testing.T) {
	net := netOf(journal, 0)
	require.Nil(t, net.All.MsgsPerOp)
	require.Nil(t, net.Servers.MsgsPerOp)
	require.EqualValues(t, 9, net.All.MsgCount)
}

func TestAMessageDeliveredTwiceIsOneMessageReceivedTwice(t *testing.T) {
	var n Net
	n.Sent(&journal[3])
	n.Delivered(&journal[3])
	n.Delivered(&journal[3])
	got := n.Result(1)
	require.Equal(t, run.NetCounts{SendCount: 1, RecvCount: 2, MsgCount: 1, MsgsPerOp: got.Servers.MsgsPerOp}, got.Servers)
}

func TestClientsAreThoseWhoseNamesBeginWithC(t *testing.T) {
	for name, want := range map[string]bool{
		"c0": true, "c123": true, "cache": true, "n0": false, "lin-kv": false, "": false, "nc1": false,
	} {
		require.Equal(t, want, IsClient(name), fmt.Sprintf("%q", name))
	}
}

func BenchmarkNetOf(b *testing.B) {
	messages := make([]run.Message, 1_000_000)
	for i := range messages {
		messages[i] = journal[i%len(journal)]
	}
	for b.Loop() {
		if netOf(messages, 1).All.MsgCount != 1_000_000 {
			b.Fatal("messages are missing")
		}
	}
}
