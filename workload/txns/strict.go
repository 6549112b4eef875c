package txns

import (
	"fmt"

	"treecast/checker/txn"
	"treecast/run"
	"treecast/workload"
)

// The kinds of finding that only transactions have.
const (
	findInternal     run.FindingKind = "internal"     // a transaction contradicts itself
	findUnreplicated run.FindingKind = "unreplicated" // a node lacks acknowledged writes when all is over
	findDiffer       run.FindingKind = "differ"       // two nodes do not have the same when all is over
)

// keysAtOnce is how many keys a node is asked for at once when all is over.
const keysAtOnce = 64

// inquiry reads every key that anybody asked to write.
func inquiry(kind txn.Kind, h run.History) (ops []workload.Op) {
	seen := map[txn.Value]bool{}
	var value []byte
	n := 0
	flush := func() {
		if n > 0 {
			ops = append(ops, workload.Op{F: fReadAll, Micro: true, Value: append(value, ']')})
		}
		value, n = nil, 0
	}
	for _, op := range read(kind, h).ops {
		if op.Type != txn.Invoke {
			continue
		}
		for _, m := range op.Txn {
			if m.F != txn.Write || seen[m.Key] {
				continue
			}
			seen[m.Key] = true
			separator := byte(',')
			if n == 0 {
				separator = '['
			}
			value = fmt.Appendf(append(value, separator), `["r",%s,null]`, m.Key)
			if n++; n == keysAtOnce {
				flush()
			}
		}
	}
	flush()
	return ops
}

// strict finds what no isolation level allows, and holds what every node has
// when all is over against what was acknowledged: all nodes have the same, and
// every acknowledged write has left something.
func (c *checked) strict(in workload.Input) (findings []run.Finding, unasked string) {
	f := collector{first: map[string]int{}}
	for _, b := range c.broken {
		f.add(run.FindingReply, in.NodeOf(b.op.Process), "operation %d was answered with %.200s: %v", b.op.Index, b.op.Value, b.err)
	}
	for _, v := range txn.Strict(c.kind, c.ops) {
		kind := map[string]run.FindingKind{txn.Mirror: run.FindingReply, txn.Internal: findInternal, txn.Nowhere: run.FindingUnsent}[v.Rule]
		f.add(kind, in.NodeOf(v.Op.Process), "operation %d of process %d, %.300s: %s", v.Op.Index, v.Op.Process, c.h[v.Op.Index].Value, v.Text)
	}
	if in.Inquiry == nil {
		if len(inquiry(c.kind, c.h)) == 0 {
			return f.findings, "" // there was nothing to ask for
		}
		return f.findings, "what each node holds in the end was not asked"
	}
	e := newEnd(c)
	for i := range in.Inquiry {
		if op := &in.Inquiry[i]; op.Type != run.Invoke {
			e.answer(&f, in, op)
		}
	}
	return f.findings, ""
}

// collector keeps one finding of each kind and node, with a count.
type collector struct {
	findings []run.Finding
	first    map[string]int // index of a finding, by kind and node
}

func (c *collector) add(kind run.FindingKind, node, format string, args ...any) {
	at := string(kind) + "/" + node
	if i, known := c.first[at]; known {
		c.findings[i].Count++
		return
	}
	c.first[at] = len(c.findings)
	c.findings = append(c.findings, run.Finding{Kind: kind, Node: node, Count: 1, Text: fmt.Sprintf(format, args...)})
}

// end is what must be there when all is over, and what the first node had.
type end struct {
	*checked
	acked  map[txn.Value][]write                  // per key: acknowledged writes
	fate   map[txn.Value]map[txn.Value]run.OpType // per key and value: what came of the write; Info while that is not known
	holder map[txn.Value]string                   // per key: the first node that told
	held   map[txn.Value]txn.Mop                  // per key: what it told
}

type write struct {
	value txn.Value
	op    int // index of the completion
}

