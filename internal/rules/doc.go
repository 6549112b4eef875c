// Package rules holds the rules of the repository as tests: which package may
// import which, what every package and file must have, and what may stand in
// none. It has no code of its own; nothing imports it.
package rules
