package experiment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload"
	"treecast/workload/all"
)

// script is a network by hand: every line is one message.
type script struct {
	*observer
	ids int64
}

// broadcasts is the workload whose values are followed.
func broadcasts() *workload.Workload {
	w, err := all.Named("broadcast")
	if err != nil {
		panic(err)
	}
	return w
}

func newScript(nodes ...string) *script {
	return &script{observer: newObserver(broadcasts(), nodes, run.NewMessageLog(io.Discard, 0))}
}

// send lets a message be sent at one time and arrive at another, both in
// milliseconds; it is dropped if it arrives at a negative time.
func (s *script) send(src, dest, body string, sent, arrived int) {
	var head struct{ Type string }
	if err := json.Unmarshal([]byte(body), &head); err != nil {
		panic(err)
	}
	m := run.Message{
		ID: s.ids, Src: src, Dest: dest, Type: head.Type, Body: json.RawMessage(body), Bytes: len(body),
		Sent: time.Duration(sent) * time.Millisecond, Delivered: -1,
	}
	s.ids++
	s.Sent(m)
	if arrived < 0 {
		s.Dropped(m, m.Sent)
		return
	}
	m.Delivered = time.Duration(arrived) * time.Millisecond
	s.Delivered(m)
}

func TestTheTrueDeliveryOfAValueEndsWithTheLastNode(t *testing.T) {
	s := newScript("n0", "n1", "n2")
	s.send("c6", "n0", `{"type":"broadcast","message":7,"msg_id":1}`, 10, 12)
	s.send("n0", "c6", `{"type":"broadcast_ok","in_reply_to":1}`, 13, 13)
	s.send("n0", "n1", `{"type":"gossip","e":1,"f":0,"runs":[{"o":"n0","v":[7]}]}`, 100, 200)
	s.send("c7", "n1", `{"type":"read","msg_id":1}`, 205, 205)
	s.send("n1", "c7", `{"type":"read_ok","in_reply_to":1,"messages":[7]}`, 206, 206)
	s.send("n1", "n2", `{"type":"gossip","e":1,"f":0,"runs":[{"o":"n0","v":[7]}]}`, 210, 310)
	s.send("n2", "n1", `{"type":"gossip","e":1,"f":0,"ack":[1]}`, 311, 411)

	d := s.figures().Result()
	require.Equal(t, 1, d.ValueCount)
	require.Equal(t, 1, d.FullCount)
	require.Equal(t, 300*time.Millisecond, d.Latencies.Max.Duration())
	require.Equal(t, "n2", d.Worst[0].LastNode)
	require.Equal(t, int64(3), d.HandedCount, "reads and replies hand nothing over")
	require.Zero(t, d.RepeatCount)
}

func TestServerMessagesAreBrokenDownByKind(t *testing.T) {
	s := newScript("n0", "n1")
	s.send("c6", "n0", `{"type":"broadcast","message":7,"msg_id":1}`, 0, 0)
	s.send("n0", "n1", `{"type":"gossip","e":1,"f":0,"runs":[{"o":"n0","v":[7]}]}`, 1, 2)
	s.send("n0", "n1", `{"type":"gossip","e":1,"f":0,"re":true,"runs":[{"o":"n0","v":[7]}]}`, 3, 4)
	s.send("n1", "n0", `{"type":"gossip","e":1,"f":0,"ack":[1]}`, 5, 6)
	s.send("n1", "n0", `{"type":"gossip","e":1,"f":0,"ack":[1]}`, 6, -1)
	s.send("n1", "c6", `{"type":"read_ok","messages":[7]}`, 7, 7)

	traffic := s.traffic.Result(1)
	require.Equal(t, int64(4), traffic.Messages, "those that were dropped are traffic too")
	kinds := map[string]int64{}
	for _, share := range traffic.ByKind {
		kinds[share.Name] = share.Messages
	}
	require.Equal(t, map[string]int64{run.KindData: 1, run.KindResend: 1, run.KindAck: 2}, kinds)
	require.Equal(t, int64(1), s.figures().Result().RepeatCount)

	net := s.net.Result(2)
	require.Equal(t, run.NetCounts{SendCount: 4, RecvCount: 3, MsgCount: 4, MsgsPerOp: net.Servers.MsgsPerOp}, net.Servers)
	require.InDelta(t, 2, *net.Servers.MsgsPerOp, 0)
	require.InDelta(t, 3, *net.All.MsgsPerOp, 0)
	require.Equal(t, int64(2), net.Clients.MsgCount)
}

func TestAValueThatAPartitionAteIsNotDelivered(t *testing.T) {
	s := newScript("n0", "n1")
	s.send("c6", "n0", `{"type":"broadcast","message":7,"msg_id":1}`, 0, 0)
	s.send("n0", "n1", `{"type":"gossip","e":1,"f":0,"runs":[{"o":"n0","v":[7]}]}`, 1, -1)
	d := s.figures().Result()
	require.Zero(t, d.FullCount)
	require.Nil(t, d.Latencies)
	require.Equal(t, []string{"n1"}, d.Partial[0].Lacking)
}

