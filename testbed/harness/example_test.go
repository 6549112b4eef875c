package harness_test

import (
	"context"
	"fmt"
	"time"

	"treecast/testbed/harness"
)

// A process is written lines and expected to answer; here cat, which says what it is
// told.
func ExampleStart() {
	node, err := harness.Start(harness.Options{Command: []string{"cat"}})
	if err != nil {
		panic(err)
	}
	node.Write([]byte(`{"src":"c1","dest":"n0","body":{"type":"init","msg_id":1}}` + "\n"))
	line, err := node.Next(context.Background())
	fmt.Println(line, err)
	fmt.Println(node.Stop(10 * time.Second))
	// Output:
	// {"src":"c1","dest":"n0","body":{"type":"init","msg_id":1}} <nil>
	// <nil>
}
