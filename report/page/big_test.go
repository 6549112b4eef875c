package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// maxPageBytes is how long a page may be.
const maxPageBytes = 1_500_000

// big is the record of a made-up run of so many nodes and messages: a star whose
// root flushes to all, one value a round, and operations of random length.
func big(t testing.TB, nodes, messages int, value func(i int) string) *run.Folder {
	t.Helper()
	f := small(t)
	var out bytes.Buffer
	l := run.NewMessageLog(&out, 1<<30)
	rng := rand.New(rand.NewPCG(1, 2))
	traffic := run.Traffic{ByKind: []run.Share{{Name: run.KindData, Messages: int64(messages)}}, LinkCount: nodes - 1}
	for n := range nodes {
		traffic.Nodes = append(traffic.Nodes, run.NodeTraffic{Node: fmt.Sprint("n", n), SentMessages: int64(rng.IntN(1000))})
	}
	traffic.Messages = int64(messages)
	f.Results.Traffic, f.Results.Settings.NodeCount = &traffic, nodes
	f.History = nil
	at := time.Duration(0)
	for id := int64(0); id < int64(messages); {
		at += 5 * time.Millisecond
		v := []json.RawMessage{json.RawMessage(value(int(id)))}
		origin := fmt.Sprint("n", rng.IntN(nodes))
		l.Sent(&run.Message{ID: id, Src: "c1", Dest: origin, Type: "broadcast", Bytes: 40, Sent: at}, run.KindData, v)
		l.Delivered(id, at)
		id++
		for n := range nodes {
			l.Sent(&run.Message{ID: id, Src: "n0", Dest: fmt.Sprint("n", n), Type: "gossip", Bytes: 90, Sent: at}, run.KindData, v)
			if rng.IntN(100) == 0 {
				l.Lost(id, at+time.Duration(rng.IntN(int(100*time.Millisecond))))
			} else {
				l.Delivered(id, at+time.Duration(rng.IntN(int(100*time.Millisecond))))
			}
			id++
		}
		invoked := run.Op{Time: at, Type: run.Invoke, Process: int(id % 50), F: "broadcast"}
		done := invoked
		done.Type, done.Time = run.OK, at+time.Duration(rng.ExpFloat64()*float64(50*time.Millisecond))
		f.History = append(f.History, invoked, done)
	}
	require.NoError(t, l.Close())
	var err error
	f.Messages, err = run.ReadMessages(&out)
	require.NoError(t, err)
	return f
}

func TestThePageOfABigRunStaysSmallAndSaysWhatItLeavesOut(t *testing.T) {
	for name, f := range map[string]*run.Folder{
		"many nodes": big(t, 1000, 100_000, func(i int) string { return fmt.Sprint(i) }),
		"few nodes":  big(t, 10, 60_000, func(i int) string { return fmt.Sprint(i) }),
		"long values": big(t, 25, 60_000, func(i int) string {
			text, _ := json.Marshal(fmt.Sprintf("%d<%s", i, bytes.Repeat([]byte("<&"), 400)))
			return string(text)
		}),
	} {
		page := draw(t, f)
		require.Less(t, len(page), maxPageBytes, name)
		has(t, page, "between nodes are not in this page; messages.csv has them", name)
		if name == "few nodes" {
			has(t, page, "Operations that lie on top of each other are drawn once", name)
		}
		if name == "many nodes" {
			has(t, page, "40 of 1\u202f000 nodes are shown")
			has(t, page, "The 600 busiest of 1\u202f000 nodes are shown")
		}
	}
}

func BenchmarkPageOfAMillionMessages(b *testing.B) {
	f := big(b, 25, 1_000_000, func(i int) string { return fmt.Sprint(i) })
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, Write(io.Discard, f))
	}
}
