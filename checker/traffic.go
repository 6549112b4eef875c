package checker

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"treecast/run"
)

// linksShown is how many links Traffic's result lists.
const linksShown = 100

// Traffic counts what nodes send each other: by kind and type of message, per
// node and per link. Feed it as the run goes on; messages from and to clients
// are left out. It keeps a few words per node, link and type.
type Traffic struct {
	total load
	types map[string]*load
	kinds map[string]*load
	nodes map[string]*nodeLoad
	links map[link]*load

	lost, copies int64
}

type load struct{ messages, bytes int64 }

func (l *load) add(bytes int) {
	l.messages++
	l.bytes += int64(bytes)
}

type nodeLoad struct{ sent, received load }

type link struct{ from, to string }

// NewTraffic starts counting.
func NewTraffic() *Traffic {
	return &Traffic{
		types: make(map[string]*load), kinds: make(map[string]*load),
		nodes: make(map[string]*nodeLoad), links: make(map[link]*load),
	}
}

// Sent counts a message the network took, lost ones too. The kind is one of
// run.KindData, KindAck, KindResend and KindOther.
func (t *Traffic) Sent(m *run.Message, kind string) {
	if IsClient(m.Src) || IsClient(m.Dest) {
		return
	}
	t.total.add(m.Bytes)
	entry(t.types, m.Type).add(m.Bytes)
	entry(t.kinds, kind).add(m.Bytes)
	entry(t.nodes, m.Src).sent.add(m.Bytes)
	entry(t.links, link{m.Src, m.Dest}).add(m.Bytes)
}

// Delivered counts a message handed to its receiver.
func (t *Traffic) Delivered(m *run.Message) {
	if IsClient(m.Src) || IsClient(m.Dest) {
		return
	}
	entry(t.nodes, m.Dest).received.add(m.Bytes)
	if m.Copy {
		t.copies++
	}
}

// Dropped counts a message, or the duplicate of one, that never arrives.
func (t *Traffic) Dropped(m *run.Message) {
	switch {
	case IsClient(m.Src) || IsClient(m.Dest):
	case m.Copy:
		t.copies++
	default:
		t.lost++
	}
}

func entry[K comparable, V any](entries map[K]*V, key K) *V {
	e, ok := entries[key]
	if !ok {
		e = new(V)
		entries[key] = e
	}
	return e
}

// Result gives the figures for a run of so many broadcasts begun.
func (t *Traffic) Result(broadcasts int) run.Traffic {
	out := run.Traffic{
		Messages: t.total.messages, Bytes: t.total.bytes, LostCount: t.lost, CopyCount: t.copies,
		ByKind: t.shares(t.kinds), ByType: t.shares(t.types),
		Nodes: []run.NodeTraffic{}, LinkCount: len(t.links), Links: t.busiest(),
	}
	if broadcasts > 0 {
		out.MessagesPerBroadcast = float64(t.total.messages) / float64(broadcasts)
	}
	for _, name := range slices.SortedFunc(maps.Keys(t.nodes), run.CompareNames) {
		n := t.nodes[name]
		out.Nodes = append(out.Nodes, run.NodeTraffic{
			Node: name, SentMessages: n.sent.messages, SentBytes: n.sent.bytes,
			ReceivedMessages: n.received.messages, ReceivedBytes: n.received.bytes,
		})
	}
	return out
}

func (t *Traffic) shares(loads map[string]*load) []run.Share {
	out := make([]run.Share, 0, len(loads))
	for name, l := range loads {
		share := run.Share{Name: name, Messages: l.messages, Bytes: l.bytes}
		share.MessageShare = float64(l.messages) / float64(t.total.messages)
		if t.total.bytes > 0 {
			share.ByteShare = float64(l.bytes) / float64(t.total.bytes)
		}
		out = append(out, share)
	}
	slices.SortFunc(out, func(a, b run.Share) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), strings.Compare(a.Name, b.Name))
	})
	return out
}

func (t *Traffic) busiest() []run.LinkTraffic {
	out := make([]run.LinkTraffic, 0, len(t.links))
	for ends, l := range t.links {
		out = append(out, run.LinkTraffic{From: ends.from, To: ends.to, Messages: l.messages, Bytes: l.bytes})
	}
	slices.SortFunc(out, func(a, b run.LinkTraffic) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), run.CompareNames(a.From, b.From), run.CompareNames(a.To, b.To))
	})
	return out[:min(len(out), linksShown)]
}
