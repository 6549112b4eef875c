// Package figure computes what the page about a run shows: for every figure one
// pure function from the record of the run to plain data, which says itself how
// much of a big run was left out. Package page draws it.
//
// Everything here is pure and starts nothing. A figure shares memory with the
// record that it was made from; neither may be changed while the other is in
// use. Figures are bounded, whatever the length of the run: by the number of
// marks, rows or messages that a page can hold, named beside each figure.
package figure
