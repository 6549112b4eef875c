// Package txn judges histories of transactions: it infers which transaction
// must come before which, searches that graph for cycles, and says which
// isolation levels the history rules out. It finds what Elle 0.2.2 finds
// (Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental
// Observations", VLDB 2020) and calls it by the same names, Adya's.
//
// A history is a slice of Ops: invocations and completions of clients in the
// order in which they happened. Two kinds of objects are understood:
//
//	lists      every write appends an element; a read shows the whole list, and
//	           with it the order of the appends            CheckLists
//	registers  every write replaces the value; nothing shows the order of the
//	           writes but transactions that read and write  CheckRegisters
//
// A write's value must be unique for its key, or there is no verdict.
//
//	result := txn.CheckLists(history, txn.Options{Models: []string{"serializable"}})
//	if result.Valid == txn.False {
//		fmt.Println(result.Text())
//	}
//
// # How it works
//
// First come anomalies that need no graph (aborted and intermediate reads,
// lost updates, incompatible orders, ...). Then edges between completions:
//
//	ww  the later transaction wrote the version after one that the earlier wrote
//	wr  the later read what the earlier wrote
//	rw  the earlier read a version, and the later wrote the next one
//	process, realtime  the later began when the earlier was done; only where a
//	                   model asks for it, and transitively reduced
//
// In each strongly connected component, tests of existence come first: they
// tell in linear time which models are ruled out. Then one cycle is searched
// for each type that they leave possible, the worst first; a type that a cycle
// already found implies is passed over. All searches but one take time nearly
// linear in the component; only cycles in which no two rw edges meet
// (G-nonadjacent) may need more in a component that also has worse ones.
// Options bounds every search; what was cut is an anomaly of its own,
// "cycle-search-timeout", and names its types.
//
// The functions are pure: no clock, no goroutine, no randomness, unless the
// caller hands a clock in. The same history gives the same result. A history is
// only read, and results point into it. Memory grows with the number of
// micro-operations, elements of reads, and edges; Options.MaxEdges bounds the
// latter.
//
// Strict has rules of our own that Elle and Maelstrom do not have. The page
// docs/TRANSACTIONS.md of the repository says what each anomaly is.
package txn
