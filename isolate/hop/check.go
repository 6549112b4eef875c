package hop

import (
	"bytes"
	"errors"
	"fmt"

	"treecast/gossip/codec"
	"treecast/gossip/service"
	"treecast/wire"
)

var (
	errEmpty  = errors.New("an answer that says nothing")
	errBody   = errors.New("a packet that is no message of gossip on one line")
	errRoom   = errors.New("more packets than it may send")
	errIssued = errors.New("entries of the node's own log that it has not given out")
)

// check says what of a step's outcome no service says: what a child says goes to stdout
// and into the store, so what is not right ends the child.
func (p *Parent) check(out *service.Out) error {
	if !p.begun && (len(out.Send) > 0 || out.Deliver != nil) {
		return errUnasked
	}
	if len(out.Send) > p.mostGranted {
		return errRoom
	}
	for _, packet := range out.Send {
		if !p.members[packet.To] {
			return fmt.Errorf("a packet for %.64q, which is no peer", packet.To)
		}
		if err := p.checkPacket(packet.To, packet.Body); err != nil {
			return err
		}
	}
	if out.Deliver == nil {
		return nil
	}
	for i := range out.Deliver.Entries {
		e := &out.Deliver.Entries[i]
		if e.Counter == 0 || e.Origin == p.own && e.Counter > p.ownLast {
			return errIssued
		}
	}
	return nil
}

// checkPacket says what is wrong with a packet that is to be written to stdout.
func (p *Parent) checkPacket(to string, body []byte) error {
	if bytes.IndexByte(body, '\n') >= 0 || bytes.IndexByte(body, '\r') >= 0 {
		return errBody
	}
	c := wire.NewCursor(body)
	kind := false
	for key := range c.Fields() {
		if string(key) == "type" {
			kind = string(c.Text()) == codec.Type
		}
	}
	if !c.Done() || !kind {
		return errBody
	}
	return nil
}
