package topology_test

import (
	"fmt"

	"treecast/topology"
)

// Every node computes the same tree from the names that its init gave it.
func ExampleNew() {
	tree, err := topology.New([]string{"n0", "n1", "n2", "n3", "n4", "n5", "n6"}, 2)
	if err != nil {
		panic(err)
	}
	fmt.Println("root", tree.Root(), "depth", tree.Depth())
	fmt.Println("n1 has", tree.Children("n1"), "and speaks with", tree.Neighbours("n1"))
	fmt.Println("n5 asks", tree.Ancestors("n5"), "in turn")
	// Output:
	// root n0 depth 2
	// n1 has [n3 n4] and speaks with [n0 n3 n4]
	// n5 asks [n2 n0] in turn
}
