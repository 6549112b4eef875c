package kafka

import (
	"encoding/json"
	"fmt"
	"slices"

	"treecast/run"
	"treecast/wire"
	"treecast/workload"
)

// The kinds of finding.
const (
	findUnreplicated run.FindingKind = "unreplicated" // a node lacks acknowledged messages when all is over
	findOrder        run.FindingKind = "order"        // nodes have a key in two orders, or two messages at an offset
	findCommits      run.FindingKind = "commits"      // a node has forgotten acknowledged commits
	findSkipped      run.FindingKind = "skipped"      // a process skips messages behind a poll that brought nothing
	findDeaf         run.FindingKind = "deaf"         // a node does not answer when all is over
)

// inquiry asks every node for its committed offsets and for all of its messages.
func inquiry(h run.History, _ workload.Options) []workload.Op {
	seen := map[string]bool{}
	var keys []string
	for i := range h {
		if h[i].F != fSend {
			continue
		}
		e := parse(&h[i])
		for _, s := range e.sends {
			if !seen[s.key] {
				seen[s.key] = true
				keys = append(keys, s.key)
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	value, _ := json.Marshal(keys) // strings always marshal
	return []workload.Op{{F: fCommitted, Value: value}, {F: fReadAll, Value: value}}
}

// strict holds what every node has when all is over against what was
// acknowledged: each has every message, at the offset that was told, in the same
// order, and no older commits. Of the history it looks at what Jepsen's checker
// forgets: where a process was before a poll that brought nothing of a key.
func strict(a *analysis, in workload.Input) (findings []run.Finding, unasked string) {
	c := collector{first: map[run.FindingKind]int{}}
	a.skippedBehindNothing(&c, in)
	if in.Inquiry == nil {
		return c.findings, "what each node holds in the end was not asked"
	}
	all := newHoldings()
	for i := range in.Inquiry {
		op := &in.Inquiry[i]
		if op.Type == run.Invoke {
			continue
		}
		node := fmt.Sprint(op.Process)
		if op.Process < len(in.Options.Nodes) {
			node = in.Options.Nodes[op.Process]
		}
		switch {
		case op.Type != run.OK:
			c.add(findDeaf, node, "%s did not answer %s when all was over: %s", node, op.F, op.Error)
		case op.F == fCommitted:
			a.checkCommits(&c, node, op.Value)
		case op.F == fReadAll:
			a.checkHolding(&c, all, node, op.Value)
		}
	}
	return c.findings, ""
}

// collector keeps one finding of each kind and node, with a count.
type collector struct {
	findings []run.Finding
	first    map[run.FindingKind]int // index of the finding under way, by kind and node
}

func (c *collector) add(kind run.FindingKind, node, format string, args ...any) {
	id := run.FindingKind(string(kind) + "/" + node)
	if i, known := c.first[id]; known {
		c.findings[i].Count++
		return
	}
	c.first[id] = len(c.findings)
	c.findings = append(c.findings, run.Finding{Kind: kind, Node: node, Count: 1, Text: fmt.Sprintf(format, args...)})
}

// skippedBehindNothing finds skips and steps back from the last message that a
// process read of a key, however many polls without any lie between.
func (a *analysis) skippedBehindNothing(c *collector, in workload.Input) {
	type seen struct {
		lastSeen
		hidden bool // a poll without messages came since
	}
	processes := map[int]map[string]seen{}
	for i := range a.events {
		e := &a.events[i]
		last := processes[e.op.Process]
		if last == nil {
			last = map[string]seen{}
			processes[e.op.Process] = last
		}
		switch {
		case e.op.F == fAssign && (e.op.Type == run.OK || e.op.Type == run.Info):
			keys := assignedKeys(e.op.Value)
			for key := range last {
				if !keys[key] {
					delete(last, key)
				}
			}
		case e.op.F == fPoll && e.op.Type == run.OK:
			for _, k := range e.polls {
				before, known := last[k.key]
				if len(k.pairs) == 0 {
					before.hidden = true
					if known {
						last[k.key] = before
					}
					continue
				}
				l := a.logs[k.key]
				to := l.id(k.pairs[0].message)
				if delta, _ := l.step(max(before.id, 0), to); known && before.hidden && delta != 1 {
					c.add(findSkipped, in.NodeOf(e.op.Process), "%s read message %s of key %q, and, after polls that brought nothing, %s read %s, which is %d further on",
						describe(before.op), l.texts[before.id], k.key, describe(e.op), l.texts[to], delta)
				}
				last[k.key] = seen{lastSeen: lastSeen{e.op, l.id(k.pairs[len(k.pairs)-1].message)}}
			}
		}
	}
}

// checkCommits holds a node's committed offsets against those that an answered
// poll had acknowledged: every such poll commits the highest that it brought.
func (a *analysis) checkCommits(c *collector, node string, value json.RawMessage) {
	told := map[string]int64{}
	wire.EachField(value, func(key []byte, offset json.RawMessage) bool {
		told[string(key)], _ = wire.Int(offset)
		return true
	})
	committed := map[string]lastCommit{}
	for i := range a.events {
		e := &a.events[i]
		if e.op.Type != run.OK || e.op.F != fPoll {
			continue
		}
		for _, k := range e.polls {
			for _, p := range k.pairs {
				if last, known := committed[k.key]; !known || p.offset > last.offset {
					committed[k.key] = lastCommit{p.offset, e.op}
				}
			}
		}
	}
	for _, key := range a.keys {
		last, any := committed[key]
		if !any {
			continue
		}
		if offset, known := told[key]; !known {
			c.add(findCommits, node, "%s knows no committed offset of key %q, of which %s had committed %d", node, key, describe(last.op), last.offset)
		} else if offset < last.offset {
			c.add(findCommits, node, "%s has committed offset %d of key %q, where %s had committed %d", node, offset, key, describe(last.op), last.offset)
		}
	}
}

type lastCommit struct {
	offset int64
	op     *run.Op
}

// holdings are what nodes have shown so far: the message at each offset of a key,
// and who showed it first.
type holdings struct {
	at    map[string]map[int64]message
	shown map[string]map[int64]string
}

func newHoldings() *holdings {
	return &holdings{map[string]map[int64]message{}, map[string]map[int64]string{}}
}

func (a *analysis) checkHolding(c *collector, all *holdings, node string, value json.RawMessage) {
	polled, err := readMessages(value)
	if err != nil {
		c.add(findDeaf, node, "%s answered what cannot be read: %v", node, err)
		return
	}
	has := map[string]map[message]bool{}
	for _, k := range polled {
		l := a.log(k.key)
		has[k.key] = map[message]bool{}
		if all.at[k.key] == nil {
			all.at[k.key], all.shown[k.key] = map[int64]message{}, map[int64]string{}
		}
		for n, p := range k.pairs {
			id := l.id(p.message)
			if l.state[id].writer == nil {
				c.add(run.FindingUnsent, node, "%s has %s under key %q, which nobody sent", node, p.message, k.key)
			}
			if has[k.key][id] {
				c.add(run.FindingDuplicate, node, "%s has %s under key %q more than once", node, p.message, k.key)
			}
			has[k.key][id] = true
			if n > 0 && p.offset <= k.pairs[n-1].offset {
				c.add(findOrder, node, "%s shows offset %d of key %q after offset %d", node, p.offset, k.key, k.pairs[n-1].offset)
			}
			if other, known := all.at[k.key][p.offset]; known && other != id {
				c.add(findOrder, node, "%s has %s at offset %d of key %q, where %s has %s", node, p.message, p.offset, k.key, all.shown[k.key][p.offset], l.texts[other])
			} else if !known {
				all.at[k.key][p.offset], all.shown[k.key][p.offset] = id, node
			}
		}
	}
	for _, key := range slices.Clone(a.keys) {
		l := a.logs[key]
		for id := range l.state {
			if s := &l.state[id]; s.acked && !has[key][message(id)] {
				c.add(findUnreplicated, node, "%s lacks message %s of key %q, which %s had acknowledged to process %d at %v",
					node, l.texts[id], key, name(s.writer), s.writer.Process, s.writer.Time)
			}
		}
	}
}

func name(op *run.Op) string { return fmt.Sprintf("operation %d", op.Index) }
