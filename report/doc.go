// Package report shows runs to people. It draws on the record of a run (package
// run) alone, decides nothing, and is pure: the same record gives the same
// bytes.
package report
