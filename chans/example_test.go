package chans_test

import (
	"fmt"
	"time"

	"treecast/chans"
)

// A queue takes more than its preferred size, and says so; at its capacity it
// refuses.
func ExampleMake() {
	broker := chans.NewBroker()
	queue, inbox, err := chans.Make[string](broker, chans.Options{Name: "intake", Preferred: 1, Capacity: 2})
	if err != nil {
		panic(err)
	}
	for i, item := range []string{"a", "b", "c"} {
		fmt.Println(item, queue.Offer(time.Duration(i)*time.Second, item))
	}
	fmt.Println("depth", queue.Depth(), "oldest", queue.OldestAge(5*time.Second))
	for {
		item, ok := inbox.TryNext()
		if !ok {
			break
		}
		fmt.Println("handled", item)
	}
	fmt.Println("rejected", queue.Figures(0).Rejected)
	// Output:
	// a true
	// b true
	// c false
	// depth 2 oldest 5s
	// handled a
	// handled b
	// rejected 1
}
