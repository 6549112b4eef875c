package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"treecast/gossip/codec"
	"treecast/topology"
)

// MembershipCache lets the nodes of one process that are told of the same cluster share
// what they make of it. Ten thousand nodes with ten thousand ids each are a
// hundred million otherwise. A process that is one node has none.
//
// The zero value is ready; it is for one goroutine at a time.
type MembershipCache struct {
	nodeIDs []byte // node_ids as the last init had it
	tree    *topology.Tree

	shared *codec.Origins // of gossip messages
}

// origins is the table in which ids of origins are found; it is the caller's own
// without a roster.
func (r *MembershipCache) origins() *codec.Origins {
	if r == nil {
		return nil
	}
	if r.shared == nil {
		r.shared = codec.NewSharedOrigins()
	}
	return r.shared
}

// parse reads the node_ids of an init. A nil roster is one that shares
// nothing.
func (r *MembershipCache) parse(nodeIDs json.RawMessage) (*topology.Tree, error) {
	if r != nil && r.tree != nil && bytes.Equal(r.nodeIDs, nodeIDs) {
		return r.tree, nil
	}
	var ids []string
	if nodeIDs != nil {
		if err := json.Unmarshal(nodeIDs, &ids); err != nil {
			return nil, fmt.Errorf("node_ids must be a list of strings: %w", err)
		}
		if slices.Contains(ids, "") { // null decodes to it, too
			return nil, errors.New("node_ids has an empty name, to which nothing can be sent")
		}
	}
	tree, err := topology.New(ids, 1)
	if err == nil && r != nil {
		r.nodeIDs, r.tree = bytes.Clone(nodeIDs), tree
	}
	return tree, err
}