func TestWhatNoReaderUnderstandsHasNoDeliveryFigures(t *testing.T) {
	s := newScript("n0", "n1")
	s.send("c6", "n0", `{"type":"broadcast","message":7,"msg_id":1}`, 0, 0)
	require.NotNil(t, s.figures())
	s.send("n0", "n1", `{"type":"secret","blob":"AAAA"}`, 1, 2)
	require.Nil(t, s.figures())
	require.Equal(t, `a message between nodes is not understood: {"type":"secret","blob":"AAAA"}`, s.withoutFigures())
	s.send("n0", "n1", `{"type":"gossip","values":[7]}`, 1, 2)
	require.Equal(t, `2 messages between nodes are not understood, the first: {"type":"secret","blob":"AAAA"}`, s.withoutFigures())
	require.Equal(t, run.KindOther, s.traffic.Result(1).ByKind[0].Name)
}

func TestOnlyABroadcastRequestOfAClientBringsAValue(t *testing.T) {
	s := newScript("n0")
	s.send("c6", "n0", `{"type":"echo","message":7,"msg_id":1}`, 0, 0)
	s.send("c6", "n0", `{"type":"broadcast","value":7,"msg_id":2}`, 0, 0)
	require.Zero(t, s.figures().Result().ValueCount)
}

func TestNodesThatAreWrittenLikeMostAreUnderstood(t *testing.T) {
	for name, body := range map[string]string{
		"one value":        `{"type":"broadcast","message":7}`,
		"a list of values": `{"type":"sync","messages":[6,7]}`,
		"called gossip":    `{"type":"gossip","messages":[7],"msg_id":3}`,
		"one, called so":   `{"type":"gossip","message":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript("n0", "n1")
			s.send("c6", "n0", `{"type":"broadcast","message":7,"msg_id":1}`, 0, 1)
			s.send("n0", "n1", body, 5, 25)
			s.send("n1", "n0", `{"type":"gossip_ok","in_reply_to":3}`, 25, 45)
			s.send("n1", "n0", `{"type":"error","in_reply_to":3,"code":11,"text":"busy"}`, 25, 45)
			require.Empty(t, s.withoutFigures(), "a bare answer carries nothing")
			d := s.figures().Result()
			require.Equal(t, 1, d.FullCount)
			require.Equal(t, 25*time.Millisecond, d.Latencies.Max.Duration())
		})
	}
}

func TestAValueIsHandedOnByTheCopyOfAMessageToo(t *testing.T) {
	s := newScript("n0", "n1")
	s.copies = true
	s.send("c6", "n0", `{"type":"broadcast","message":7,"msg_id":1}`, 0, 1)
	m := run.Message{ID: 77, Src: "n0", Dest: "n1", Type: "sync", Body: json.RawMessage(`{"type":"sync","messages":[7]}`)}
	s.Sent(m)
	s.Dropped(m, 0)
	require.Equal(t, int64(1), s.traffic.Result(1).LostCount)
	m.Copy, m.Delivered = true, 30*time.Millisecond
	s.Delivered(m)
	require.Equal(t, int64(1), s.traffic.Result(1).CopyCount)
	require.Equal(t, 30*time.Millisecond, s.figures().Result().Latencies.Max.Duration())
}

func TestALoggedMessageIsOneLineOfMaelstroms(t *testing.T) {
	s := newScript(`n"0`)
	var sent, received bytes.Buffer
	s.logSent, s.logDelivered = &sent, &received
	body := `{"type":"broadcast","message":"a\nb","msg_id":1}`
	s.send("c6", `n"0`, body, 1500, 12345)
	s.send(`n"0`, "c6", `{"type":"broadcast_ok"}`, 13000, -1)
	arrived, lost, _ := strings.Cut(received.String(), "\n")
	require.True(t, strings.HasPrefix(arrived, "   12.345 recv {"), received.String())
	require.Equal(t, `   13.000 lost {"id":1,"src":"n\"0","dest":"c6","body":{"type":"broadcast_ok"}}`+"\n", lost)
	received.Reset()
	s.Delivered(run.Message{Copy: true, Body: json.RawMessage("{}")})
	require.Contains(t, received.String(), " recv copy {")
	first, second, _ := strings.Cut(sent.String(), "\n")
	require.Equal(t, fmt.Sprintf(`    1.500 send {"id":0,"src":"c6","dest":"n\"0","body":%s}`, body), first)
	_, message, _ := strings.Cut(second, "send ")
	require.True(t, json.Valid([]byte(message)), message)
}
