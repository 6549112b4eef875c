// Package kafka is Maelstrom's workload kafka: append-only logs under keys.
// Clients send messages, which get offsets, poll the keys that they are assigned
// from where they left off, and commit how far they have come. In the end every
// worker reads everything from the beginning.
//
// The checker is jepsen.tests.kafka without transactions: one micro-operation
// per operation, assignment instead of subscription.
package kafka

import (
	"time"

	"treecast/run"
	"treecast/workload"
)

// The functions of the workload.
const (
	fSend   = "send"
	fPoll   = "poll"
	fAssign = "assign"
	fCrash  = "crash"

	// Asked by strict when all is over.
	fReadAll   = "read-all"
	fCommitted = "list-committed"
)

// crashEvery is the mean time between crashes of a client, of one worker.
const crashEvery = 30 * time.Second

// Workload is kafka.
var Workload = workload.Workload{
	Name:        "kafka",
	Solved:      true,
	Losable:     []run.FindingKind{findUnreplicated, findCommits, findSkipped},
	WritesAtEnd: true,
	Recovers:    true,
	Flags:       []string{"--key-count", "--max-writes-per-key"},
	Excused:     []string{fCrash, "debug-topic-partitions"},
	Generator:   newGenerator,
	Client:      func(workload.Options) workload.Client { return &client{} },
	Check:       check,
	Inquiry:     inquiry,
	Views:       views,
}
