// Package service is the services that Maelstrom offers to nodes beside each
// other: lin-kv, seq-kv, lww-kv and lin-tso, each a node of that name in the
// network that answers requests.
//
// They are Maelstrom's src/maelstrom/service.clj to the letter, oddities
// included, and pure: a service is handed requests, one at a time, and the
// randomness that it draws its staleness from, and returns replies. The network
// does the rest: latency both ways, no cuts.
//
// A key-value store maps JSON values to JSON values; two are the same as
// Clojure has it: 1 is not 1.0 and not "1", and the order of an object's keys
// does not matter. A request of an unknown type gets no answer. A field that a
// request lacks is null.
package service
