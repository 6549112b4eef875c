package service_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/backpressure"
	"treecast/gossip"
	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/topology"
)

func TestSpanLimits_dropWhatIsBeyondThem(t *testing.T) {
	p := newPeer(t, "n0", true)
	cfg := service.Config{
		Gossip:  gossip.Config{Incarnation: 7, Rounds: gossip.Locked, Period: 100 * ms, AckDelay: gossip.DefaultAckDelay, GreetAt: gossip.Never},
		Permits: backpressure.DefaultPermitsConfig(0), Spans: backpressure.AllowanceConfig{PerSecond: 100},
	}
	var err error
	p.service, err = service.New(cfg)
	require.NoError(t, err)
	tree, err := topology.New([]string{"n0", "n1", "n2"}, 2)
	require.NoError(t, err)
	p.step(service.In{Begin: &service.Membership{Self: "n0", Members: tree}})
	message := func(now time.Duration, from string, spans int) *service.Out {
		var all []string
		for i := range spans {
			all = append(all, fmt.Sprintf("[%d,%d]", 2*i+1, 2*i+1))
		}
		body := `{"type":"gossip","e":5,"f":7,"b":1,"vec":{"x":1,"i":0,"n":1,"h":[{"o":"n9","l":"l","s":[` + strings.Join(all, ",") + `]}]}}`
		return p.service.Step(&service.In{Now: now, Message: &service.Message{From: from, Body: []byte(body)}})
	}
	require.False(t, message(ms, "n1", 99).Limited)
	require.True(t, message(2*ms, "n1", 99).Limited)
	require.False(t, message(3*ms, "n2", 99).Limited, "each has its own")
	require.True(t, message(900*ms, "n1", 99).Limited)
	require.False(t, message(time.Minute, "n1", 99).Limited, "forgotten")
}

func TestSpans_areWhatADigestHasAtMost(t *testing.T) {
	require.Zero(t, service.Spans([]byte(`{"type":"gossip","e":1,"f":0,"runs":[{"o":"n1","l":"l","c":1,"v":[[1],[2]]}],"a":[[1,2]]}`)))
	require.Zero(t, service.Spans(nil))
	m := &gossip.Message{Digest: &gossip.DigestPart{Lines: []gossip.DigestLine{{Origin: gossip.NewOriginID("n1", "l"), Counters: make(gossip.Spans, 3)}, {Origin: gossip.NewOriginID("n2", "l"), Counters: make(gossip.Spans, 1)}}}}
	require.Equal(t, 7, service.Spans(codec.Append(nil, m)))
}

// What the node keeps of a peer's digests is bounded, whatever the peer shows.
func TestService_keepsNoMoreOfAPeersDigestThanItMay(t *testing.T) {
	p := newPeer(t, "n0", true)
	tree, err := topology.New([]string{"n0", "n1"}, 2)
	require.NoError(t, err)
	p.step(service.In{Begin: &service.Membership{Self: "n0", Members: tree}})
	limited := 0
	for i := range 300 {
		m := &gossip.Message{Incarnation: 5, For: 7, Batch: uint64(i + 1), Digest: &gossip.DigestPart{Exchange: uint64(i), Parts: 1}}
		for k := range 1000 {
			m.Digest.Lines = append(m.Digest.Lines, gossip.DigestLine{Origin: gossip.NewOriginID("n1", fmt.Sprint(i, k)), Counters: gossip.Spans{{First: 1, Last: 1}}})
		}
		if p.service.Step(&service.In{Now: ms, Message: &service.Message{From: "n1", Body: codec.Append(nil, m)}}).Limited {
			limited++
		}
	}
	view, _ := p.service.View()
	require.InDelta(t, service.MaxShown, view.Shown("n1"), 2000)
	require.InDelta(t, 300-service.MaxShown/1000, limited, 3)
}

// An overwhelmed node sends nothing new to an adopted child, goes on with those of the
// tree, and takes the adopted one up again when it is well.
func TestOptional_linksAreGivenUpFirstAndTakenUpAgain(t *testing.T) {
	p := newPeer(t, "n0", true)
	tree, err := topology.New([]string{"n0", "n1", "n2"}, 1)
	require.NoError(t, err)
	cfg := service.Config{
		Gossip:      gossip.Config{Incarnation: 7, Rounds: gossip.Eager, Period: 100 * ms, AckDelay: gossip.DefaultAckDelay, GreetAt: gossip.Never},
		Permits:     backpressure.DefaultPermitsConfig(100),
		NumChildren: 1,
	}
	p.service, err = service.New(cfg)
	require.NoError(t, err)
	p.state = gossip.NewLog()
	cfg.Shared.Log = p.state
	p.service, err = service.New(cfg)
	require.NoError(t, err)
	p.step(service.In{Begin: &service.Membership{Self: "n0", Members: tree}})
	now := time.Duration(0)
	batch := 0
	told := map[string]bool{} // by peer and value
	var figures service.OptionalFigures
	run := func(until time.Duration, busy bool) {
		for ; now < until; now += 10 * ms {
			in := service.In{Now: now, Room: 100, Health: service.Health{Known: true, At: now, Busy: busy}, Figures: true}
			out := p.service.Step(&in)
			figures = out.Figures.Optional
			sent := append([]service.Packet(nil), out.Send...)
			for _, s := range sent {
				for _, v := range []string{"111", "222", "333"} {
					if strings.Contains(string(s.Body), `"v":[`) && strings.Contains(string(s.Body), v) {
						told[s.To+" "+v] = true
					}
				}
				if number, ok := batchOf(string(s.Body)); ok { // it is acked at once
					batch++
					ack := fmt.Sprintf(`{"type":"gossip","e":5,"f":7,"a":[[%d,%d]]}`, number, number)
					in := service.In{Now: now, Room: 100, Health: in.Health, Message: &service.Message{From: s.To, Body: []byte(ack)}}
					p.service.Step(&in)
				}
			}
		}
	}
	hear := func(from, body string) {
		p.service.Step(&service.In{Now: now, Room: 0, Message: &service.Message{From: from, Body: []byte(body)}})
	}
	hear("n1", `{"type":"gossip","e":5,"f":7,"b":1}`)
	hear("n2", `{"type":"gossip","e":5,"f":7,"b":1,"j":1,"w":true,"vec":{"x":1,"i":0,"n":1,"h":[]}}`)
	run(time.Second, false)
	own := uint64(0)
	give := func(value string) {
		own++
		p.state.Append(gossip.Entry{Origin: p.source, Counter: own, Value: value})
	}
	give("111")
	run(2*time.Second, false)
	require.True(t, told["n1 111"] && told["n2 111"], "both are children: %v", told)
	require.False(t, figures.GivenUp)
	give("222")
	run(4*time.Second, true)
	require.True(t, told["n1 222"], "the tree goes on")
	require.False(t, told["n2 222"], "the adopted child waits")
	require.True(t, figures.GivenUp)
	require.EqualValues(t, 1, figures.Times)
	require.Positive(t, figures.Refused)
	run(8*time.Second, false)
	require.True(t, told["n2 222"], "it is taken up again")
	require.False(t, figures.GivenUp)
}

// batchOf is the number of a batch that wants an ack.
func batchOf(body string) (n int, ok bool) {
	_, rest, ok := strings.Cut(body, `"b":`)
	if ok {
		_, err := fmt.Sscanf(rest, "%d", &n)
		ok = err == nil
	}
	return n, ok
}
