package node

import (
	"time"

	"treecast/gossip"
	"treecast/node/stdin"
	"treecast/wire"
)

// The steps are for a driver with a clock of its own. It never calls Run, and it calls all
// methods of a node from one goroutine:
//
//  1. It passes lines of stdin to Admit, one by one in their order, and calls Dry when
//     none is left.
//  2. It calls the Step of each of Services when its Next says so, or later.
//  3. It calls Tick when NextTick says so.
//  4. It calls ServiceCrashed when a step or Admit has panicked.
//
// Every call may change when any service is due. now never goes back.

// Admits reports whether the reader may take a line. It waits while the output has no room
// for another reply, counting those that the requests in the intake will need, or while a
// reply is expected to wait too long. While the output is idle stdout is not what is slow,
// and the reader does not wait.
func (n *Node) Admits() bool {
	if n.intake.initPending.Load() {
		return false // all lines after the init wait for the journal to be read
	}
	waiting := n.outputQueue.Depth()
	if waiting == 0 {
		return true
	}
	all := waiting + n.intakeQueue.Depth()
	if all > fewWaiting && n.outputQueue.Wait()/time.Duration(waiting)*time.Duration(all) > n.cfg.MaxWait/4 {
		return false
	}
	return all < max(1, n.outputQueue.Preferred()/2)
}

// Admit is the reader's step: it handles one line. The item is the node's until the next
// call.
func (n *Node) Admit(now time.Duration, item *wire.Item) {
	n.admitted++
	came, client := n.age.Line(now, n.admitted)
	n.reading.take(now, item, came, client)
	n.admit(now, came, item, client)
	n.reading.done()
}

// Looks reports whether the reader would look now at how much of stdin is unread. If so, the
// driver calls Unread.
func (n *Node) Looks(now time.Duration) bool { return n.age.Looks(now) }

// Unread tells the node how many lines are on stdin and not admitted.
func (n *Node) Unread(now time.Duration, lines int) { n.age.Saw(now, n.admitted+int64(lines)) }

// Dry tells the node that stdin is empty and the reader waits.
func (n *Node) Dry(now time.Duration) { n.age.Dry(now) }

// Came tells the node that a line has arrived on stdin, for which the reader may have waited.
func (n *Node) Came(now time.Duration) { n.age.Came(now) }

func (n *Node) admit(now, came time.Duration, item *wire.Item, client stdin.Client) {
	wasNamed := n.intake.self != nil
	n.intake.admit(now, came, item, client)
	if !wasNamed && n.intake.self != nil && n.intake.self.restart {
		n.age.Restarted()
	}
}

// Slowed returns how much longer a step keeps its service busy, by the faults of the node's
// configuration. The step ended at now and took took.
func (n *Node) Slowed(now time.Duration, service string, took time.Duration) time.Duration {
	return n.faults[service].Extra(now, took)
}

// Tick makes the health monitor look at the queues and logs when an overload begins and
// ends. A gap between two ticks means that the process was stopped.
func (n *Node) Tick(now time.Duration) {
	n.age.Tick(now)
	report, _ := n.Poll(now)
	n.logOverload(now, report)
}

// Calm reports whether a Tick now would find nothing: nothing is queued, and the last Tick
// found the node healthy. A driver may then put ticks off until its next call of anything
// else, and make up for them with the times that they were due at.
func (n *Node) Calm() bool {
	if n.gates.unhealthy {
		return false
	}
	for _, g := range n.gauges {
		if g.Depth() != 0 {
			return false
		}
	}
	return true
}

// NextTick is when Tick is to be called again.
func (n *Node) NextTick() time.Duration { return n.monitor.Next() }

// View lets a driver with a clock of its own look into a node, to check its promises. It
// changes nothing.
type View struct{ n *Node }

// View returns a View of the node.
func (n *Node) View() View { return View{n} }

// Log is what the node knows, in the order in which it was applied.
func (v View) Log() *gossip.Log { return v.n.state.log }

// Gossip is a view of the gossip core; false before the node has one.
func (v View) Gossip() (gossip.View, bool) {
	if v.n.isolated != nil {
		s := v.n.isolated.parent.Service()
		if s == nil {
			return gossip.View{}, false
		}
		return s.View()
	}
	return v.n.gossiper.service.View()
}
