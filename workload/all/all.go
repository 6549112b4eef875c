// Package all is the map of workloads: what --workload can name, and nothing else
// that is said of all of them.
package all

import (
	"fmt"
	"slices"
	"strings"

	"treecast/workload"
	"treecast/workload/broadcast"
	"treecast/workload/counter"
	"treecast/workload/echo"
	"treecast/workload/gset"
	"treecast/workload/kafka"
	"treecast/workload/linkv"
	"treecast/workload/txns"
	"treecast/workload/uniqueids"
)

// Default is the workload that is meant where none is named.
const Default = "broadcast"

// workloads are all there are. A new one is a folder beside this one, and a line
// here.
var workloads = []workload.Workload{
	broadcast.Workload,
	counter.Grow,
	counter.PositiveNegative,
	echo.Workload,
	gset.Workload,
	kafka.Workload,
	linkv.Workload,
	txns.Lists,
	txns.Registers,
	uniqueids.Workload,
}

// Names lists the workloads, sorted.
func Names() []string {
	var names []string
	for i := range workloads {
		names = append(names, workloads[i].Name)
	}
	slices.Sort(names)
	return names
}

// Named returns the workload of that name. An unknown one is an error that lists
// the known.
func Named(name string) (*workload.Workload, error) {
	for i := range workloads {
		if workloads[i].Name == name {
			return &workloads[i], nil
		}
	}
	return nil, fmt.Errorf("no workload is called %q; choose one of %s", name, strings.Join(Names(), ", "))
}
