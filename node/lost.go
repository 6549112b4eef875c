package node

import (
	"time"

	"treecast/wire"
)

// What a service had in hand when it crashed is gone. Whoever waits for it is
// told: with error 14 where it is certain that nothing was done, which lets a
// client take it as failed, and with error 13 where it may have been.

// The texts of the answers to what crashed a service.
const (
	abortedText = "a service of this node crashed on this request; nothing was done"
	crashedText = "a service of this node crashed on this request; it may have been done"
)

// watchLost has every inbox hand over what a crash loses.
func (d *driver) watchLost() {
	d.jobs.OnLost(func(j job) { d.lostJob(d.now(), &j) })
	d.mails.OnLost(func(m mail) { d.lostMail(d.now(), &m) })
	d.outs.OnLost(func(item outgoing) { d.lostReply(d.now(), &item) })
}

// lostJob answers for a job that crashed the record. The record is down, so its
// state may be read here.
func (n *Node) lostJob(now time.Duration, j *job) {
	n.jobBytes.put(j.bytes)
	switch j.kind {
	case jobBegin:
		if j.setup != nil {
			n.record.begin(now, j) // without it there is no node
		}
	case jobBroadcast:
		n.logLost("record", "broadcast", &j.request, j.value)
		if n.record.knows(j.value) {
			n.outbox.fail(now, j.request, wire.Crash, crashedText)
		} else {
			n.outbox.fail(now, j.request, wire.Abort, abortedText)
		}
	case jobRead:
		n.logLost("record", "read", &j.request, nil)
		n.outbox.fail(now, j.request, wire.Abort, abortedText)
	case jobStore: // not acked, so it comes again
		n.logLost("record", "delta", &request{client: j.store.Ticket.From}, nil)
	}
}

// lostMail answers for a message that crashed the gossip service.
func (n *Node) lostMail(now time.Duration, m *mail) {
	n.mailBytes.put(len(m.body))
	switch {
	case m.setup != nil:
		n.gossiper.setup = m.setup // the next life begins with it
	case m.read != nil:
		n.logLost("gossip", "read", m.read, nil)
		n.outbox.fail(now, *m.read, wire.Abort, abortedText)
	default: // not acked, so it comes again
		n.logLost("gossip", "message", &request{client: m.from}, m.body)
	}
}

// lostReply answers for a reply that crashed the output, unless a part of it
// may have been written: a second answer would be one too many.
func (n *Node) lostReply(now time.Duration, item *outgoing) {
	n.outbox.handled(item)
	begun := n.output.begun
	n.output.begun = false
	n.logLost("output", "line", &request{client: item.req.client, msgID: item.req.msgID}, item.body)
	if begun || item.kind == outGossip {
		return
	}
	code, text := wire.Crash, crashedText
	if item.kind == outReadOK {
		code, text = wire.Abort, abortedText
	}
	n.outbox.fail(now, item.req, code, text)
}

// lostLine answers for a line that crashed the reader. Where the reader had
// begun with it, it may have been handed on.
func (n *Node) lostLine(now time.Duration, l *lineInHand) {
	m := &l.item.Message
	to := request{client: m.Src, msgID: m.MsgID, asks: m.Answerable() && !n.intake.isPeer(m.Src) && !goneAfter(m.Type, l.waited), came: l.came}
	n.logLost("intake", "line", &to, m.Body)
	if l.begun {
		n.outbox.fail(now, to, wire.Crash, crashedText)
		return
	}
	n.outbox.fail(now, to, wire.Abort, abortedText)
}

// logLost shows the item that crashed a service.
func (n *Node) logLost(service, kind string, from *request, body []byte) {
	n.cfg.Log.Error("item lost", "service", service, "kind", kind, "client", shorten(from.client), "msg_id", from.msgID.String(), "body", shorten(string(body)))
}
