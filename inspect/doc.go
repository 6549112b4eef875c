// Package inspect shows a running node to people and their tools, over HTTP:
// what it says of its health as expvar and as Prometheus text, the history of
// its queues, and Go's profiles.
//
// It speaks as much HTTP as that takes, on plain sockets: net/http in the
// program would cost every node, asked or not, 3 MB of resident memory and a
// third of its time to start. One request per connection, GET alone, headers
// are read and ignored.
//
// # Concurrency
//
// Listen opens the socket, Serve starts one goroutine that accepts and one per
// connection; nothing is started by itself. A Source is asked from those
// goroutines. When too many connections are open, further ones wait to be
// accepted; one that does not ask within a few seconds is closed.
package inspect
