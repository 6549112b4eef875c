package gossip_test

import (
	"fmt"
	"time"

	"treecast/gossip"
)

// Two cores and whoever calls them: time and messages go in, messages and entries
// come out. The caller owns the logs, carries the messages, and says what is stored.
func ExampleCore() {
	logs := map[string]*gossip.Log{"n0": gossip.NewLog(), "n1": gossip.NewLog()}
	cores := map[string]*gossip.Core{}
	for name, neighbour := range map[string]gossip.Neighbour{"n0": {Name: "n1", Leaf: true}, "n1": {Name: "n0", Role: gossip.Parent}} {
		core, err := gossip.New(0, gossip.Config{
			Incarnation: 1, Self: name, Neighbours: []gossip.Neighbour{neighbour}, Rounds: gossip.Eager, Period: 100 * time.Millisecond,
		}, logs[name])
		if err != nil {
			panic(err)
		}
		cores[name] = core
	}

	logs["n0"].Append(gossip.Entry{Origin: gossip.NewOriginID("n0", "a log"), Counter: 1, Value: `"hello"`})
	cores["n0"].Learn(0)

	for now := time.Duration(0); now < time.Second; now += time.Millisecond {
		for name, core := range cores {
			if core.Next() > now {
				continue
			}
			for _, out := range core.Advance(now, 100) {
				peer := cores[out.To]
				delivery, ok := peer.Receive(now, name, out.Message)
				if !ok {
					continue
				}
				for _, e := range delivery.Entries {
					logs[out.To].Append(e)
					fmt.Println(out.To, "learns", e.Value, "of", e.Origin.Value().Node)
				}
				if len(delivery.Entries) > 0 {
					peer.Learn(now)
				}
				peer.Stored(now, delivery.Ticket)
			}
		}
	}
	// Output:
	// n1 learns "hello" of n0
}
