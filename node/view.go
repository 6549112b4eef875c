package node

import "treecast/gossip"

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
