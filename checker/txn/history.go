package txn

import "time"

// Type says which end of an operation an Op records.
type Type uint8

// The types of an Op. A process invokes one operation at a time, and completes
// it as OK (the transaction committed), Fail (it did not) or Info (unknown).
const (
	Invoke Type = iota
	OK
	Fail
	Info
)

// String returns the name of the type as Jepsen spells it.
func (t Type) String() string { return [...]string{"invoke", "ok", "fail", "info"}[t&3] }

// Func is what a micro-operation does.
type Func uint8

// The functions of micro-operations. A Write of a list appends an element.
const (
	Read Func = iota
	Write
)

// Value is a key, an element of a list or the value of a register, as JSON text
// without insignificant space. Equal texts are equal values: 1 is not 1.0.
type Value string

// Null is JSON's null: the state of a register before its first write.
const Null Value = ""

// String returns the JSON text of the value.
func (v Value) String() string {
	if v == Null {
		return "null"
	}
	return string(v)
}

// Mop is a micro-operation of a transaction.
type Mop struct {
	F     Func
	Key   Value
	Value Value   // what was written, or what a register was read as
	List  []Value // what a list was read as; nil is null, or unknown before the read is OK
}

// Op is one line of a history: the invocation or the completion of a
// transaction. The micro-operations of an invocation have unknown reads; those
// of a failed or unknown completion are the invocation's.
type Op struct {
	Index   int           // position in the whole history, for reports
	Time    time.Duration // since the start of the run, for reports
	Type    Type
	Process int // who did it; a process does one operation at a time
	Txn     []Mop
}