func newEnd(c *checked) *end {
	e := &end{
		checked: c, acked: map[txn.Value][]write{}, fate: map[txn.Value]map[txn.Value]run.OpType{},
		holder: map[txn.Value]string{}, held: map[txn.Value]txn.Mop{},
	}
	for _, op := range c.ops {
		for _, m := range op.Txn {
			if m.F != txn.Write {
				continue
			}
			if e.fate[m.Key] == nil {
				e.fate[m.Key] = map[txn.Value]run.OpType{}
			}
			switch op.Type {
			case txn.OK:
				e.acked[m.Key] = append(e.acked[m.Key], write{m.Value, op.Index})
				e.fate[m.Key][m.Value] = run.OK
			case txn.Fail:
				e.fate[m.Key][m.Value] = run.Fail
			case txn.Invoke:
				e.fate[m.Key][m.Value] = run.Info
			}
		}
	}
	return e
}

// answer looks at what a node answered to a read-all.
func (e *end) answer(f *collector, in workload.Input, op *run.Op) {
	node := fmt.Sprint(op.Process)
	if op.Process < len(in.Options.Nodes) {
		node = in.Options.Nodes[op.Process]
	}
	if op.Type != run.OK {
		f.add(run.FindingDeaf, node, "%s did not answer a transaction of reads when all was over: %v", node, op.Error)
		return
	}
	mops, err := txn.Parse(e.kind, op.Value)
	if err != nil {
		f.add(run.FindingReply, node, "%s answered %.200s when all was over: %v", node, op.Value, err)
		return
	}
	for _, m := range mops {
		if m.F == txn.Read {
			e.holds(f, node, m)
		}
	}
}

// holds looks at what a node has of a key.
func (e *end) holds(f *collector, node string, m txn.Mop) {
	shown := m.List
	if e.kind == txn.Registers {
		shown = nil
		if m.Value != txn.Null {
			shown = []txn.Value{m.Value}
		}
	}
	has := map[txn.Value]bool{}
	for _, v := range shown {
		fate, known := e.fate[m.Key][v]
		switch {
		case !known:
			f.add(run.FindingUnsent, node, "%s has %s of key %s when all is over, which nobody had written", node, v, m.Key)
		case fate == run.Fail:
			f.add(run.FindingRefused, node, "%s has %s of key %s when all is over, whose transaction had failed", node, v, m.Key)
		case has[v]:
			f.add(run.FindingDuplicate, node, "%s has %s of key %s more than once", node, v, m.Key)
		}
		has[v] = true
	}
	acked := e.acked[m.Key]
	switch {
	case e.kind == txn.Registers && len(acked) > 0 && len(shown) == 0:
		f.add(findUnreplicated, node, "%s has nothing of key %s when all is over, which %s had written", node, m.Key, e.who(acked[0]))
	case e.kind == txn.Lists:
		for _, w := range acked {
			if !has[w.value] {
				f.add(findUnreplicated, node, "%s lacks %s of key %s when all is over, which %s had appended", node, w.value, m.Key, e.who(w))
			}
		}
	}
	if first, known := e.held[m.Key]; !known {
		e.held[m.Key], e.holder[m.Key] = m, node
	} else if a, b := e.text(first), e.text(m); a != b {
		f.add(findDiffer, node, "%s has key %s as %.200s when all is over, and %s as %.200s", node, m.Key, b, e.holder[m.Key], a)
	}
}

func (e *end) who(w write) string {
	op := &e.h[w.op]
	return fmt.Sprintf("process %d (operation %d, acknowledged at %v)", op.Process, op.Index, op.Time)
}

// text spells what a node has; an empty list and null are one.
func (e *end) text(m txn.Mop) string {
	if e.kind == txn.Registers {
		return m.Value.String()
	}
	text := []byte{'['}
	for i, v := range m.List {
		if i > 0 {
			text = append(text, ' ')
		}
		text = append(text, v.String()...)
	}
	return string(append(text, ']'))
}
