package checker

import "treecast/run"

// Net counts messages as Maelstrom's :net does. Feed it as the run goes on, in
// any order; the journal need not be kept. The zero value is ready.
type Net struct {
	clients, servers netCounts
}

type netCounts struct{ sent, received, distinct int64 }

// Sent counts a message the network took. Each message, that is each ID, is
// reported once, however often the network then delivers it.
func (n *Net) Sent(m *run.Message) {
	c := n.group(m)
	c.sent++
	c.distinct++
}

// Delivered counts a message handed to its receiver.
func (n *Net) Delivered(m *run.Message) { n.group(m).received++ }

func (n *Net) group(m *run.Message) *netCounts {
	if IsClient(m.Src) || IsClient(m.Dest) {
		return &n.clients
	}
	return &n.servers
}

// Result gives the figures for a run of so many client operations begun.
func (n *Net) Result(operations int) run.Net {
	all := netCounts{
		sent:     n.clients.sent + n.servers.sent,
		received: n.clients.received + n.servers.received,
		distinct: n.clients.distinct + n.servers.distinct,
	}
	perOp := func(c netCounts) run.NetCounts {
		out := c.result()
		if operations > 0 {
			ratio := divide(c.distinct, operations)
			out.MsgsPerOp = &ratio
		}
		return out
	}
	return run.Net{All: perOp(all), Clients: n.clients.result(), Servers: perOp(n.servers), Valid: run.Valid}
}

func (c netCounts) result() run.NetCounts {
	return run.NetCounts{SendCount: c.sent, RecvCount: c.received, MsgCount: c.distinct}
}

// IsClient tells whether a name is a client's, by Maelstrom's rule
// (maelstrom.util/client?): it begins with c. A node so named counts as one.
func IsClient(name string) bool { return name != "" && name[0] == 'c' }
