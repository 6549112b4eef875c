// Package all is the map of workloads that a node solves: what --app can name.
package all

import (
	"fmt"
	"slices"
	"strings"

	"treecast/app"
	"treecast/app/broadcast"
	"treecast/app/counter"
	"treecast/app/echo"
	"treecast/app/gset"
	"treecast/app/kafka"
	"treecast/app/txn"
	"treecast/app/uniqueids"
)

// kinds are all there are. A new one is a folder beside this one, and a line here.
// Where two have the same requests and the same mark, the first is meant if nobody
// says which.
var kinds = []*app.Kind{
	&broadcast.Kind,
	&counter.PositiveNegative,
	&counter.Grow,
	&echo.Kind,
	&gset.Kind,
	&kafka.Kind,
	&txn.Kind,
	&uniqueids.Kind,
}

// Kinds lists all that there are. It must not be changed.
func Kinds() []*app.Kind { return kinds }

// Names lists their names, sorted.
func Names() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	return names
}

// Named returns the workload of a name; nil for the empty one, which leaves it to the
// first request that tells.
func Named(name string) (*app.Kind, error) {
	if name == "" {
		return nil, nil
	}
	for _, k := range kinds {
		if k.Name == name {
			return k, nil
		}
	}
	return nil, fmt.Errorf("no workload is called %q; choose one of %s", name, strings.Join(Names(), ", "))
}

// OfLog returns the workload that a log of such a name is of; nil if there is none of
// its mark.
func OfLog(log string) *app.Kind {
	mark := ""
	if at := strings.LastIndexByte(log, '.'); at >= 0 {
		mark = log[at:]
	}
	for _, k := range kinds {
		if k.Mark == mark && !k.Stateless {
			return k
		}
	}
	return nil
}
