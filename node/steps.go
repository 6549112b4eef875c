package node

import (
	"time"

	"treecast/gossip"
	"treecast/node/stdin"
	"treecast/wire"
)

// The steps are for a driver that has time of its own. It never calls Run, and
// it calls everything of a node from one goroutine:
//
//  1. Lines for stdin go to Admit, one by one and in their order. When there is
//     none left to be read, Dry says so.
//  2. The Step of each of Services is called when its Next says so, or later.
//  3. Tick is called when NextTick says so.
//  4. Where a step or Admit panics, ServiceCrashed is called.
//
// Every call may change what is due of any service. now never goes back.

// Admits reports whether the reader may take a line. It waits while stdout is
// behind and there is no room for another reply, those counted that the
// requests in the intake will need, or while a reply is expected to wait for
// too long. While the output has nothing to do, it is not stdout that is slow,
// and nothing waits.
func (n *Node) Admits() bool {
	if n.intake.initPending.Load() {
		return false // behind the init everything waits for what the journal held
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

// Admit is the reader's step: it decides what becomes of one line. The item is
// the node's until the next call.
func (n *Node) Admit(now time.Duration, item *wire.Item) {
	n.admitted++
	came, client := n.age.Line(now, n.admitted)
	n.reading.take(now, item, came, client)
	n.admit(now, came, item, client)
	n.reading.done()
}

// Looks reports whether the reader would look now at how much of stdin is unread;
// then Unread says it.
func (n *Node) Looks(now time.Duration) bool { return n.age.Looks(now) }

// Unread says how many lines the reader sees on stdin that are not admitted yet.
func (n *Node) Unread(now time.Duration, lines int) { n.age.Saw(now, n.admitted+int64(lines)) }

// Dry says that everything was read that was on stdin, and that the reader waits.
func (n *Node) Dry(now time.Duration) { n.age.Dry(now) }

// Came says that there is something on stdin that the reader may have waited for.
func (n *Node) Came(now time.Duration) { n.age.Came(now) }

func (n *Node) admit(now, came time.Duration, item *wire.Item, client stdin.Client) {
	wasNamed := n.intake.self != nil
	n.intake.admit(now, came, item, client)
	if !wasNamed && n.intake.self != nil && n.intake.self.restart {
		n.age.Restarted()
	}
}

// Slowed returns how much longer than it took a step keeps its service busy that
// ended at now, by the faults of the node's configuration.
func (n *Node) Slowed(now time.Duration, service string, took time.Duration) time.Duration {
	return n.faults[service].Extra(now, took)
}

// Tick has the health monitor look at the queues, and tells people when
// trouble begins and ends. A gap between ticks says that the process was stopped.
func (n *Node) Tick(now time.Duration) {
	n.age.Tick(now)
	report, _ := n.Poll(now)
	n.logOverload(now, report)
}

// Calm reports whether a Tick now would take note of the time and find nothing:
// nothing is queued, and nothing was amiss when the last one looked. A driver
// may then put ticks off until before the next call of anything else, and make up
// for them with the times that they were due at.
func (n *Node) Calm() bool {
	if n.gates.ill {
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

// View lets a driver that has time of its own look into a node, to hold it to
// what it promises. It changes nothing.
type View struct{ n *Node }

// View returns a look into the node.
func (n *Node) View() View { return View{n} }

// Log is what the node knows, in the order in which it came to.
func (v View) Log() *gossip.Log { return v.n.state.log }

// Gossip is a look into the gossip core; false before the node has one.
func (v View) Gossip() (gossip.View, bool) {
	return v.n.gossiper.service.View()
}
