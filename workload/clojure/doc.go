// Package clojure is what Maelstrom's checkers inherit from their language and
// verdicts depend on: in which order Clojure compares values, and in which order
// its hash maps and hash sets of strings and integers are walked.
//
// All functions are pure.
package clojure
