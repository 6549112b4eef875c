package gossip_test

import (
	"fmt"
	"strings"
	"time"

	"treecast/gossip"
)

// show spells a message for people: batch, entries, digest, wishes, acks,
// echo, and what locked rounds tell; what is absent is left out.
//
//	1>2 #3 n0/a:4=[x y] vec[2 1/1 n0/a:1-3] resent probe want ack 1-2 5 echo 7+300ms
func show(m *gossip.Message) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, " "+format, args...) }
	fmt.Fprintf(&b, "%d>%d", m.Incarnation, m.For)
	if m.Batch != 0 {
		say("#%d", m.Batch)
	}
	for _, r := range m.Runs {
		say("%s:%d=%s", showSource(r.Origin), r.First, showValues(r.Values))
	}
	if v := m.Digest; v != nil {
		say("digest[%d %d/%d", v.Exchange, v.Part+1, v.Parts)
		for _, h := range v.Lines {
			say("%s:%s", showSource(h.Origin), showSpans(h.Counters))
		}
		b.WriteString("]")
	}
	for _, wish := range []struct {
		is   bool
		name string
	}{{m.Resent, "resent"}, {m.Late, "late"}, {m.Probe, "probe"}, {m.Want, "want"}} {
		if wish.is {
			say("%s", wish.name)
		}
	}
	if len(m.Acks) > 0 {
		say("ack %s", showSpans(m.Acks))
	}
	if m.Echo != (gossip.Echo{}) {
		say("echo %d+%v", m.Echo.Batch, m.Echo.Held)
	}
	if m.Echo.Planned {
		say("early %v", m.Echo.Early)
	}
	if m.Round != 0 {
		say("round %d", m.Round)
	}
	if m.Period != 0 {
		say("period %v", m.Period)
	}
	if m.Term != 0 {
		say("term %d", m.Term)
	}
	if m.Relation != gossip.Unrelated {
		say("%s", [...]string{gossip.Attached: "attached", gossip.Adopted: "adopted", gossip.Pruned: "pruned", gossip.Syncing: "syncing", gossip.SyncingAll: "syncing all"}[m.Relation])
	}
	if len(m.Suspects) > 0 {
		say("suspects %s", strings.Join(m.Suspects, ","))
	}
	if m.Path != 0 {
		say("path %v", m.Path)
	}
	return b.String()
}

func showSource(s gossip.OriginID) string { return s.Value().Node + "/" + s.Value().Log }

// showValues shows a few values in full and of many or long ones the size.
func showValues(values []string) string {
	text := "[" + strings.Join(values, " ") + "]"
	if len(text) > 60 {
		return fmt.Sprintf("[%d values, %d bytes]", len(values), len(text)-2)
	}
	return text
}

func showSpans(spans []gossip.Span) string {
	var words []string
	for _, s := range spans {
		if s.First == s.Last {
			words = append(words, fmt.Sprint(s.First))
		} else {
			words = append(words, fmt.Sprintf("%d-%d", s.First, s.Last))
		}
	}
	return strings.Join(words, ",")
}

func showTime(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
