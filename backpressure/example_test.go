package backpressure_test

import (
	"fmt"
	"time"

	"treecast/backpressure"
	"treecast/chans"
)

// A monitor is polled and sees a queue that is deeper than it should be.
func ExampleMonitor() {
	broker := chans.NewBroker()
	queue, _, err := chans.Make[int](broker, chans.Options{Name: "intake", Preferred: 1, Capacity: 10})
	if err != nil {
		panic(err)
	}
	monitor, err := backpressure.NewMonitor(backpressure.MonitorConfig{})
	if err != nil {
		panic(err)
	}
	monitor.Watch(queue)
	for i := range 3 {
		queue.Offer(0, i)
	}
	for now := time.Duration(0); now <= 200*time.Millisecond; now += backpressure.DefaultPeriod {
		report, _ := monitor.Poll(now)
		fmt.Println(now, report.Worst, "unhealthy for", report.Unhealthy)
	}
	// Output:
	// 0s intake unhealthy for 100ms
	// 100ms intake unhealthy for 200ms
	// 200ms intake unhealthy for 300ms
}
