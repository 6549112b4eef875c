// Package broadcast is Maelstrom's workload of that name: half of the operations
// broadcast the next of the values 0, 1, 2, ..., the other half read; when all is
// over every worker reads once more.
package broadcast

import (
	"treecast/checker"
	"treecast/run"
	"treecast/workload"
)

const (
	fBroadcast = "broadcast"
	fRead      = workload.Read
)

// names are the functions that make it a set.
var names = checker.SetNames{Add: fBroadcast, Read: fRead, Added: "broadcast"}

// Workload is broadcast.
var Workload = workload.Workload{
	Name:      "broadcast",
	Solved:    true,
	Topology:  true,
	Recovers:  true,
	Generator: workload.CountedAdds{Add: fBroadcast, Final: true}.Generator,
	Client: workload.AddRead{
		Add: fBroadcast, Field: "message", Maps: true,
		Reads: workload.Shape{Type: "read_ok", Field: "messages", Kind: workload.List},
	}.Client,
	Check:     func(h run.History, in workload.Input) workload.Verdict { return workload.CheckSet(h, names, in) },
	Inquiry:   workload.ReadOnce(fRead),
	InquireOf: workload.Unread,
	Vague:     true,
	Carries:   carries,
	SpreadsIn: "message",
	Losable:   []run.FindingKind{run.FindingMissing},
	Spreads:   fBroadcast,
}
