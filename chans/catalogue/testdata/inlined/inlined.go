// Package inlined calls a Ring; a test looks at what the compiler makes of it.
package inlined

import "treecast/chans/catalogue"

// Call puts an item in and takes it out.
func Call(r *catalogue.Ring[uint64]) (uint64, bool) {
	r.TryPut(1)
	return r.TryTake()
}
