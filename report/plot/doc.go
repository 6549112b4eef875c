// Package plot draws charts as SVG: elements, scales with round ticks, and a chart
// with its axes. It knows nothing of what is drawn, and its styles are classes: a page
// brings its own, and Standalone adds some to a file of its own.
//
// The package is pure. Its values are for one goroutine each.
package plot
