// Package analysis says what many runs say together: runs of one setting as a
// group with estimates and confidence intervals, the Pareto frontier of
// messages against latency, the setting to choose for a latency, and whether
// two groups differ, all drawn from rows (package run); and, off one run's record
// of messages, how soon values were on which nodes.
//
// All of it is pure, and safe to call from anywhere: a result belongs to its
// caller, and shares the rows it was given, which nothing here changes. There
// is no bound but memory; a sweep of 100 000 runs takes a second.
package analysis
