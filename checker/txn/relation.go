package txn

import (
	"maps"
	"slices"
)

// set is a set of names.
type set map[string]bool

func sorted(s set) []string { return slices.Sorted(maps.Keys(s)) }

// relation is a directed graph of names: from each to several.
type relation map[string][]string

func (r relation) inverse() relation {
	inv := relation{}
	for from, all := range r {
		for _, to := range all {
			inv[to] = append(inv[to], from)
		}
	}
	return inv
}

// closure returns the names, and all that can be reached from them.
func (r relation) closure(names []string) set {
	found := set{}
	todo := slices.Clone(names)
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !found[name] {
			found[name] = true
			todo = append(todo, r[name]...)
		}
	}
	return found
}

func (r relation) nodes() set {
	all := set{}
	for from, to := range r {
		all[from] = true
		for _, name := range to {
			all[name] = true
		}
	}
	return all
}
