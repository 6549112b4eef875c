// Package page draws the record of a run as one self-contained HTML page: its
// styles, its script and its data are in it, it asks for nothing from anywhere,
// and every figure is there without the script, which adds tooltips, a choice
// of windows and moments, and a value to follow.
//
// Values, names and errors of a run are data. They reach the page through
// html/template, through the SVG writer of this package, which escapes all
// texts and attributes, or as JSON without any < in it; the page's own policy
// forbids every script but its own.
//
// The package is pure and starts nothing; Write may be called from several
// goroutines with records of their own. Templates are read when the first page
// is written, so that whoever only links the package pays nothing.
package page
