package checker

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestTrafficIsWhatNodesSendEachOther(t *testing.T) {
	kinds := map[string]string{"gossip": run.KindData, "gossip_ok": run.KindAck}
	traffic := NewTraffic()
	for i := range journal[:8] { // the last one is addressed to what counts as a client
		m := &journal[i]
		kind, ok := kinds[m.Type]
		if !ok {
			kind = run.KindOther
		}
		traffic.Sent(m, kind)
		if m.Delivered >= 0 {
			traffic.Delivered(m)
		}
	}
	require.Equal(t, run.Traffic{
		Messages: 4, Bytes: 105, MessagesPerBroadcast: 2,
		ByKind: []run.Share{
			{Name: "data", Messages: 2, Bytes: 80, MessageShare: 0.5, ByteShare: 80. / 105},
			{Name: "ack", Messages: 1, Bytes: 10, MessageShare: 0.25, ByteShare: 10. / 105},
			{Name: "other", Messages: 1, Bytes: 15, MessageShare: 0.25, ByteShare: 15. / 105},
		},
		ByType: []run.Share{
			{Name: "gossip", Messages: 2, Bytes: 80, MessageShare: 0.5, ByteShare: 80. / 105},
			{Name: "gossip_ok", Messages: 1, Bytes: 10, MessageShare: 0.25, ByteShare: 10. / 105},
			{Name: "read", Messages: 1, Bytes: 15, MessageShare: 0.25, ByteShare: 15. / 105},
		},
		Nodes: []run.NodeTraffic{
			{Node: "lin-kv", ReceivedMessages: 1, ReceivedBytes: 15},
			{Node: "n0", SentMessages: 3, SentBytes: 95, ReceivedMessages: 1, ReceivedBytes: 10},
			{Node: "n1", SentMessages: 1, SentBytes: 10, ReceivedMessages: 1, ReceivedBytes: 30},
		},
		LinkCount: 4,
		Links: []run.LinkTraffic{
			{From: "n0", To: "lin-kv", Messages: 1, Bytes: 15},
			{From: "n0", To: "n1", Messages: 1, Bytes: 30},
			{From: "n0", To: "n10", Messages: 1, Bytes: 50},
			{From: "n1", To: "n0", Messages: 1, Bytes: 10},
		},
	}, traffic.Result(2))
}

func TestNoTrafficIsNothingPerBroadcast(t *testing.T) {
	got := NewTraffic().Result(0)
	require.Equal(t, run.Traffic{
		ByKind: []run.Share{}, ByType: []run.Share{}, Nodes: []run.NodeTraffic{}, Links: []run.LinkTraffic{},
	}, got)
}

func TestOnlyTheBusiestLinksAreListed(t *testing.T) {
	traffic := NewTraffic()
	for i := range 150 {
		m := run.Message{Src: "n0", Dest: fmt.Sprintf("n%d", i+1), Type: "gossip"}
		for range i + 1 {
			traffic.Sent(&m, run.KindData)
		}
	}
	got := traffic.Result(1)
	require.Equal(t, 150, got.LinkCount)
	require.Len(t, got.Links, 100)
	require.Equal(t, run.LinkTraffic{From: "n0", To: "n150", Messages: 150}, got.Links[0])
	require.EqualValues(t, 51, got.Links[99].Messages)
}
