// Package inject makes the services of a node go wrong: slow, stuck, or crashing.
// It is for tests and for people who want to see what happens then.
//
// A Fault says what goes wrong in one service, when, and of which node; Parse
// reads it as it is spelt on a command line. A service that has faults is given an
// Injector, which it tells of everything that it does. The same Injector serves
// both drivers: in real time it waits, and a driver that has time of its own asks
// how long a service would have been busy. A crash happens in both at the same
// item.
//
// An Injector is for one goroutine at a time.
package inject
