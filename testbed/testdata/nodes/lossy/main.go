// Command lossy is a broadcast node that sends each value once and never
// again: valid on a network that loses nothing, and certain to lose values
// under partitions. It is there to show that the test bed tells the two apart.
package main

import "treecast/testbed/testdata/nodes/naive"

func main() { naive.New().Main() }
