// Package codec puts gossip messages into bytes and reads them again: as the bodies
// of Maelstrom messages, which is how nodes send them, and how a test bed sees
// them pass. docs/PROTOCOL.md has every key and what it means.
//
// A body is JSON, and looks like this, with what is empty left out:
//
//	{"type":"gossip",
//	 "e":7,"f":9,                 sender's incarnation; receiver's, 0 if unknown
//	 "b":12,"re":true,            number of this batch; entries are sent again
//	 "runs":[{"o":"n3","l":"k2x","c":5,"v":[17,"a"]}],
//	                              origin, log, counter of the first value, values
//	 "p":true,"w":true,           ack at once; show me your digest
//	 "a":[[3,5],[7,7]],           batches stored here: 3 to 5, and 7
//	 "x":[7,1500,200],            newest batch seen here, for how many us, and how
//	                              many us before the sender's slot it came
//	 "q":7,"r":9,"t":470000,      root's incarnation, its count of flushes, its period in us
//	 "d":210000,                  the longest way below the sender and back, us
//	 "g":2,                       how often the root has changed, as the sender knows
//	 "j":1,"z":["n0"],            what the sender is to the receiver; who does not
//	                              answer the sender
//	 "vec":{"x":1,"i":0,"n":1,"h":[{"o":"n3","l":"k2x","s":[[1,9]]}]}}
//	                              part i of n of exchange x of the digest
//
// Keys that a reader does not know are skipped, so that later versions may add
// some without that earlier ones fail.
//
// The package is pure: bytes in, values out.
package codec

// Type is the type of the Maelstrom messages that carry gossip.
const Type = "gossip"
