package service_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/gossip/service"
	"treecast/topology"
)

// What the state shows and has not made durable is not acked, until it is said to be.
func TestService_acksNothingThatIsNotDurable(t *testing.T) {
	p := newPeer(t, "n0", false)
	tree, err := topology.New([]string{"n0", "n1"}, 1)
	require.NoError(t, err)
	p.step(service.In{Begin: &service.Membership{Self: "n0", Members: tree}})
	origin := gossip.NewOriginID("n1", "y")
	held := &service.NotDurable{Lines: []gossip.DigestLine{{Origin: origin, Counters: gossip.Spans{{First: 2, Last: 3}}}}}
	brings := func(counter, batch byte, n *service.NotDurable) *service.Out {
		body := []byte(`{"type":"gossip","e":5,"b":` + string('0'+batch) + `,"runs":[{"o":"n1","l":"y","c":` + string('0'+counter) + `,"v":[1]}]}`)
		return p.service.Step(&service.In{Now: ms, Message: &service.Message{From: "n1", Body: body}, NotDurable: n})
	}
	require.EqualValues(t, 1, brings(1, 1, held).Deliver.Ticket.Batch)
	require.Zero(t, brings(2, 2, nil).Deliver.Ticket.Batch, "nothing that an ack could name")
	require.Zero(t, brings(3, 3, nil).Deliver.Ticket.Batch)
	require.EqualValues(t, 4, brings(4, 4, nil).Deliver.Ticket.Batch)
	require.EqualValues(t, 5, brings(3, 5, &service.NotDurable{}).Deliver.Ticket.Batch, "all is durable by now")
}
