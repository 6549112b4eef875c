package session

import (
	"math/rand/v2"
	"time"

	"treecast/run"
	"treecast/testbed/network"
	"treecast/testbed/service"
)

// addServices puts the services into the network, where they are from the first
// node's setup on.
func (s *Session) addServices(rng *rand.Rand) {
	if s.services != nil {
		return
	}
	s.services = map[string]service.Service{}
	for _, name := range service.Names() {
		s.services[name] = service.New(name, rng)
		s.net.AddService(name)
	}
}

// serve hands a message to the service that it is for, and sends the reply.
func (s *Session) serve(now time.Duration, to service.Service, m run.Message) {
	reply, ok := to.Handle(m.Src, m.Body)
	if !ok {
		return
	}
	typ, _ := bodyType(reply)
	if _, err := s.net.Send(now, network.Packet{Src: m.Dest, Dest: m.Src, Type: typ, Body: reply}); err != nil {
		return // a client that is gone
	}
	if !network.IsClient(m.Src) {
		s.servers++
	}
}
