package service_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/backpressure"
	"treecast/gossip"
	"treecast/gossip/service"
	"treecast/topology"
)

const ms = time.Millisecond

// peer is a node that is nothing but state and a gossip service, driven by frames.
type peer struct {
	t       *testing.T
	name    string
	service *service.Service
	state   *gossip.Log
	shared  bool
	held    *gossip.Digest
	source  gossip.OriginID
	told    int // of state, where it is not shared
	stored  []gossip.Ticket
	own     uint64
}

func newPeer(t *testing.T, name string, shared bool) *peer {
	p := &peer{t: t, name: name, state: gossip.NewLog(), shared: shared, held: gossip.NewDigest(), source: gossip.NewOriginID(name, "x")}
	cfg := service.Config{
		Gossip:  gossip.Config{Incarnation: 7, Rounds: gossip.Locked, Period: 100 * ms, AckDelay: gossip.DefaultAckDelay, GreetAt: gossip.Never},
		Permits: backpressure.DefaultPermitsConfig(0),
	}
	cfg.Permits.Stale = time.Second
	if shared {
		cfg.Shared.Log = p.state
	}
	var err error
	p.service, err = service.New(cfg)
	require.NoError(t, err)
	return p
}

// step drives one step, and stores what it delivers. What is not shared crosses a
// process boundary: it is encoded and decoded.
func (p *peer) step(in service.In) (sent []service.Packet) {
	in.Own, in.OwnLast, in.Room, in.Stored = p.source, p.own, 100, p.stored
	p.stored = nil
	if !p.shared {
		for ; p.told < p.state.Len(); p.told++ {
			in.Appended = append(in.Appended, p.state.At(p.told))
		}
		in.Appended = crossed(p.t, in.Appended)
	}
	out := p.service.Step(&in)
	require.NoError(p.t, out.Trouble)
	if d := out.Deliver; d != nil {
		for _, e := range d.Entries {
			if p.held.Add(e.Origin, e.Counter) {
				p.state.Append(e)
			}
		}
		p.stored = append(p.stored, d.Ticket)
	}
	return slices.Clone(out.Send)
}

// crossed is what entries are at the other end of a pipe.
func crossed(t *testing.T, entries []gossip.Entry) (out []gossip.Entry) {
	type plain struct {
		Origin, Log string
		Counter     uint64
		Value       string
	}
	var there []plain
	for _, e := range entries {
		there = append(there, plain{e.Origin.Value().Node, e.Origin.Value().Log, e.Counter, e.Value})
	}
	text, err := json.Marshal(there)
	require.NoError(t, err)
	there = nil
	require.NoError(t, json.Unmarshal(text, &there))
	for _, e := range there {
		out = append(out, gossip.Entry{Origin: gossip.NewOriginID(e.Origin, e.Log), Counter: e.Counter, Value: e.Value})
	}
	return out
}

// exchange has three peers spread values for a time and returns all that is sent.
func exchange(t *testing.T, shared bool) (said []string, peers []*peer) {
	names := []string{"n0", "n1", "n2"}
	tree, err := topology.New(names, 1)
	require.NoError(t, err)
	type packet struct {
		at   time.Duration
		from string
		service.Packet
	}
	var way []packet
	for _, name := range names {
		peers = append(peers, newPeer(t, name, shared))
	}
	at := func(p *peer, now time.Duration, in service.In) {
		in.Now = now
		for _, sent := range p.step(in) {
			said = append(said, fmt.Sprintf("%v %s to %s: %s", now, p.name, sent.To, sent.Body))
			way = append(way, packet{now + 10*ms, p.name, sent})
		}
	}
	for _, p := range peers {
		at(p, 0, service.In{Begin: &service.Membership{Self: p.name, Members: tree}})
	}
	for now := time.Duration(0); now < 3*time.Second; now += ms {
		if p := peers[int(now/ms)%3]; now%(50*ms) == 0 && now < time.Second {
			p.own++
			e := gossip.Entry{Origin: p.source, Counter: p.own, Value: fmt.Sprint(int(now / ms))}
			p.held.Add(e.Origin, e.Counter)
			p.state.Append(e)
		}
		for len(way) > 0 && way[0].at <= now {
			first := way[0]
			way = way[1:]
			to := peers[slices.Index(names, first.To)]
			at(to, now, service.In{Message: &service.Message{From: first.from, Body: first.Body}})
		}
		for _, p := range peers {
			at(p, now, service.In{})
		}
	}
	return said, peers
}

// What is shared is an optimisation: a service that is only told says the same.
func TestService_saysTheSameWithAndWithoutASharedLog(t *testing.T) {
	shared, peers := exchange(t, true)
	told, others := exchange(t, false)
	require.Equal(t, shared, told)
	require.Greater(t, len(shared), 20)
	for i, p := range append(peers, others...) {
		require.Equal(t, 20, p.state.Len(), "peer %d knows everything", i)
	}
}

func TestService_saysWhatIsWrongWithAMessage(t *testing.T) {
	p := newPeer(t, "n0", true)
	in := &service.In{Message: &service.Message{From: "n1", Body: []byte(`{"type":"gossip","e":1,"f":0}`)}}
	require.Error(t, p.service.Step(in).Unreadable, "before it has begun")
	require.Equal(t, gossip.Never, p.service.Next())
	tree, err := topology.New([]string{"n0", "n1"}, 1)
	require.NoError(t, err)
	p.step(service.In{Begin: &service.Membership{Self: "n0", Members: tree}})
	out := p.service.Step(in)
	require.NoError(t, out.Unreadable)
	require.NoError(t, out.Refused)
	in.Message.Body = []byte(`{"type":"gossip","e":0}`)
	require.Error(t, p.service.Step(in).Refused)
	in.Message.Body = []byte(`{"type":"gossip","e":"hostile"}`)
	require.Error(t, p.service.Step(in).Unreadable)
	in.Own, in.OwnLast = p.source, 2
	in.Message.Body = []byte(`{"type":"gossip","e":1,"b":1,"runs":[{"o":"n0","l":"x","c":3,"v":[1]}]}`)
	require.True(t, p.service.Step(in).Beyond)
}

func TestService_sendsNoMoreThanThereIsRoomFor(t *testing.T) {
	p := newPeer(t, "n0", true)
	names := []string{"n0"}
	for i := range 9 {
		names = append(names, fmt.Sprint("n", i+1))
	}
	tree, err := topology.New(names, 1)
	require.NoError(t, err)
	p.step(service.In{Begin: &service.Membership{Self: "n0", Members: tree}})
	p.state.Append(gossip.Entry{Origin: p.source, Counter: 1, Value: "7"})
	p.service.Step(&service.In{Now: time.Second})
	due := p.service.Next()
	sent := 0
	for range 9 {
		require.Empty(t, p.service.Step(&service.In{Now: due}).Send, "no room")
		n := len(p.service.Step(&service.In{Now: due, Room: 2}).Send)
		require.LessOrEqual(t, n, 2)
		sent += n
	}
	require.Equal(t, 9, sent)
}

func TestNew_reportsSettingsThatCannotWork(t *testing.T) {
	_, err := service.New(service.Config{Gossip: gossip.Config{Incarnation: 1, Period: -1}, Permits: backpressure.DefaultPermitsConfig(1)})
	require.Error(t, err)
	_, err = service.New(service.Config{Gossip: gossip.Config{Incarnation: 1, Period: 1}, Permits: backpressure.DefaultPermitsConfig(-1)})
	require.Error(t, err)
}
